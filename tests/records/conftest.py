"""What the tests of records share: a database with a log that has begun, an organisation, two people."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from records.organisation import Organisation


@pytest.fixture
def server_home(homes: Path, settings: Any) -> Iterator[Path]:
    """Each test's server keeps its keys and its lock in a folder of its own."""
    home = Path(tempfile.mkdtemp(prefix="server-", dir=homes))
    settings.UPRIGHT_HOME = str(home)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def quick_hashes(settings: Any) -> None:
    """Passwords by a hash that costs nothing: what is tested is who gets in, not scrypt."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def meridian(db: None, server_home: Path) -> "Organisation":
    """The organisation of the tests, in a database that is rolled back afterwards."""
    from records.organisation import begin_organisation

    return begin_organisation()


@pytest.fixture
def meridian_committed(transactional_db: None, server_home: Path) -> "Organisation":
    """The same in a database whose transactions are real: for several connections, crashes and tampering."""
    from records.organisation import begin_organisation

    return begin_organisation()

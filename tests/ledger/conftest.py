"""What the tests of this room share."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.logs import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture(scope="module")
def quick_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory where there is one: tests that sync thousands of times drop what is unsynced themselves."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("quick")
        return
    with tempfile.TemporaryDirectory(prefix="upright-", dir=memory) as name:
        yield Path(name)

"""What the tests of this room share."""

from pathlib import Path

import pytest

from ledger.logs import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)

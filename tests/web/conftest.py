"""The organisation of the tests of records, for the pages too."""

import pytest

from records.conftest import meridian, meridian_committed, quick_hashes, server_home

__all__ = ["meridian", "meridian_committed", "quick_hashes", "server_home"]


@pytest.fixture(autouse=True)
def _quick(quick_hashes: None) -> None:
    """Pages are tested here, not passwords."""

"""The organisation of the tests of records, for the pages too."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from records.conftest import meridian, meridian_committed, quick_hashes, server_home

__all__ = ["meridian", "meridian_committed", "quick_hashes", "server_home"]


@pytest.fixture(autouse=True)
def _quick(quick_hashes: None) -> None:
    """Pages are tested here, not passwords."""


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """What an answer spoke stays with its thread: the next test begins in English."""
    with translation.override("en"):
        yield

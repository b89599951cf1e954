"""The organisation of the tests of records, for the server too."""

from records.conftest import meridian, meridian_committed, quick_hashes, server_home

__all__ = ["meridian", "meridian_committed", "quick_hashes", "server_home"]

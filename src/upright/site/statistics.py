"""What SQLite knows of how full its tables are: without, it takes the index of the unit, which holds nearly all rows.

PostgreSQL gathers its own. Who has a connection open uses what is gathered from its next one on.
"""

from django.db import connection

_LOOKED_AT = 1000  # rows of an index: enough to tell one that singles out from one that does not
_GROWTH = 10
_LEAST = 1000


def gather() -> None:
    """Looks at the beginning of each index; on SQLite, some ten milliseconds whatever there is."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA analysis_limit = {_LOOKED_AT:d}")
        cursor.execute("ANALYZE")


def is_due(size: int, gathered: int) -> bool:
    """Whether a ledger of ``size`` entries grew enough since statistics were gathered at ``gathered``; -1: never.

    >>> [is_due(size, 50_000) for size in (50_000, 54_999, 55_001)], is_due(0, -1), is_due(900, 0)
    ([False, False, True], True, False)
    """
    return gathered < 0 or size - gathered > max(_LEAST, gathered // _GROWTH)

"""Values of a table as text, so that ``0``, ``0.0`` and ``"0"`` of three file formats are one group."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

MISSING = "(missing)"
CROWD = 10
"""Fewer rows than this may be about one person, so the value that they hold is named in no message."""
_WORDS = {True: ("true", "1", "yes"), False: ("false", "0", "no")}


def value_text(value: Any) -> str:
    """A cell as text: missing is ``(missing)``, whole floats lose their ``.0``, booleans are ``true`` and ``false``.

    >>> value_text(1.0), value_text(None), value_text(True), value_text("F")
    ('1', '(missing)', 'true', 'F')
    """
    if value is None or value != value:  # only NaN differs from itself
        return MISSING
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal):
        return str(int(value)) if value == int(value) else str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def values_shown(counted: Iterable[tuple[Any, float]], most: int = 5) -> tuple[int, str]:
    """How many values a column has, missing left out, and those that may be named, from values with their rows.

    >>> values_shown([("no", 40), ("yes", 12), ("Ann Example", 1), (None, 3)])
    (3, "'no', 'yes' and 1 more in fewer than 10 rows")
    """
    rows: Counter[str] = Counter()
    for value, count in counted:
        rows[value_text(value)] += int(count)
    del rows[MISSING]
    named = sorted(text for text, count in rows.items() if count >= CROWD)
    few = len(rows) - len(named)
    shown = ", ".join(repr(text) for text in named[:most]) + (", …" if len(named) > most else "")
    rest = f"{few} {'more ' if named else ''}in fewer than {CROWD} rows" + ("" if few == 1 else " each")
    return len(rows), " and ".join(part for part in (shown, rest if few else "") if part) or "nothing"


def is_value(declared: str, value: Any) -> bool:
    """Whether a cell is the value that a manifest declares as text.

    >>> is_value("0", 0.0), is_value("1", True), is_value("approved", "approved"), is_value("1.0", 1)
    (True, True, True, True)
    """
    if isinstance(value, bool):
        return declared.lower() in _WORDS[value]
    text = value_text(value)
    if text == declared:
        return True
    try:
        return Decimal(text) == Decimal(declared)
    except InvalidOperation:
        return False

"""How numbers, dates and statuses read: one way on paper, in HTML and in a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

MINUS = "\u2212"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Sign:
    """A status as it is shown: always a shape and a word, besides its colour.

    Attributes:
        word: in sentence case.
        icon: id of the symbol in ``assets/signs.svg``.
        mark: the shape in a terminal that has Unicode.
        plain: the shape where only ASCII is safe.
        tone: which colour: met, partly, failing, stale, unknown, errored or none.
    """

    word: str
    icon: str
    mark: str
    plain: str
    tone: str


SIGNS: Mapping[str, Sign] = {
    "met": Sign("Met", "s-met", "\u2713", "+", "met"),
    "passed": Sign("Passed", "s-met", "\u2713", "+", "met"),
    "allow": Sign("Allow", "s-met", "\u2713", "+", "met"),
    "intact": Sign("Intact", "s-met", "\u2713", "+", "met"),
    "clean": Sign("Clean", "s-met", "\u2713", "+", "met"),
    "yes": Sign("Yes", "s-met", "\u2713", "+", "met"),
    "partly": Sign("Partly", "s-partly", "\u25d0", "/", "partly"),
    "partial": Sign("Partial", "s-partly", "\u25d0", "/", "partly"),
    "failing": Sign("Failing", "s-failing", "\u25a0", "x", "failing"),
    "failed": Sign("Failed", "s-failing", "\u25a0", "x", "failing"),
    "deny": Sign("Deny", "s-failing", "\u25a0", "x", "failing"),
    "broken": Sign("Broken", "s-failing", "\u25a0", "x", "failing"),
    "dangerous": Sign("Dangerous", "s-failing", "\u25a0", "x", "failing"),
    "suspicious": Sign("Suspicious", "s-failing", "\u25a0", "x", "failing"),
    "no": Sign("No", "s-na", "\u2013", "-", "none"),
    "stale": Sign("Stale", "s-stale", "\u25f7", "~", "stale"),
    "unknown": Sign("Unknown", "s-unknown", "?", "?", "unknown"),
    "undecided": Sign("Undecided", "s-unknown", "?", "?", "unknown"),
    "undetermined": Sign("Undetermined", "s-unknown", "?", "?", "unknown"),
    "not_examined": Sign("Not examined", "s-unknown", "?", "?", "unknown"),
    "errored": Sign("Errored", "s-errored", "\u25b2", "!", "errored"),
    "not_applicable": Sign("Not applicable", "s-na", "\u2013", "-", "none"),
}


def sign(status: str) -> Sign:
    """The sign of a status; one that nobody foresaw is shown as unknown, never as good, under its own name."""
    known = SIGNS.get(status)
    return known or Sign(status.replace("_", " ").capitalize(), "s-unknown", "?", "?", "unknown")


def number(text: str | None, places: int = 3) -> str:
    """A recorded number for reading: ``places`` decimals, thousands separated, a true minus; whole numbers stay whole.

    A value too small for its decimals says so instead of reading as zero.

    >>> number("0.20092451"), number("-0.0241"), number("1989"), number("0.00004"), number(None)
    ('0.201', '\u22120.024', '1,989', '<\u20090.001', '\u2013')
    """
    if text is None:
        return "\u2013"
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if value == value.to_integral_value():
        shown = f"{value.quantize(Decimal(1)):,f}"
    else:
        step = Decimal(1).scaleb(-places)
        rounded = value.quantize(step, rounding=ROUND_HALF_EVEN)
        if rounded == 0:
            return f"<\u2009{step}" if value > 0 else f">\u2009{MINUS}{step}"
        shown = f"{rounded:,f}"
    return shown.replace("-", MINUS)


def interval(value: str | None, low: str | None, high: str | None) -> str:
    """``0.201 (0.150 to 0.255)``; without bounds just the value.

    >>> interval("0.2009", "0.15", "0.2551")
    '0.201 (0.150 to 0.255)'
    """
    if value is None:
        return "not measured"
    if low is None or high is None:
        return number(value)
    return f"{fixed(value)} ({fixed(low)} to {fixed(high)})"


def fixed(text: str) -> str:
    """Three decimals even for ``0.15``, so that an interval's ends have one form; large whole numbers stay whole."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if abs(value) >= 1000 and value == value.to_integral_value():
        return number(text)
    return f"{value.quantize(Decimal('0.001'), rounding=ROUND_HALF_EVEN):,f}".replace("-", MINUS)


def limit(text: str) -> str:
    """A limit for reading: as the manifest wrote it, in its own digits.

    >>> limit("0.10"), limit("-5")
    ('0.10', '\u22125')
    """
    return text.replace("-", MINUS)


def words(name: str) -> str:
    """A measure's or kind's name as words.

    >>> words("selection_rate_difference")
    'selection-rate difference'
    """
    known = _NAMES.get(name)
    if known is not None:
        return known
    for end in ("difference", "ratio", "gap"):
        if name.endswith(f"_rate_{end}"):
            return f"{words(name.removesuffix(f'_{end}')).replace(' rate', '-rate')} {end}"
    return name.replace("_", " ").replace("-", " ")


_NAMES = {
    "selection_rate": "selection rate",
    "true_positive_rate": "true-positive rate",
    "false_positive_rate": "false-positive rate",
    "false_negative_rate": "false-negative rate",
    "auc": "AUC",
    "ece": "expected calibration error",
    "brier": "Brier score",
    "mae": "mean absolute error",
    "rmse": "RMSE",
    "psi": "PSI",
    "ks": "KS",
    "js": "Jensen-Shannon distance",
}


def day(text: str) -> str:
    """``2026-03-12T09:30:00.000Z`` or ``2026-03-12`` as ``12 Mar 2026``; other text stays as it is.

    >>> day("2026-03-12T09:30:00.000Z")
    '12 Mar 2026'
    """
    moment = _moment(text)
    return text if moment is None else f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def minute(text: str) -> str:
    """The day and the minute, in UTC.

    >>> minute("2026-03-12T09:30:00.000Z")
    '12 Mar 2026, 09:30 UTC'
    """
    moment = _moment(text)
    return text if moment is None else f"{day(text)}, {moment:%H:%M} UTC"


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def group(parts: Mapping[str, str]) -> str:
    """A group by its columns and values.

    >>> group({"minority": "1", "sex": "female"}), group({})
    ('minority 1, sex female', 'all rows')
    """
    return ", ".join(f"{column} {value}" for column, value in parts.items()) or "all rows"


def short(digest: str) -> str:
    """The first 12 hex digits of a digest, enough to tell two apart by eye.

    >>> short("sha256:" + "ab" * 32)
    'abababababab'
    """
    return digest.removeprefix("sha256:")[:12]

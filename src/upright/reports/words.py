"""How numbers, dates and statuses read: one way on paper, in HTML and in a terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation

from upright.reports.language import gettext, gettext_noop, reader, said

MINUS = "\u2212"
_MISSING = gettext_noop("(missing)")


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
    "met": Sign(gettext_noop("Met"), "s-met", "\u2713", "+", "met"),
    "passed": Sign(gettext_noop("Passed"), "s-met", "\u2713", "+", "met"),
    "allow": Sign(gettext_noop("Allow"), "s-met", "\u2713", "+", "met"),
    "intact": Sign(gettext_noop("Intact"), "s-met", "\u2713", "+", "met"),
    "clean": Sign(gettext_noop("Clean"), "s-met", "\u2713", "+", "met"),
    "yes": Sign(gettext_noop("Yes"), "s-met", "\u2713", "+", "met"),
    "partly": Sign(gettext_noop("Partly"), "s-partly", "\u25d0", "/", "partly"),
    "partial": Sign(gettext_noop("Partial"), "s-partly", "\u25d0", "/", "partly"),
    "failing": Sign(gettext_noop("Failing"), "s-failing", "\u25a0", "x", "failing"),
    "failed": Sign(gettext_noop("Failed"), "s-failing", "\u25a0", "x", "failing"),
    "deny": Sign(gettext_noop("Deny"), "s-failing", "\u25a0", "x", "failing"),
    "broken": Sign(gettext_noop("Broken"), "s-failing", "\u25a0", "x", "failing"),
    "dangerous": Sign(gettext_noop("Dangerous"), "s-failing", "\u25a0", "x", "failing"),
    "suspicious": Sign(gettext_noop("Suspicious"), "s-failing", "\u25a0", "x", "failing"),
    "no": Sign(gettext_noop("No"), "s-na", "\u2013", "-", "none"),
    "stale": Sign(gettext_noop("Stale"), "s-stale", "\u25f7", "~", "stale"),
    "unknown": Sign(gettext_noop("Unknown"), "s-unknown", "?", "?", "unknown"),
    "undecided": Sign(gettext_noop("Undecided"), "s-unknown", "?", "?", "unknown"),
    "undetermined": Sign(gettext_noop("Undetermined"), "s-unknown", "?", "?", "unknown"),
    "not_examined": Sign(gettext_noop("Not examined"), "s-unknown", "?", "?", "unknown"),
    "errored": Sign(gettext_noop("Errored"), "s-errored", "\u25b2", "!", "errored"),
    "not_applicable": Sign(gettext_noop("Not applicable"), "s-na", "\u2013", "-", "none"),
}


_OF_STATEMENTS = (
    *(gettext_noop("bytes"), gettext_noop("snapshot"), gettext_noop("declared"), gettext_noop("window")),
    *(gettext_noop("draft"), gettext_noop("approved"), gettext_noop("rejected"), gettext_noop("superseded")),
    *(gettext_noop("check"), gettext_noop("record"), gettext_noop("attestation"), gettext_noop("imported")),
    *(gettext_noop("withdrawn"), gettext_noop("withheld"), gettext_noop("prohibited"), gettext_noop("undetermined")),
)
"""Words of statements and of the gate that are shown as they stand there."""


def sign(status: str) -> Sign:
    """The sign of a status; one that nobody foresaw is shown as unknown, never as good, under its own name."""
    known = SIGNS.get(status)
    if known is None:
        return Sign(status.replace("_", " ").capitalize(), "s-unknown", "?", "?", "unknown")
    return replace(known, word=gettext(known.word))


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
            return reader().number(f"<\u2009{step}" if value > 0 else f">\u2009{MINUS}{step}")
        shown = f"{rounded:,f}"
    return reader().number(shown.replace("-", MINUS))


def count(n: int) -> str:
    """A whole number, its thousands separated.

    >>> count(1989)
    '1,989'
    """
    return reader().number(f"{n:,}")


def interval(value: str | None, low: str | None, high: str | None) -> str:
    """``0.201 (0.150 to 0.255)``; without bounds just the value.

    >>> interval("0.2009", "0.15", "0.2551")
    '0.201 (0.150 to 0.255)'
    """
    if value is None:
        return gettext("not measured")
    if low is None or high is None:
        return number(value)
    return gettext("%(value)s (%(low)s to %(high)s)") % {"value": fixed(value), "low": fixed(low), "high": fixed(high)}


def fixed(text: str) -> str:
    """Three decimals even for ``0.15``, so that an interval's ends have one form; large whole numbers stay whole."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return text
    if abs(value) >= 1000 and value == value.to_integral_value():
        return number(text)
    shown = f"{value.quantize(Decimal('0.001'), rounding=ROUND_HALF_EVEN):,f}"
    return reader().number(shown.replace("-", MINUS))


def limit(text: str) -> str:
    """A limit for reading: as the manifest wrote it, in its own digits.

    >>> limit("0.10"), limit("-5")
    ('0.10', '\u22125')
    """
    return reader().number(text.replace("-", MINUS))


def words(name: str) -> str:
    """A measure's or kind's name as words.

    >>> words("selection_rate_difference")
    'selection-rate difference'
    """
    return said(plain_words(name))


def plain_words(name: str) -> str:
    """The same in English, as translators find it.

    >>> plain_words("ece")
    'expected calibration error'
    """
    known = _NAMES.get(name)
    if known is not None:
        return known
    for end in ("difference", "ratio", "gap"):
        if name.endswith(f"_rate_{end}"):
            return f"{plain_words(name.removesuffix(f'_{end}')).replace(' rate', '-rate')} {end}"
    return name.replace("_", " ").replace("-", " ")


def sentence(text: str) -> str:
    """A text as it begins a sentence; names keep their capitals."""
    return text[:1].upper() + text[1:]


_NAMES = {
    "selection_rate": gettext_noop("selection rate"),
    "true_positive_rate": gettext_noop("true-positive rate"),
    "false_positive_rate": gettext_noop("false-positive rate"),
    "false_negative_rate": gettext_noop("false-negative rate"),
    "auc": gettext_noop("AUC"),
    "ece": gettext_noop("expected calibration error"),
    "brier": gettext_noop("Brier score"),
    "mae": gettext_noop("mean absolute error"),
    "rmse": gettext_noop("RMSE"),
    "psi": gettext_noop("PSI"),
    "ks": gettext_noop("KS"),
    "js": gettext_noop("Jensen-Shannon distance"),
}


def day(text: str) -> str:
    """``2026-03-12T09:30:00.000Z`` or ``2026-03-12`` as ``12 Mar 2026``; other text stays as it is.

    >>> day("2026-03-12T09:30:00.000Z")
    '12 Mar 2026'
    """
    moment = _moment(text)
    return text if moment is None else reader().day(moment.date())


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
    return ", ".join(f"{column} {member(value)}" for column, value in parts.items()) or gettext("all rows")


def member(value: str) -> str:
    """Who a group's rows have in common, by the value of its column; rows without one have a word of ours."""
    return gettext(_MISSING) if value == _MISSING else value


def short(digest: str) -> str:
    """The first 12 hex digits of a digest, enough to tell two apart by eye.

    >>> short("sha256:" + "ab" * 32)
    'abababababab'
    """
    return digest.removeprefix("sha256:")[:12]

"""Why a check passed or failed, in words: each limit with the worst that was found, and the sample size behind it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from upright.evidence import Measurement, Predicate, Reason
from upright.reports import words
from upright.reports.language import gettext, said

_WORST_FIRST = ("failed", "errored", "undecided", "passed")


@dataclass(frozen=True)
class Why:
    """The reasons of one outcome about one limit."""

    status: str
    limit: str
    because: tuple[str, ...]


@dataclass(frozen=True)
class Gist:
    """All reasons about one limit in one line: the worst, and how many more there are."""

    outcome: str
    limit: str
    because: str
    more: str

    def __str__(self) -> str:
        tail = f" ({self.more})" if self.more else ""
        return f"{self.limit}: {self.because}{tail}" if self.limit else f"{self.because}{tail}"


def gists(found_by: Predicate) -> tuple[Gist, ...]:
    """One line for each limit, the worst limits first; the whole list stands in the statement and in the report."""
    by_limit: dict[str, list[Reason]] = {}
    for reason in found_by.reasons:
        by_limit.setdefault(reason.limit, []).append(reason)
    found = []
    for limit, reasons in by_limit.items():
        ranked = sorted(reasons, key=lambda one: _WORST_FIRST.index(one.outcome))
        counts = Counter[str](one.outcome for one in ranked[1:])
        more = ", ".join(_more(outcome) % {"count": counts[outcome]} for outcome in _WORST_FIRST if counts[outcome])
        found.append(Gist(ranked[0].outcome, limit_words(limit), told(ranked[0], found_by.measurements), more))
    return tuple(sorted(found, key=lambda one: _WORST_FIRST.index(one.outcome)))


def _more(outcome: str) -> str:
    return {
        "failed": gettext("%(count)s more failed"),
        "errored": gettext("%(count)s more errored"),
        "undecided": gettext("%(count)s more undecided"),
        "passed": gettext("%(count)s more passed"),
    }[outcome]


def told(reason: Reason, measurements: Sequence[Measurement]) -> str:
    """The reason's sentence with its sample size, in the reader's language."""
    return said(with_n(reason, measurements))


def with_n(reason: Reason, measurements: Sequence[Measurement]) -> str:
    """The reason's sentence with the sample size behind the interval that it quotes, where one alone fits."""
    quoted = _QUOTED.search(reason.because)
    if quoted is None or ", n " in reason.because:
        return reason.because
    name, value = reason.limit.partition(" ")[0], Decimal(quoted[1].replace(words.MINUS, "-"))
    same = [one for one in measurements if one.name == name and one.value and _reads_as(one.value, value)]
    exactly = [one for one in same if words.interval(one.value, one.low, one.high) == quoted[0]]
    sizes = {one.n for one in exactly or same}
    if len(sizes) != 1:
        return reason.because
    return f"{reason.because[: quoted.end()]}, n {sizes.pop():,},{reason.because[quoted.end() :]}"


_QUOTED = re.compile(rf"([{words.MINUS}-]?\d+(?:\.\d+)?) \([{words.MINUS}-]?[\d.]+ to [{words.MINUS}-]?[\d.]+\)")


def _reads_as(recorded: str, shown: Decimal) -> bool:
    """Whether a recorded value, or its absolute value, is what is shown, to the shown digits."""
    return abs(Decimal(recorded)).quantize(shown) == abs(shown)


def limit_words(text: str) -> str:
    """A limit as recorded, in words.

    >>> limit_words("selection_rate_difference at_most 0.1")
    'Selection-rate difference at most 0.1'
    """
    name, _, rest = text.partition(" ")
    bound, _, value = rest.partition(" ")
    if bound in {"at_least", "at_most"} and value:
        return words.sentence(f"{words.words(name)} {bound_words(bound, value)}")
    return words.sentence(f"{words.words(name)} {rest}" if rest else words.words(name))


def bound_words(bound: str, value: str) -> str:
    """One bound of a limit in words.

    >>> bound_words("at_most", "0.10")
    'at most 0.10'
    """
    said_so = gettext("at least %(value)s") if bound == "at_least" else gettext("at most %(value)s")
    return said_so % {"value": words.limit(value)}


def all_reasons(found_by: Predicate) -> tuple[Why, ...]:
    """The reasons, worst outcome first, those about one limit together."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in sorted(found_by.reasons, key=lambda one: _WORST_FIRST.index(one.outcome)):
        found.setdefault((one.outcome, one.limit), []).append(told(one, found_by.measurements))
    return tuple(Why(outcome, limit_words(limit), tuple(lines)) for (outcome, limit), lines in found.items())

"""What another tool found, in our words: numbers with intervals where counts allow, and all that was not examined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from upright.checks.contract import Limits
from upright.checks.judge import Judgement, demand_known, judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.estimate import Estimate

NO_COUNT = "the file does not say on how many cases, so nobody knows how sure the number is"


class ForeignFileError(InputError):
    """A file of another tool cannot be taken in; the message says what was found and what is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a file says.

    ``format`` is the format's name, ``tool`` and ``version`` who wrote it. ``kinds`` are the kinds of evidence that it
    can be; where there are several, or none, the person who imports names one. ``estimates`` are judged, ``reported``
    only shown. ``partial`` says why a run is not whole: such a run is undecided, whatever it
    found. ``undecided`` are other reasons against a pass. ``failures`` name what failed.
    ``about`` is what the file calls the thing it looked at; ``settings`` what was asked of it, as texts.
    """

    format: str
    tool: str
    version: str = ""
    kinds: tuple[str, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    reported: tuple[Estimate, ...] = ()
    default_limits: Limits = field(default_factory=dict)
    started: datetime | None = None
    ended: datetime | None = None
    partial: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    about: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    window: tuple[datetime, datetime] | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """The names that a limit may speak of."""
        return tuple(dict.fromkeys(one.name for one in (*self.estimates, *self.reported)))


def judged(findings: Findings, limits: Limits) -> Judgement:
    """The findings held against limits, else against those in the nature of the format.

    A run that is not whole stays undecided whatever it found; its reasons say what that was.

    Raises:
        LimitError: a limit on what the file does not measure.
    """
    demand_known(f"The {findings.format} file", limits, findings.measures)
    asked = limits or findings.default_limits
    also = [
        Reason(limit="", outcome="undecided", because=because) for because in (*findings.partial, *findings.undecided)
    ]
    found = judge(
        [one for one in findings.estimates if one.name in asked],
        asked,
        reported=[*(one for one in findings.estimates if one.name not in asked), *findings.reported],
        also=also,
    )
    named = tuple(_named(findings)) if found.result == "failed" else ()
    result = "undecided" if findings.partial else found.result
    return Judgement(
        result=result,
        measurements=found.measurements,
        reasons=(*found.reasons, *named),
        not_examined=(*found.not_examined, *findings.not_examined),
    )


def _named(findings: Findings) -> Iterator[Reason]:
    for text in findings.failures[:10]:
        yield Reason(limit="", outcome="failed", because=text)
    if len(findings.failures) > 10:
        yield Reason(limit="", outcome="failed", because=f"and {len(findings.failures) - 10} more")


def bare_number(name: str, value: float, *, group: Mapping[str, str] | None = None, unit: str = "") -> Estimate:
    """A number that a file gives without saying on how many cases: shown, and never used to pass or fail."""
    return Estimate(
        name=name, value=value, n=0, unit=unit, method="as the file gives it", group=dict(group or {}), unfit=NO_COUNT
    )


def slug(text: str) -> str:
    """A name as a measure or a part of a reference: lower case, digits and ``_``.

    >>> slug("Value Drift (K-S)")
    'value_drift_k_s'
    """
    kept = "".join(one.lower() if one.isascii() and one.isalnum() else " " for one in text)
    return "_".join(kept.split())[:60] or "unnamed"

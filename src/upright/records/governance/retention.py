"""How long records are kept, from which event, on what basis, and how they are disposed of (7.5.3)."""

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, ClassVar

from django.db import models

from upright.kernel import Ref, parse_time
from upright.records.governance.subjects import home_of
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.history import steps
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence, record_types
from upright.records.trail.server_log import now
from upright.workspace.judge import load_catalogue

_PERIOD = re.compile(r"P(?=\d)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?")


def add_period(start: date, period: str) -> date:
    """The day a period after another; months are calendar months, cut to the month's last day.

    >>> add_period(date(2024, 2, 29), "P10Y")
    datetime.date(2034, 2, 28)
    >>> add_period(date(2026, 8, 31), "P6M")
    datetime.date(2027, 2, 28)
    """
    found = _PERIOD.fullmatch(period)
    if found is None:
        raise ValueError(period)
    years, months, days = (int(one or 0) for one in found.groups())
    month = start.month - 1 + months
    year, month = start.year + years + month // 12, month % 12 + 1
    end = date(year, month, min(start.day, calendar.monthrange(year, month)[1]))
    return date.fromordinal(end.toordinal() + days)


def erasable_types() -> list[tuple[str, str]]:
    """The record types that hold personal data: what can be disposed of here."""
    return sorted(
        (name, str(model._meta.verbose_name).capitalize()) for name, model in record_types().items() if model.personal
    )


def without_class(classes: "models.QuerySet[RetentionClass]") -> list[tuple[str, str]]:
    """The types that hold personal data and to which none of these classes in force applies: nothing of them goes."""
    there = set(classes.filter(state=Controlled.State.APPROVED).values_list("applies_to", flat=True))
    return [(name, title) for name, title in erasable_types() if name not in there]


class RetentionClass(Controlled):
    """For a kind of record: from which event, for how long, on what basis it is kept, and how it is disposed of."""

    class Start(models.TextChoices):
        """What starts the period."""

        WRITTEN = "written", "It was written first"
        CHANGED = "changed", "It was changed last"
        ENDED = "ended", "It ended: withdrawn, superseded, closed, ended or deactivated"
        OUTSIDE = "outside", "An event outside, such as placing on the market"

    class Disposal(models.TextChoices):
        """What happens at the end."""

        ERASE = "erase", "Personal data are erased, a tombstone stays"
        ELSEWHERE = "elsewhere", "It is deleted where it is kept, with proof"
        KEEP = "keep", "It is kept for good"

    ref_type = "retention-class"

    title = models.CharField(max_length=200, help_text="What is kept, such as technical documentation.")
    applies_to = models.CharField(
        max_length=60, choices=erasable_types, blank=True, help_text="The type of record; empty: kept elsewhere."
    )
    starts = models.CharField(max_length=10, choices=Start.choices)
    period = models.CharField(max_length=20, help_text="ISO 8601, such as P10Y, P6M or P90D.")
    basis = models.CharField(max_length=300, help_text="Law, contract or reason.")
    disposal = models.CharField(max_length=10, choices=Disposal.choices)
    by_law = models.BooleanField(
        "a law wants it", default=False,
        help_text="A law wants it kept that long: nobody who asks to be erased shortens it (GDPR, Art. 17(3)).",
    )  # fmt: skip

    class Meta:
        verbose_name = "retention class"
        verbose_name_plural = "retention classes"

    def clean(self) -> None:
        """A period that can be counted; erasing is for what is kept here."""
        super().clean()
        if _PERIOD.fullmatch(self.period) is None:
            raise misfit(
                "period", f"{self.period!r} is no period; expected one such as P10Y, P6M or P90D.", code="UP-KEEP-01"
            )
        if (self.disposal == self.Disposal.ERASE) != bool(self.applies_to):
            raise misfit(
                "disposal",
                "Erasing is for a type of record that is kept here, and the only way to dispose of one.",
                code="UP-KEEP-02",
            )

    def due(self, record: Record) -> date | None:
        """From which day a record may be disposed of; None: its period has not begun, or begins outside."""
        past = steps(record.ref)
        if self.starts == self.Start.OUTSIDE or not past:
            return None
        ended = [one for one in past if one.action.rpartition(".")[2] in _ENDS]
        chosen = {
            self.Start.WRITTEN: past[:1],
            self.Start.CHANGED: past[-1:],
            self.Start.ENDED: ended[-1:],
        }[self.Start(self.starts)]
        return add_period(parse_time(chosen[0].time).date(), self.period) if chosen else None

    def as_evidence(self) -> RecordEvidence | None:
        """A line of the retention schedule."""
        return self.speak("retention-schedule")

    def __str__(self) -> str:
        return self.title


_ENDS = frozenset({"withdrawn", "superseded", "closed", "ended", "deactivated", "retired"})


class LegalHold(Record):
    """Nothing that it covers is disposed of while it lasts."""

    ref_type = "legal-hold"

    title = models.CharField(max_length=200)
    reason = models.TextField(help_text="Which dispute, inquiry or order.")
    covers = models.JSONField(default=list, help_text="References, or types such as person, one a line.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="legal_holds")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="legal_holds")
    lifted_on = models.DateField(null=True, blank=True)

    def holds(self, record: Record) -> bool:
        """Whether it keeps this record."""
        return self.lifted_on is None and bool({record.ref, record.ref_type} & {str(one) for one in self.covers})

    def __str__(self) -> str:
        return self.title


class RecordDisposal(Record):
    """That the personal data of a record are to be erased; a second person approves, then they are gone.

    Either its retention class says that its time is over, or the person concerned asked for it.
    """

    class Ground(models.TextChoices):
        """Why they go."""

        PERIOD = "period", "The period of its retention class is over"
        REQUEST = "request", "The person concerned asked for it (GDPR, Art. 17)"

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed", "Proposed"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    ref_type = "record-disposal"

    record = RefField(help_text="What is disposed of.")
    ground = models.CharField(max_length=10, choices=Ground.choices, default=Ground.PERIOD)
    retention_class = models.ForeignKey(
        RetentionClass, models.PROTECT, related_name="record_disposals", null=True, blank=True,
        help_text="By which its period is over; empty: somebody asked.",
    )  # fmt: skip
    asked_on = models.DateField(
        null=True, blank=True,
        help_text="On which day the person asked: they are answered within a month (GDPR, Art. 12(3)).",
    )  # fmt: skip
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="record_disposals")
    why = models.TextField(blank=True, help_text="Who asked is not said here: it would outlive them.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)
    due = models.DateField(null=True, blank=True, editable=False)
    erased_entries = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "disposal of a record"
        verbose_name_plural = "disposals of records"
        ordering: ClassVar = ["-pk"]

    def clean(self) -> None:
        """Its ground is said by what that ground needs, and nothing else.

        Raises:
            ValidationError: by field.
        """
        super().clean()
        is_asked, by = self.ground == self.Ground.REQUEST, self.retention_class
        if is_asked and by is not None:
            raise misfit("retention_class", "Who asks to be erased needs no retention class.", code="UP-KEEP-07")
        if not is_asked and by is None:
            raise misfit("retention_class", "Say by which retention class its period is over.", code="UP-KEEP-07")
        if is_asked and self.asked_on is None:
            raise misfit("asked_on", "Say on which day the person asked.", code="UP-KEEP-07")
        if not is_asked and self.asked_on is not None:
            raise misfit("asked_on", "A day on which somebody asked belongs to the other ground.", code="UP-KEEP-07")
        if self.asked_on is not None and self.asked_on > now().date():
            raise misfit("asked_on", f"{self.asked_on} lies ahead; nobody asked yet.", code="UP-KEEP-07")

    def home(self) -> Ref | None:
        """Where the record's own stream is announced."""
        return home_of(self.record)

    def frozen(self) -> str | None:
        """Only a proposal is written on."""
        return None if self.state == self.State.PROPOSED else f"it is {self.state}"

    def __str__(self) -> str:
        return composed("Disposal of %(record)s", record=self.record)


@dataclass(frozen=True, kw_only=True)
class LegalPeriod:
    """How long a law wants something kept at least, by whom, from when."""

    what: str
    period: str
    starts: str
    who: tuple[str, ...]
    basis: str


@cache
def legal_periods() -> tuple[LegalPeriod, ...]:
    """The periods of the EU AI Act, as the catalogue holds them: what retention classes begin with."""
    framework = load_catalogue(()).frameworks["eu-ai-act"]
    facts: Any = framework.facts
    said: Any = {one.local: one.facts.get("retention", {}) for one in framework.requirements}
    found = []
    for row in facts["retention"]:
        starts = next((one["starts"] for ref in row["refs"] if (one := said.get(ref)) and "starts" in one), "")
        found.append(
            LegalPeriod(
                what=row["what"][:1].upper() + row["what"][1:],
                period=row["min"],
                starts=f"from {starts}" if starts else "from the event that the law names",
                who=tuple(row["who"]),
                basis=f"EU AI Act, {', '.join(row['refs'])}",
            )
        )
    return tuple(found)

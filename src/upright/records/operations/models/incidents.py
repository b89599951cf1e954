"""Incidents with their clocks, and the notices that were sent (A.8.4)."""

from django.db import models

from upright.kernel import Ref
from upright.records.assurance.judging import catalogue
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.operations.clocks import Clock, clocks_of
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now

CASES = (
    ("INC-A", "Serious incident (15 days)"),
    ("INC-B", "Widespread infringement or critical infrastructure (2 days)"),
    ("INC-C", "Death of a person (10 days)"),
    ("INC-D", "General-purpose model with systemic risk (at once)"),
    ("INC-E", "Fundamental rights only, where other Union reporting applies (15 days)"),
)
CLOCKS = (*CASES, ("GDPR-33", "Breach of personal data, to the authority (72 hours)"), ("GDPR-34", "Breach, to people"))


class Incident(Record):
    """What went wrong with an AI system, what it did to whom, who had to be told, and what was learnt."""

    class Severity(models.TextChoices):
        """How bad it is for those whom it touched."""

        LOW = "low", "Low"
        MEDIUM = "medium", "Medium"
        HIGH = "high", "High"
        CRITICAL = "critical", "Critical"

    class State(models.TextChoices):
        """Where it stands."""

        REPORTED = "reported", "Reported"
        CONTAINED = "contained", "Contained"
        RESOLVED = "resolved", "Resolved"
        CLOSED = "closed", "Closed"

    ref_type = "incident"

    title = models.CharField(max_length=200)
    system = models.ForeignKey(System, models.PROTECT, related_name="incidents", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="incidents")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="incidents", help_text="Who handles it.")
    severity = models.CharField(max_length=10, choices=Severity.choices)
    what = models.TextField(help_text="What happened.")
    effect = models.TextField(help_text="What it did to whom.")
    happened_at = models.DateTimeField(help_text="When it began, in UTC.")
    aware_at = models.DateTimeField(help_text="When anybody here first knew, in UTC: the clocks run from then.")
    case = models.CharField(max_length=10, choices=CASES, blank=True, help_text="Of Art. 73, EU AI Act, if any.")
    personal_data_breach = models.BooleanField(default=False)
    high_risk_to_people = models.BooleanField(default=False, help_text="Whether the breach likely brings high risk.")
    root_cause = models.TextField(blank=True)
    lessons = models.TextField(blank=True, help_text="What is done otherwise from now on.")
    correction = RefField(
        types=("corrective-action", "nonconformity"), blank=True, help_text="The corrective action that came of it."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.REPORTED, editable=False)

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def frozen(self) -> str | None:
        """A closed one stays as it was closed."""
        return "it is closed; open it again first" if self.state == self.State.CLOSED else None

    def clean(self) -> None:
        """Nobody knew before it happened, nor will know."""
        told = [one for one in (getattr(self, "happened_at", None), self.aware_at, now()) if one is not None]
        if told != sorted(told):
            raise misfit(
                "aware_at", "Somebody knew after it happened and before now; look at both times.", code="UP-OPS-11"
            )

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The notices that it owes, by the edition of the catalogue in force."""
        frameworks = catalogue().frameworks
        breach = catalogue().requirements["gdpr:GDPR-33"].facts
        return clocks_of(
            dict(frameworks["eu-ai-act"].facts["incident_deadlines"]),
            dict(breach),
            aware=self.aware_at,
            case=self.case,
            is_breach=self.personal_data_breach,
            is_high_risk=self.high_risk_to_people,
        )

    @property
    def owed(self) -> tuple[Clock, ...]:
        """Those of them for which no notice was sent."""
        sent = {one.clock for one in self.notices.all()}
        return tuple(one for one in self.clocks if one.id not in sent)

    @property
    def told(self) -> tuple[tuple[Clock, str], ...]:
        """Each clock and whether it is ``told``, ``late``, ``overdue`` or ``owed``; the first notice decides."""
        sent = {one.clock: one for one in sorted(self.notices.all(), key=lambda one: one.sent_at, reverse=True)}
        return tuple((one, _stand(one, sent.get(one.id))) for one in self.clocks)

    def as_evidence(self) -> RecordEvidence | None:
        """An incident with its handling; only a closed one is settled, and one that is opened again is no more."""
        is_again = self.state == self.State.REPORTED and bool(self.lessons.strip())  # those are written to close it
        opened = "withdrawn" if is_again else "draft"
        state = "approved" if self.state == self.State.CLOSED else opened
        return RecordEvidence(kinds=("incident",), state=state, persons=(str(self.owner.ref),))

    def __str__(self) -> str:
        return self.title


def _stand(clock: Clock, notice: "Notice | None") -> str:
    if notice is not None:
        return "late" if notice.is_late else "told"
    return "overdue" if clock.is_overdue(now()) else "owed"


class Notice(Record):
    """That somebody was told of an incident: who, when, under which clock, with what to prove it. Never changed."""

    ref_type = "notice"
    lies_with = "incident"

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="notices")
    clock = models.CharField(max_length=10, choices=CLOCKS)
    to = models.CharField(max_length=200, help_text="Which authority, or which people.")
    sent_at = models.DateTimeField(help_text="In UTC.")
    proof = models.TextField(help_text="Receipt, reference of the authority, or where the copy is kept.")
    is_late = models.BooleanField(default=False, editable=False)

    @property
    def unit_id(self) -> object:
        """The unit of its incident."""
        return self.incident.unit_id

    def home(self) -> Ref | None:
        """Where its incident is announced."""
        return self.incident.home()

    def frozen(self) -> str | None:
        """What was sent was sent."""
        return "what was sent was sent; add another notice"

    def __str__(self) -> str:
        return f"{self.to}: {self.incident}"

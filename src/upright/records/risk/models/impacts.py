"""Impact assessments for individuals, groups and society (6.1.4, 8.4, A.5), and changes that nobody planned (8.1)."""

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.risk.models.criteria import TRIGGERS
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed, word
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


class ImpactAssessment(Controlled):
    """What a system does to individuals, groups and society: harms, benefits, misuse, measures, conclusion."""

    class Conclusion(models.TextChoices):
        """What it comes to."""

        ACCEPTABLE = "acceptable", "Acceptable as it is"
        WITH_MEASURES = "with-measures", "Acceptable with the measures"
        NOT_ACCEPTABLE = "not-acceptable", "Not acceptable"

    ref_type = "impact-assessment"

    title = models.CharField(max_length=200)
    system = models.ForeignKey(System, models.PROTECT, related_name="impact_assessments")
    run_on = models.DateField(help_text="The day of this run.")
    affected = models.JSONField(default=list, help_text="Individuals and groups who feel it, one a line.")
    harms = models.JSONField(default=list, help_text="What could harm them, one a line.")
    benefits = models.JSONField(default=list, help_text="What they gain, one a line.")
    misuse = models.TextField(help_text="Foreseeable misuse, and what follows from it.")
    environment = models.TextField(blank=True, help_text="Society: effects on the environment.")
    economy = models.TextField(blank=True, help_text="Society: effects on the economy and on work.")
    society = models.TextField(blank=True, help_text="Society: democracy, culture, health and other effects.")
    measures = models.JSONField(default=list, help_text="What is done about harms, one a line.")
    controls = models.JSONField(default=list, blank=True, help_text="Controls that carry the measures, such as A.9.2.")
    conclusion = models.CharField(max_length=15, choices=Conclusion.choices)
    reopened_because = models.TextField(blank=True, editable=False)

    def clean(self) -> None:
        """Controls are controls."""
        from upright.records.risk.models.controls import own_controls
        from upright.records.risk.models.linking import demand_controls

        super().clean()
        demand_controls("controls", self.controls, own_controls(self.controls))

    def unready(self) -> str | None:
        """It was run, names whom and what, and says of society what it found."""
        if self.run_on > now().date():
            return f"its run is on {self.run_on}, which is to come (8.4)."
        for name in ("affected", "harms", "benefits", "measures"):
            if not getattr(self, name):
                return f"it names no {name} (6.1.4, A.5.4)."
        if any(one.strip() for one in self._society) and not self.covers_society:
            return "it says some of the effects on society and not all: environment, economy, other (A.5.5)."
        return None

    @property
    def _society(self) -> tuple[str, str, str]:
        return (self.environment, self.economy, self.society)

    @property
    def covers_society(self) -> bool:
        """Whether it is a societal assessment too."""
        return all(one.strip() for one in self._society)

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """A run, tied to the models and data that it was about; one that was reopened stands no more."""
        kinds = ("impact-assessment", "societal-impact-assessment") if self.covers_society else ("impact-assessment",)
        bad = self.conclusion == self.Conclusion.NOT_ACCEPTABLE
        said = self.speak(
            *kinds,
            about=self.system.reference,
            conclusion="failed" if bad else "passed",
            on=self.run_on,
            is_tied=True,
            data={"measures": list(self.measures)},
        )
        return taken_back(said) if self.reopened_because else said

    def __str__(self) -> str:
        return self.title


class ChangeReview(Record):
    """A change of a system that was observed: planned, or unintended and to be reviewed (8.1)."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    ref_type = "change-review"

    system = models.ForeignKey(System, models.PROTECT, related_name="change_reviews")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="change_reviews")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="change_reviews")
    trigger = models.CharField(max_length=15, choices=[(one, one.capitalize()) for one in TRIGGERS])
    what = models.TextField(help_text="What has changed, since when, how it was noticed.")
    plan = models.CharField(max_length=300, blank=True, help_text="The approved change plan, by its reference.")
    observed = models.BigIntegerField(null=True, blank=True, editable=False)
    actions = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)
    reviewed_by = models.CharField(max_length=300, blank=True, editable=False)

    def clean(self) -> None:
        """A plan is an approved change plan."""
        if self.plan and self.state == self.State.OPEN and not is_change_plan(self.plan):
            raise misfit("plan", f"{self.plan} is no approved change plan (6.3).", code="UP-RISK-28")

    def frozen(self) -> str | None:
        """What was reviewed stays."""
        return None if self.state == self.State.OPEN else "it is closed; report the new change"

    @property
    def is_unintended(self) -> bool:
        """Whether no plan stands behind it."""
        return not self.plan

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """Unintended and open, it fails; reviewed, it passes."""
        is_open = self.state == self.State.OPEN
        persons = (str(self.owner.ref), self.reviewed_by) if self.reviewed_by else (str(self.owner.ref),)
        return RecordEvidence(
            kinds=("change-review",),
            is_occasion=not is_open,
            state="approved" if self.is_unintended or not is_open else "draft",
            conclusion="failed" if self.is_unintended and is_open else "passed",
            persons=persons,
            data={"system": self.system.ref, "trigger": self.trigger, "unintended": self.is_unintended},
        )

    def __str__(self) -> str:
        return composed(
            "%(trigger)s of %(system)s changed", trigger=word(self.get_trigger_display()), system=self.system
        )


def is_change_plan(ref: str) -> bool:
    """Whether a reference names a record that is an approved change plan, whatever its type."""
    from upright.kernel import RefError
    from upright.records.trail.record import find

    try:
        found = find(ref)
    except RefError:
        return False
    said = None if found is None else found.as_evidence()
    return said is not None and said.state == "approved" and "change-plan" in said.kinds


def taken_back(said: RecordEvidence | None) -> RecordEvidence | None:
    """Evidence that was approved and holds no more, because something changed since."""
    from dataclasses import replace

    return None if said is None else replace(said, state="withdrawn")

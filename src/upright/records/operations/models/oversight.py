"""People who look over systems, what they decide, what is watched and what went off (A.9.2, A.6.2.6)."""

from datetime import timedelta

from django.db import models

from upright.kernel import Ref
from upright.records.assurance.models import EvidenceRow
from upright.records.identity.models import Person, Role
from upright.records.identity.power import is_effective
from upright.records.inventory.models import OfSystem, System
from upright.records.operations.models.use import AboutSystem
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed, word
from upright.records.trail.record import RecordEvidence
from upright.records.trail.server_log import now
from upright.reports.words import plain_words

TRAINING_HOLDS = timedelta(days=730)


class OversightAssignment(AboutSystem):
    """Who looks over a system's decisions, with the training and the authority for it (A.9.2)."""

    ref_type = "oversight-assignment"

    system = models.ForeignKey(System, models.PROTECT, related_name="oversight_assignments")
    overseer = models.ForeignKey(Person, models.PROTECT, related_name="oversight_assignments")
    trained_on = models.DateField(help_text="When they were last trained for this system.")
    authority = models.TextField(help_text="What they may do: override, stop, escalate.")
    support = models.TextField(blank=True, help_text="Time, means and whom they ask.")

    class Meta:
        verbose_name = "oversight assignment"

    def unready(self) -> str | None:
        """The overseer holds the role today and was trained within two years."""
        day = now().date()
        held = self.overseer.roles.filter(role=Role.OVERSEER)
        if not any(is_effective(one, day) for one in held):
            return f"{self.overseer} does not hold the role of an overseer (A.9.2)."
        if not day - TRAINING_HOLDS <= self.trained_on <= day:
            return f"{self.overseer} was not trained for it within two years (A.9.2)."
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """That its system is looked over."""
        return self.speak("oversight-assignment", about=self.system.reference)

    def __str__(self) -> str:
        return composed("%(overseer)s over %(system)s", overseer=self.overseer, system=self.system)


class DecisionReview(OfSystem):
    """What an overseer made of one proposal of a system: agreed, overrode it, or stopped the system."""

    class Outcome(models.TextChoices):
        """What became of it."""

        AGREED = "agreed", "Agreed"
        OVERRODE = "overrode", "Overrode it"
        STOPPED = "stopped", "Stopped the system"

    ref_type = "decision-review"

    system = models.ForeignKey(System, models.PROTECT, related_name="decision_reviews")
    decision = models.CharField(max_length=200, help_text="The decision's own number in the system, no name.")
    proposed = models.CharField(max_length=200, help_text="What the system proposed.")
    seen = models.TextField(blank=True, help_text="What was looked at to judge it.")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    why = models.TextField(blank=True, help_text="Why it was overridden or stopped.")
    reviewer = models.ForeignKey(
        Person, models.PROTECT, related_name="decision_reviews", null=True, blank=True, editable=False
    )

    class Meta:
        verbose_name = "decision review"

    def frozen(self) -> str | None:
        """What was decided was decided."""
        return "what was decided was decided; add another review"

    def clean(self) -> None:
        """Whoever does not agree says why."""
        if self.outcome != self.Outcome.AGREED and not self.why.strip():
            raise misfit("why", "Say why it was not followed (A.9.2).", code="UP-OPS-40")

    def __str__(self) -> str:
        return f"{self.system}: {self.decision}"


class Monitor(AboutSystem):
    """What is watched in operation: a measure, its limit, on what, how often, and who acts when it goes off."""

    ref_type = "monitor"

    system = models.ForeignKey(System, models.PROTECT, related_name="monitors")
    measure = models.CharField(max_length=200, help_text="Such as selection_rate_difference.")
    limit = models.CharField(max_length=100, help_text="Such as at_most 0.1.")
    subject = RefField(types=("system", "model", "dataset"), help_text="What is measured.")
    binding = models.CharField(max_length=100, help_text="The check's id in the manifest whose evidence it reads.")
    every_days = models.PositiveIntegerField(default=30, help_text="How often a new result is due, in days.")
    acts = models.TextField(help_text="Who does what when it goes off.")

    @property
    def newest(self) -> EvidenceRow | None:
        """The newest evidence of its check."""
        rows = EvidenceRow.objects.filter(system=self.system.ref, binding=self.binding)
        return rows.order_by("-index").first()

    @property
    def stands(self) -> str:
        """Its last result; ``unknown`` where there is none, ``stale`` where a newer one is due."""
        from upright.kernel import parse_time

        row = self.newest
        if row is None:
            return "unknown"
        if parse_time(row.ended) + timedelta(days=self.every_days) < now():
            return "failed" if row.result == "failed" else "stale"
        return str(row.result)

    def unready(self) -> str | None:
        """It names a period."""
        return None if self.every_days else "it does not say how often a result is due (A.6.2.6)."

    def __str__(self) -> str:
        return f"{word(plain_words(self.measure))} {word(self.limit.replace('_', ' '))}"


class Alarm(OfSystem):
    """Something went off: evidence of a monitor failed, or a person saw it. Somebody sees it, somebody ends it."""

    class State(models.TextChoices):
        """Where it stands."""

        RAISED = "raised", "Raised"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        HANDLED = "handled", "Handled"

    ref_type = "alarm"

    system = models.ForeignKey(System, models.PROTECT, related_name="alarms")
    monitor = models.ForeignKey(Monitor, models.PROTECT, related_name="alarms", null=True, blank=True)
    what = models.TextField(help_text="What went off, or what was seen.")
    evidence = models.CharField(max_length=64, blank=True, editable=False, help_text="Id of the evidence that failed.")
    handled = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.RAISED, editable=False)

    def frozen(self) -> str | None:
        """It moves by verbs."""
        return None if self.state == self.State.RAISED and not self.evidence else "it is acknowledged and handled"

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return self.system.reference

    def __str__(self) -> str:
        return self.what[:80]

"""Use of AI systems: proposed, intended, approved with conditions, reviewed (A.9)."""

from datetime import date

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import OfSystem, System
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


def lies_ahead(day: date | None) -> bool:
    """Whether a day that was given is still to come."""
    return day is not None and day > now().date()


class AboutSystem(Controlled):
    """What is approved about one system: its index announces it."""

    class Meta:
        abstract = True

    def home(self) -> Ref | None:
        """The system's index announces it."""
        system: System | None = getattr(self, "system", None)
        return None if system is None else system.reference


class UseProposal(Record):
    """What somebody would like to use AI for: told in two minutes by anybody, answered by who decides."""

    class State(models.TextChoices):
        """What became of it."""

        PROPOSED = "proposed", "Proposed"
        TAKEN_UP = "taken-up", "Taken up"
        DECLINED = "declined", "Declined"

    ref_type = "use-proposal"

    title = models.CharField(max_length=200, help_text="What you would use AI for, in a line.")
    purpose = models.TextField(help_text="What it would do, and who would act on what it says.")
    service = models.CharField(max_length=200, blank=True, help_text="The service or product, if you know one.")
    people = models.TextField(blank=True, help_text="Whom it could touch: customers, colleagues, applicants.")
    personal_data = models.BooleanField(null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="use_proposals")
    proposed_by = models.CharField(max_length=300, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)
    became = RefField(types=("system", "use"), blank=True, editable=False)

    class Meta:
        verbose_name = "use proposal"

    def frozen(self) -> str | None:
        """What was answered stays."""
        return None if self.state == self.State.PROPOSED else f"it is {self.state}; propose anew"

    def __str__(self) -> str:
        return self.title


class IntendedUse(AboutSystem):
    """What a system is meant for, by whom, where, and what not; a use is approved within it (A.9.4)."""

    ref_type = "intended-use"

    system = models.ForeignKey(System, models.PROTECT, related_name="intended_uses")
    purpose = models.TextField()
    users = models.TextField(help_text="Who uses it, with what they have learnt.")
    settings = models.TextField(help_text="Where and how: places, processes, languages, volumes.")
    not_for = models.TextField(blank=True, help_text="What it must not be used for, foreseeable misuse included.")

    class Meta:
        verbose_name = "intended use"

    def unready(self) -> str | None:
        """It says what the system is not for."""
        return None if self.not_for.strip() else "it does not say what the system is not for (A.9.4)."

    def as_evidence(self) -> RecordEvidence | None:
        """The intended use of its system."""
        return self.speak("intended-use", about=self.system.reference)

    def __str__(self) -> str:
        return composed("Intended use of %(system)s", system=self.system)


class UseApproval(AboutSystem):
    """The decision that a system may be used, under conditions, until a day (A.9.2)."""

    ref_type = "use-approval"

    system = models.ForeignKey(System, models.PROTECT, related_name="use_approvals")
    scope = models.TextField(help_text="Which use: by whom, in which process.")
    conditions = models.JSONField(default=list, blank=True, help_text="What must hold while it is used, one a line.")

    class Meta:
        verbose_name = "use approval"

    def unready(self) -> str | None:
        """It has conditions, and an intended use in force that it stays within."""
        if not self.conditions:
            return "it lacks conditions of use (A.9.2)."
        if not IntendedUse.objects.filter(system=self.system, state=Controlled.State.APPROVED).exists():
            return f"no intended use of {self.system.ref} is approved that it could stay within (A.9.4)."
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """The approval of the use of its system."""
        return self.speak("use-approval", about=self.system.reference)

    def __str__(self) -> str:
        return composed("Use of %(system)s", system=self.system)


class UsageReview(OfSystem):
    """A look at how a system is really used, against what it is meant for (A.9.4)."""

    ref_type = "usage-review"

    system = models.ForeignKey(System, models.PROTECT, related_name="usage_reviews")
    reviewer = models.ForeignKey(Person, models.PROTECT, related_name="usage_reviews")
    reviewed_on = models.DateField()
    sample = models.TextField(help_text="What was looked at, and how it was chosen.")
    deviations = models.PositiveIntegerField(help_text="How many uses lay outside what it is meant for.")
    action = models.TextField(blank=True, help_text="What was done about them.")

    class Meta:
        verbose_name = "usage review"

    def frozen(self) -> str | None:
        """What was found stays as it was found."""
        return "what was found stays; add another review"

    def clean(self) -> None:
        """It lies in the past; deviations say what was done."""
        if lies_ahead(self.reviewed_on):
            raise misfit("reviewed_on", "A review lies in the past.", code="UP-OPS-20")
        if self.deviations and not self.action.strip():
            raise misfit("action", "Deviations were found; say what was done (A.9.4).", code="UP-OPS-20")

    def as_evidence(self) -> RecordEvidence | None:
        """A review of the use of its system."""
        return RecordEvidence(
            kinds=("usage-review",),
            is_occasion=True,
            about=self.system.reference,
            conclusion="passed",
            on=self.reviewed_on,
            persons=(str(self.reviewer.ref),),
        )

    def __str__(self) -> str:
        return composed("Use of %(system)s on %(day)s", system=self.system, day=self.reviewed_on)

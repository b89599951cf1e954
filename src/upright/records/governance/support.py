"""What people need for it: competence, awareness, communication (7.2 to 7.4)."""

from typing import ClassVar

from django.db import models

from upright.records.governance.documents import Document
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person
from upright.records.trail.errors import misfit
from upright.records.trail.record import RecordEvidence


class Competence(Controlled):
    """What a person's task asks for, what the person holds, and whether what was done about a gap worked (7.2)."""

    ref_type = "competence"

    person = models.ForeignKey(Person, models.PROTECT, related_name="held_competences")
    task = models.CharField(max_length=200, help_text="The task or role that it is needed for.")
    needs = models.TextField(help_text="Education, training or experience that the task asks for.")
    holds = models.TextField(blank=True, help_text="What the person holds, with its proof.")
    gap = models.TextField(blank=True, help_text="What is missing, and what was done about it.")
    is_effective = models.BooleanField("what was done worked", null=True, blank=True)

    def unready(self) -> str | None:
        """What is held has a proof; an action about a gap was evaluated."""
        if not self.holds.strip():
            return "it does not say what the person holds, with its proof (7.2)."
        if self.gap.strip() and self.is_effective is None:
            return "something was done about a gap, and nobody said whether it worked (7.2)."
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """Competence, needed and held."""
        return self.speak("competence-record", conclusion="failed" if self.is_effective is False else None)

    def __str__(self) -> str:
        return f"{self.person}: {self.task}"


class Awareness(Controlled):
    """Something that made people aware of the policy, of their part, and of what happens without it (7.3)."""

    ref_type = "awareness"

    activity = models.CharField(max_length=200)
    topics = models.JSONField(default=list, help_text="One a line.")
    held_on = models.DateField()
    invited = models.PositiveIntegerField(help_text="How many people were meant.")
    reached = models.PositiveIntegerField(help_text="How many of them took part.")

    class Meta:
        verbose_name = "awareness activity"
        verbose_name_plural = "awareness activities"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(reached__lte=models.F("invited")), name="governance_none_is_reached_uninvited"
            )
        ]

    def unready(self) -> str | None:
        """It reached somebody."""
        return None if self.reached else "it reached nobody (7.3)."

    def as_evidence(self) -> RecordEvidence | None:
        """Awareness raised."""
        return self.speak("awareness-record", on=self.held_on, is_occasion=True)

    def __str__(self) -> str:
        return self.activity


class CommunicationPlan(Controlled):
    """What is communicated, when, to whom, how and by whom (7.4)."""

    ref_type = "communication-plan"

    what = models.CharField(max_length=200)
    when = models.CharField(max_length=200, help_text="At which event, or how often.")
    to = models.CharField(max_length=200)
    how = models.CharField(max_length=200)

    def as_evidence(self) -> RecordEvidence | None:
        """Planned communication; its owner communicates."""
        return self.speak("communication-plan")

    def __str__(self) -> str:
        return self.what


class Communication(Controlled):
    """Something that was communicated; of an approved policy, with whom it reached (7.4, 5.2)."""

    ref_type = "communication"

    what = models.CharField(max_length=200)
    audiences = models.JSONField(default=list, help_text="Who was told, one a line.")
    channel = models.CharField(max_length=200)
    sent_on = models.DateField()
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="communications", help_text="What was made known."
    )
    plan = models.ForeignKey(CommunicationPlan, models.PROTECT, null=True, blank=True, related_name="communications")

    def clean(self) -> None:
        """A document that is made known was approved."""
        super().clean()
        if self.document is not None and self.document.state in {Document.State.DRAFT, Document.State.IN_REVIEW}:
            raise misfit(
                "document",
                f"{self.document.ref} is {self.document.state}; make known what is approved (7.5.3).",
                code="UP-COMM-01",
            )

    def as_evidence(self) -> RecordEvidence | None:
        """Communication; of the AI policy, its communication too."""
        of_policy = self.document is not None and self.document.subtype == "ai-policy"
        kinds = ("communication-record", *(("policy-communication",) if of_policy else ()))
        return self.speak(*kinds, on=self.sent_on, is_occasion=True)

    def __str__(self) -> str:
        return self.what

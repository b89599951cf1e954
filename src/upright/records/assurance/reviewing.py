"""Management review (9.3): who was there, the inputs frozen as they were, and what was decided."""

from typing import Any, ClassVar

from django.db import models

from upright.records.identity.models import Person, Unit
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import word
from upright.records.trail.record import Record, RecordEvidence


class ManagementReview(Record):
    """Top management looks at the management system: on which inputs, with which decisions (9.3)."""

    class State(models.TextChoices):
        """Where it stands."""

        PREPARED = "prepared", "Being prepared"
        CLOSED = "closed", "Closed"

    ref_type = "management-review"

    title = models.CharField(max_length=200)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="management_reviews")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="management_reviews")
    since = models.DateField(help_text="From when on its inputs are drawn; usually the day of the review before.")
    held_on = models.DateField(help_text="The day on which it takes place.")
    top_management = models.JSONField(
        "present of top management", default=list, blank=True, help_text="References of persons, one a line."
    )
    present = models.JSONField(
        "also present", default=list, blank=True, help_text="References of other persons, or their roles, one a line."
    )
    conclusion = models.TextField(
        blank=True, help_text="Is the management system suitable, adequate and effective, and why?"
    )
    no_decisions = models.TextField(
        "why nothing was decided", blank=True, help_text="Only where no decision on improvement or change was needed."
    )
    next_review = DayToCome(null=True, blank=True, clause="9.3.1")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARED, editable=False)
    closed_by = models.CharField(max_length=300, blank=True, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["-held_on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(held_on__gte=models.F("since")), name="assurance_a_review_is_held_after_its_period"
            )
        ]

    def clean(self) -> None:
        """Who was there of top management is named as a person.

        Raises:
            ValidationError: no such person.
        """
        super().clean()
        named = self.top_management if isinstance(self.top_management, list) else [self.top_management]
        known = set(Person._base_manager.filter(ref__in=[str(one) for one in named]).values_list("ref", flat=True))
        unknown = [one for one in named if not isinstance(one, str) or one not in known]
        if unknown:
            said = f"{unknown[0]!r} is no person here; write references, one a line."
            raise misfit("top_management", said, code="UP-REV-01")

    def frozen(self) -> str | None:
        """What was closed stays."""
        return "it is closed" if self.state == self.State.CLOSED else None

    def as_evidence(self) -> RecordEvidence | None:
        """The review, its inputs and its decisions, once it is closed."""
        if self.state != self.State.CLOSED:
            return None
        return RecordEvidence(
            kinds=("management-review", "management-review-inputs", "management-review-decisions"),
            is_occasion=True,
            review_by=self.next_review,
            on=self.held_on,
            persons=tuple(one for one in (str(self.owner.ref), self.closed_by) if one),
            data={
                "held_on": self.held_on,
                "present": [str(one) for one in (*self.top_management, *self.present)],
                "conclusion": self.conclusion,
                "next_review": self.next_review,
            },
        )

    def __str__(self) -> str:
        return self.title


class ReviewInput(Record):
    """One input of a review, drawn from the records at a moment and frozen, or stated to be none (9.3.2)."""

    class Item(models.TextChoices):
        """What 9.3.2 asks to be looked at."""

        EARLIER_ACTIONS = "earlier-actions", "Actions of earlier reviews"
        CONTEXT = "context", "Changes in external and internal issues"
        PARTIES = "parties", "Changes in what interested parties need"
        NONCONFORMITIES = "nonconformities", "Nonconformities and corrective actions"
        MONITORING = "monitoring", "Results of monitoring and measurement"
        AUDITS = "audits", "Results of audits"
        OBJECTIVES = "objectives", "Objectives against live measures"
        IMPACT = "impact", "Changes in impact on people and society"
        TESTS = "tests", "Trends of tests"
        INCIDENTS = "incidents", "Incidents, concerns and complaints"
        IMPROVEMENT = "improvement", "Opportunities for improvement"

    ref_type = "review-input"

    review = models.ForeignKey(ManagementReview, models.PROTECT, related_name="inputs")
    item = models.CharField(max_length=20, choices=Item.choices)
    drawn_at = models.DateTimeField()
    entry = models.BigIntegerField("newest entry of the ledger", help_text="What was entered later is not in it.")
    extract = models.JSONField(default=list, blank=True)
    none_because = models.TextField("none, because", blank=True)
    stated_by = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["review", "item"], name="assurance_a_review_draws_each_input_once")
        ]

    @property
    def is_answered(self) -> bool:
        """Whether there is an extract, or it is stated that there is none."""
        return bool(self.extract) or bool(self.none_because.strip())

    def __str__(self) -> str:
        return word(self.get_item_display())


class ReviewDecision(Record):
    """What a review decided: who does it, until when, with what; it becomes an improvement or a plan (9.3.3)."""

    ref_type = "review-decision"

    review = models.ForeignKey(ManagementReview, models.PROTECT, related_name="decisions")
    decision = models.TextField(help_text="What is to be improved or changed.")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="review_decisions")
    due = DayToCome(clause="9.3.3")
    resources = models.TextField(help_text="What it takes: people, money, time.")
    outcome = RefField(
        blank=True,
        types=("improvement", "change-plan"),
        help_text="The improvement or change plan that it became; a move opens one.",
    )

    def frozen(self) -> str | None:
        """What a closed review decided stays."""
        return self.review.frozen() and f"{self.review.ref} is closed"

    def __str__(self) -> str:
        return str(self.decision)[:80]


def row(ref: str, what: str, state: str, on: str, **more: Any) -> dict[str, Any]:
    """One line of an extract, as plain values."""
    return {"ref": ref, "what": what[:300], "state": state, "on": on[:10], **more}

"""Direction and plans: principles, objectives, changes, decisions of the leadership, resources (5.1, 6.2, 6.3, 7.1)."""

import re
from decimal import Decimal
from typing import ClassVar, Literal

from django.db import models

from upright.kernel import Ref
from upright.records.governance.documents import Document
from upright.records.governance.kinds import annex_c
from upright.records.governance.subjects import demand_same_subject, demand_subject, home_of
from upright.records.identity.controlled import Controlled
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import RecordEvidence

_TARGET = re.compile(r"(at_least|at_most) (-?\d{1,15}(?:\.\d{1,15})?)")
Reached = Literal["reached", "missed", "undecided"]


class AiPrinciple(Controlled):
    """A principle for AI, what it means in practice here, and the objective of Annex C that it serves (5.2, A.2.2)."""

    ref_type = "ai-principle"

    title = models.CharField(max_length=200)
    objective = models.CharField("objective of Annex C", max_length=10, choices=annex_c)
    meaning = models.TextField(help_text="What people do, or leave, because of it.")
    policy = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="principles", help_text="Where it is laid down."
    )

    class Meta:
        verbose_name = "AI principle"

    def unready(self) -> str | None:
        """It stands in a document."""
        return None if self.policy is not None else "it names no policy that it is laid down in (5.2)."

    def __str__(self) -> str:
        return self.title


class Objective(Controlled):
    """An AI objective tied to a measure, so that it can be seen whether it is met (6.2, A.6.1.2, A.9.3)."""

    class Kind(models.TextChoices):
        """What it is an objective of."""

        SYSTEM = "objective", "Of the management system"
        DEVELOPMENT = "development-objective", "For responsible development"
        USE = "use-objective", "For responsible use"

    ref_type = "objective"

    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=30, choices=Kind.choices, default=Kind.SYSTEM)
    about = RefField(
        types=("system",), blank=True, help_text="The system whose measures tell; empty: no measured system."
    )
    measure = models.CharField(max_length=200, help_text="What is measured, such as selection_rate_difference.")
    target = models.CharField(max_length=60, help_text="At least or at most which value, such as at_most 0.1.")
    due = DayToCome(clause="6.2")
    how = models.TextField(blank=True, help_text="What will be done, with which resources, and how it is evaluated.")

    class Meta:
        ordering: ClassVar = ["due"]

    def home(self) -> Ref | None:
        """The index of the system that it is about."""
        return home_of(self.about)

    def clean(self) -> None:
        """The target is a limit."""
        super().clean()
        demand_subject(self.about, ("organisation", "system"), self.unit_id)
        demand_same_subject(self, self.about)
        if _TARGET.fullmatch(self.target) is None:
            raise misfit(
                "target",
                f"Found {self.target!r}; expected at_least or at_most and a number, such as at_most 0.1.",
                code="UP-OBJ-01",
            )

    def unready(self) -> str | None:
        """It says how it is to be reached."""
        return (
            None if self.how.strip() else "it does not say what will be done, with what, and how it is evaluated (6.2)."
        )

    def judged(self, low: Decimal, high: Decimal) -> Reached:
        """Whether a measured interval lies within the target, beyond it, or across it."""
        found = _TARGET.fullmatch(self.target)
        if found is None:
            return "undecided"
        limit = Decimal(found[2])
        within, beyond = (high <= limit, low > limit) if found[1] == "at_most" else (low >= limit, high < limit)
        return "reached" if within else "missed" if beyond else "undecided"

    def as_evidence(self) -> RecordEvidence | None:
        """An objective of its kind, of the organisation."""
        return self.speak(*dict.fromkeys((self.kind, self.Kind.SYSTEM.value)))

    def __str__(self) -> str:
        return self.title


class ChangePlan(Controlled):
    """A change of the management system that is planned before it is made (6.3)."""

    ref_type = "change-plan"

    title = models.CharField(max_length=200)
    purpose = models.TextField(help_text="Why, and what it is to bring.")
    effects = models.TextField(help_text="What else it touches, and how the system stays whole meanwhile.")
    resources = models.TextField(blank=True, help_text="People, money, tools.")
    planned_for = DayToCome(clause="6.3")

    def unready(self) -> str | None:
        """Resources are planned too."""
        return None if self.resources.strip() else "it does not say with which resources (6.3)."

    def as_evidence(self) -> RecordEvidence | None:
        """A planned change."""
        return self.speak("change-plan")

    def __str__(self) -> str:
        return self.title


class LeadershipDecision(Controlled):
    """What top management decided about AI, and what it gave for it (5.1)."""

    ref_type = "leadership-decision"

    title = models.CharField(max_length=200)
    decision = models.TextField()
    resources = models.TextField(help_text="What was given for it; none, if nothing was.")
    decided_on = models.DateField()

    def as_evidence(self) -> RecordEvidence | None:
        """Commitment that shows."""
        return self.speak("leadership-record", on=self.decided_on)

    def __str__(self) -> str:
        return self.title


class ResourcePlan(Controlled):
    """People, money and tools that the management system gets in a year (7.1)."""

    ref_type = "resource-plan"

    year = models.PositiveIntegerField()
    budget = models.CharField(max_length=200)
    people = models.TextField()
    tools = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(year__gte=2000, year__lte=2200), name="governance_a_plan_is_for_a_year"
            )
        ]

    def as_evidence(self) -> RecordEvidence | None:
        """Planned resources."""
        return self.speak("resource-plan")

    def __str__(self) -> str:
        return composed("Resources %(year)s", year=self.year)

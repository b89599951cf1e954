"""Risks (6.1.2, 8.2) and their treatment (6.1.3, 8.3)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from upright.kernel import Ref
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.trail.record import Record

_SCALE = (MinValueValidator(1), MaxValueValidator(5))


class Risk(Record):
    """What can go wrong with an AI system, for whom, how likely, how bad; before and after treatment."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        CLOSED = "closed", "Closed"

    class Concerns(models.TextChoices):
        """Who bears the consequence."""

        INDIVIDUALS = "individuals", "Individuals and groups"
        SOCIETY = "society", "Society"
        ORGANISATION = "organisation", "The organisation"

    ref_type = "risk"

    title = models.CharField(max_length=200)
    system = models.ForeignKey(System, models.PROTECT, related_name="risks", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="risks")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="risks")
    concerns = models.CharField(max_length=15, choices=Concerns.choices)
    source = models.TextField(help_text="What could cause it; the threat, by id where it is one of the catalogue.")
    consequence = models.TextField(help_text="What would happen, and to whom.")
    likelihood = models.PositiveSmallIntegerField(validators=_SCALE, help_text="1 rare to 5 almost certain.")
    impact = models.PositiveSmallIntegerField(validators=_SCALE, help_text="1 negligible to 5 severe.")
    residual_likelihood = models.PositiveSmallIntegerField(null=True, blank=True, validators=_SCALE)
    residual_impact = models.PositiveSmallIntegerField(null=True, blank=True, validators=_SCALE)
    review_by = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)
    accepted_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(residual_likelihood__isnull=True, residual_impact__isnull=True)
                | models.Q(residual_likelihood__isnull=False, residual_impact__isnull=False),
                name="risk_a_residual_rating_has_both_parts",
            )
        ]

    def frozen(self) -> str | None:
        """An accepted or closed risk stays as it was accepted or closed."""
        return None if self.state == self.State.OPEN else f"it is {self.state}; open it again first"

    @property
    def level(self) -> int:
        """Likelihood times impact, 1 to 25, before treatment."""
        return self.likelihood * self.impact

    @property
    def residual(self) -> int | None:
        """Likelihood times impact after treatment; None: not rated yet."""
        if self.residual_likelihood is None or self.residual_impact is None:
            return None
        return self.residual_likelihood * self.residual_impact

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def __str__(self) -> str:
        return self.title


class Treatment(Record):
    """What is done about a risk, by whom, until when."""

    class Option(models.TextChoices):
        """Which way."""

        MODIFY = "modify", "Reduce it"
        AVOID = "avoid", "Avoid it"
        SHARE = "share", "Share it"
        RETAIN = "retain", "Retain it"

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        DONE = "done", "Done"
        EFFECTIVE = "effective", "Effective"

    ref_type = "treatment"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="treatments")
    option = models.CharField(max_length=10, choices=Option.choices)
    plan = models.TextField(help_text="What will be done, with which controls.")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="treatments")
    due = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)

    def frozen(self) -> str | None:
        """What was approved stays as it was approved."""
        return None if self.state == self.State.PROPOSED else f"it is {self.state}; write a new one"

    @property
    def unit_id(self) -> object:
        """The unit of its risk."""
        return self.risk.unit_id

    def home(self) -> Ref | None:
        """The index of the risk's system announces it."""
        return self.risk.home()

    def __str__(self) -> str:
        return f"{self.get_option_display()}: {self.risk}"

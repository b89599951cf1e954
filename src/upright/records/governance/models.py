"""Controlled documents with their states (5.2, 7.5, A.2), and AI objectives (6.2)."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models

from upright.records.identity.models import Person, Unit
from upright.records.trail.record import Record


class Document(Record):
    """A policy, a procedure or another controlled document; its text is entered whole, version by version."""

    class Subtype(models.TextChoices):
        """What kind of document."""

        AI_POLICY = "ai-policy", "AI policy"
        PROCEDURE = "procedure", "Procedure"
        INSTRUCTION = "instruction", "Work instruction"
        EXTERNAL = "external", "External document"

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", "Draft"
        IN_REVIEW = "in-review", "In review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"

    ref_type = "document"

    title = models.CharField(max_length=200)
    subtype = models.CharField(max_length=20, choices=Subtype.choices)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="documents")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="documents")
    text = models.TextField(blank=True, help_text="The document itself, or what it is and where it is kept.")
    review_by = models.DateField(null=True, blank=True, help_text="When it is to be looked at again.")
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)

    def frozen(self) -> str | None:
        """Only a draft is written on."""
        return None if self.state == self.State.DRAFT else f"it is {self.state}; revise it first"

    def clean(self) -> None:
        """A document does not supersede itself, not by way of others either."""
        before, seen = self.supersedes, {self.pk}
        while before is not None:
            if before.pk in seen:
                raise ValidationError({"supersedes": f"{before.ref} would come to supersede itself."}, code="UP-GOV-01")
            seen.add(before.pk)
            before = before.supersedes

    def __str__(self) -> str:
        return self.title


class Objective(Record):
    """An AI objective tied to a measure, so that it can be seen whether it is met (6.2)."""

    ref_type = "objective"

    title = models.CharField(max_length=200)
    measure = models.CharField(max_length=200, help_text="What is measured, such as selection_rate_difference.")
    target = models.CharField(max_length=60, help_text="At least or at most which value, such as at_most 0.1.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="objectives")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="objectives")
    due = models.DateField()
    how = models.TextField(blank=True, help_text="What will be done, with which resources, and how it is evaluated.")

    class Meta:
        ordering: ClassVar = ["due"]

    def __str__(self) -> str:
        return self.title

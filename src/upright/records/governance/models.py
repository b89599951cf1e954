"""Controlled documents with their states (5.2, 7.5, A.2), and AI objectives (6.2)."""

from typing import ClassVar

from django.db import models

from upright.records.governance.kept import KeptRecord as KeptRecord  # noqa: PLC0414 (Django finds models here)
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.trail.record import Record, RecordEvidence

_KINDS = {"ai-policy": ("ai-policy", "document"), "procedure": ("document",), "instruction": ("document",)}
"""What a document of a subtype is evidence of."""


class Document(Controlled):
    """A policy, a procedure or another controlled document; its text is entered whole, version by version."""

    class Subtype(models.TextChoices):
        """What kind of document."""

        AI_POLICY = "ai-policy", "AI policy"
        PROCEDURE = "procedure", "Procedure"
        INSTRUCTION = "instruction", "Work instruction"
        EXTERNAL = "external", "External document"

    ref_type = "document"

    title = models.CharField(max_length=200)
    subtype = models.CharField(max_length=20, choices=Subtype.choices)
    text = models.TextField(blank=True, help_text="The document itself, or what it is and where it is kept.")

    def unready(self) -> str | None:
        """It has its text."""
        return None if self.text.strip() else "it lacks its text (7.5.2)."

    def as_evidence(self) -> RecordEvidence | None:
        """A document of its kind."""
        return self.speak(*_KINDS.get(self.subtype, ()))

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

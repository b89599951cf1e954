"""Integrated management: a record that serves another management standard too, by its clause there."""

from typing import ClassVar

from django.db import models

from upright.catalogue.integrated import STANDARDS, integrated
from upright.kernel import Ref
from upright.records.governance.subjects import home_of
from upright.records.identity.models import Unit
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record


class ServedClause(Record):
    """That a record serves a clause of another management standard as well, so that it is not written twice."""

    ref_type = "served-clause"

    record = RefField(help_text="The record, such as document:2026-0001.")
    standard = models.CharField(max_length=20, choices=list(STANDARDS.items()))
    clause = models.CharField(max_length=20, help_text="Such as 7.5.3.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="served_clauses")
    note = models.TextField(blank=True, help_text="What is added for it, where one record serves in part.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["record", "standard", "clause"], name="governance_a_record_serves_a_clause_once"
            )
        ]

    def home(self) -> Ref | None:
        """Where the record is announced."""
        return home_of(self.record)

    def clean(self) -> None:
        """A clause that a record here can serve."""
        known = integrated().clauses(self.standard) if self.standard in STANDARDS else ()
        if known and self.clause not in known:
            raise misfit(
                "clause",
                f"{self.clause} shares no record with ISO/IEC 42001; those that do: {', '.join(known)}.",
                code="UP-SERVE-01",
            )

    @property
    def is_confirmed(self) -> bool:
        """Whether the ids of that standard were confirmed; ours were not all."""
        return self.standard in STANDARDS and integrated().edition(self.standard).clause_ids_confirmed

    def __str__(self) -> str:
        said = f"{STANDARDS.get(self.standard, self.standard)} {self.clause}"
        return said if self.is_confirmed else composed("%(clause)s (id not confirmed)", clause=said)

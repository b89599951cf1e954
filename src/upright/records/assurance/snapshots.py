"""What posture was on a day: computed counts with the digest of the Facts they follow from; never typed."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.identity.models import Unit
from upright.records.trail.named import composed
from upright.records.trail.record import Record


class PostureSnapshot(Record):
    """The posture of a system or of the organisation on a day, by counts; the ledger's verdict says the same."""

    ref_type = "posture-snapshot"

    scope = models.CharField(max_length=300)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="posture_snapshots")
    day = models.DateField()
    at = models.CharField(max_length=24)
    facts = models.CharField("digest of the Facts", max_length=64)
    catalogue = models.CharField("digest of the catalogue", max_length=64)
    counts = models.JSONField(help_text="By framework, how many requirements have which status.")

    class Meta:
        ordering: ClassVar = ["-at"]

    def frozen(self) -> str | None:
        """What was, stays."""
        return "a snapshot stays as it was computed"

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return Ref.parse(self.scope) if self.scope.startswith("system:") else None

    def __str__(self) -> str:
        return composed("%(scope)s, %(day)s", scope=self.scope, day=self.day)

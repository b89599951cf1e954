"""Waivers: permission to pass one gate without one requirement until a day; they never change posture (contracts 8)."""

from datetime import timedelta

from django.db import models

from upright.catalogue import CatalogueError
from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.inventory.models import System
from upright.records.risk.known import catalogue
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed
from upright.records.trail.record import RecordEvidence
from upright.records.trail.server_log import now

LONGEST = timedelta(days=366)


class Waiver(Controlled):
    """Who asks to pass a gate without a requirement, why, until when; somebody else gives it or does not."""

    ref_type = "waiver"

    system = models.ForeignKey(System, models.PROTECT, related_name="waivers")
    requirement = models.CharField(max_length=60, help_text="Which, such as iso42001:A.5.5.")
    stage = models.CharField(max_length=40, help_text="The stage to be entered, such as deployment.")
    because = models.TextField(help_text="Why the system may go there without it, and what is done meanwhile.")
    review_by = DayToCome("until", null=True, blank=True, help_text="The last day on which it counts.", clause="8.1")

    def clean(self) -> None:
        """A requirement of the catalogue and a stage; what is measured by a bound check is retired, never waived."""
        super().clean()
        known = catalogue()
        try:
            self.requirement = known.requirement(self.requirement).id
        except CatalogueError as why:
            is_check = self.requirement.startswith(("binding:", "check:")) or self.requirement in known.kinds
            more = " A bound check cannot be waived, only retired with a reason (contracts 8)." if is_check else ""
            raise misfit("requirement", f"{why.message}{more}", code="UP-RISK-51") from None
        if self.stage not in known.stages:
            raise misfit(
                "stage", f"{self.stage!r} is no stage; expected one of {', '.join(known.stages)}.", code="UP-RISK-52"
            )

    def unready(self) -> str | None:
        """It ends within a year."""
        if self.review_by is not None and self.review_by - now().date() > LONGEST:
            return f"it would count until {self.review_by}; a waiver counts for a year at most."
        return None

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """Whom it lets pass without what, until when."""
        return self.speak(
            "waiver",
            about=self.system.reference,
            data={
                "requirement": self.requirement,
                "system": self.system.ref,
                "stage": self.stage,
                "until": None if self.review_by is None else self.review_by.isoformat(),
                "reason": self.because,
            },
        )

    def __str__(self) -> str:
        return composed(
            "%(requirement)s of %(system)s", requirement=self.requirement.partition(":")[2], system=self.system
        )

"""The Statement of Applicability: a person's decision and reason for each control, approved by another (6.1.3)."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.inventory.models import System
from upright.records.risk.models.controls import Control, own_controls
from upright.records.risk.models.linking import demand_controls, demand_refs
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record, RecordEvidence

NEEDS = ("risk", "opportunity", "impact-assessment", "objective", "obligation")
"""What can make a control necessary, by type of reference."""


class StatementOfApplicability(Controlled):
    """One edition of the statement; its rows stand in records of their own, and freeze with it."""

    ref_type = "statement-of-applicability"

    title = models.CharField(max_length=200)
    edition = models.PositiveIntegerField(default=1, editable=False)
    intention = models.TextField(blank=True, help_text="What this edition is for: what has changed since the last.")
    against = models.JSONField("what speaks against it since", default=list, blank=True, editable=False)
    holds_since = models.DateField("approved or reconfirmed on", null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "statement of applicability"
        verbose_name_plural = "statements of applicability"

    def unready(self) -> str | None:
        """It contradicts nothing."""
        if self.state == self.State.APPROVED:
            return None
        from upright.records.risk.applicability import conflicts

        found = conflicts(self)
        more = f" And {len(found) - 3} more." if len(found) > 3 else ""
        return f"{' '.join(one.words for one in found[:3])}{more}" if found else None

    def as_evidence(self) -> RecordEvidence | None:
        """Its rows, as posture reads them; only the organisation's own statement speaks for it.

        What speaks against it since its approval makes it fail, until that goes or a new version takes its place. The
        day that it holds from stays that of its approval: what is found out about it makes it no younger (0272).
        """
        if self.unit.parent_id is not None:
            return None
        rows = [one.as_row() for one in self.rows.select_related("system").order_by("control", "ref")]
        return self.speak(
            "statement-of-applicability",
            conclusion="failed" if self.against else None,
            on=self.holds_since,
            data={"version": str(self.edition), "rows": rows, "against": self.against},
        )

    def __str__(self) -> str:
        return composed("%(title)s, version %(edition)s", title=self.title, edition=self.edition)


class SoaRow(Record):
    """The decision on one control, for the organisation or for one system: in or out, why, needed by what."""

    class Decision(models.TextChoices):
        """In or out."""

        UNDECIDED = "undecided", "Not decided"
        INCLUDED = "included", "Included"
        EXCLUDED = "excluded", "Excluded"

    class Ground(models.TextChoices):
        """The two grounds on which a control may be left out."""

        NO_NEED = "risk-assessment-shows-no-need", "The risk assessment shows no need"
        NOT_ASKED = "not-asked-by-external-requirements", "No external requirement asks for it"

    ref_type = "soa-row"
    lies_with = "statement"
    listed = frozenset({"needed_by"})

    statement = models.ForeignKey(StatementOfApplicability, models.PROTECT, related_name="rows")
    control = models.CharField(max_length=20, help_text="A.5.4, or a control of your own.")
    system = models.ForeignKey(
        System, models.PROTECT, null=True, blank=True, related_name="soa_rows", help_text="Blank: every system."
    )
    decision = models.CharField(max_length=10, choices=Decision.choices, default=Decision.UNDECIDED)
    ground = models.CharField(max_length=40, choices=Ground.choices, blank=True, help_text="Of an exclusion.")
    reason = models.TextField(blank=True, help_text="Why, in a person's own words.")
    needed_by = models.JSONField(
        default=list,
        blank=True,
        help_text="Risks, impact assessments, objectives or obligations that need it, by reference, one a line.",
    )
    status = models.CharField(max_length=12, choices=Control.Status.choices, default=Control.Status.PLANNED)

    class Meta:
        verbose_name = "row of a statement of applicability"
        verbose_name_plural = "rows of statements of applicability"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["statement", "control", "system"], name="risk_a_control_has_one_row_for_a_system"
            ),
            models.UniqueConstraint(
                fields=["statement", "control"],
                condition=models.Q(system__isnull=True),
                name="risk_a_control_has_one_row_for_all",
            ),
        ]

    def clean(self) -> None:
        """A control that there is; an exclusion on one of the two grounds that the inventory does not contradict."""
        demand_controls("control", [self.control], own_controls([self.control]))
        demand_refs("needed_by", self.needed_by, NEEDS)
        same = SoaRow.objects.filter(statement=self.statement, control=self.control, system=self.system)
        if same.exclude(pk=self.pk).exists():
            whom = "every system" if self.system is None else self.system
            raise misfit("control", f"{self.control} has a row already for {whom}.", code="UP-RISK-49")
        is_out = self.decision == self.Decision.EXCLUDED
        if is_out != bool(self.ground):
            raise misfit(
                "ground",
                "An exclusion names one of the two grounds that the standard allows; nothing else does (6.1.3).",
                code="UP-RISK-41",
            )
        if self.decision != self.Decision.UNDECIDED and says_nothing(self.reason):
            raise misfit("reason", "Each decision has a reason in a person's own words (6.1.3).", code="UP-RISK-42")
        if is_out:
            from upright.records.risk.applicability import contradiction

            found = contradiction(self.control, self.system, self.statement.unit)
            if found:
                raise misfit("decision", found, code="UP-RISK-43")

    def frozen(self) -> str | None:
        """It stands as its statement does."""
        state = self.statement.state
        if state == StatementOfApplicability.State.DRAFT:
            return None
        return f"{self.statement.ref} is {state}; begin a new version"

    @property
    def unit_id(self) -> object:
        """The unit of its statement."""
        return self.statement.unit_id

    def home(self) -> Ref | None:
        """The organisation's index announces it, as it does the statement."""
        return None

    def as_row(self) -> dict[str, object]:
        """As posture reads it: what nobody decided to leave out is in."""
        is_out = self.decision == self.Decision.EXCLUDED
        return {
            "control": self.control,
            "system": None if self.system is None else self.system.ref,
            "included": not is_out,
            "ground": str(self.ground) if is_out else None,
            "reason": self.reason,
            "status": str(self.status),
            "needed_by": list(self.needed_by),
        }

    def __str__(self) -> str:
        if self.system is None:
            return self.control
        return composed("%(control)s for %(system)s", control=self.control, system=self.system)

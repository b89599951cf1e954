"""Risks (6.1.2, 8.2), what people rated them, opportunities (6.1.1), what was decided on catalogued threats."""

from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import OfSystem, System
from upright.records.risk.known import threats
from upright.records.risk.models.criteria import SCALE, OpportunityCriteria, RiskCriteria
from upright.records.risk.models.impacts import ImpactAssessment
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed, word
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record, RecordEvidence


def threat_choices() -> list[tuple[str, str]]:
    """The catalogued threats with their titles."""
    return [(name, f"{name} {one['title']}") for name, one in threats().items()]


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
    source = models.TextField(help_text="What could cause it.")
    threat = models.CharField(max_length=20, blank=True, help_text="The catalogued threat, such as THR-DM-01.")
    consequence = models.TextField(help_text="What would happen, and to whom.")
    impact_assessment = models.ForeignKey(
        ImpactAssessment, models.PROTECT, null=True, blank=True, related_name="risks", help_text="Which found it."
    )
    likelihood = models.PositiveSmallIntegerField(
        validators=SCALE, help_text="1 rare to 5 almost certain, no control counted."
    )
    impact = models.PositiveSmallIntegerField(validators=SCALE, help_text="1 negligible to 5 severe.")
    current_likelihood = models.PositiveSmallIntegerField(null=True, blank=True, validators=SCALE, editable=False)
    current_impact = models.PositiveSmallIntegerField(null=True, blank=True, validators=SCALE, editable=False)
    residual_likelihood = models.PositiveSmallIntegerField(null=True, blank=True, validators=SCALE)
    residual_impact = models.PositiveSmallIntegerField(null=True, blank=True, validators=SCALE)
    review_by = DayToCome(null=True, blank=True, clause="8.2")
    criteria = models.ForeignKey(
        RiskCriteria, models.PROTECT, null=True, blank=True, editable=False, related_name="risks"
    )
    criteria_edition = models.PositiveIntegerField(null=True, blank=True, editable=False)
    reopened_because = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)
    accepted_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(residual_likelihood__isnull=True, residual_impact__isnull=True)
                | models.Q(residual_likelihood__isnull=False, residual_impact__isnull=False),
                name="risk_a_residual_rating_has_both_parts",
            ),
            models.CheckConstraint(
                condition=models.Q(current_likelihood__isnull=True, current_impact__isnull=True)
                | models.Q(current_likelihood__isnull=False, current_impact__isnull=False),
                name="risk_a_current_rating_has_both_parts",
            ),
        ]
        indexes: ClassVar = [  # there are more risks than of anything else: lists, decisions, due dates (0260)
            models.Index(fields=["unit", "title", "id"], name="risk_of_a_unit_by_title"),
            models.Index(
                fields=[  # all that the register counts and sorts by (0248)
                    "unit",
                    "state",
                    "current_likelihood",
                    "likelihood",
                    "current_impact",
                    "impact",
                    "residual_likelihood",
                    "residual_impact",
                    "ref",
                ],
                name="risk_of_a_unit_by_rating",
            ),
            models.Index(fields=["owner", "review_by"], name="risk_of_an_owner_by_review"),
        ]

    def clean(self) -> None:
        """A threat is one of the catalogue; what found it was about the same system."""
        demand_threat(self.threat)
        found = self.impact_assessment
        if found is not None and found.system_id != self.system_id:
            raise misfit(
                "impact_assessment",
                f"{found.ref} is about {found.system}, not about this risk's system.",
                code="UP-RISK-26",
            )

    def frozen(self) -> str | None:
        """An accepted or closed risk stays as it was accepted or closed."""
        return None if self.state == self.State.OPEN else f"it is {self.state}; open it again first"

    @property
    def level(self) -> int:
        """Likelihood times impact, 1 to 25, no control counted."""
        return self.likelihood * self.impact

    @property
    def current(self) -> int:
        """The level as things stand; where nobody rated that, the inherent one."""
        if self.current_likelihood is None or self.current_impact is None:
            return self.level
        return self.current_likelihood * self.current_impact

    @property
    def residual(self) -> int | None:
        """The level after treatment; None: not rated yet."""
        if self.residual_likelihood is None or self.residual_impact is None:
            return None
        return self.residual_likelihood * self.residual_impact

    @property
    def is_above(self) -> bool | None:
        """Whether it lies above the line as things stand; None: no criteria to hold it against."""
        return None if self.criteria is None else self.current > self.criteria.line(self.concerns)

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """A line of the register; one that is to be assessed again is a draft, a closed one says nothing."""
        if self.state == self.State.CLOSED:
            return None
        return RecordEvidence(
            kinds=("risk",),
            about=self.home(),
            state="draft" if self.reopened_because else "approved",
            review_by=self.review_by,
            persons=(str(self.owner.ref),),
            data={"level": self.current, "residual": self.residual, "criteria": self.criteria_edition},
        )

    def __str__(self) -> str:
        return self.title


class Rating(Record):
    """What one person rated a risk on a day; two may differ, and both stay."""

    class Basis(models.TextChoices):
        """What is counted."""

        INHERENT = "inherent", "Inherent: no control counted"
        CURRENT = "current", "As things stand"
        RESIDUAL = "residual", "After treatment"

    ref_type = "rating"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="ratings")
    basis = models.CharField(max_length=10, choices=Basis.choices)
    likelihood = models.PositiveSmallIntegerField(validators=SCALE)
    impact = models.PositiveSmallIntegerField(validators=SCALE)
    note = models.TextField(help_text="Why, on what evidence.")
    rated_by = models.CharField(max_length=300, blank=True, editable=False)
    criteria_edition = models.PositiveIntegerField(null=True, blank=True, editable=False)

    def frozen(self) -> str | None:
        """It stays."""
        return None if self.is_new else "a rating stays as it was given; rate again"

    @property
    def level(self) -> int:
        """Likelihood times impact."""
        return self.likelihood * self.impact

    @property
    def unit_id(self) -> object:
        """The unit of its risk."""
        return self.risk.unit_id

    def home(self) -> Ref | None:
        """The index of the risk's system announces it."""
        return self.risk.home()

    def __str__(self) -> str:
        return f"{self.level} ({self.likelihood} x {self.impact}), {word(self.get_basis_display())}"


class Opportunity(Record):
    """What could be gained with AI, and the action that is planned for it."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        PURSUED = "pursued", "Pursued"
        REALISED = "realised", "Realised"
        DROPPED = "dropped", "Dropped"

    ref_type = "opportunity"

    title = models.CharField(max_length=200)
    system = models.ForeignKey(System, models.PROTECT, related_name="opportunities", null=True, blank=True)
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="opportunities")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="opportunities")
    benefit = models.TextField(help_text="What is gained, and by whom.")
    likelihood = models.PositiveSmallIntegerField(validators=SCALE)
    gain = models.PositiveSmallIntegerField(validators=SCALE)
    action = models.TextField(help_text="What will be done, and how its effect is evaluated.")
    due = DayToCome(clause="6.1.1")
    criteria = models.ForeignKey(
        OpportunityCriteria, models.PROTECT, null=True, blank=True, related_name="opportunities"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "opportunities"

    def frozen(self) -> str | None:
        """What was decided stays."""
        return None if self.state == self.State.OPEN else f"it is {self.state}; write a new one"

    @property
    def level(self) -> int:
        """Likelihood times gain."""
        return self.likelihood * self.gain

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """One with its planned action; overdue it is old."""
        if self.state == self.State.DROPPED:
            return None
        persons = (str(self.owner.ref), self.approved_by) if self.approved_by else (str(self.owner.ref),)
        return RecordEvidence(
            kinds=("opportunity",),
            state="draft" if self.state == self.State.OPEN else "approved",
            review_by=self.due if self.state == self.State.PURSUED else None,
            persons=persons,
            data={"level": self.level},
        )

    def __str__(self) -> str:
        return self.title


class ThreatDecision(OfSystem):
    """What somebody decided on a threat that the catalogue suggests for a system: a risk here, or not, and why."""

    class Decision(models.TextChoices):
        """Which way."""

        SUGGESTED = "suggested", "Suggested, not decided"
        TAKEN_UP = "taken-up", "Taken up as a risk"
        DISMISSED = "dismissed", "Dismissed"

    ref_type = "threat-decision"

    system = models.ForeignKey(System, models.PROTECT, related_name="threat_decisions")
    threat = models.CharField(max_length=20, choices=threat_choices)
    decision = models.CharField(max_length=10, choices=Decision.choices)
    reason = models.TextField(blank=True, help_text="Why it is a risk here, or none.")
    risk = models.ForeignKey(Risk, models.PROTECT, null=True, blank=True, related_name="threat_decisions")

    def clean(self) -> None:
        """What is taken up names the risk of the same system and threat."""
        demand_threat(self.threat)
        if not self.threat:
            raise misfit("threat", "Name the threat, such as THR-DM-01.", code="UP-RISK-25")
        if self.decision != self.Decision.SUGGESTED and says_nothing(self.reason):
            raise misfit("reason", "Say why it is a risk here, or none (6.1.2).", code="UP-RISK-27")
        is_taken = self.decision == self.Decision.TAKEN_UP
        if is_taken != (self.risk is not None):
            raise misfit(
                "risk", "A threat that is taken up names its risk; one that is dismissed names none.", code="UP-RISK-27"
            )
        if self.risk is not None and (self.risk.system_id != self.system_id or self.risk.threat != self.threat):
            raise misfit("risk", f"{self.risk.ref} is not about {self.threat} of this system.", code="UP-RISK-27")

    def __str__(self) -> str:
        return composed(
            "%(threat)s: %(decision)s",
            threat=word(self.get_threat_display()),
            decision=word(self.get_decision_display()).lower(),
        )


def demand_threat(threat: str) -> None:
    """Raises unless a threat is blank or one of the catalogue.

    Raises:
        ValidationError: it is not.
    """
    if threat and threat not in threats():
        raise misfit(
            "threat", f"{threat} is no catalogued threat; 'upright catalogue threats' lists them.", code="UP-RISK-25"
        )

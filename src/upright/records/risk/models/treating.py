"""What is done about risks (6.1.3, 8.3), what is accepted of them, and dated runs of the assessment (8.2)."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person
from upright.records.inventory.models import System
from upright.records.risk.models.controls import own_controls
from upright.records.risk.models.criteria import HIGHEST, RiskCriteria
from upright.records.risk.models.impacts import taken_back
from upright.records.risk.models.linking import demand_controls, demand_refs
from upright.records.risk.models.risks import Risk, ThreatDecision
from upright.records.trail.circles import circled
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed, word
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now

_HEX = frozenset("0123456789abcdef")


class Treatment(Record):
    """What is done about a risk, with which controls, by whom, until when; and whether it worked."""

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
        INEFFECTIVE = "ineffective", "Not effective"
        REPLACED = "replaced", "Replaced"

    ref_type = "treatment"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="treatments")
    option = models.CharField(max_length=10, choices=Option.choices)
    plan = models.TextField(help_text="What will be done.")
    controls = models.JSONField(
        default=list, blank=True, help_text="The controls that carry it, one a line: A.9.2, or one of your own."
    )
    answers = models.JSONField(
        default=list, blank=True, help_text="Failed evidence that it answers, one id a line; from the evidence's page."
    )
    owner = models.ForeignKey(Person, models.PROTECT, related_name="treatments")
    due = DayToCome(clause="6.1.3")
    replaces = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by", help_text="One that did not work."
    )
    state = models.CharField(max_length=11, choices=State.choices, default=State.PROPOSED, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state"], name="risk_treatments_by_state")]

    def clean(self) -> None:
        """Of an open risk; controls are controls, evidence is named by its id, what it replaces is of the same risk."""
        if self.risk.state == Risk.State.CLOSED and not self._was_of_it():
            ref = self.risk.ref
            raise misfit("risk", f"{ref} is closed; open it again before treating it (6.1.3).", code="UP-RISK-07")
        if (one := circled(self, "replaces")) is not None:
            raise misfit("replaces", f"{one.ref} would come to replace itself (6.1.3).", code="UP-RISK-29")
        demand_controls("controls", self.controls, own_controls(self.controls))
        for one in self.answers:
            if len(str(one).removeprefix("sha256:")) != 64 or not set(str(one).removeprefix("sha256:")) <= _HEX:
                raise misfit("answers", f"{one} is no id of evidence: 64 hex digits.", code="UP-RISK-29")
        if self.replaces is not None and self.replaces.risk_id != self.risk_id:
            raise misfit("replaces", f"{self.replaces.ref} treats another risk.", code="UP-RISK-29")

    def _was_of_it(self) -> bool:
        """Whether it treated this risk before that was closed."""
        return bool(Treatment.objects.filter(pk=self.pk, risk=self.risk_id).exists())

    def frozen(self) -> str | None:
        """What was approved stays as it was approved; nobody plans for a risk that is closed."""
        if self.risk.state == Risk.State.CLOSED:
            return f"{self.risk.ref} is closed; open it again before treating it (6.1.3)"
        return None if self.state == self.State.PROPOSED else f"it is {self.state}; write a new one"

    @property
    def unit_id(self) -> object:
        """The unit of its risk."""
        return self.risk.unit_id

    def home(self) -> Ref | None:
        """The index of the risk's system announces it."""
        return self.risk.home()

    def as_evidence(self) -> RecordEvidence | None:
        """A treatment plan once approved, its result too once evaluated; a plan past its day is old.

        One of a closed risk says nothing, since nobody may renew it; what did not work stays until another replaces it.
        """
        state, plan, result = self.State(self.state), "risk-treatment-plan", "risk-treatment-result"
        is_over = self.risk.state == Risk.State.CLOSED and state != self.State.INEFFECTIVE
        if state == self.State.REPLACED or is_over:
            return None
        is_judged = state in {self.State.EFFECTIVE, self.State.INEFFECTIVE}
        persons = (str(self.owner.ref), self.approved_by) if self.approved_by else (str(self.owner.ref),)
        return RecordEvidence(
            kinds=(plan, result) if is_judged else (plan,),
            about=self.home(),
            state="draft" if state == self.State.PROPOSED else "approved",
            conclusion="failed" if state == self.State.INEFFECTIVE else "passed",
            review_by=self.due if state == self.State.APPROVED else None,
            persons=persons,
            data={"links": list(self.answers), "effective": state == self.State.EFFECTIVE},
        )

    def __str__(self) -> str:
        return composed("%(option)s: %(risk)s", option=word(self.get_option_display()), risk=self.risk)


class RiskAcceptance(Record):
    """That somebody with authority for its level accepted what remains of a risk, until a day."""

    class State(models.TextChoices):
        """Where it stands."""

        ACCEPTED = "accepted", "Accepted"
        ENDED = "ended", "Ended"

    ref_type = "risk-acceptance"

    risk = models.ForeignKey(Risk, models.PROTECT, related_name="acceptances")
    level = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(HIGHEST)])
    criteria = models.ForeignKey(RiskCriteria, models.PROTECT, related_name="acceptances")
    criteria_edition = models.PositiveIntegerField()
    author = models.CharField(max_length=300, help_text="Who answers for the risk.")
    accepted_by = models.CharField(max_length=300)
    accepted_as = models.CharField(max_length=30, help_text="The role that has authority for this level.")
    until = DayToCome(clause="6.1.3")
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACCEPTED)

    class Meta:
        verbose_name = "residual-risk acceptance"

    @property
    def unit_id(self) -> object:
        """The unit of its risk."""
        return self.risk.unit_id

    def home(self) -> Ref | None:
        """The index of the risk's system announces it."""
        return self.risk.home()

    def as_evidence(self) -> RecordEvidence | None:
        """Of the system as it was: another model or other data make it old by themselves."""
        if self.state == self.State.ENDED:
            return None
        return RecordEvidence(
            kinds=("residual-risk-acceptance",),
            about=self.home(),
            review_by=self.until,
            persons=(self.author, self.accepted_by),
            is_tied=self.risk.system_id is not None,
            data={"level": self.level, "role": self.accepted_as, "criteria": self.criteria_edition},
        )

    def __str__(self) -> str:
        return composed("Level %(level)s of %(risk)s", level=self.level, risk=self.risk)


class RiskAssessment(Controlled):
    """A dated run of the risk assessment: which risks, which people, which criteria (8.2)."""

    ref_type = "risk-assessment"
    listed = frozenset({"people", "risks"})

    title = models.CharField(max_length=200)
    system = models.ForeignKey(System, models.PROTECT, null=True, blank=True, related_name="risk_assessments")
    run_on = models.DateField(help_text="The day of this run.")
    people = models.JSONField(default=list, help_text="Who took part, by reference, one a line.")
    risks = models.JSONField(default=list, help_text="The risks that were assessed, by reference, one a line.")
    affected = models.JSONField(default=list, help_text="Who would bear the consequences, one a line.")
    outcome = models.TextField(help_text="What was found: ranked, above the line, what is to be treated first.")
    criteria = models.ForeignKey(
        RiskCriteria, models.PROTECT, null=True, blank=True, editable=False, related_name="assessments"
    )
    criteria_edition = models.PositiveIntegerField(null=True, blank=True, editable=False)
    reopened_because = models.TextField(blank=True, editable=False)

    def clean(self) -> None:
        """People are persons, risks are risks of this system."""
        super().clean()
        demand_refs("people", self.people, ("person",))
        demand_refs("risks", self.risks, ("risk",))
        of_others = Risk.objects.filter(ref__in=self.risks).exclude(system=self.system).values_list("ref", flat=True)
        if self.system_id is not None and of_others:
            raise misfit("risks", f"{', '.join(of_others)}: not of this system.", code="UP-RISK-26")

    def unready(self) -> str | None:
        """It was run, by named people, over named risks, by the criteria in force."""
        if self.run_on > now().date():
            return f"its run is on {self.run_on}, which is to come (8.2)."
        if not (self.people and self.risks and self.affected):
            return "it names no people, no risks or nobody affected (6.1.2)."
        if self.criteria is None:
            return "no approved criteria stood when it was written; approve them and write the run anew (6.1.2)."
        if self.criteria.state != RiskCriteria.State.APPROVED or self.criteria.edition != self.criteria_edition:
            return f"it rests on edition {self.criteria_edition} of the criteria, which is in force no more (6.1.2)."
        asked = ThreatDecision.objects.filter(system=self.system, decision=ThreatDecision.Decision.SUGGESTED).count()
        if self.system_id is not None and asked:
            return f"{asked} suggested threats are neither taken up nor dismissed (6.1.2)."
        waiting = Risk.objects.filter(ref__in=self.risks).exclude(reopened_because="").values_list("ref", flat=True)
        return f"still to be rated again: {', '.join(waiting)} (8.2)." if waiting else None

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """A run, tied to the models and data of that day; one that was reopened stands no more."""
        said = self.speak(
            "risk-assessment",
            about=self.home(),
            on=self.run_on,
            is_tied=self.system_id is not None,
            is_occasion=True,
            data={"risks": len(self.risks), "criteria": self.criteria_edition},
        )
        return taken_back(said) if self.reopened_because else said

    def __str__(self) -> str:
        return self.title

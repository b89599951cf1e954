"""Controls, of Annex A or own, and evaluations of whether they work (6.1.3, 8.1, 9.1)."""

from collections.abc import Iterable

from django.db import models

from upright.kernel import InputError, Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.risk.known import annex_a, catalogue, evaluation_kind, looks_like_annex_a
from upright.records.risk.sampling import draw
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


class Control(Record):
    """A control as this organisation carries it out: of Annex A by its id, or an own one."""

    class Status(models.TextChoices):
        """How far it is carried out."""

        PLANNED = "planned", "Planned"
        PARTLY = "partly", "Partly"
        IMPLEMENTED = "implemented", "Implemented"

    ref_type = "control"

    identifier = models.CharField(max_length=20, help_text="Its id in Annex A, such as A.9.2, or your own: MCU.1.")
    title = models.CharField(max_length=200)
    system = models.ForeignKey(
        System, models.PROTECT, null=True, blank=True, related_name="controls", help_text="Blank: the organisation."
    )
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="controls")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="controls")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PLANNED)
    implementation = models.TextField(help_text="How it is carried out here, and where that shows.")
    review_by = DayToCome(null=True, blank=True, clause="9.1")

    def clean(self) -> None:
        """An id of Annex A is one; the same control of the same scope stands once."""
        if looks_like_annex_a(self.identifier) and self.identifier not in annex_a():
            raise misfit("identifier", f"Annex A has no control {self.identifier}.", code="UP-RISK-21")
        same = Control.objects.filter(identifier=self.identifier, unit=self.unit, system=self.system)
        twin = same.exclude(pk=self.pk).first()
        if twin is not None:
            raise misfit("identifier", f"{twin.ref} is that control already.", code="UP-RISK-32")

    @property
    def is_own(self) -> bool:
        """Whether it is none of Annex A."""
        return self.identifier not in annex_a()

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def as_evidence(self) -> RecordEvidence | None:
        """A line of the register of controls."""
        return RecordEvidence(
            kinds=("control",),
            state="draft" if self.status == self.Status.PLANNED else "approved",
            review_by=self.review_by,
            persons=(str(self.owner.ref),),
            data={"control": self.identifier, "status": str(self.status)},
        )

    def __str__(self) -> str:
        return f"{self.identifier} {self.title}"


def own_controls(among: Iterable[object]) -> set[str]:
    """Which of these identifiers are controls of the organisation's own; asks only where some may be."""
    wanted = [str(one) for one in among if str(one) not in annex_a()]
    return set(Control.objects.filter(identifier__in=wanted).values_list("identifier", flat=True)) if wanted else set()


class ControlEvaluation(Controlled):
    """Whether a control is well designed and works: population, sample by a seed, exceptions, conclusion, next date."""

    class Conclusion(models.TextChoices):
        """What it comes to."""

        EFFECTIVE = "effective", "Effective"
        NOT_EFFECTIVE = "not-effective", "Not effective"

    ref_type = "control-evaluation"

    control = models.ForeignKey(Control, models.PROTECT, related_name="evaluations")
    evaluated_on = models.DateField()
    design = models.TextField(help_text="Is the control, as designed, able to do what it is for? Why?")
    population = models.JSONField(default=list, help_text="Every use of the control in the period, one a line.")
    size = models.PositiveIntegerField(null=True, blank=True, editable=False)
    seed = models.CharField(max_length=64, blank=True, editable=False)
    sample = models.JSONField(default=list, blank=True, editable=False)
    exceptions = models.JSONField(
        default=list, blank=True, help_text="What was not as it should be, one a line; blank: nothing in the sample."
    )
    conclusion = models.CharField(max_length=15, choices=Conclusion.choices)
    because = models.TextField(help_text="Why that is the conclusion.")

    def unready(self) -> str | None:
        """Its sample was drawn from its population by its seed, and is drawn again here."""
        if self.evaluated_on > now().date():
            return f"it is of {self.evaluated_on}, which is to come (9.1)."
        if not self.sample or self.size is None:
            return "its sample was not drawn (9.1)."
        try:
            again = draw(self.population, self.size, self.seed)
        except InputError as why:
            return f"its sample cannot be drawn again: {why.message}"
        if again != self.sample:
            return "its population is another than its sample was drawn from; draw it again (9.1)."
        others = self.control.evaluations.filter(state=self.State.APPROVED).exclude(
            pk__in=[self.pk, self.supersedes_id]
        )
        if others.exists():
            return f"{others[0].ref} of the same control stands; say that this supersedes it."
        kind = evaluation_kind(self.control.identifier)
        subject = () if kind is None else catalogue().kind(kind).subject
        if subject == ("system",) and self.control.system is None:
            return f"{self.control.identifier} is asked of each system; evaluate the control of a system (8.1)."
        return None

    @property
    def system(self) -> System | None:
        """The system of its control."""
        return self.control.system

    def home(self) -> Ref | None:
        """The system's index announces it."""
        return self.control.home()

    def as_evidence(self) -> RecordEvidence | None:
        """An evaluation of that control alone; of an own control no framework asks, so it says nothing."""
        kind = evaluation_kind(self.control.identifier)
        if kind is None:
            return None
        of_system = catalogue().kind(kind).subject == ("system",)
        return self.speak(
            kind,
            about=self.home() if of_system else None,
            conclusion="passed" if self.conclusion == self.Conclusion.EFFECTIVE else "failed",
            on=self.evaluated_on,
            data={"sample": len(self.sample), "exceptions": len(self.exceptions), "seed": self.seed},
        )

    def __str__(self) -> str:
        return composed("%(control)s, %(day)s", control=self.control.identifier, day=self.evaluated_on)

"""Kept records: what a kind of the catalogue asks for and no type of its own holds, by that kind's schema."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from upright.kernel import Ref
from upright.records.governance.data import KindDataField
from upright.records.governance.kinds import Misfit, kept_kinds, kind_label, kind_of, misfits, noes, persons_in
from upright.records.governance.subjects import SUBJECTS, demand_same_subject, demand_subject, home_of
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person
from upright.records.trail.fields import RefField
from upright.records.trail.record import RecordEvidence


class KeptRecord(Controlled):
    """What was done or decided, as evidence of one kind: its data are what the kind asks for, field by field."""

    class Conclusion(models.TextChoices):
        """What it comes to, where it comes to anything."""

        IN_ORDER = "passed", "In order"
        NOT_IN_ORDER = "failed", "Not in order"

    ref_type = "kept-record"

    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=60, choices=kept_kinds, help_text="What it is evidence of.")
    about = RefField(
        types=SUBJECTS, blank=True, help_text="The system, model, data set or supplier; empty: the organisation."
    )
    data = KindDataField(default=dict, blank=True, help_text="What the kind asks for.")
    conclusion = models.CharField(
        max_length=6, choices=Conclusion.choices, blank=True, help_text="What it comes to, where it judges something."
    )

    class Meta:
        verbose_name = "kept record"

    def home(self) -> Ref | None:
        """The index of the system that it is about."""
        return home_of(self.about)

    def clean(self) -> None:
        """It is about what its kind is about, and its data are what the kind's schema allows."""
        super().clean()
        kind = kind_of(self.kind)
        if kind is None:
            return
        demand_subject(self.about, kind.subject, self.unit_id)
        demand_same_subject(self, self.about)
        wrong = misfits(kind, self.data)
        named = list(persons_in(kind.fields, self.data)) if not wrong else []
        known = set(Person.objects.filter(ref__in={ref for _, ref in named}).values_list("ref", flat=True))
        wrong += [Misfit(at, f"{ref} names no person here.") for at, ref in named if ref not in known]
        if wrong:
            raise ValidationError({"data": [_refusal(one) for one in wrong]})

    def unready(self) -> str | None:
        """Where it answers no to something, it says what that comes to."""
        at = next(noes(self.data), None)
        if at is None or self.conclusion:
            return None
        return f"it answers no ({Misfit(at, '').where}) and does not say whether that is in order (7.5.2)."

    def as_evidence(self) -> RecordEvidence | None:
        """Of its kind, about whom it says."""
        about = Ref.parse(self.about) if self.about else None
        more: dict[str, Any] = {"conclusion": self.conclusion or None, "data": self.data}
        return self.speak(self.kind, about=about, **more)

    def __str__(self) -> str:
        return self.title or kind_label(self.kind)


def _refusal(one: Misfit) -> ValidationError:
    where = one.where[:1].upper() + one.where[1:]
    return ValidationError(f"{where or 'The data'}: {one.says}", code="UP-KEPT-01", params={"at": one.at})

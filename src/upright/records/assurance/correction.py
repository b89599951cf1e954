"""What went wrong and what is done about it: nonconformity, corrective action (10.2), improvement (10.1)."""

import re
from typing import ClassVar

from django.db import models

from upright.kernel import Ref
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Person, Unit
from upright.records.inventory.models import System
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.named import composed
from upright.records.trail.record import Record, RecordEvidence

_EVIDENCE = re.compile(r"(sha256:)?[0-9a-f]{64}")


class Nonconformity(Controlled):
    """A requirement that is not met: what was found, how it was put right, which failed evidence it answers (10.2)."""

    ref_type = "nonconformity"

    title = models.CharField(max_length=200)
    requirement = models.CharField(
        max_length=100, blank=True, help_text="Which requirement is not met, such as iso42001:A.5.4."
    )
    system = models.ForeignKey(System, models.PROTECT, null=True, blank=True, related_name="nonconformities")
    found_in = RefField(blank=True, help_text="Where it came up: an audit finding, an incident, a concern, a record.")
    nature = models.TextField(help_text="What was found, against what was expected.")
    correction = models.TextField(
        blank=True, help_text="What was done at once to put it right and to deal with its consequences."
    )
    links = models.JSONField(
        "failed evidence", default=list, blank=True, help_text="Ids of the failed evidence that it answers, one a line."
    )
    opened_on = models.DateField()
    effective = models.BooleanField(default=False, editable=False)
    closed_on = models.DateField(null=True, blank=True, editable=False)
    closed_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name_plural = "nonconformities"

    def clean(self) -> None:
        """Linked evidence is named by its id.

        Raises:
            ValidationError: by field.
        """
        super().clean()
        wrong = [one for one in self.links if not isinstance(one, str) or not _EVIDENCE.fullmatch(one)]
        if wrong:
            said = f"{wrong[0]!r} is no evidence id; expected 64 hexadecimal digits, with or without sha256: before."
            raise misfit("links", said, code="UP-CORR-01")

    def unready(self) -> str | None:
        """It says how it was corrected."""
        return None if self.correction.strip() else "it lacks the correction, what was done at once (10.2)."

    def as_evidence(self) -> RecordEvidence | None:
        """A nonconformity of the management system, and the failed evidence that it answers."""
        data = {
            "nature": self.nature,
            "correction": self.correction,
            "links": [str(one) for one in self.links],
            "effective": self.effective,
            "opened_on": self.opened_on,
        }
        return self.speak("nonconformity", data=data, on=self.opened_on, is_occasion=self.effective)

    def __str__(self) -> str:
        return self.title


class CorrectiveAction(Record):
    """Why it happened, where else it could have, what is done about the cause, and whether that worked (10.2)."""

    class State(models.TextChoices):
        """Where it stands."""

        PLANNED = "planned", "Planned"
        DONE = "done", "Carried out"
        EFFECTIVE = "effective", "Effective"
        INEFFECTIVE = "ineffective", "Not effective"

    ref_type = "corrective-action"

    nonconformity = models.ForeignKey(Nonconformity, models.PROTECT, related_name="actions")
    cause = models.TextField(blank=True, help_text="Why it happened, not who.")
    similar_cases = models.TextField(
        blank=True, help_text="Where the same was looked for, and what was found: other systems, data, units."
    )
    action = models.TextField(help_text="What removes the cause, in proportion to the effects.")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="corrective_actions")
    due = DayToCome(clause="10.2")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PLANNED, editable=False)
    done_on = models.DateField(null=True, blank=True, editable=False)
    checked_by = models.CharField(max_length=300, blank=True, editable=False)
    checked_on = models.DateField(null=True, blank=True, editable=False)

    def frozen(self) -> str | None:
        """What was carried out stays as it was planned."""
        return None if self.state == self.State.PLANNED else f"it is {self.state}; plan it anew first"

    def as_evidence(self) -> RecordEvidence | None:
        """A corrective action, once somebody else checked whether it worked; planned anew after that it is a draft."""
        is_checked = self.state in {self.State.EFFECTIVE, self.State.INEFFECTIVE}
        if self.checked_on is None:
            return None
        is_effective = self.state == self.State.EFFECTIVE
        return RecordEvidence(
            kinds=("corrective-action",),
            is_occasion=is_effective,
            state="approved" if is_checked else "draft",
            conclusion=("passed" if is_effective else "failed") if is_checked else None,
            on=self.checked_on,
            persons=(str(self.owner.ref), self.checked_by) if is_checked else (str(self.owner.ref),),
            data={
                "cause": self.cause,
                "similar_cases": self.similar_cases,
                "action": self.action,
                "effective": is_effective,
                "checked_on": self.checked_on,
            },
        )

    def __str__(self) -> str:
        return composed("Corrective action: %(nonconformity)s", nonconformity=self.nonconformity)


class Improvement(Record):
    """Something that could be better, without anything being wrong: taken up, carried out, or not, with the reason."""

    class State(models.TextChoices):
        """Where it stands."""

        PROPOSED = "proposed", "Proposed"
        ADOPTED = "adopted", "Adopted"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    ref_type = "improvement"

    title = models.CharField(max_length=200)
    idea = models.TextField(help_text="What could be better, and for whom.")
    source = RefField(blank=True, help_text="Where the idea came from: a finding, a review decision, a concern.")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="improvements")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="improvements")
    due = DayToCome(clause="10.1")
    resources = models.TextField(blank=True, help_text="What it takes: people, money, time.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED, editable=False)
    decided_by = models.CharField(max_length=300, blank=True, editable=False)
    result = models.TextField(blank=True, editable=False)
    done_on = models.DateField(null=True, blank=True, editable=False)

    class Meta:
        ordering: ClassVar = ["due"]

    def frozen(self) -> str | None:
        """What was decided stays as it was decided."""
        return None if self.state == self.State.PROPOSED else f"it is {self.state}; propose a new one"

    def as_evidence(self) -> RecordEvidence | None:
        """An improvement, once it is carried out: an idea that waits says nothing."""
        if self.state != self.State.DONE:
            return None
        row = {"idea": self.idea, "from": self.source or "proposal", "action": self.result, "done_on": self.done_on}
        return RecordEvidence(
            kinds=("improvement",),
            is_occasion=True,
            on=self.done_on,
            persons=tuple(one for one in (str(self.owner.ref), self.decided_by) if one),
            data={"rows": [row], "reviewed_on": self.done_on},
        )

    def __str__(self) -> str:
        return self.title


class Measurement(Record):
    """A measured result that no other record names: of a system, or of the management system itself (9.1)."""

    ref_type = "measurement"

    what = models.CharField(max_length=200, help_text="What was measured, such as the share of overruled decisions.")
    value = models.CharField(max_length=100, help_text="The value with its unit, and its interval where there is one.")
    method = models.TextField(help_text="How it was measured, from which data, so that somebody else gets the same.")
    system = models.ForeignKey(System, models.PROTECT, null=True, blank=True, related_name="measurements")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="measurements")
    measured_by = models.ForeignKey(Person, models.PROTECT, related_name="measurements")
    measured_on = models.DateField()

    def home(self) -> Ref | None:
        """Its system's index announces it."""
        return None if self.system is None else self.system.reference

    def as_evidence(self) -> RecordEvidence:
        """A measurement; nobody approves one."""
        return RecordEvidence(
            kinds=("measurement",),
            about=None if self.system is None else self.system.reference,
            on=self.measured_on,
            persons=(str(self.measured_by.ref),),
            data={"what": self.what, "value": self.value, "method": self.method, "measured_on": self.measured_on},
        )

    def __str__(self) -> str:
        return f"{self.what}: {self.value}"


class PerformanceEvaluation(Controlled):
    """What monitoring showed, analysed: is the management system performing, and effective? (9.1)"""

    ref_type = "performance-evaluation"

    title = models.CharField(max_length=200)
    period_from = models.DateField()
    period_to = models.DateField()
    results = models.JSONField(default=list, help_text="What was measured and what came out, one a line.")
    conclusion = models.TextField(help_text="What this says about performance and effectiveness, and what follows.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(period_to__gte=models.F("period_from")),
                name="assurance_a_period_ends_after_it_starts",
            )
        ]

    def unready(self) -> str | None:
        """It has results and a conclusion."""
        return None if self.results and self.conclusion.strip() else "it lacks results or its conclusion (9.1)."

    def as_evidence(self) -> RecordEvidence | None:
        """An evaluation of performance."""
        data = {
            "period_to": self.period_to,
            "results": [str(one) for one in self.results],
            "conclusion": self.conclusion,
            "evaluated_by": str(self.owner.ref),
        }
        return self.speak("performance-evaluation", data=data, is_occasion=True)

    def __str__(self) -> str:
        return self.title

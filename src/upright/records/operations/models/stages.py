"""Changes of stage: a release and every other step of a system's life (A.6.1.3, A.6.2.5)."""

from django.db import models

from upright.records.inventory.models import OfSystem, System
from upright.records.operations.life import RELEASE, STAGES
from upright.records.trail.named import composed, word
from upright.records.trail.record import RecordEvidence


class StageChange(OfSystem):
    """A system's step to another stage: requested, approved by a second person, made past the gate; or taken back."""

    class Way(models.TextChoices):
        """How it gets there."""

        ONWARDS = "onwards", "Onwards, by the gate"
        BACK = "back", "Back, at once"
        TAKEN_OVER = "taken-over", "Taken over as it stands"

    class State(models.TextChoices):
        """Where it stands."""

        REQUESTED = "requested", "Requested"
        APPROVED = "approved", "Approved"
        MADE = "made", "Made"
        DECLINED = "declined", "Declined"
        SUPERSEDED = "superseded", "Superseded"

    ref_type = "stage-change"

    system = models.ForeignKey(System, models.PROTECT, related_name="stage_changes")
    to_stage = models.CharField("to stage", max_length=40, choices=STAGES)
    way = models.CharField(
        max_length=12,
        choices=Way.choices,
        default=Way.ONWARDS,
        help_text="Taken over: a system that ran before it was registered here; once, and its gate is still to come.",
    )
    release = models.CharField(max_length=60, blank=True, help_text="Which version is released; a release needs it.")
    why = models.TextField(help_text="Why now; of a step back, what went wrong and what becomes of those it served.")
    from_stage = models.CharField(max_length=40, choices=STAGES, blank=True, editable=False)
    state = models.CharField(max_length=12, choices=State.choices, default=State.REQUESTED, editable=False)
    requested_by = models.CharField(max_length=300, blank=True, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)
    answer = models.JSONField(
        default=dict, blank=True, editable=False, help_text="What the gate said when the step was made, whole."
    )
    facts = models.CharField("Facts", max_length=64, blank=True, editable=False, help_text="Digest of what it judged.")

    class Meta:
        verbose_name = "stage change"

    @property
    def is_release(self) -> bool:
        """Whether it brings a version to those whom the system serves."""
        return self.way == self.Way.ONWARDS and self.to_stage == RELEASE

    def frozen(self) -> str | None:
        """What was decided on stays as it was decided on."""
        return None if self.state == self.State.REQUESTED else f"it is {self.state}; request another one"

    def as_evidence(self) -> RecordEvidence | None:
        """A release once it is approved; any other step by the gate once it is made."""
        state, persons = "approved", [self.requested_by, self.approved_by]
        if self.state == self.State.SUPERSEDED:
            state = "superseded"
        elif self.state == self.State.DECLINED or self.way != self.Way.ONWARDS:
            return None
        elif not self.is_release:
            if self.state != self.State.MADE:
                return None
        elif self.state == self.State.REQUESTED:
            state, persons = "draft", [self.requested_by]
        kind = "release-approval" if self.is_release else "development-gate-record"
        return RecordEvidence(
            kinds=(kind,), about=self.system.reference, state=state, persons=tuple(persons), is_tied=self.is_release
        )

    def __str__(self) -> str:
        return composed(
            "%(system)s to %(stage)s", system=self.system, stage=word(self.get_to_stage_display(), inside=True)
        )

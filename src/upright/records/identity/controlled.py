"""Controlled records: written, handed in, approved by somebody else, revised, superseded, withdrawn (7.5).

One state machine for every type that is approved: a type inherits ``Controlled`` and its description names ``MOVES``.
The rights are ``<app>.<type>.change`` and ``.approve``, the events ``<app>.<type>.submitted``, ``.approved`` and so on.
"""

from datetime import date
from typing import Any, TypeVar

from django.db import models

from upright.kernel import Actor, Ref
from upright.records.identity.approval import demand_approver
from upright.records.identity.editing import right_of
from upright.records.identity.models import Person, Unit
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.circles import circled
from upright.records.trail.days import DayToCome
from upright.records.trail.door import change, refresh, write
from upright.records.trail.errors import RefusedError, StandingError, misfit
from upright.records.trail.history import writers
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


class Controlled(Record):
    """A record with an owner, a day of its next review, and an approval; only a draft is written on."""

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", "Draft"
        IN_REVIEW = "in-review", "In review"
        APPROVED = "approved", "Approved"
        SUPERSEDED = "superseded", "Superseded"
        WITHDRAWN = "withdrawn", "Withdrawn"

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="%(class)ss")
    owner = models.ForeignKey(Person, models.PROTECT, related_name="%(class)ss")
    review_by = DayToCome(null=True, blank=True, help_text="When it is to be looked at again.", clause="7.5.2")
    supersedes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="superseded_by")
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT, editable=False)
    approved_by = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        abstract = True

    def frozen(self) -> str | None:
        """Only a draft is written on."""
        return None if self.state == self.State.DRAFT else f"it is {self.state}; revise it first"

    def clean(self) -> None:
        """None supersedes itself, not by way of others either."""
        if (one := circled(self, "supersedes")) is not None:
            raise misfit("supersedes", f"{one.ref} would come to supersede itself (7.5.3).", code="UP-CTRL-01")

    def unready(self) -> str | None:
        """What it lacks to be handed in or approved, in words with the clause; None: nothing."""
        return None

    def speak(self, *kinds: str, about: Ref | None = None, **more: Any) -> RecordEvidence | None:
        """Its evidence in its present state, for a type's ``as_evidence``; about None: the organisation.

        A draft that is to take another's place says nothing before it is approved: it opens nothing that stands.
        """
        if not kinds or (self.supersedes is not None and self.state in {self.State.DRAFT, self.State.IN_REVIEW}):
            return None
        state = "draft" if self.state == self.State.IN_REVIEW else str(self.state)
        persons = (str(self.owner.ref), self.approved_by) if self.approved_by else (str(self.owner.ref),)
        return RecordEvidence(kinds=kinds, about=about, state=state, review_by=self.review_by, persons=persons, **more)


Kept = TypeVar("Kept", bound=Controlled)


def submit(record: Kept, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Kept:
    """Hand this draft in for review; it is complete and has a day on which it is to be looked at again."""
    (powers or powers_of(actor)).must(right_of(type(record), "change"), record)
    demand_state(record, Controlled.State.DRAFT)
    _demand_ready(record)
    record.state = Controlled.State.IN_REVIEW
    return write(record, actor=actor, action=_event(record, "submitted"), reason=reason)


def approve(record: Kept, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Kept:
    """Approve this: never who wrote or owns any of it. What it supersedes is superseded in the same moment."""
    right = right_of(type(record), "approve")
    (powers or powers_of(actor)).must(right, record)
    demand_state(record, Controlled.State.IN_REVIEW)
    _demand_ready(record)
    authors = {str(record.owner.ref), *writers(record.ref)}
    approval = demand_approver(right, record, actor=actor, authors=authors, powers=powers, code="UP-CTRL-04")
    with change():
        record.state, record.approved_by = Controlled.State.APPROVED, str(actor)
        write(record, actor=actor, action=_event(record, "approved"), reason=approval.noted(reason))
        old = None if record.supersedes is None else refresh(record.supersedes)
        if old is not None and old.state in {Controlled.State.APPROVED, Controlled.State.WITHDRAWN}:
            old.state = Controlled.State.SUPERSEDED
            write(old, actor=actor, action=_event(record, "superseded"), reason=f"By {record.ref}.")
    return record


def give_back(record: Kept, *, actor: Actor, reason: str, powers: Powers | None = None) -> Kept:
    """Give this back to its writers, with what is to be changed."""
    (powers or powers_of(actor)).must(right_of(type(record), "approve"), record)
    demand_state(record, Controlled.State.IN_REVIEW)
    demand_reason(reason, "Giving it back")
    record.state = Controlled.State.DRAFT
    return write(record, actor=actor, action=_event(record, "returned"), reason=reason)


def revise(record: Kept, *, actor: Actor, reason: str, powers: Powers | None = None) -> Kept:
    """Open what was approved for a revision; until it is approved again it is a draft."""
    (powers or powers_of(actor)).must(right_of(type(record), "change"), record)
    demand_state(record, Controlled.State.APPROVED)
    demand_reason(reason, "Revising what was approved")
    record.state, record.approved_by = Controlled.State.DRAFT, ""
    return write(record, actor=actor, action=_event(record, "revised"), reason=reason)


def reconfirm(record: Kept, *, review_by: date, actor: Actor, reason: str, powers: Powers | None = None) -> Kept:
    """Say that this still holds as it was approved, with the reason and the day of the next review; not its owner."""
    right = right_of(type(record), "approve")
    (powers or powers_of(actor)).must(right, record)
    demand_state(record, Controlled.State.APPROVED)
    demand_reason(reason, "Reconfirming it")
    _demand_to_come(record, review_by)
    authors = {str(record.owner.ref), *writers(record.ref)}
    approval = demand_approver(right, record, actor=actor, authors=authors, powers=powers, code="UP-CTRL-04")
    record.review_by, record.approved_by = review_by, str(actor)
    return write(record, actor=actor, action=_event(record, "reconfirmed"), reason=approval.noted(reason))


def withdraw(record: Kept, *, actor: Actor, reason: str, powers: Powers | None = None) -> Kept:
    """Take this out of force, with the reason."""
    (powers or powers_of(actor)).must(right_of(type(record), "approve"), record)
    if record.state in {Controlled.State.WITHDRAWN, Controlled.State.SUPERSEDED}:
        raise StandingError(f"{record.ref} is {record.state} already.", code="UP-CTRL-05")
    demand_reason(reason, "Taking it out of force")
    record.state = Controlled.State.WITHDRAWN
    return write(record, actor=actor, action=_event(record, "withdrawn"), reason=reason)


MOVES = (submit, approve, give_back, revise, reconfirm, withdraw)
"""The verbs that a description of a controlled type names."""


def demand_state(record: Record, *states: str) -> None:
    """Raises unless a record is in one of these states.

    Raises:
        StandingError: it is in another.
    """
    state = str(getattr(record, "state", ""))
    if state not in states:
        wanted = " or ".join(str(one) for one in states)
        raise StandingError(f"{record.ref} is {state}; this is for what is {wanted}.", code="UP-CTRL-05")


def demand_reason(reason: str, what: str) -> None:
    """Raises unless there is a reason in words.

    Raises:
        RefusedError: there is none.
    """
    if says_nothing(reason):
        raise RefusedError(f"{what} needs a reason, in words.", code="UP-CTRL-06")


def _demand_ready(record: Controlled) -> None:
    missing = record.unready()
    if missing is not None:
        raise RefusedError(f"{record.ref} is not complete: {missing}", code="UP-CTRL-02")
    if record.review_by is None:
        raise RefusedError(
            f"{record.ref} lacks the day of its next review, which belongs to what is approved (7.5.2).",
            code="UP-CTRL-02",
        )
    _demand_to_come(record, record.review_by)


def _demand_to_come(record: Controlled, day: date) -> None:
    if day <= now().date():
        raise RefusedError(
            f"{record.ref} would be reviewed by {day}, which is past; give a day to come (7.5.2).", code="UP-CTRL-03"
        )


def _event(record: Controlled, done: str) -> str:
    return right_of(type(record), done)

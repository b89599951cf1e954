"""Evidence that somebody without an account is asked for by a link, and the links, of which only digests are kept."""

import uuid
from datetime import date, timedelta

from django.db import models

from upright.kernel import Ref
from upright.ledger.values import ERASED
from upright.records.governance.kinds import kept_kinds, kind_of
from upright.records.governance.subjects import SUBJECTS, demand_subject, home_of
from upright.records.identity.models import Person, Unit
from upright.records.trail.days import DayToCome
from upright.records.trail.errors import misfit
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_SHOWN = 80
GRACE = timedelta(days=14)
"""How long after its day a link still takes an answer."""


class OutsideRequest(Record):
    """Named evidence that somebody without an account is asked for by a day, by a link that takes one answer.

    The answer is evidence of nothing: a record that somebody here makes of it may be, once that is approved.
    """

    class State(models.TextChoices):
        """Where it stands."""

        ASKED = "asked", "Asked"
        ANSWERED = "answered", "Answered"
        DECLINED = "declined", "Declined"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Delivery(models.TextChoices):
        """What became of the newest e-mail."""

        WAITING = "waiting", "Waits to be sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not delivered"
        BY_HAND = "by-hand", "Link handed over"

    ref_type = "outside-request"
    personal = frozenset({"name", "address"})

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="outside_requests")
    responsible = models.ForeignKey(
        Person, models.PROTECT, related_name="outside_requests", help_text="Who looks after it and is reminded."
    )
    name = models.CharField("asked of", max_length=200, help_text="A person or firm that has no account here.")
    address = models.EmailField("e-mail address", help_text="Where the link goes.")
    what = models.TextField(max_length=4000, help_text="Which evidence, of which period. They read this.")
    kind = models.CharField(
        "kind of evidence", max_length=60, blank=True, choices=kept_kinds,
        help_text="What a record made of the answer is evidence of.",
    )  # fmt: skip
    about = RefField(
        types=SUBJECTS, blank=True, help_text="The system, model, data set or supplier; empty: the organisation."
    )
    due = DayToCome(help_text="By when. A late answer is taken for fourteen days more, and marked so.", clause="7.5.3")
    messages = models.PositiveSmallIntegerField("e-mails", default=0, editable=False)
    delivery = models.CharField("newest e-mail", max_length=8, choices=Delivery.choices, blank=True, editable=False)
    answer = models.TextField(blank=True, editable=False)
    answered_on = models.DateField(null=True, blank=True, editable=False)
    is_late = models.BooleanField("late", default=False, editable=False, help_text="Whether it came after its day.")
    refused_because = models.TextField(
        "why refused", max_length=4000, blank=True, editable=False, help_text="What they read of a refusal."
    )
    evidence = models.CharField(
        "taken into", max_length=300, blank=True, editable=False, help_text="The record that was made of the answer."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.ASKED, editable=False)

    class Meta:
        verbose_name = "evidence request to outsiders"
        verbose_name_plural = "evidence requests to outsiders"

    @property
    def closes_on(self) -> date:
        """The last day on which its link takes an answer."""
        return self.due + GRACE

    @property
    def is_past(self) -> bool:
        """Whether an answer of today is late."""
        return now().date() > self.due

    @property
    def is_open(self) -> bool:
        """Whether its link takes an answer today."""
        return self.state == self.State.ASKED and now().date() <= self.closes_on

    def home(self) -> Ref | None:
        """The index of the system that it is about."""
        return home_of(self.about)

    def frozen(self) -> str | None:
        """What somebody was asked stays as they read it."""
        return "they read it as it is; withdraw it and ask anew"

    def clean(self) -> None:
        """It is about what its kind is about, in its unit or below."""
        super().clean()
        kind = kind_of(self.kind) if self.kind else None
        demand_subject(self.about, ("organisation", *SUBJECTS) if kind is None else kind.subject, self.unit_id)
        if any(sign in self.name for sign in "\r\n"):
            raise misfit("name", "A name stands on one line.", code="UP-OPS-80")

    def not_erasable(self) -> str | None:
        """Who may answer yet is reminded by the address."""
        is_open = self.state in {self.State.ASKED, self.State.ANSWERED}
        return "it is open; take the answer, refuse it or withdraw the request first" if is_open else None

    def blank(self) -> None:
        """Who was asked is gone; that somebody was stays."""
        self.name, self.address = ERASED, "erased@example.invalid"

    def __str__(self) -> str:
        first = self.what.partition("\n")[0].strip()
        return first if len(first) <= _SHOWN else f"{first[: _SHOWN - 1].rstrip()}…"


class OutsideLink(models.Model):
    """A link that was made for a request: its digest alone, gone with the answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(OutsideRequest, models.PROTECT, related_name="links")
    digest = models.CharField(max_length=64, unique=True)
    nth = models.PositiveSmallIntegerField(help_text="With which e-mail of the request.")
    made_at = models.DateTimeField()

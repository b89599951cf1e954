"""What people say from inside and outside: concerns, reports of harm, contested decisions (A.3.3, A.8.3).

Nothing in them says who spoke, from where or when exactly: words are sealed, the receipt is kept as its digest, the
time is that of an hour. They wait in a table of their own until their hour is over, so that the ledger's time says no
more.
"""

import uuid
from calendar import monthrange
from datetime import date
from typing import ClassVar

from django.db import models

from upright.records.identity.models import Person
from upright.records.trail.named import word
from upright.records.trail.record import Record, RecordEvidence
from upright.records.trail.server_log import now


class Voice(Record):
    """What somebody said, what becomes of it, who handles it."""

    class State(models.TextChoices):
        """Where it stands."""

        RECEIVED = "received", "Received"
        HANDLED = "handled", "Being handled"
        CLOSED = "closed", "Closed"

    kind: ClassVar[str | None] = None
    sealed = frozenset({"excluded"})
    personal = frozenset({"words", "messages"})

    received = models.DateTimeField(editable=False, help_text="The hour, not the moment.")
    receipt = models.CharField(max_length=64, unique=True, editable=False)
    words = models.TextField(editable=False, help_text="Sealed for those who handle it.")
    messages = models.JSONField(default=list, blank=True, editable=False, help_text="What was said since, sealed.")
    excluded = models.CharField(max_length=64, blank=True, editable=False)
    is_urgent = models.BooleanField(
        "urgent",
        default=False,
        editable=False,
        help_text="Whether who spoke says that somebody is in danger or a deadline may pass soon.",
    )
    handler = models.ForeignKey(
        Person, models.PROTECT, related_name="%(class)ss", null=True, blank=True, editable=False
    )
    outcome = models.TextField(blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED, editable=False)

    class Meta:
        abstract = True

    @property
    def due(self) -> date:
        """Until when it is to be answered: a month from the day on which it came (GDPR, Art. 12(3))."""
        day = self.received.date()
        year, month = divmod(day.month, 12)
        year, month = day.year + year, month + 1
        return date(year, month, min(day.day, monthrange(year, month)[1]))

    @property
    def is_overdue(self) -> bool:
        """Whether that day is past and it is open."""
        return self.state != self.State.CLOSED and now().date() > self.due

    def not_erasable(self) -> str | None:
        """Somebody waits for an answer."""
        return None if self.state == self.State.CLOSED else "it is not closed; answer and close it first"

    def blank(self) -> None:
        """The words are gone, and of the messages all but when and from which side they came."""
        self.words = ""
        self.messages = [{**one, "words": ""} for one in self.messages]

    def frozen(self) -> str | None:
        """Nobody edits what somebody said."""
        return "nobody edits what somebody said; it moves by verbs"

    def as_evidence(self) -> RecordEvidence | None:
        """That somebody spoke and was answered."""
        if self.kind is None:
            return None
        state = "approved" if self.state == self.State.CLOSED else "draft"
        persons = () if self.handler is None else (str(self.handler.ref),)
        return RecordEvidence(kinds=(self.kind,), state=state, persons=persons)

    def __str__(self) -> str:
        return f"{word(self._meta.verbose_name)} {self.ref.partition(':')[2]}".capitalize()


class Concern(Voice):
    """A concern about an AI system or how it is run, from inside, without a name if its author likes (A.3.3)."""

    ref_type = "concern"
    kind = "concern"


class ExternalReport(Voice):
    """A report from outside that an AI system did harm (A.8.3)."""

    ref_type = "external-report"
    kind = "external-report"

    class Meta:
        verbose_name = "external report"


class ContestedDecision(Voice):
    """Somebody asks why a decision was made with AI, or contests it; a person answers."""

    ref_type = "contested-decision"

    class Meta:
        verbose_name = "contested decision"


class WaitingVoice(models.Model):
    """What somebody said in an hour that is not over yet: entered then, in no order, and taken out of here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    hour = models.DateTimeField()
    receipt = models.CharField(max_length=64)
    words = models.TextField()
    excluded = models.CharField(max_length=64, blank=True)
    is_urgent = models.BooleanField(default=False)
    is_message = models.BooleanField(default=False)

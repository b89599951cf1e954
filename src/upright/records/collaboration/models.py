"""Comments, attachments and tasks that hang on any record, and saved mappings of spreadsheets."""

from django.db import models

from upright.kernel import Ref
from upright.ledger.values import ERASED
from upright.records.collaboration.notices import Digest as Digest  # noqa: PLC0414 (Django finds models here)
from upright.records.collaboration.notices import Notice as Notice  # noqa: PLC0414
from upright.records.collaboration.notices import Reminded as Reminded  # noqa: PLC0414
from upright.records.collaboration.notices import Wishes as Wishes  # noqa: PLC0414
from upright.records.identity.models import Person
from upright.records.trail.days import DayToCome
from upright.records.trail.fields import RefField
from upright.records.trail.record import Record, find


class Hanging(Record):
    """What hangs on a record: ``about`` names it, and its index announces the stream."""

    about = RefField(db_index=True)

    class Meta:
        abstract = True

    def home(self) -> Ref | None:
        """Where the record that it hangs on is announced."""
        record = find(self.about)
        return None if record is None else record.home()


class Comment(Hanging):
    """What somebody says about a record. It is never edited: another comment corrects it."""

    ref_type = "comment"
    personal = frozenset({"text"})

    text = models.TextField(max_length=20_000)
    author = models.CharField(max_length=300, editable=False)

    @property
    def is_erased(self) -> bool:
        """Whether its words are gone."""
        return self.text == ERASED

    def blank(self) -> None:
        """The words are gone; that there were some stays."""
        self.text = ERASED

    def __str__(self) -> str:
        return self.text[:80]


class Attachment(Hanging):
    """A file kept by its digest beside the database; the same bytes are kept once."""

    ref_type = "attachment"

    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    author = models.CharField(max_length=300, editable=False)

    def __str__(self) -> str:
        return self.name


class Task(Hanging):
    """Something that somebody is to do about a record, by a day."""

    class State(models.TextChoices):
        """Where it stands."""

        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    ref_type = "task"

    title = models.CharField(max_length=200)
    assignee = models.ForeignKey(Person, models.PROTECT, related_name="tasks")
    due = DayToCome(null=True, blank=True, clause="8.1")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN, editable=False)

    def __str__(self) -> str:
        return self.title


class ImportMapping(Record):
    """How the columns and values of somebody's spreadsheet map to the fields of a record type."""

    ref_type = "import-mapping"

    name = models.CharField(max_length=200)
    record_type = models.CharField(max_length=60)
    columns = models.JSONField(default=dict, blank=True)
    values = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name

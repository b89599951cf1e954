"""What people are told: notices in an inbox, how each person wishes to be told, and the digests that went out.

None of it is a record: a notice says that something stands in a record, names it and holds nothing of it, so that its
title is read, by the reader's own rights, when it is shown.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar
from uuid import UUID

from django.db import models

from upright.kernel import time_text
from upright.records.identity.models import Person
from upright.records.trail.server_log import now


class Sort(models.TextChoices):
    """What a notice is of."""

    APPROVAL = "approval", "Something waits for my approval"
    TASK = "task", "A task is given to me"
    ROLE = "role", "A role or delegation is mine to accept"
    DUE = "due", "A due or review date of mine is near or past"
    EVIDENCE = "evidence", "Evidence of a system of mine fails or went stale"
    COMMENT = "comment", "Somebody comments on what is mine"
    IMPORT = "import", "An import of mine has ended"
    ESCALATION = "escalation", "Something in a unit that I lead is overdue"
    MAIL = "mail", "An e-mail of this server cannot be delivered"


class Way(models.TextChoices):
    """How a person is told."""

    MAIL = "mail", "Inbox and daily e-mail"
    INBOX = "inbox", "Inbox only"
    NONE = "none", "Not at all"


_QUIET = (Sort.COMMENT, Sort.IMPORT, Sort.MAIL)
USUAL: Mapping[str, str] = {str(sort): str(Way.INBOX if sort in _QUIET else Way.MAIL) for sort in Sort}
"""How somebody is told who chose nothing."""

ALWAYS = frozenset({Sort.ESCALATION})
"""What nobody who leads a unit can have kept from them: else what is overdue would be known to no one."""


class Notice(models.Model):
    """One thing that one person is told, once: ``mark`` says which, so that the same is never told again."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="notices")
    sort = models.CharField(max_length=12, choices=Sort.choices)
    about = models.CharField(max_length=300, db_index=True)
    mark = models.CharField(max_length=300)
    said = models.JSONField(default=dict)
    at = models.CharField(max_length=24)
    read_at = models.CharField(max_length=24, blank=True)
    settled_at = models.CharField(max_length=24, blank=True)
    mailed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "sort", "about", "mark"], name="collaboration_told_once")
        ]
        indexes: ClassVar = [models.Index(fields=["person", "read_at", "settled_at"], name="collaboration_unread")]


class Wishes(models.Model):
    """How a person wishes to be told, by sort, and in which language; what is not there is as usual."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="wishes")
    ways = models.JSONField(default=dict)
    language = models.CharField(max_length=10, blank=True)

    def way(self, sort: str) -> str:
        """How the person is told of a sort."""
        return str(self.ways.get(sort, USUAL[sort]))


class Digest(models.Model):
    """That a person's e-mail of a day was begun, and what came of it; written before it goes out, so it goes once."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="digests")
    day = models.DateField()
    state = models.CharField(max_length=10)
    notices = models.PositiveIntegerField(default=0)
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "day"], name="collaboration_one_digest_a_day")
        ]


class Reminded(models.Model):
    """A day on which everybody was reminded; absent, it is done (again: nothing is told twice)."""

    day = models.DateField(primary_key=True)
    at = models.CharField(max_length=24)


def wishes_of(person: Person) -> Wishes:
    """How a person wishes to be told."""
    return Wishes.objects.filter(person=person).first() or Wishes(person=person)


def keep_wishes(person: Person, ways: Mapping[str, str], language: str) -> Wishes:
    """Keeps how a person wishes to be told; what cannot be chosen is left as usual."""
    chosen = {
        sort: way
        for sort, way in ways.items()
        if sort in Sort.values and way in Way.values and not (way == Way.NONE and sort in ALWAYS)
    }
    kept, _ = Wishes.objects.update_or_create(person=person, defaults={"ways": chosen, "language": language[:10]})
    return kept


def tell(person: Person, sort: Sort, about: str, mark: str, *, at: str = "", **said: object) -> bool:
    """Tells a person something once, unless they left or wish to hear nothing of the sort; gives whether it is new."""
    if not person.is_active or wishes_of(person).way(sort) == Way.NONE:
        return False
    _, is_new = Notice.objects.get_or_create(
        person=person, sort=sort, about=about, mark=mark, defaults={"said": said, "at": at or time_text(now())}
    )
    return is_new


def settle(about: str, *sorts: Sort, mark: str = "") -> None:
    """What these notices asked for is done, by whomever: they no longer count as open."""
    found = Notice.objects.filter(about=about, sort__in=sorts, settled_at="")
    if mark:
        found = found.filter(mark=mark)
    found.update(settled_at=time_text(now()))


def unread(person: UUID) -> models.QuerySet[Notice, int]:
    """How many open notices somebody has not read, as one value: part of another query, or of its own."""
    mine = Notice.objects.filter(person=person, read_at="", settled_at="").order_by()
    return mine.values("person").annotate(count=models.Count("pk")).values_list("count", flat=True)


def mark_read(person_ref: str, wanted: Iterable[int] | None = None) -> None:
    """Marks somebody's own notices as read: some, or all."""
    found = Notice.objects.filter(person__ref=person_ref, read_at="")
    if wanted is not None:
        found = found.filter(pk__in=list(wanted))
    found.update(read_at=time_text(now()))

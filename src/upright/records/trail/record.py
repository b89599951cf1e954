"""What every record has: a key, a reference, a version; and no way to be written but through the door."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, NoReturn, TypeVar

from django.db import models

from upright.kernel import Ref, uuid7
from upright.records.trail.errors import DoorError
from upright.records.trail.holding import UnknownConditionError, holds

writing: ContextVar[bool] = ContextVar("upright_door_is_writing", default=False)
"""Whether the door is at work; set by ``door`` and by nobody else."""

Row = TypeVar("Row", bound="Record")


def _refuse(what: str) -> NoReturn:
    raise DoorError(
        f"{what} writes around the door, and then the ledger would not know. Use trail.door.write.", code="UP-DOOR-01"
    )


@dataclass(frozen=True, kw_only=True)
class RecordEvidence:
    """What a record says as evidence in its present state; its entry carries it, and posture reads it there (0183).

    Attributes:
        kinds: of the catalogue; the first says what ``data`` is.
        about: whom it speaks of: a system, data set, model or supplier; None: the organisation.
        state: ``draft``, ``approved``, ``rejected``, ``superseded`` or ``withdrawn``; a register that nobody approves
            is ``approved`` as it stands.
        conclusion: ``passed`` or ``failed``, where it concludes anything.
        review_by: the day until which it holds.
        on: the day on which what it tells took place, where that is not the day of the entry.
        persons: who asked for it and who approved it; some kinds count only with two.
        is_tied: whether it is about the system's models and data as they are now, and old once those change.
        is_occasion: whether it tells of one occasion among many, such as an audit: a later one of the same kinds about
            the same subject takes its place, unless this one failed (decision 0230).
        data: what other judgements read of it (rows of a statement of applicability, links of a nonconformity).
    """

    kinds: tuple[str, ...]
    about: Ref | None = None
    state: str = "approved"
    conclusion: str | None = None
    review_by: date | None = None
    on: date | None = None
    persons: tuple[str, ...] = ()
    is_tied: bool = False
    is_occasion: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)


class RecordQuerySet(models.QuerySet[Row]):
    """Reads; refuses every way to write many rows at once."""

    def create(self, **_values: Any) -> NoReturn:
        """Refused."""
        _refuse(f"{self.model.__name__}.objects.create")

    def bulk_create(self, *_values: Any, **_more: Any) -> NoReturn:
        """Refused; ``door.write_many`` is the way."""
        _refuse(f"{self.model.__name__}.objects.bulk_create")

    def bulk_update(self, *_values: Any, **_more: Any) -> NoReturn:
        """Refused."""
        _refuse(f"{self.model.__name__}.objects.bulk_update")

    def update(self, **_values: Any) -> NoReturn:
        """Refused."""
        _refuse(f"{self.model.__name__}.objects.update")

    def delete(self) -> NoReturn:
        """Refused: what must go is erased or retired, and that leaves an entry."""
        _refuse(f"{self.model.__name__}.objects.delete")

    def get_or_create(self, *_values: Any, **_more: Any) -> NoReturn:
        """Refused."""
        _refuse(f"{self.model.__name__}.objects.get_or_create")

    def update_or_create(self, *_values: Any, **_more: Any) -> NoReturn:
        """Refused."""
        _refuse(f"{self.model.__name__}.objects.update_or_create")


class RecordManager(models.Manager.from_queryset(RecordQuerySet)):  # type: ignore[misc]
    """The manager of records."""


class Record(models.Model):
    """A plain Django model with a UUIDv7 key, the reference that people read, and the version that a change names.

    A type sets ``ref_type``, and where its fields change meaning or number, ``schema_version``. ``named_by`` names the
    field out of which the reference is made (``system:mortgage``); without it references count (``risk:2026-0012``).
    ``unrecorded`` fields hold nothing that anyone decided (a last log-in); ``sealed`` ones are secrets, entered as a
    keyed digest only; ``personal`` ones are blanked when a person's data is erased. ``lies_with`` names the link whose
    unit is its own, where it has no unit and none of the links of ``power.ABOVE`` says where it lies. ``listed`` are
    fields with lists of references, each of which has to name a record.
    """

    ref_type: ClassVar[str] = ""
    schema_version: ClassVar[int] = 1
    named_by: ClassVar[str | None] = None
    unrecorded: ClassVar[frozenset[str]] = frozenset()
    sealed: ClassVar[frozenset[str]] = frozenset()
    personal: ClassVar[frozenset[str]] = frozenset()
    lies_with: ClassVar[str] = ""
    listed: ClassVar[frozenset[str]] = frozenset()

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ref = models.CharField("reference", max_length=300, unique=True, editable=False, blank=True)
    version = models.PositiveIntegerField(default=0, editable=False)

    objects = RecordManager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.ref

    @property
    def is_new(self) -> bool:
        """Whether it was never written."""
        return self.version == 0

    @property
    def reference(self) -> Ref:
        """Its reference as a value."""
        return Ref.parse(self.ref)

    def own_ref(self) -> str | None:
        """The reference that it brings itself (a person's is made of its key); None: one is given."""
        return None

    def frozen(self) -> str | None:
        """Why nobody may edit it in its present state, in words; None: it may be edited. Moves have their own rules."""
        return None

    def home(self) -> Ref | None:
        """The system whose index announces this record's stream; None: the organisation's does."""
        return None

    def uncitable(self) -> str | None:
        """Why no other record may newly name it, in words; None: it may be named."""
        return None

    def as_evidence(self) -> RecordEvidence | None:
        """What it says as evidence as it stands, made of its own fields; None: nothing (any more)."""
        return None

    def known_links(self) -> set[str]:
        """The links that need no look-up: what they lead to was just read or written, and is at hand.

        The database's own constraint says so again at the commit.
        """
        return {
            field.name
            for field in self._meta.concrete_fields
            if isinstance(field, models.ForeignKey) and _is_stored(field.get_cached_value(self, default=None))
        }

    def clean_fields(self, exclude: Collection[str] | None = None) -> None:
        """Every field as its model allows it.

        Raises:
            ValidationError: by field.
        """
        super().clean_fields(exclude={*(exclude or ()), *self.known_links()})

    def get_constraints(self) -> list[tuple[type[models.Model], Sequence[models.BaseConstraint]]]:
        """The constraints that the database has to be asked about: not the checks that are seen to hold."""
        return [
            (model, [one for one in constraints if not (isinstance(one, models.CheckConstraint) and _holds(one, self))])
            for model, constraints in super().get_constraints()
        ]

    def save(self, *args: Any, **more: Any) -> None:
        """Refused outside the door.

        Raises:
            DoorError: always, but when the door calls it.
        """
        if not writing.get():
            _refuse(f"{type(self).__name__}.save")
        super().save(*args, **more)

    def delete(self, *_args: Any, **_more: Any) -> NoReturn:
        """Refused: records are retired or erased, never deleted."""
        _refuse(f"{type(self).__name__}.delete")

    def not_erasable(self) -> str | None:
        """Why its personal data may not be erased in its present state, in words; None: they may."""
        return None

    def erased_with(self) -> Iterable["Record"]:
        """What holds data of the same person, and is erased with it in one go."""
        return ()

    def blank(self) -> None:
        """Empties the personal fields in memory; a type whose constraints want more than an empty text says what."""
        for name in self.personal:
            field = type(self)._meta.get_field(name)
            setattr(self, name, None if getattr(field, "null", False) else "")

    @classmethod
    def schema(cls) -> str:
        """What an entry's body says it holds, such as ``risk/1``."""
        return f"{cls.ref_type}/{cls.schema_version}"


def _holds(constraint: models.CheckConstraint, record: Record) -> bool:
    condition = constraint.condition
    try:
        return isinstance(condition, models.Q) and holds(condition, record)
    except UnknownConditionError:
        return False


def _is_stored(linked_to: object) -> bool:
    return isinstance(linked_to, Record) and not linked_to._state.adding


def record_types() -> Mapping[str, type[Record]]:
    """Every record type by the type of its references, such as ``risk``."""
    from django.apps import apps

    return {model.ref_type: model for model in apps.get_models() if issubclass(model, Record)}


def find(ref: str | Ref) -> Record | None:
    """The record with a reference; None where there is no such type or row."""
    parsed = ref if isinstance(ref, Ref) else Ref.parse(ref)
    model = record_types().get(parsed.type)
    found: Record | None = None if model is None else model.objects.filter(ref=str(parsed.bare)).first()
    return found

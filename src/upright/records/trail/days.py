"""Days to come: by when something is to be done or looked at again. Nobody sets one that is over (0290)."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_Set_contra = TypeVar("_Set_contra", contravariant=True)
_Got_co = TypeVar("_Got_co", covariant=True)

if TYPE_CHECKING:
    _DateField = models.DateField
else:

    class _DateField(models.DateField):
        def __class_getitem__(cls, _types: Any) -> type:  # Django's own is no generic class when it runs
            return cls


_HISTORY: ContextVar[bool] = ContextVar("upright_brings_history", default=False)


class DayToCome(_DateField[_Set_contra, _Got_co]):
    """A day ahead: today or later when somebody sets it, by the door's own clock, in UTC like every day here.

    What was set and has since gone by stays, and hinders no other change: only a day that differs from the stored one
    is judged. ``clause`` is the requirement that wants it, such as ``7.5.2`` or ``A.10.3``.
    """

    def __init__(self, *args: Any, clause: str = "", **more: Any) -> None:
        self.clause = clause
        super().__init__(*args, **more)

    def deconstruct(self) -> Any:
        """As Django's migrations need it: for a database it is a date like any other."""
        name, _, args, more = super().deconstruct()
        return name, "django.db.models.DateField", args, more

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """As a date, and as one that is not over.

        Raises:
            ValidationError: it is.
        """
        super().validate(value, model_instance)
        today = now().date()
        if not isinstance(value, date) or value >= today or model_instance is None:
            return
        if model_instance._state.adding:
            if _HISTORY.get():
                return
        elif self._stored(model_instance) == value:
            return
        raise ValidationError(
            f"{value} is over: today is {today}, by the clock of the server in UTC. Give today or a day to come "
            f"({self.clause}).",
            code="UP-FIELD-08",
        )

    def _stored(self, record: models.Model) -> date | None:
        rows = type(record)._base_manager.filter(pk=record.pk)
        stored: date | None = rows.values_list(self.attname, flat=True).first()
        return stored


@contextmanager
def bringing_history() -> Iterator[None]:
    """New records may bring days that are over while the block runs: an import of what was so elsewhere."""
    token = _HISTORY.set(True)
    try:
        yield
    finally:
        _HISTORY.reset(token)


def still_ahead(day: date | None) -> date | None:
    """A day that a new record may take over from another; None where it has gone by."""
    return day if day is not None and day >= now().date() else None


def overdue_told(record: Record, reason: str) -> str:
    """The reason of an imported record; of a new one also which of its days were over when it came."""
    over = days_over(record) if record.is_new else ()
    return f"{reason} Told as it was, overdue by {', '.join(over)}.".strip() if over else reason


def days_over(record: models.Model) -> tuple[str, ...]:
    """The fields of a record whose day to come is over."""
    today = now().date()
    return tuple(
        field.name
        for field in record._meta.concrete_fields
        if isinstance(field, DayToCome) and (getattr(record, field.attname) or today) < today
    )

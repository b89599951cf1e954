"""Form fields that Django has not: a link by reference, a list with one item a line."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict

from upright.desk.visible import visible
from upright.records.identity.power import Powers
from upright.records.trail.record import Record

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Record]
else:
    _ModelChoiceField = forms.ModelChoiceField


def is_writable(value: Any) -> bool:
    """Whether a value holds no text that a database or the ledger could not: a NUL, half of a surrogate pair."""
    match value:
        case str():
            return "\0" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
        case Mapping():
            return all(is_writable(key) and is_writable(one) for key, one in value.items())
        case list() | tuple():
            return all(is_writable(one) for one in value)
    return True


def linked_ref(record: Record, name: str) -> str | None:
    """The reference of the record that a link leads to now."""
    linked = None if getattr(record, f"{name}_id") is None else getattr(record, name)
    return None if linked is None else str(linked.ref)


class RecordChoiceField(_ModelChoiceField):
    """A link to a record, by its reference: the same value on screen, in the API and in a spreadsheet."""

    def __init__(self, rows: QuerySet[Record], **more: Any) -> None:
        super().__init__(rows, to_field_name="ref", **more)
        self.known: Mapping[str, Record] = {}
        self.is_settled = True  # how it is chosen; a page settles it, a program needs it not

    def limit(self, powers: Powers | None, linked: UUID | None = None) -> None:
        """Only what someone may read can be chosen, and what is linked already."""
        rows = self.queryset
        if rows is not None and powers is not None:
            seen = visible(rows.model, powers)
            self.queryset = seen if linked is None else seen | rows.filter(pk=linked)
            self.is_settled = False

    def to_python(self, value: Any) -> Record | None:
        """The record that a reference names.

        Raises:
            ValidationError: none that may be read.
        """
        if value in self.empty_values:
            return None
        found: Record | None = self.known.get(str(value))
        if found is None and self.queryset is not None and is_writable(str(value)):
            found = self.queryset.filter(ref=str(value)).first()
        if found is None:
            what = "record" if self.queryset is None else str(self.queryset.model._meta.verbose_name)
            raise ValidationError(f"{value!s} names no {what} here that you may read.", code="UP-FIELD-03")
        return found


class LinesInput(forms.Textarea):
    """A list as a form sends it: lines of one text, or a value for each item, as tick boxes do."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """The lines together; of a mapping that holds one value, that value."""
        if not isinstance(data, MultiValueDict):
            return super().value_from_datadict(data, files, name)
        return "\n".join(str(one) for one in data.getlist(name)) if name in data else None


class LinesField(forms.CharField):
    """A list of texts, one a line; from JSON a list."""

    def __init__(self, **more: Any) -> None:
        more.setdefault("widget", LinesInput(attrs={"rows": 3}))
        super().__init__(**more)

    def prepare_value(self, value: Any) -> Any:
        """As lines, or as JSON where an item is no text."""
        if not isinstance(value, list):
            return value
        if all(isinstance(one, str) and "\n" not in one for one in value):
            return "\n".join(value)
        return json.dumps(value, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        """A list.

        Raises:
            ValidationError: neither lines nor a JSON list.
        """
        if value in (None, ""):
            return []
        if isinstance(value, str) and value.lstrip().startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                raise ValidationError("Starts like a JSON list and is none.", code="UP-FIELD-05") from None
        if isinstance(value, str):
            return [line.strip() for line in value.splitlines() if line.strip()]
        if not isinstance(value, list):
            raise ValidationError(
                f"Found a {type(value).__name__}; expected a list, or one item a line.", code="UP-FIELD-05"
            )
        return value

    def run_validators(self, value: Any) -> None:
        """Those of text, on each item that is text."""
        for one in value:
            super().run_validators(one if isinstance(one, str) else "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as lists."""
        return bool(self.to_python(initial) != self.to_python(data))

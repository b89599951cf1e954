"""One form for each described type; web, API and import validate with it and write through it."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.datastructures import MultiValueDict

from upright.desk.description import RecordType
from upright.desk.fields import LinesField, RecordChoiceField, is_writable, linked_ref
from upright.desk.values import sentence
from upright.kernel import Actor, InputError
from upright.records.identity.editing import add, edit
from upright.records.identity.power import Powers
from upright.records.identity.reading import unreadable
from upright.records.trail.record import Record

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Record]
else:
    _ModelForm = forms.ModelForm

_BOOLEANS = frozenset({"", "true", "false", "unknown", "1", "2", "3"})
_MADE: "dict[tuple[type[Record], tuple[str, ...]], type[RecordForm]]" = {}
_ONE_VALUE = "Found {found}; expected one value."


class RecordForm(_ModelForm):
    """The fields of a description. Links are given by reference, and limited to what ``powers`` may read.

    ``data`` may be what a browser sent, or a mapping of names to plain values (JSON, the cells of a row).
    A new record needs every field that has no default; to change a few fields of one that is there, give
    ``form_data(record, described) | changes``.
    """

    described: ClassVar[RecordType]

    version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        instance: Record | None = None,
        powers: Powers | None = None,
        **more: Any,
    ) -> None:
        self._misfits: dict[str, str] = {}
        self._powers, self._read = powers, set[str]()
        self.changed: set[str] = set()
        is_plain = data is not None and not isinstance(data, MultiValueDict)
        super().__init__(data, files, instance=instance, **more)
        for name, field in self.fields.items():
            if isinstance(field, RecordChoiceField):
                field.limit(powers, getattr(self.instance, f"{name}_id"))
                if name not in (more.get("initial") or {}):
                    self.initial[name] = linked_ref(self.instance, name)
        self.initial["version"] = self.instance.version
        self.fields["version"].required = not self.instance.is_new
        if is_plain and data is not None:
            self.data = {name: self._plain(name, value) for name, value in data.items()}

    def _post_clean(self) -> None:
        """A model that looks at a link in its own ``clean`` finds none where the form has refused that link already."""
        try:
            super()._post_clean()  # type: ignore[misc]  # undocumented, so not in the stubs
        except ObjectDoesNotExist:
            if not self.errors:
                raise

    def clean(self) -> dict[str, Any]:
        """Refuses what is no single value, and text that a database or the ledger could not hold.

        Raises:
            ValidationError: by field.
        """
        cleaned = super().clean() or self.cleaned_data
        for name, found in self._misfits.items():
            if name in self.fields:
                self.errors.pop(name, None)
                self.add_error(name, ValidationError(_ONE_VALUE.format(found=found), code="UP-FIELD-05"))
        for name, value in list(cleaned.items()):
            for why in unreadable(self.instance, name, value, self._powers, self._read):
                self.add_error(name, why)
            if not is_writable(value):
                why = ValidationError("Holds a NUL or half of a surrogate pair; take it out.", code="UP-FIELD-06")
                self.add_error(name, why)
        return cleaned

    def write(self, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Record:
        """Adds the record, or changes it if nobody else did since ``version`` was read.

        Raises:
            ValidationError: by field.
            DeniedError: the actor may not.
            ConflictError: someone else wrote it since.
        """
        if not self.is_valid():
            raise ValidationError(self.errors.as_data())
        record = self.instance
        if record.is_new:
            return add(record, actor=actor, reason=reason, powers=powers)
        record.version = self.cleaned_data["version"]
        return edit(record, actor=actor, reason=reason, powers=powers)

    def again(self, data: Mapping[str, Any], record: Record) -> None:
        """Validates another record with this form: an import makes one form, not one for each row."""
        self._misfits.clear()
        self.instance, before = record, form_data(record, self.described)
        self.fields["version"].required = not record.is_new
        self.data = {name: self._plain(name, value) for name, value in data.items()}
        self.full_clean()
        self.changed = {
            name
            for name, value in self.cleaned_data.items()
            if name in before and (value.ref if isinstance(value, Record) else value) != before[name]
        }

    def refuse(self, why: ValidationError | InputError) -> None:
        """Shows beside the fields why a valid form could not be written."""
        if isinstance(why, InputError):
            self.add_error(None, ValidationError(why.message, code=why.code))
            return
        for name, errors in (why.error_dict if hasattr(why, "error_dict") else {NON_FIELD_ERRORS: [why]}).items():
            self.add_error(name if name in self.fields else None, errors)

    def _plain(self, name: str, value: Any) -> Any:
        field = self.fields.get(name)
        if isinstance(field, forms.JSONField | LinesField):
            return value
        match value:
            case None:
                return ""
            case bool():
                return str(value).lower()
            case date():
                return value.isoformat()
            case str() if isinstance(field, forms.BooleanField) and value.lower() not in _BOOLEANS:
                self._misfits[name] = repr(value[:40])
                return ""
            case str():
                return value.lower() if isinstance(field, forms.BooleanField) else value
            case int() | float() | Decimal():
                return str(value)
            case Record():
                return value.ref
        self._misfits[name] = f"a {type(value).__name__}"
        return ""


def form_class(described: RecordType) -> type[RecordForm]:
    """The form of a described type."""
    key = (described.model, described.written)
    if key not in _MADE:
        meta = type(
            "Meta", (), {"model": key[0], "fields": list(key[1]), "formfield_callback": staticmethod(_form_field)}
        )
        name = f"{described.name.title().replace('-', '')}Form"
        _MADE[key] = type(name, (RecordForm,), {"Meta": meta, "__module__": __name__, "described": described})
    return _MADE[key]


def form_data(record: Record, described: RecordType) -> dict[str, Any]:
    """What a form of this record starts with, as ``RecordForm`` takes it: to change a few fields, or as defaults."""
    found: dict[str, Any] = {"version": record.version}
    for name in described.fields:
        value = getattr(record, name, None)
        found[name] = value.ref if isinstance(value, Record) else value
    return found


def _form_field(field: "models.Field[Any, Any]", **more: Any) -> forms.Field | None:
    if isinstance(field, models.ForeignKey) and issubclass(field.related_model, Record):
        return RecordChoiceField(
            field.related_model._base_manager.all(),
            required=not field.blank,
            label=sentence(str(field.verbose_name)),
            help_text=field.help_text,
        )
    if isinstance(field, models.JSONField) and field.default is list:
        return LinesField(required=not field.blank, label=sentence(str(field.verbose_name)), help_text=field.help_text)
    if isinstance(field, models.DateField) and not isinstance(field, models.DateTimeField):
        more["widget"] = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return field.formfield(**more)

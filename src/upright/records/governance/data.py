"""The data of a kind of evidence as a field: JSON for API and import, an input for each field of the kind on a form."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models

from upright.records.governance.kinds import kind_of, questions

if TYPE_CHECKING:
    _JSON = models.JSONField[Any, Any]
else:
    _JSON = models.JSONField

SPARE_ROWS = 3
"""Empty rows below those that are filled; saved empty, they are left out."""
_YES_NO = {"true": True, "false": False}


class KindDataField(_JSON):
    """Data of the kind that ``kind_from`` of the same record names."""

    def __init__(self, *args: Any, kind_from: str = "kind", **more: Any) -> None:
        self.kind_from = kind_from
        super().__init__(*args, **more)

    def deconstruct(self) -> Any:
        """As Django's migrations need it."""
        name, path, args, more = super().deconstruct()
        return name, path, args, {**more, "kind_from": self.kind_from}

    def formfield(self, **more: Any) -> Any:
        """Inputs by the schema of the kind."""
        field: Any = super().formfield(**{"form_class": KindDataFormField, "kind_from": self.kind_from, **more})
        return field


class KindDataFormField(forms.JSONField):
    """Takes JSON, or what a browser sent of the inputs of the kind."""

    def __init__(self, *, kind_from: str, **more: Any) -> None:
        self.kind_from = kind_from
        super().__init__(**{**more, "widget": KindDataInput(kind_from)})

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was sent, to be shown again."""
        return data if isinstance(data, dict | list) else super().bound_data(data, initial)

    def prepare_value(self, value: Any) -> Any:
        """As it is: the inputs take it apart."""
        return value if isinstance(value, dict) else super().prepare_value(value)


class KindDataInput(forms.Textarea):
    """Puts the inputs of a kind together: ``data.parties.0.party`` is the party in the first row of ``parties``."""

    def __init__(self, kind_from: str) -> None:
        self.kind_from = kind_from
        super().__init__()

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Any:
        """The data: as it was given, or of its inputs."""
        if name in data:
            return super().value_from_datadict(data, files, name)
        kind = kind_of(str(data.get(self.kind_from, "")))
        if kind is None:
            return None
        found = {key: _sent(data, f"{name}.{key}", schema) for key, schema, _ in questions(kind)}
        return {key: value for key, value in found.items() if value is not None}

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:  # noqa: ARG002
        """None of its inputs was sent."""
        return name not in data and not any(key.startswith(f"{name}.") for key in data)


def _sent(data: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if kind == "array" and schema.get("items", {}).get("type") == "object":
        return _rows(data, name, schema["items"].get("properties", {}))
    text = str(data.get(name, "")).strip()
    if kind == "array":
        return [line.strip() for line in text.splitlines() if line.strip()]
    if not text:
        return None
    if kind == "boolean":
        return _YES_NO.get(text, text)
    if kind == "integer":
        return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdecimal() and len(text) < 16 else text
    return text


def _rows(data: Mapping[str, Any], name: str, columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    numbers = {
        int(rest.partition(".")[0])
        for key in data
        if key.startswith(f"{name}.") and (rest := key.removeprefix(f"{name}.")).partition(".")[0].isdecimal()
    }
    found = []
    for number in sorted(numbers):
        row = {key: _sent(data, f"{name}.{number}.{key}", schema) for key, schema in columns.items()}
        filled = {key: value for key, value in row.items() if value is not None}
        if any(value not in ([], False) for value in filled.values()):
            found.append(filled)
    return found

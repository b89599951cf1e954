"""The inputs of a kind of evidence: one for each field of its schema, a table for each list of rows."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop

from upright.records.governance.data import SPARE_ROWS
from upright.records.governance.kinds import field_label, kept_kinds, kind_label, kind_of, questions
from upright.records.identity.models import Person
from upright.web.frame import catalogue
from upright.web.sentences import said

_MOST_PEOPLE = 200
_LONG = frozenset({"reason", "purpose", "effects", "outcome", "conclusion", "gaps", "findings", "text"})
At = tuple[str | int, ...]


_ABOUT = {
    "organisation": gettext_noop("About the organisation"),
    "system": gettext_noop("About a system"),
    "model": gettext_noop("About a model"),
    "dataset": gettext_noop("About a data set"),
    "supplier": gettext_noop("About a supplier"),
}


def kind_inputs(bound: BoundField) -> SafeString:
    """The inputs of the kind that the form names now; without one, the kinds to choose from."""
    field: Any = bound.field
    chosen: Any = bound.form[field.kind_from].value()
    kind = kind_of(str(chosen or ""))
    if kind is None:
        return SafeString(render_to_string("web/parts/kind_choices.html", {"groups": _offered(), "field": bound}))
    held: Any = bound.value()
    data = held if isinstance(held, dict) else {}
    wrong = _errors(bound)
    people = _people(bound)
    inputs = [
        _input(bound, (name,), schema, data.get(name), wrong, people) | {"needed": needed}
        for name, schema, needed in questions(kind)
    ]
    shown = {one["at"] for one in _all(inputs)}
    rest = [text for at, texts in wrong.items() if at not in shown for text in texts]
    asks = [one for one in catalogue().requirements.values() if kind.id in one.kinds][:8]
    context = {"kind": kind, "label": said(kind_label(kind.id)), "inputs": inputs, "rest": rest, "asks": asks}
    return SafeString(render_to_string("web/parts/kind_data.html", context))


def _offered() -> Sequence[tuple[str, list[tuple[str, str, str]]]]:
    groups: dict[str, list[tuple[str, str, str]]] = {}
    for name, label in kept_kinds():
        kind = kind_of(name)
        if kind is not None:
            about = "organisation" if "organisation" in kind.subject else kind.subject[0]
            groups.setdefault(gettext(_ABOUT[about]), []).append((name, said(label), said(kind.meaning)))
    return sorted(groups.items(), key=lambda one: -len(one[1]))


def _people(bound: BoundField) -> Sequence[tuple[str, str]]:
    owners = getattr(bound.form.fields.get("owner"), "queryset", None)
    rows = Person.objects.none() if owners is None else owners
    return [(one.ref, str(one)) for one in rows.order_by("name")[:_MOST_PEOPLE]]


def _errors(bound: BoundField) -> Mapping[At, list[str]]:
    found: dict[At, list[str]] = {}
    for one in bound.errors.as_data():
        at = tuple((one.params or {}).get("at", ()))
        found.setdefault(at, []).extend(one.messages)
    return found


def _input(
    bound: BoundField,
    at: At,
    schema: Mapping[str, Any],
    value: Any,
    wrong: Mapping[At, list[str]],
    people: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    name = ".".join(str(part) for part in (bound.html_name, *at))
    kind = _kind(str(at[-1]), schema)
    found: dict[str, Any] = {
        "at": at,
        "name": name,
        "id": f"id_{name.replace('.', '-')}",
        "label": said(field_label(str(at[-1]))),
        "kind": kind,
        "value": _told(value),
        "errors": wrong.get(at, []),
        "options": _options(kind, schema, people),
    }
    if kind == "rows":
        columns = schema["items"].get("properties", {})
        needed = schema["items"].get("required", ())
        found["columns"] = [(said(field_label(key)), key in needed) for key in columns]
        rows = [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []
        rows += [{} for _ in range(SPARE_ROWS)]
        found["rows"] = [
            [_input(bound, (*at, place, key), inner, row.get(key), wrong, people) for key, inner in columns.items()]
            for place, row in enumerate(rows)
        ]
    return found


def _kind(name: str, schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return "choice"
    match schema.get("type"):
        case "array":
            return "rows" if schema.get("items", {}).get("type") == "object" else "lines"
        case "boolean":
            return "choice"
        case "integer":
            return "number"
    if schema.get("format") == "date":
        return "date"
    if str(schema.get("pattern", "")).startswith("^person:"):
        return "choice"
    return "long" if name in _LONG else "text"


def _options(kind: str, schema: Mapping[str, Any], people: Sequence[tuple[str, str]]) -> Sequence[tuple[str, str]]:
    if kind != "choice":
        return ()
    if schema.get("type") == "boolean":
        return (("true", gettext("Yes")), ("false", gettext("No")))
    if "enum" in schema:
        return [(str(one), said(field_label(str(one).replace("-", " ")))) for one in schema["enum"]]
    return people


def _told(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case list():
            return "\n".join(str(one) for one in value)
    return str(value)


def _all(inputs: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in inputs:
        yield one
        for row in one.get("rows", ()):
            yield from row

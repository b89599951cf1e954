"""Templates of documents: sixteen procedures in our own words, and an outline for every other kind of document.

The procedures are written in each language of the interface: the same parts, clauses and gaps, in other words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from upright.records.governance.context import FrameworkInUse
from upright.records.governance.documents import Document
from upright.records.governance.kinds import document_kinds, field_label, kind_label, kind_of, questions
from upright.records.governance.subjects import units_above, units_below
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Role, RoleAssignment, Unit
from upright.records.identity.power import is_effective
from upright.records.inventory.models import Customer, Supplier, System
from upright.records.trail.record import record_types
from upright.records.trail.server_log import now

_AUDITOR = "<!-- auditor -->"
_MOST_NAMED = 12
ENGLISH = "en"
_IN: Mapping[str, tuple[str, str]] = {ENGLISH: ("and others", "version"), "de": ("und weitere", "Fassung")}
"""The languages that templates are written in, with the words between what is filled in."""
_ROLES: Mapping[str, Role] = {
    "aims_manager": Role.AIMS_MANAGER,
    "risk_owners": Role.RISK_OWNER,
    "system_owners": Role.SYSTEM_OWNER,
    "overseers": Role.OVERSEER,
    "internal_auditors": Role.INTERNAL_AUDITOR,
}
PLACEHOLDERS: Mapping[str, str] = {
    "organisation": "the legal entity, or the organisation",
    "ai_policy": "the AI policy in force",
    "customers": "the customers in the inventory",
    "frameworks": "the frameworks in use",
    "risk_criteria": "the risk criteria in force",
    "suppliers": "the suppliers in the inventory",
    "systems": "the AI systems in the inventory",
    **{name: f"who holds the role {role.label}" for name, role in _ROLES.items()},
}
"""What a template may ask of the records, and where it comes from."""


@dataclass(frozen=True, kw_only=True)
class Template:
    """A document to begin with."""

    name: str
    title: str
    kind: str
    clauses: tuple[str, ...]
    text: str
    questions: tuple[str, ...] = ()
    """What an auditor will ask."""
    language: str = ENGLISH


def languages() -> tuple[str, ...]:
    """The languages that templates are written in."""
    return tuple(_IN)


@cache
def procedures(language: str = ENGLISH) -> Mapping[str, Template]:
    """The templates that are written out, by name; in English where a language has none."""
    folder = files("upright.records.governance").joinpath("procedures")
    if language != ENGLISH and language in _IN:
        folder = folder.joinpath(language)
    found = [
        _read(one.name.removesuffix(".md"), one.read_text(encoding="utf-8"), language if language in _IN else ENGLISH)
        for one in folder.iterdir()
        if one.name.endswith(".md")
    ]
    return {one.name: one for one in sorted(found, key=lambda one: one.title)}


def template(name: str, language: str = ENGLISH) -> Template | None:
    """A procedure by its name, or the outline of a kind of document, which is English."""
    return procedures(language).get(name) or (outline(name) if name in dict(document_kinds()) else None)


def outline(kind_id: str) -> Template | None:
    """A document of a kind with a heading for each thing that the kind asks for, to be written."""
    kind = kind_of(kind_id)
    if kind is None:
        return None
    asks = [(name, schema) for name, schema, _ in questions(kind) if name not in {"version", "owner"}]
    parts = [f"# {kind_label(kind_id)}", "{{organisation}}. " + kind.meaning]
    parts += [f"## {field_label(name)}\n[[{_hint(name, schema)}]]" for name, schema in asks]
    return Template(
        name=kind_id,
        title=kind_label(kind_id),
        kind=kind_id,
        clauses=(),
        text="\n\n".join(parts) + "\n",
    )


def _hint(name: str, schema: Mapping[str, Any]) -> str:
    columns = schema.get("items", {}).get("properties", {})
    listed = f", by {', '.join(field_label(one).lower() for one in columns)}" if columns else ""
    return f"{field_label(name).lower()}{listed}"


def _read(name: str, source: str, language: str) -> Template:
    _, head, rest = source.split("---\n", 2)
    said = dict(line.split(": ", 1) for line in head.strip().splitlines())
    text, _, asked = rest.partition(_AUDITOR)
    return Template(
        name=name,
        title=said["title"],
        kind=said["kind"],
        clauses=tuple(one.strip() for one in said["clauses"].split(",")),
        text=text.strip() + "\n",
        questions=tuple(line.removeprefix("- ") for line in asked.strip().splitlines()),
        language=language,
    )


def values_for(unit: Unit, language: str = ENGLISH) -> dict[str, str]:
    """What the records say today for each placeholder, in a unit; one that they do not answer is left out."""
    others, version = _IN.get(language, _IN[ENGLISH])
    above, below = units_above(unit), units_below(unit.pk)
    ids = [one.pk for one in above]
    entity = next((one for one in above if one.kind != Unit.Kind.UNIT), unit)
    found = {
        "organisation": entity.name,
        "systems": _names(System.objects.filter(unit__in=below).order_by("name"), others),
        "suppliers": _names(Supplier.objects.filter(unit__in=below).order_by("name"), others),
        "customers": _names(Customer.objects.filter(unit__in=below).order_by("name"), others),
        "frameworks": _names(
            FrameworkInUse.objects.filter(unit__in=ids, state=Controlled.State.APPROVED).order_by("framework"),
            others,
        ),
        "ai_policy": _cited(
            Document.objects.filter(unit__in=ids, subtype="ai-policy", state=Controlled.State.APPROVED).order_by(
                "-ref"
            ),
            version,
        ),
        "risk_criteria": _criteria(ids, version),
        **_holders(ids),
    }
    return {name: value for name, value in found.items() if value}


def _holders(units: Iterable[Any]) -> dict[str, str]:
    today = now().date()
    rows = RoleAssignment.objects.filter(unit__in=list(units), person__is_active=True).select_related("person")
    current = [one for one in rows.order_by("person__name") if is_effective(one, today)]
    return {
        name: ", ".join(dict.fromkeys(str(one.person) for one in current if one.role == role))
        for name, role in _ROLES.items()
    }


def _criteria(units: Iterable[Any], version: str) -> str:
    model = record_types().get("risk-criteria")
    if model is None:
        return ""
    rows: Any = model._base_manager.all()
    return _cited(rows.filter(unit__in=list(units), state=Controlled.State.APPROVED).order_by("-ref"), version)


def _cited(rows: Any, version: str) -> str:
    newest = rows.first()
    return "" if newest is None else f"{newest} ({newest.ref}, {version} {newest.version})"


def _names(rows: Any, others: str) -> str:
    found = [str(one) for one in rows[: _MOST_NAMED + 1]]
    return ", ".join(found[:_MOST_NAMED]) + (f", {others}" if len(found) > _MOST_NAMED else "")

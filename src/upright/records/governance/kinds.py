"""Kinds of evidence as records and documents name them: their choices, and data held against a kind's schema."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from upright.workspace.judge import load_catalogue

if TYPE_CHECKING:
    from upright.catalogue import Kind

OWN_FIELDS = frozenset({"approved_on", "approved_by"})
"""What the approval itself says: a kind's schema may require it, a form does not ask for it again."""

SPECIALISED: Mapping[str, str] = {
    "access-control-record": "access-review",
    "ai-role-determination": "ai-role",
    "ai-system": "system",
    "audit": "audit",
    "audit-finding": "audit-finding",
    "audit-programme": "audit-programme",
    "awareness-record": "awareness",
    "communication-record": "communication",
    "competence-record": "competence",
    "concern": "concern",
    "context-analysis": "context-analysis",
    "change-review": "change-review",
    "control": "control",
    "corrective-action": "corrective-action",
    "customer-requirement": "customer-requirement",
    "development-gate-record": "stage-change",
    "development-objective": "objective",
    "disposal-record": "disposal",
    "external-report": "external-report",
    "impact-assessment": "impact-assessment",
    "improvement": "improvement",
    "incident": "incident",
    "intended-use": "intended-use",
    "interested-party": "interested-party",
    "leadership-record": "leadership-decision",
    "management-review": "management-review",
    "measurement": "measurement",
    "management-review-decisions": "management-review",
    "management-review-inputs": "management-review",
    "nonconformity": "nonconformity",
    "objective": "objective",
    "obligation": "obligation",
    "opportunity": "opportunity",
    "oversight-assignment": "oversight-assignment",
    "performance-evaluation": "performance-evaluation",
    "policy-communication": "communication",
    "release-approval": "stage-change",
    "reporting-obligation": "information-owed",
    "requirement-specification": "requirement-specification",
    "residual-risk-acceptance": "risk-acceptance",
    "responsibility-matrix": "responsibility-matrix",
    "retention-schedule": "retention-class",
    "risk": "risk",
    "risk-assessment": "risk-assessment",
    "risk-criteria": "risk-criteria",
    "risk-treatment-result": "treatment",
    "societal-impact-assessment": "impact-assessment",
    "statement-of-applicability": "statement-of-applicability",
    "supplier": "supplier",
    "supplier-assessment": "supplier-review",
    "test-report": "test-report",
    "usage-review": "usage-review",
    "use-approval": "use-approval",
    "use-objective": "objective",
    "user-information": "user-information",
    "user-information-delivery": "information-delivery",
    "waiver": "waiver",
}
"""Record kinds that a type with rules of its own speaks, and the type: kept records would be a way around its rules."""

SPECIALISED_DOCUMENTS: Mapping[str, str] = {
    "change-plan": "change-plan",
    "communication-plan": "communication-plan",
    "process-definition": "process-definition",
    "resource-plan": "resource-plan",
    "risk-treatment-plan": "treatment",
    "scope-statement": "scope-statement",
}
"""The same for document kinds."""

PLAIN_DOCUMENTS: Mapping[str, str] = {
    "external": "External document",
    "instruction": "Work instruction",
    "procedure": "Procedure",
}
"""Documents that the catalogue has no kind of their own for: they are evidence of a controlled document, no more."""

_WORDS = {"ai": "AI", "ce": "CE", "dpia": "DPIA", "fria": "FRIA", "annex-iv": "Annex IV"}
_FIELD_WORDS = {**_WORDS, "dpo": "DPO", "flop": "FLOP", "gdpr": "GDPR", "kwh": "kWh"}
_ANNEX = re.compile(r"\bannex (a|vii?)\b")


@dataclass(frozen=True, slots=True)
class Misfit:
    """One thing in the data of a kind that its schema does not allow."""

    at: tuple[str | int, ...]
    says: str

    @property
    def where(self) -> str:
        """Where it is, in words: ``parties, row 2, party``."""
        return ", ".join(f"row {part + 1}" if isinstance(part, int) else field_label(part).lower() for part in self.at)


def kind_of(name: str) -> "Kind | None":
    """A kind of the edition in force."""
    return load_catalogue(()).kinds.get(name)


@cache
def kept_kinds() -> list[tuple[str, str]]:
    """The kinds that a kept record may be of."""
    return _choices("record", SPECIALISED)


@cache
def frameworks() -> list[tuple[str, str]]:
    """The frameworks of the edition in force."""
    return [(one.id, one.title) for one in load_catalogue(()).frameworks.values()]


@cache
def annex_c() -> list[tuple[str, str]]:
    """The objectives that Annex C of ISO/IEC 42001 offers, by id."""
    facts: Any = load_catalogue(()).frameworks["iso42001"].facts
    return [(one["id"], f"{one['id']} {one['title']}") for one in facts["annex_c"]["objectives"]]


@cache
def ai_roles() -> Mapping[str, str]:
    """The roles that an organisation can have towards an AI system, and what each means."""
    facts: Any = load_catalogue(()).frameworks["iso42001"].facts
    return {**facts["roles"], **facts["other_parties"]}


@cache
def document_kinds() -> list[tuple[str, str]]:
    """The kinds that a document may be of, and those that the catalogue has no kind for."""
    known = [one for one in _choices("document", SPECIALISED_DOCUMENTS) if one[0] != "document"]
    return sorted([*known, *PLAIN_DOCUMENTS.items()], key=lambda one: one[1])


def _choices(producer: str, taken: Mapping[str, str]) -> list[tuple[str, str]]:
    kinds = load_catalogue(()).kinds.values()
    names = [one.id for one in kinds if one.produced_by == producer and one.family is None and one.id not in taken]
    return sorted(((name, kind_label(name)) for name in names), key=lambda one: one[1])


def kind_label(name: str) -> str:
    """What a kind is called on screen."""
    for start, word in _WORDS.items():
        if name == start or name.startswith(f"{start}-"):
            return f"{word}{name.removeprefix(start).replace('-', ' ')}"
    return name.replace("-", " ").capitalize()


def field_label(name: str) -> str:
    """What a field of a kind is called on screen.

    >>> field_label("compared_with_annex_a"), field_label("dpo_advice")
    ('Compared with Annex A', 'DPO advice')
    """
    words = [_FIELD_WORDS.get(word, word) for word in name.replace("_", " ").split(" ")]
    text = _ANNEX.sub(lambda found: f"Annex {found[1].upper()}", " ".join(words))
    return text[:1].upper() + text[1:]


def field_words(kind: "Kind") -> Iterator[str]:
    """Every label and option that the fields of a kind show."""
    rest: list[Mapping[str, Any]] = [kind.fields]
    while rest:
        schema = rest.pop()
        for name, inner in schema.get("properties", {}).items():
            yield field_label(name)
            rest.append(inner)
        yield from (field_label(str(one).replace("-", " ")) for one in schema.get("enum", ()))
        if isinstance(schema.get("items"), dict):
            rest.append(schema["items"])


def asked(kind: "Kind") -> Mapping[str, Any]:
    """The schema of what a person is asked for: without what the approval says itself."""
    fields = dict(kind.fields)
    fields["required"] = [one for one in fields.get("required", ()) if one not in OWN_FIELDS]
    return fields


def questions(kind: "Kind") -> Iterator[tuple[str, Mapping[str, Any], bool]]:
    """The fields that a form asks for: name, schema, whether it is needed."""
    needed = asked(kind)["required"]
    for name, schema in kind.fields.get("properties", {}).items():
        if name not in OWN_FIELDS:
            yield name, schema, name in needed


def misfits(kind: "Kind", data: object) -> list[Misfit]:
    """What in the data the kind's schema does not allow, in the order of its fields."""
    import jsonschema

    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(dict(asked(kind)), format_checker=checker)
    found: dict[tuple[str | int, ...], Misfit] = {}
    for error in validator.iter_errors(data):
        one = _told(error)
        found.setdefault(one.at, one)
    order = list(kind.fields.get("properties", {}))
    return sorted(found.values(), key=lambda one: _place(one.at, order))


def _place(at: Sequence[str | int], order: list[str]) -> tuple[int, str]:
    first = at[0] if at else ""
    return (order.index(first) if first in order else len(order), str(at))


def _told(error: Any) -> Misfit:
    at, wanted = tuple(error.absolute_path), error.validator_value
    match error.validator:
        case "required":
            missing = next(one for one in wanted if one not in error.instance)
            return Misfit((*at, missing), "is missing.")
        case "minLength" | "minItems":
            return Misfit(at, "is empty.")
        case "format":
            return Misfit(at, f"{error.instance!r} is no day; expected one such as 2026-03-12.")
        case "pattern":
            return Misfit(at, f"{error.instance!r} does not fit; expected {_pattern(wanted)}.")
        case "type":
            what = {"string": "a text", "integer": "a whole number", "boolean": "true or false", "array": "a list"}
            names = wanted if isinstance(wanted, list) else [wanted]
            expected = " or ".join(what.get(one, f"an {one}") for one in names)
            return Misfit(at, f"found {error.instance!r}; expected {expected}."[:300])
        case "enum":
            return Misfit(at, f"{error.instance!r} is none of {', '.join(map(str, wanted))}.")
        case "additionalProperties":
            extra = sorted(set(error.instance) - set(error.schema.get("properties", {})))
            return Misfit((*at, extra[0]), "is no field of this kind.")
    return Misfit(at, f"{error.message}."[:300])


def _pattern(text: str) -> str:
    if text.startswith("^person:"):
        return "the reference of a person"
    return "a day such as 2026-03-12" if r"\d{4}" in text else f"what {text} describes"


def persons_in(schema: Mapping[str, Any], data: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Every person that the data names by reference, with where it stands."""
    if isinstance(data, str) and str(schema.get("pattern", "")).startswith("^person:"):
        yield at, data
    elif isinstance(data, Mapping):
        for name, one in data.items():
            yield from persons_in(schema.get("properties", {}).get(name, {}), one, (*at, name))
    elif isinstance(data, list):
        for place, one in enumerate(data):
            yield from persons_in(schema.get("items", {}), one, (*at, place))


def noes(data: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where the data answers no."""
    if data is False:
        yield at
    elif isinstance(data, Mapping):
        for name, one in data.items():
            yield from noes(one, (*at, name))
    elif isinstance(data, list):
        for place, one in enumerate(data):
            yield from noes(one, (*at, place))

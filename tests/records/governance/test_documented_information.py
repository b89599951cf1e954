"""What ISO/IEC 42001 wants written, and every kind of a record or document: it has a place here."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from records.examples import EXAMPLES
from records.organisation import Organisation
from upright.catalogue import Catalogue
from upright.desk.description import registered
from upright.desk.forms import form_class
from upright.records.assurance.judging import catalogue
from upright.records.governance.kinds import SPECIALISED, SPECIALISED_DOCUMENTS, document_kinds, kept_kinds, misfits
from upright.records.governance.models import Communication, Document
from upright.records.governance.placeholders import unfilled
from upright.records.governance.templates import template
from upright.records.trail.record import Record, record_types

OPEN: frozenset[str] = frozenset()
"""Kinds whose type has not come yet; once it is there, the test holds it to speaking them."""
REQUIRED, CUSTOMARY, IN_WRITING = 22, 17, 26
"""How many the reference counts: required by a clause, customary as proof, in writing by a control."""
ALSO = {
    "audit": ("audit", {"kind": "internal", "state": "received"}),
    "corrective-action": ("corrective-action", {"state": "effective", "checked_on": date(2026, 5, 4)}),
    "improvement": ("improvement", {"state": "done"}),
    "management-review": ("management-review", {"state": "closed"}),
    "development-gate-record": ("stage-change", {"state": "made"}),
    "release-approval": ("stage-change", {"to_stage": "deployment"}),
    "development-objective": ("objective", {"kind": "development-objective"}),
    "use-objective": ("objective", {"kind": "use-objective"}),
    "policy-communication": ("communication", {}),
    "risk-treatment-result": ("treatment", {"state": "effective"}),
    "residual-risk-acceptance": ("risk-acceptance", {}),
    "societal-impact-assessment": ("impact-assessment", {}),
}
"""Kinds that a type speaks in another state than its example; without one here, the tests of its app make it."""


def spoken(org: Organisation) -> Mapping[str, str]:
    """Kind to the type whose example speaks it, approved where that is needed."""
    found: dict[str, str] = {}
    made: dict[str, Record] = {}
    from records.organisation import actor_of
    from upright.records.identity.editing import add

    for name, build in EXAMPLES.items():
        made[name] = add(build(org, made), actor=actor_of(org.lead))
        for record in (made[name], *_variants(name, made[name])):
            for state in (str(getattr(record, "state", "")), "approved"):
                if hasattr(record, "state"):
                    record.state = state
                said = record.as_evidence()
                for kind in () if said is None else said.kinds:
                    found.setdefault(kind, name)
    return found


def _variants(name: str, record: Record) -> list[Record]:
    from copy import copy

    found = []
    for of, changes in ALSO.values():
        if of == name and changes:
            one: Any = copy(record)
            for field, value in changes.items():
                setattr(one, field, value)
            found.append(one)
    return found


def test_every_kind_of_a_record_or_document_is_spoken_by_some_type(meridian: Organisation) -> None:
    spoken_by = spoken(meridian)
    generic = {name for name, _ in (*kept_kinds(), *document_kinds())}
    wanted = {
        one.id
        for one in catalogue().kinds.values()
        if one.produced_by in {"record", "document"} and one.family is None and one.id != "document"
    }
    reached = generic | set(spoken_by) | {"concern", "external-report"}
    reached |= {kind for kind, (_, changes) in ALSO.items() if not changes}
    told = Communication(document=Document(subtype="ai-policy"), owner=meridian.owner, state="approved").as_evidence()
    assert told is not None
    assert told.kinds == ("communication-record", "policy-communication")
    there = {**SPECIALISED, **SPECIALISED_DOCUMENTS}
    missing = wanted - reached
    assert missing <= OPEN, missing - OPEN
    assert {kind for kind in missing if there[kind] in record_types()} == set(), "its type is there and silent"
    for kind, of in {**SPECIALISED, **SPECIALISED_DOCUMENTS}.items():
        assert kind in wanted, kind
        assert kind in reached or of not in record_types(), (kind, of)


def asked(edition: Catalogue) -> Mapping[str, list[str]]:
    """Kinds by the requirement of ISO/IEC 42001 that asks for documented information, or for writing."""
    found = {}
    for one in edition.requirements.values():
        facts: Any = one.facts
        obligations = {info["obligation"] for info in facts.get("documented_information", ())}
        if one.framework == "iso42001" and (
            obligations & {"required", "customary"} or facts.get("writing_required_by_control")
        ):
            found[one.local] = [kind for kind in one.kinds if edition.kinds[kind].produced_by in {"record", "document"}]
    return found


def test_what_the_standard_wants_written_has_type_form_template_and_example() -> None:
    edition = catalogue()
    wanted = asked(edition)
    infos = [
        info["obligation"]
        for one in edition.requirements.values()
        if one.framework == "iso42001"
        for info in one.facts.get("documented_information", ())
    ]
    assert (infos.count("required"), infos.count("customary")) == (REQUIRED, CUSTOMARY)
    assert len([one for one in wanted if one.startswith("A.")]) == IN_WRITING
    kept, documents = dict(kept_kinds()), dict(document_kinds())
    for requirement, kinds in wanted.items():
        assert kinds, f"{requirement} asks for nothing that anybody writes"
        for kind in kinds:
            of = SPECIALISED.get(kind) or SPECIALISED_DOCUMENTS.get(kind)
            name = "kept-record" if kind in kept else "document" if kind in documents else of
            if kind.startswith("control-evaluation.") or kind in OPEN:
                continue
            assert name is not None, f"{requirement}: {kind}"
            described = registered()[name]
            assert name in EXAMPLES or not described.is_typed, f"{requirement}: {kind} by {name}"
            assert form_class(described).base_fields, name
            assert described.clause in edition.requirements, name
            known = edition.kinds[kind]
            assert known.example, f"{requirement}: {kind} shows no example"
            assert misfits(known, known.example) == [], f"{requirement}: {kind}"
            begun = template(kind) if name == "document" else None
            assert name != "document" or (begun is not None and unfilled(begun.text)), f"{requirement}: {kind}"

"""What a statement of applicability rests on: what needs each control, what contradicts it, how two versions differ."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from django.db.models import Exists, Min, OuterRef

from upright.records.governance.models import Objective
from upright.records.identity.models import Unit
from upright.records.inventory.models import Customer, DataSet, HostedUse, Model, Resource, System
from upright.records.risk.against import CHOSEN_NOT, Conflict, of_evidence, of_needs, of_obligations, texts_of
from upright.records.risk.known import annex_a, controls_named_in, threats
from upright.records.risk.models.applicability import SoaRow, StatementOfApplicability
from upright.records.risk.models.controls import Control
from upright.records.risk.models.criteria import criteria_for
from upright.records.risk.models.impacts import ImpactAssessment
from upright.records.risk.models.risks import Risk
from upright.records.risk.models.treating import Treatment
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record, record_types

_GONE = frozenset({"closed", "withdrawn", "superseded", "dropped", "replaced"})
_LOOKED_AT = frozenset({StatementOfApplicability.State[one] for one in ("DRAFT", "IN_REVIEW", "APPROVED")})
Key = tuple[str, str | None]


@dataclass(frozen=True, kw_only=True)
class RowChange:
    """A row that differs between two versions: what it was, what it became."""

    what: str
    control: str
    system: str | None
    before: SoaRow | None
    after: SoaRow | None
    fields: tuple[str, ...] = ()


def units_below(unit: Unit) -> set[object]:
    """A unit and all below it."""
    children: dict[object, list[object]] = {}
    for pk, parent in Unit.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[object] = {unit.pk}
    rest: list[object] = [unit.pk]
    while rest:
        for child in children.get(rest.pop(), []):
            if child not in found:
                found.add(child)
                rest.append(child)
    return found


def contradiction(control: str, system: System | None, unit: Unit) -> str:
    """Why the inventory does not let a control be left out, for a system or at all in a unit; empty: it does."""
    left_out = {(control, system)} & {("A.10.3", system), ("A.10.4", None)}
    return contradictions(left_out, units_below(unit)).get((control, system), "") if left_out else ""


def contradictions(
    left_out: Collection[tuple[str, System | None]], units: Iterable[object]
) -> dict[tuple[str, System | None], str]:
    """The same of many controls and systems, in as many queries however many they are; only what is contradicted."""
    below = list(units)
    found = {
        ("A.10.3", system): (
            f"A.10.3 cannot be left out while {ref} is supplied from outside and in use. Include it, or end that "
            "use in the inventory first (6.1.3)."
        )
        for system, ref in _supplied({system for control, system in left_out if control == "A.10.3"}, below).items()
    }
    if ("A.10.4", None) in left_out:
        customer = Customer.objects.filter(unit__in=below).order_by("ref").first()
        if customer is not None:
            found["A.10.4", None] = (
                f"A.10.4 cannot be left out while {customer.ref} relies on an AI system of ours. Include it, or take "
                "the customer out of the inventory first (6.1.3)."
            )
    return found


def _supplied(systems: Collection[System | None], units: list[object]) -> dict[System | None, str]:
    """By system, and at all in these units where that is asked, the first thing supplied that is in use."""
    found: dict[System | None, str] = {}
    of = {one.pk: one for one in systems if one is not None}
    for kind in (Model, DataSet, Resource):
        supplied = kind.objects.filter(supplier__isnull=False)
        if of:
            first = supplied.filter(system__in=of).order_by().values_list("system_id").annotate(Min("ref"))
            for pk, ref in first:
                found.setdefault(of[pk], str(ref))
        if None in systems and None not in found:
            one = supplied.filter(system__unit__in=units).order_by("ref").first()
            if one is not None:
                found[None] = str(one.ref)
    if None in systems and None not in found:
        use = HostedUse.objects.filter(unit__in=units, state=HostedUse.State.APPROVED).order_by("ref").first()
        if use is not None:
            found[None] = str(use.ref)
    return found


def wanted_controls(unit: Unit) -> dict[str, str]:
    """Every control that a statement of a unit decides on, with its title: Annex A, then own ones."""
    return _wanted(units_below(unit))


def _wanted(units: Iterable[object]) -> dict[str, str]:
    own = Control.objects.filter(unit__in=list(units)).exclude(identifier__in=annex_a())
    return {**annex_a(), **dict(own.order_by("identifier").values_list("identifier", "title"))}


def is_looked_at(statement: StatementOfApplicability) -> bool:
    """Whether conflicts are looked for: not approved yet, or in force. What is out of force stays as it was."""
    return statement.state in _LOOKED_AT


def conflicts(statement: StatementOfApplicability) -> list[Conflict]:
    """All that stands against approving a statement now, or since it was, as it is read."""
    rows = list(statement.rows.select_related("system", "statement__unit").order_by("control", "ref"))
    general = {one.control: one for one in rows if one.system_id is None}
    units = list(units_below(statement.unit))
    missing = [name for name in _wanted(units) if name not in general]
    found = [Conflict(code="UP-RISK-44", control=one, words=f"{one} has no row (6.1.3).") for one in missing]
    gone = _gone({ref for one in rows for ref in one.needed_by})
    left_out = {(one.control, one.system) for one in rows if one.decision == SoaRow.Decision.EXCLUDED}
    against = contradictions(left_out, units)
    for row in rows:
        found.extend(_of_row(row, against.get((row.control, row.system), ""), gone))
    found.extend(_of_risks(units))
    found.extend(of_needs(units, rows))
    found.extend(of_obligations(statement, units, rows))
    found.extend(of_evidence(units, rows))
    return found


def _of_row(row: SoaRow, against: str, gone: Mapping[str, str]) -> Iterable[Conflict]:
    about = {"control": row.control, "row": row.ref}
    if row.decision == SoaRow.Decision.UNDECIDED:
        yield Conflict(code="UP-RISK-42", words=f"{row} is not decided on.", **about)
        return
    if says_nothing(row.reason):
        yield Conflict(code="UP-RISK-42", words=f"{row} has no reason.", **about)
    if row.decision == SoaRow.Decision.EXCLUDED:
        if against:
            yield Conflict(code="UP-RISK-43", words=against, **about)
        return
    if not row.needed_by:
        yield Conflict(code="UP-RISK-45", words=f"{row} is included and points at nothing that needs it.", **about)
    for ref in row.needed_by:
        if ref in gone:
            yield Conflict(code="UP-RISK-45", words=f"{row} points at {ref}, which {gone[ref]}.", **about)


def _gone(refs: Iterable[str]) -> dict[str, str]:
    """Of these records, those that need nothing any more, and why; one query a type."""
    found = dict.fromkeys(refs, "is not there")
    for kind in {one.partition(":")[0] for one in found}:
        model = record_types().get(kind)
        for record in () if model is None else model.objects.filter(ref__in=list(found)):
            state = str(getattr(record, "state", ""))
            found[record.ref] = f"is {state}" if state in _GONE else ""
    return {ref: why for ref, why in found.items() if why}


def _of_risks(units: list[object]) -> Iterable[Conflict]:
    """Risks above the line that nobody chose a way for; without criteria nobody can say which those are."""
    is_treated = Exists(Treatment.objects.filter(risk=OuterRef("pk")).exclude(state__in=CHOSEN_NOT))
    query = Risk.objects.filter(unit__in=units).exclude(state=Risk.State.CLOSED).exclude(is_treated)
    lines: dict[object, object] = {}
    for risk in query.select_related("unit").order_by("ref"):
        if risk.unit_id not in lines:
            lines[risk.unit_id] = criteria_for(risk.unit)
        criteria = lines[risk.unit_id]
        if criteria is None:
            words = f"{risk.ref} cannot be held against anything: no risk criteria are approved for its unit (6.1.2)."
            yield Conflict(code="UP-RISK-46", words=words, ref=risk.ref)
        elif risk.current > criteria.line(risk.concerns):  # type: ignore[attr-defined]
            words = f"{risk.ref} is above the criteria (level {risk.current}) and has no treatment option (6.1.3)."
            yield Conflict(code="UP-RISK-46", words=words, ref=risk.ref)


def proposal(unit: Unit) -> dict[str, list[str]]:
    """By control what would need it: risks by their treatments and threats, impact assessments by their measures,
    objectives and obligations that name it. A proposal of references; the decision and its reason are a person's.
    """
    below = list(units_below(unit))
    found: dict[str, dict[str, None]] = {}
    risks = Risk.objects.filter(unit__in=below).exclude(state=Risk.State.CLOSED)
    treatments = Treatment.objects.filter(risk__in=risks).exclude(state__in=CHOSEN_NOT)
    for controls, ref in treatments.order_by("risk__ref").values_list("controls", "risk__ref"):
        _point(found, controls, ref)
    for threat, ref in risks.exclude(threat="").order_by("ref").values_list("threat", "ref"):
        known = threats().get(threat, {}).get("treated_by", {}).get("requirements", ())
        _point(found, [str(one).removeprefix("iso42001:") for one in known], ref)
    impacts = ImpactAssessment.objects.filter(unit__in=below, state=ImpactAssessment.State.APPROVED)
    for controls, ref in impacts.order_by("ref").values_list("controls", "ref"):
        _point(found, controls, ref)
    for record in _objectives_and_obligations(below):
        _point(found, controls_named_in(texts_of(record)), record.ref)
    wanted = _wanted(below)
    return {control: list(refs) for control, refs in found.items() if control in wanted}


def _objectives_and_obligations(units: list[object]) -> Iterable[Record]:
    """Those in force: what needs a control may say so in its own text, by the control's id or the requirement's."""
    for model in (Objective, record_types().get("obligation")):
        for record in () if model is None else model.objects.filter(unit__in=units).order_by("ref"):
            if str(getattr(record, "state", "")) not in _GONE:
                yield record


def _point(found: dict[str, dict[str, None]], controls: Iterable[str], ref: str) -> None:
    for one in controls:
        found.setdefault(one, {})[ref] = None


def compare(old: StatementOfApplicability, new: StatementOfApplicability) -> list[RowChange]:
    """How the rows of two versions differ: added, changed, removed."""
    before, after = _by_key(old), _by_key(new)
    found = []
    for key in sorted({*before, *after}, key=lambda one: (order_of(one[0]), one[1] or "")):
        was, now = before.get(key), after.get(key)
        fields = _differing(was, now)
        what = "added" if was is None else "removed" if now is None else "changed"
        if fields:
            found.append(RowChange(what=what, control=key[0], system=key[1], before=was, after=now, fields=fields))
    return found


def order_of(control: str) -> tuple[int, list[int], str]:
    """Annex A first, in its order; then own controls by name."""
    if control not in annex_a():
        return (1, [], control)
    return (0, [int(part) for part in control.split(".")[1:]], control)


def _by_key(statement: StatementOfApplicability) -> Mapping[Key, SoaRow]:
    return {(one.control, _ref(one.system)): one for one in statement.rows.select_related("system")}


def _differing(was: SoaRow | None, now: SoaRow | None) -> tuple[str, ...]:
    names = ("decision", "ground", "reason", "needed_by", "status")
    if was is None or now is None:
        return names
    return tuple(name for name in names if getattr(was, name) != getattr(now, name))


def _ref(system: System | None) -> str | None:
    return None if system is None else str(system.ref)

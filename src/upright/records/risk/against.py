"""What records say against a statement of applicability: needs left out, duties it never saw, proof that lapsed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import models
from django.db.models import ExpressionWrapper, F, Q, QuerySet, Value
from django.db.models.functions import Cast

from upright.kernel import Ref, parse_duration
from upright.records.governance.kinds import SPECIALISED, SPECIALISED_DOCUMENTS, document_kinds, kept_kinds
from upright.records.governance.models import Document, KeptRecord, Objective, Obligation
from upright.records.identity.controlled import Controlled
from upright.records.inventory.models import System
from upright.records.risk.known import catalogue, controls_identified_in
from upright.records.risk.models.applicability import SoaRow, StatementOfApplicability
from upright.records.risk.models.controls import Control, ControlEvaluation
from upright.records.risk.models.impacts import ImpactAssessment
from upright.records.risk.models.risks import Risk
from upright.records.risk.models.treating import Treatment
from upright.records.trail.history import steps
from upright.records.trail.models import LedgerStream
from upright.records.trail.record import Record, record_types
from upright.records.trail.server_log import now

CHOSEN_NOT = (Treatment.State.INEFFECTIVE, Treatment.State.REPLACED)
_EVALUATED = "control-evaluation."
Units = list[object]


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """Why a statement would not be approved, or holds no more: about a row or a record, in words."""

    code: str
    words: str
    control: str = ""
    row: str = ""
    ref: str = ""


def of_needs(units: Units, rows: Iterable[SoaRow]) -> Iterator[Conflict]:
    """Controls that a record in force needs and that the statement leaves out, or does not have.

    A treatment and an approved impact assessment choose controls; an objective or obligation needs those that its text
    names by their ids. What a crosswalk sets beside a law that it names is a proposal, not a need (decision 0272).
    """
    decided: dict[tuple[str, str], str] = {(one.control, _ref(one.system)): one.decision for one in rows}
    for control, system, is_chosen, ref in _needs(units):
        decision = decided.get((control, system), decided.get((control, "")))
        if decision is None and is_chosen:
            words = f"{control} was chosen by {ref} and has no row."
        elif decision is None:
            words = f"{ref} names {control}, which has no row."
        elif decision == SoaRow.Decision.EXCLUDED and is_chosen:
            words = f"{control} was chosen by {ref} and is left out."
        elif decision == SoaRow.Decision.EXCLUDED:
            words = f"{ref} names {control}, which is left out."
        else:
            continue
        yield Conflict(code="UP-RISK-47", control=control, words=words, ref=ref)


def _needs(units: Units) -> Iterator[tuple[str, str, bool, str]]:
    """Control, system (empty: every one), whether it was chosen or only named, and by which record."""
    chosen = Treatment.objects.filter(risk__unit__in=units).exclude(state__in=CHOSEN_NOT)
    chosen = chosen.exclude(risk__state=Risk.State.CLOSED).order_by("ref")
    impacts = ImpactAssessment.objects.filter(unit__in=units, state=ImpactAssessment.State.APPROVED).order_by("ref")
    for query, system in ((chosen, "risk__system__ref"), (impacts, "system__ref")):
        for controls, of, ref in query.values_list("controls", system, "ref"):
            for control in controls:
                yield str(control), of or "", True, str(ref)
    for model in (Objective, Obligation):
        for record in model.objects.filter(unit__in=units, state=model.State.APPROVED).order_by("ref"):
            for control in controls_identified_in(texts_of(record)):
                yield control, "", False, str(record.ref)


def of_obligations(statement: StatementOfApplicability, units: Units, rows: Iterable[SoaRow]) -> Iterator[Conflict]:
    """Obligations that came into force after the statement did, and that no row was decided for."""
    if statement.state != StatementOfApplicability.State.APPROVED:
        return
    since = _approved_at(statement.ref)
    pointed = {ref for one in rows for ref in one.needed_by}
    in_force = Obligation.objects.filter(unit__in=units, state=Obligation.State.APPROVED).values("ref")
    later = LedgerStream.objects.filter(ref__in=in_force, newest__gt=since).order_by("ref")
    for ref in later.values_list("ref", flat=True):
        if ref not in pointed and _approved_at(ref) > since:
            words = f"{ref} came into force since this was approved, and no row was decided with it in view (6.1.3)."
            yield Conflict(code="UP-RISK-60", words=words, ref=ref)


def _approved_at(ref: str) -> int:
    """The entry by which a record was approved last; a reconfirmation changes nothing."""
    return max((one.entry for one in steps(ref) if one.action.endswith(".approved")), default=-1)


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What shows that a control is carried out: a record, or the newest run of a bound check.

    Attributes:
        ref: of the record, or the stream of the check.
        subject: whom it is about; empty: the organisation.
        system: whose it is; empty: the organisation's.
        said: what is wrong with it, whoever asks; empty: it stands.
        failed: how a check or a record concluded badly; counts where an ask wants it passed, not only done.
        is_alone: nothing else stands for it, as another person's competence does not.
        open: on which day a check decided nothing (any more).
        ran: when a check ran; it is old where an ask wants it fresher.
    """

    ref: str
    subject: str = ""
    system: str = ""
    said: str = ""
    failed: str = ""
    is_alone: bool = False
    open: str = ""
    ran: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Kinds of which any is enough for a control, about what; how fresh a check has to be, and whether it must pass."""

    kinds: tuple[str, ...]
    about: str
    fresh_for: str | None
    must_pass: bool


Measured = Callable[[Units, Set[str], Set[str]], Iterable[tuple[str, Proof]]]
"""Of some units and kinds, the newest run of each bound check, by kind: about each subject of which one is in doubt,
and about those given, of which a record lapsed."""
_MEASURED: list[Measured] = []


def measured_by(source: Measured) -> None:
    """Says who knows what bound checks measured; evidence is kept to the left of this app."""
    _MEASURED.append(source)


def of_evidence(units: Units, rows: Iterable[SoaRow]) -> Iterator[Conflict]:
    """Controls said to be implemented whose proof was withdrawn, is past its day, or failed: records and bound checks.

    Of each kind that the control's requirement asks for, about each subject: one in force is enough. Where there never
    was one, posture says so at the control itself; nothing lapsed.
    """
    carried = [one for one in rows if one.decision == SoaRow.Decision.INCLUDED and _is_implemented(one)]
    wanted = {row.control: asked_of(row.control) for row in carried}
    proofs = _proofs(units, {kind for asked in wanted.values() for one in asked for kind in one.kinds})
    own = {(one.control, _ref(one.system)) for one in rows if one.system_id is not None}
    gone = set(System.objects.filter(stage=list(catalogue().stages)[-1]).values_list("ref", flat=True))
    for row in carried:
        why = next((found for asked in wanted[row.control] for found in _lapsed(row, asked, proofs, own, gone)), None)
        if why is not None:
            ref, said = why
            words = f"{row} is said to be implemented, and {ref}, which showed it, {said} (6.1.3)."
            yield Conflict(code="UP-RISK-61", control=row.control, row=row.ref, ref=ref, words=words)


def _lapsed(
    row: SoaRow, asked: Asked, proofs: Mapping[str, list[Proof]], own: set[tuple[str, str]], gone: set[str]
) -> Iterator[tuple[str, str]]:
    """By subject what lapsed where nothing stands: its reference, and what is wrong."""
    by_subject: dict[tuple[str, str], list[Proof]] = {}
    for kind in asked.kinds:
        for one in proofs.get(kind, []):
            if one.ran is not None and one.subject.partition(":")[0] != asked.about:
                continue  # a check of recorded decisions says nothing of a model
            by_subject.setdefault((one.subject, one.ref if one.is_alone else ""), []).append(one)
    of = _ref(row.system)
    for found in by_subject.values():
        system = found[0].system
        is_mine = system == of if of else (row.control, system) not in own
        wrong = [(one.ref, _what_lapsed(one, asked)) for one in found]
        if is_mine and system not in gone and all(said for _, said in wrong):
            yield wrong[-1]


def _what_lapsed(proof: Proof, asked: Asked) -> str:
    if proof.said:
        return proof.said
    if proof.open:
        return f"decided nothing on {proof.open}"
    if proof.failed and asked.must_pass:
        return proof.failed
    if proof.ran is None or asked.fresh_for is None or proof.ran + parse_duration(asked.fresh_for) >= now():
        return ""
    return f"ran last on {proof.ran.date()}, longer ago than {asked.fresh_for}"


def _proofs(units: Units, kinds: set[str]) -> dict[str, list[Proof]]:
    """By kind the records that were approved once, in one query, and what was measured."""
    today = now().date()
    found: dict[str, list[Proof]] = {}
    for model, name, proof in _filed(units, sources(kinds), today):
        for kind in _kinds_of(model, name, kinds):
            known = found.setdefault(kind, [])
            if proof.failed and not proof.is_alone:  # overtaken is what the kind showed before; a later one mends
                known[:] = [one for one in known if one.subject != proof.subject or one.failed or one.said]
            known.append(proof)
    lapsed = {one.subject for proofs in found.values() for one in proofs if one.said or one.failed}
    for source in _MEASURED:
        for kind, proof in source(units, kinds, lapsed):
            found.setdefault(kind, []).append(proof)
    return found


def _filed(
    units: Units, wanted: Mapping[type[Any], tuple[str, list[str]]], today: date
) -> Iterator[tuple[type[Any], str, Proof]]:
    """By type, and the name of its kind, each record that spoke: types as they are wanted, records as they were made.

    One query for all types, however many there are: each says the same columns, empty where it has no such field.
    """
    models_of = list(wanted)
    parts = [_spoke(model, units, *wanted[model], place) for place, model in enumerate(models_of)]
    if not parts:
        return
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    for ref, name, about, is_bad, state, review_by, place, _ in rows.order_by("_place", "_made"):
        model = models_of[place]
        where = str(about or "") if _subject_of(model) else ""
        proof = Proof(ref=str(ref), subject=where, system=where, said=_what_is_wrong(state, review_by, today))
        concludes = JUDGED.get(model.ref_type)
        if concludes is not None and is_bad:
            proof = replace(proof, failed=concludes.words, is_alone=concludes.is_alone)
        yield model, str(name), proof


def _spoke(model: type[Any], units: Units, of_kind: str, names: list[str], place: int) -> QuerySet[Any, Any]:
    """The records of one type that spoke, in the columns that all types have."""
    concludes = JUDGED.get(model.ref_type)
    shown = model.objects.filter(**{f"{_path_to_unit(model)}__in": units}).order_by()
    state: Any = Value("")
    review_by: Any = Cast(Value(None), models.DateField())
    if issubclass(model, Controlled):
        shown = shown.filter(state__in=_SPOKE).exclude(approved_by="")
        state, review_by = F("state"), F("review_by")
    elif concludes is not None:
        shown = shown.filter(concludes.spoke)
    if names:
        shown = shown.filter(**{f"{of_kind}__in": names})
    flag = models.BooleanField()
    columns = {
        "_kind": F(of_kind or "ref"),
        "_about": F(_subject_of(model) or "ref"),
        "_is_bad": Value(False, flag) if concludes is None else ExpressionWrapper(concludes.badly, flag),
        "_state": state,
        "_review_by": review_by,
        "_place": Value(place),
        "_made": F("pk"),
    }
    spoke: QuerySet[Any, Any] = shown.annotate(**columns).values_list("ref", *columns)
    return spoke


@dataclass(frozen=True, kw_only=True)
class Judged:
    """How a type of record concludes.

    Attributes:
        badly: which conclude badly.
        words: that, as it is told.
        is_alone: each is about something of its own, so none stands for another.
        spoke: which speak at all, where it is no controlled type.
    """

    badly: Q
    words: str
    is_alone: bool = False
    spoke: Q = field(default_factory=Q)


JUDGED: Mapping[str, Judged] = {
    "competence": Judged(
        badly=Q(is_effective=False), words="says that what was done about a gap did not work", is_alone=True
    ),
    "control-evaluation": Judged(
        badly=Q(conclusion=ControlEvaluation.Conclusion.NOT_EFFECTIVE), words="found it not effective"
    ),
    "customer-requirement": Judged(spoke=~Q(state="open"), badly=Q(state="unmet"), words="is not met", is_alone=True),
    "impact-assessment": Judged(
        badly=Q(conclusion=ImpactAssessment.Conclusion.NOT_ACCEPTABLE), words="found the impact not acceptable"
    ),
    "information-delivery": Judged(badly=~Q(reached_percent=100), words="did not reach everybody"),
    "information-owed": Judged(
        spoke=Q(delivered_on__isnull=False), badly=Q(delivered_on__gt=F("due")), words="was delivered after its day"
    ),
    "kept-record": Judged(badly=Q(conclusion=KeptRecord.Conclusion.NOT_IN_ORDER), words="says that it is not in order"),
    "test-report": Judged(badly=Q(conclusion="failed"), words="found results outside the limits"),
}
"""By type of record; a test holds it against what each of them says as evidence."""

_SPOKE = (Controlled.State.APPROVED, Controlled.State.WITHDRAWN)


def _what_is_wrong(state: str, review_by: date | None, today: date) -> str:
    """Of a controlled record, by its state and day of review; others have neither."""
    if state == Controlled.State.WITHDRAWN:
        return "is withdrawn"
    return f"was to be looked at again by {review_by}" if review_by is not None and review_by < today else ""


def _path_to_unit(model: type[Record]) -> str:
    """To the unit of a record: its own, else that of the link that its type lies with, else of its system."""
    names = {one.name for one in model._meta.concrete_fields}
    links = ("unit", model.lies_with, "system")
    return next(f"{one}__unit" if one != "unit" else one for one in links if one in names)


def sources(kinds: Collection[str]) -> dict[type[Any], tuple[str, list[str]]]:
    """The types that hold records of these kinds; by which field a record says its kind, and the values that count."""
    documents, kept = dict(document_kinds()), dict(kept_kinds())
    evaluated = [one.removeprefix(_EVALUATED).upper() for one in sorted(kinds) if one.startswith(_EVALUATED)]
    found: dict[type[Any], tuple[str, list[str]]] = {
        Document: ("subtype", sorted(documents.keys() & set(kinds))),
        KeptRecord: ("kind", sorted(kept.keys() & set(kinds))),
        ControlEvaluation: ("control__identifier", evaluated),
    }
    found = {model: by for model, by in found.items() if by[1]}
    special = {record_types().get(name) for kind, name in _special().items() if kind in kinds}
    for model in special:
        if model is None or model in found:
            continue
        if issubclass(model, Controlled) or model.ref_type in JUDGED:
            found[model] = ("", [])
    return found


def _kinds_of(model: type[Any], name: str, kinds: set[str]) -> Iterable[str]:
    if model is ControlEvaluation:
        return (f"{_EVALUATED}{name.lower()}",)
    if model in {Document, KeptRecord}:
        return (name,)
    return [kind for kind, ref_type in _special().items() if kind in kinds and ref_type == model.ref_type]


@cache
def _special() -> Mapping[str, str]:
    return {**SPECIALISED, **SPECIALISED_DOCUMENTS}


def _subject_of(model: type[models.Model]) -> str:
    if model is ControlEvaluation:
        return "control__system__ref"
    names = {one.name for one in model._meta.concrete_fields}
    return "about" if "about" in names else "system__ref" if "system" in names else ""


@cache
def asked_of(control: str) -> tuple[Asked, ...]:
    """What the requirement of a control asks for; nothing for an own control."""
    requirement = catalogue().requirements.get(f"iso42001:{control}")
    return tuple(
        Asked(kinds=tuple(kinds), about=ask.about, fresh_for=ask.fresh_for, must_pass=ask.mode == "must_pass")
        for ask in (() if requirement is None else requirement.asks)
        for kinds in ask.all_of
    )


def _is_implemented(row: SoaRow) -> bool:
    return str(row.status) == Control.Status.IMPLEMENTED


def texts_of(record: Record) -> str:
    """All that a record says in words."""
    fields = [one for one in record._meta.concrete_fields if isinstance(one, models.CharField | models.TextField)]
    return "\n".join(str(getattr(record, one.attname)) for one in fields)


def _ref(system: System | None) -> str:
    return "" if system is None else str(Ref.parse(system.ref).bare)

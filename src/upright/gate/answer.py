"""``answer``: allow or deny, and everything that is missing (contracts, section 8)."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from upright.kernel import InputError
from upright.posture import Facts, Judge, Waiver, evaluator, fold
from upright.posture.conditions import Demand
from upright.posture.days import authority_day
from upright.posture.plan import ORGANISATION, strictest_freshness, unit_of_gate
from upright.posture.posture import FOLD, Status
from upright.posture.series import NONE, STATES
from upright.posture.standing import NOTHING, Standing, joined, standing_of

if TYPE_CHECKING:
    from upright.catalogue import Catalogue, GateItem

SEVERE = "prohibited"
ADDED = "The organisation asks for it at this stage."


class GateError(InputError):
    """The gate was asked about a stage or a system that is not there."""


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps the gate shut: a requirement, a kind or a binding, its status, and why it is asked for."""

    what: str
    status: str
    why: str


class GateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. ``waivers`` are those that took away something missing; a waiver changes no status.

    ``facts`` and ``gates`` are digests in hex: the same two give the same answer.
    """

    answer: Literal["allow", "deny"]
    system: str
    stage: str
    at: str
    missing: tuple[Missing, ...]
    waivers: tuple[Waiver, ...]
    facts: str
    gates: str

    def to_json(self) -> dict[str, Any]:
        """The document that a pack carries as ``gate.json``."""
        return {"upright": 1, **msgspec.to_builtins(self)}


def answer(facts: Facts, catalogue: "Catalogue", *, system: str, stage: str) -> GateAnswer:
    """May ``system`` go to ``stage``? Only if all that is asked for is met or does not apply, with no finding open.

    Asked for: what the gates list for the stage, what the organisation added, every check bound to the system, every
    legal requirement that applies to it that day, and a class that is known and not prohibited. A list that is empty
    denies. A waiver takes away one listed or legal requirement until its day, included; neither a bound check nor a
    kind nor the class can be waived.

    Raises:
        GateError: no such system in these Facts (UP-GATE-01), no such stage (UP-GATE-02), or a catalogue with other
            gates than the Facts name (UP-GATE-03).
        FactsError: Facts that ``evaluate`` refuses.
    """
    judge = evaluator(facts, catalogue)
    _demand_known(judge, system, stage)
    return _Asking(judge, system, stage).answer()


def demand_stage(catalogue: "Catalogue", stage: str) -> None:
    """Raises unless there is such a life-cycle stage.

    Raises:
        GateError: there is none (UP-GATE-02).
    """
    if stage not in catalogue.stages:
        raise GateError(
            f"{stage!r} is no life-cycle stage; expected one of {', '.join(catalogue.stages)}.", code="UP-GATE-02"
        )


def _demand_known(judge: Judge, system: str, stage: str) -> None:
    if system not in judge.subjects.targets:
        known = ", ".join(judge.subjects.systems) or "none"
        raise GateError(f"There is no {system!r} in these Facts; there is {known}.", code="UP-GATE-01")
    demand_stage(judge.catalogue, stage)
    found, named = judge.catalogue.gates.digest, judge.facts.gates.digest
    if found != named:
        raise GateError(
            f"These Facts name gates sha256:{named}; this catalogue has sha256:{found}. "
            "Ask with the edition they name: a workspace and a pack keep it by that digest.",
            code="UP-GATE-03",
        )


class _Asking:
    def __init__(self, judge: Judge, system: str, stage: str) -> None:
        self.judge, self.facts, self.catalogue = judge, judge.facts, judge.catalogue
        self.system, self.stage = system, stage
        self.day = authority_day(judge.facts.at)
        self.waived: dict[str, Waiver] = {}
        self.own = {one.requirement: one for one in judge.verdicts_of(system)}
        organisation = judge.scopes.organisation
        self.shared = {one.requirement: one for one in judge.verdicts_of(organisation)}

    def answer(self) -> GateAnswer:
        asked = {one.what: one for one in reversed([*self._class(), *self._listed(), *self._law()])}
        missing = (*reversed(asked.values()), *self._bound())
        return GateAnswer(
            answer="deny" if missing else "allow",
            system=self.system,
            stage=self.stage,
            at=self.facts.at,
            missing=missing,
            waivers=tuple(self.waived.values()),
            facts=self.facts.digest(),
            gates=self.facts.gates.digest,
        )

    # --- the class -------------------------------------------------------------------------------------------------

    def _class(self) -> Iterator[Missing]:
        found = self.judge.scopes.classification(self.system)
        if found is None:
            return
        if found.severity == SEVERE and not found.undetermined:
            yield Missing(
                what="eu-ai-act:class", status=SEVERE, why="The system's purpose is a prohibited practice (Art. 5)."
            )
        elif found.undetermined:
            asked = ", ".join(found.undetermined)
            yield Missing(what="eu-ai-act:class", status="undetermined", why=f"Its class is open: answer {asked}.")

    # --- what the stage lists --------------------------------------------------------------------------------------

    def _listed(self) -> Iterator[Missing]:
        items = self.catalogue.gates.stages.get(self.stage, ())
        added = [one for one in self.facts.gates.added if one.stage == self.stage]
        if not items and not added:
            yield Missing(
                what=self.stage, status="unknown", why="Nothing is listed for this stage, so nothing can be shown."
            )
        for item in items:
            if item.requirement is not None:
                yield from self._requirement(item.requirement, item.why)
            elif item.kind is not None:
                yield from self._kind(item)
        for one in added:
            if one.requirement is not None:
                yield from self._requirement(one.requirement, ADDED)
            elif one.kind in self.catalogue.kinds:
                from upright.catalogue import GateItem

                yield from self._kind(GateItem(why=ADDED, kind=one.kind))
            else:
                what = one.kind or self.stage
                yield Missing(what=what, status="unknown", why=f"{ADDED} This catalogue has no such kind of evidence.")

    def _kind(self, item: "GateItem") -> Iterator[Missing]:
        unit = unit_of_gate(item, self.catalogue.kind(item.what), self.catalogue)
        subjects = self.judge.subjects
        if unit.about == ORGANISATION:
            refs = subjects.organisations
        else:
            refs = subjects.targets[self.system].get(unit.about, ())
        yield from _unless_met(item.what, self.judge.standing(unit, refs), item.why)

    def _requirement(self, name: str, why: str) -> Iterator[Missing]:
        if self._is_out(name):
            return
        found = [one for one in (self.own.get(name), self.shared.get(name)) if one is not None]
        status: Status = fold(one.status for one in found)
        findings = sum(one.open_findings for one in found)
        if status in {"met", "not_applicable"} and not findings:
            return
        if self._waive(name):
            return
        yield Missing(what=name, status=status, why=why if status not in {"met", "not_applicable"} else _open(findings))

    def _is_out(self, name: str) -> bool:
        """Whether the requirement does not apply to this system, whatever the organisation owes for others."""
        number = self.judge.plan.at.get(name)
        if number is None:
            return False
        if self.judge.scopes.applicability(name, self.system).applies == "no":
            return True
        return self.judge.scopes.is_excluded(self.judge.plan.requirements[number], self.system)

    def _waive(self, name: str) -> bool:
        for one in sorted(self.facts.waivers, key=lambda waiver: waiver.index, reverse=True):
            if (one.requirement, one.system, one.stage) == (name, self.system, self.stage) and self._is_valid(one):
                self.waived[name] = one
                return True
        return False

    def _is_valid(self, one: Waiver) -> bool:
        """Given by one person to another, and today no later than its last day; a day nobody can read has passed."""
        try:
            last = date.fromisoformat(one.until).isoformat()
        except ValueError:
            return False
        people = {one.requester, one.approver}
        return last == one.until and self.day <= last and len(people) == 2 and all(map(_is_person, people))

    # --- law and bound checks --------------------------------------------------------------------------------------

    def _law(self) -> Iterator[Missing]:
        for plan in self.judge.plan.requirements:
            if plan.framework.kind != "law":
                continue
            name = plan.requirement.id
            found = self.judge.scopes.applicability(name, self.system)
            if found.applies == "no" or (found.applies_from is not None and found.applies_from > self.day):
                continue
            why = f"The law asks for it: {plan.requirement.title}."
            if found.applies == "unknown":
                why = f"Whether it applies is open: {found.question or found.because}"
                if not self._waive(name):
                    yield Missing(what=name, status="unknown", why=why)
            else:
                yield from self._requirement(name, why)

    def _bound(self) -> Iterator[Missing]:
        shelf = self.judge.shelf
        for bound in sorted(self.facts.bindings, key=lambda one: one.id):
            if bound.system != self.system or bound.retired_index is not None:
                continue
            stream = shelf.streams.get(bound.stream)
            parts = [NOTHING]
            if stream is not None and bound.kinds:
                demands = [(kind, strictest_freshness(self.catalogue, (kind,))) for kind in bound.kinds]
                parts = [
                    standing_of(self.judge.cell(stream, kind, Demand(fresh_for=fresh_for)))
                    for kind, fresh_for in demands
                ]
            yield from _unless_met(bound.id, joined(parts), f"This check is bound to {bound.subject}.")


def _unless_met(what: str, found: Standing, why: str) -> Iterator[Missing]:
    status = FOLD[found.bits & STATES or NONE]
    findings = sum(count for _, count in found.findings)
    if status != "met" or findings:
        yield Missing(what=what, status=status, why=why if status != "met" else _open(findings))


def _is_person(text: str) -> bool:
    return text.startswith("person:") and len(text) > len("person:")


def _open(findings: int) -> str:
    return f"{findings} finding{'s stand' if findings != 1 else ' stands'} open on it."

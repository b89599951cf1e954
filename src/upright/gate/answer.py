"""``answer``: allow or deny, and everything that is missing (contracts, section 8)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from upright.kernel import InputError
from upright.posture import Facts, Judge, Waiver, evaluator, fold
from upright.posture.conditions import Demand
from upright.posture.days import authority_day
from upright.posture.plan import ORGANISATION, Unit, strictest_freshness, unit_of_gate
from upright.posture.posture import FOLD, Status, Verdict
from upright.posture.series import NONE

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

SEVERE = "prohibited"


class GateError(InputError):
    """The gate was asked about a stage or a system that is not there."""


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that keeps the gate shut: a requirement, a kind or a binding, its status, and why it is asked for."""

    what: str
    status: str
    why: str


class GateAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer. ``waivers`` are those without which it would be another; a waiver changes no status.

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
    denies. A waiver takes away one listed or legal requirement until its day; a bound check cannot be waived.

    Raises:
        GateError: no such system in these Facts (UP-GATE-01), no such stage (UP-GATE-02), or a catalogue with other
            gates than the Facts name (UP-GATE-03).
        FactsError: Facts that ``evaluate`` refuses.
    """
    judge = evaluator(facts, catalogue)
    _demand_known(judge, system, stage)
    return _Asking(judge, system, stage).answer()


def _demand_known(judge: Judge, system: str, stage: str) -> None:
    if system not in judge.subjects.targets:
        known = ", ".join(judge.subjects.systems) or "none"
        raise GateError(f"There is no {system!r} in these Facts; there is {known}.", code="UP-GATE-01")
    if stage not in judge.catalogue.stages:
        raise GateError(
            f"{stage!r} is no life-cycle stage; expected one of {', '.join(judge.catalogue.stages)}.", code="UP-GATE-02"
        )
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
        missing = (*self._class(), *self._listed(), *self._law(), *self._bound())
        return GateAnswer(
            answer="deny" if missing else "allow",
            system=self.system,
            stage=self.stage,
            at=self.facts.at,
            missing=tuple({one.what: one for one in reversed(missing)}.values())[::-1],
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
                unit = unit_of_gate(item, self.catalogue.kind(item.kind), self.catalogue)
                yield from self._kind(unit, item.why)
        for one in added:
            if one.requirement is not None:
                yield from self._requirement(one.requirement, "The organisation asks for it at this stage.")
            elif one.kind is not None:
                yield from self._added_kind(one.kind)

    def _added_kind(self, name: str) -> Iterator[Missing]:
        from upright.catalogue import GateItem

        item = GateItem(why="The organisation asks for it at this stage.", kind=name)
        yield from self._kind(unit_of_gate(item, self.catalogue.kind(name), self.catalogue), item.why)

    def _kind(self, unit: Unit, why: str) -> Iterator[Missing]:
        subjects = self.judge.subjects
        if unit.about == ORGANISATION:
            refs = subjects.organisations
        else:
            refs = subjects.targets[self.system].get(unit.about, ())
        status = FOLD[self.judge.unit_bits(unit, refs)]
        if status != "met":
            yield Missing(what=unit.kinds[0], status=status, why=why)

    def _requirement(self, name: str, why: str) -> Iterator[Missing]:
        found = [one for one in (self.own.get(name), self.shared.get(name)) if one is not None]
        status: Status = fold(one.status for one in found)
        findings = sum(one.open_findings for one in found)
        if status in {"met", "not_applicable"} and not findings:
            return
        if self._waive(name):
            return
        yield Missing(what=name, status=status, why=why if status not in {"met", "not_applicable"} else _open(findings))

    def _waive(self, name: str) -> bool:
        for one in sorted(self.facts.waivers, key=lambda waiver: waiver.index, reverse=True):
            if (
                (one.requirement, one.system, one.stage) == (name, self.system, self.stage)
                and self.day <= one.until
                and one.approver != one.requester
            ):
                self.waived[name] = one
                return True
        return False

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
        for stream in sorted(self.judge.shelf.streams.values(), key=lambda one: one.id):
            bound = self.judge.shelf.bound.get(stream.id)
            if bound is None or bound.system != self.system:
                continue
            bits = 0
            for kind in bound.kinds:
                demand = Demand(fresh_for=strictest_freshness(self.catalogue, (kind,)))
                bits |= self.judge.cell(stream, kind, demand).bits
            status = FOLD[(bits or NONE) & 15]
            if status != "met":
                yield Missing(what=bound.id, status=status, why=f"This check is bound to {bound.subject}.")


def _open(findings: int) -> str:
    return f"{findings} finding{'s stand' if findings != 1 else ' stands'} open on it."


__all__ = ["GateAnswer", "GateError", "Missing", "Verdict", "answer"]

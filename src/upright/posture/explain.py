"""``explain``: why a requirement has its status, in plain sentences with evidence ids and dates."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from upright.posture.errors import FactsError
from upright.posture.evaluate import evaluator
from upright.posture.facts import Facts, Item
from upright.posture.judge import Judge
from upright.posture.plan import ORGANISATION, Unit
from upright.posture.posture import UPWARDS, Status, Verdict, fold
from upright.posture.series import NONE, Cell, State
from upright.posture.standing import any_of

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

SHORT = 12
_STATUS: Mapping[Status, str] = {
    "met": "is met", "partly": "is partly met", "failing": "is failing", "stale": "is stale",
    "unknown": "is unknown", "not_applicable": "does not apply",
}  # fmt: skip
_STATES: tuple[State, ...] = ("bad", "old", "open", "none", "ok")
_OPEN: Mapping[str, str] = {
    "undecided": "was measured, and is undecided",
    "errored": "ended in an error",
    "withdrawn": "was withdrawn",
    "compromised": "is signed by a key that is compromised since",
    "unattributed": "is signed by no enrolled key",
    "clock-ahead": "claims to have ended after it was recorded",
    "other-subject": "does not name its subject among what it looked at",
    "not-as-approved": "was measured with other options or looser limits than the approved binding's, or without one",
    "other-kind": "is of another kind",
    "hold": "is tied less firmly to its bytes than is asked for",
    "not-measured": "is attested or imported where a measurement is asked for",
    "not-reproduced": "could not be reproduced from the model it names",
    "window": "is about a window of time, and no freshness is asked of it",
    "held-back": "passed with a setup that had failed, or no later than a failure or about other bytes than it",
    "draft": "is a draft",
}
_CHANGED = "what it looked at has changed since, or its present digest is not known"


class CellView(msgspec.Struct, frozen=True, kw_only=True):
    """A cell as a reader meets it: which kind of evidence about what, where it stands, on which evidence."""

    kind: str
    subject: str
    stream: str | None
    state: State
    reason: str
    evidence: tuple[str, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a requirement has its status.

    ``missing`` names the kinds and subjects that keep it from being met; ``evidence`` the ids it rests on.
    """

    requirement: str
    system: str | None
    status: Status
    sentences: tuple[str, ...]
    evidence: tuple[str, ...]
    missing: tuple[str, ...]
    question: str | None
    cells: tuple[CellView, ...]


def explain(facts: Facts, catalogue: "Catalogue", requirement_id: str, system: str | None = None) -> Explanation:
    """Why a requirement has its status for a system, or over the whole scope.

    What is asked of the organisation is told with a system's answer, and is no part of the system's status.

    Raises:
        FactsError: no such requirement among the frameworks of these Facts (UP-POST-05), no such system (UP-POST-03),
            or Facts that ``evaluate`` refuses.
    """
    judge = evaluator(facts, catalogue)
    if requirement_id not in judge.plan.at:
        raise FactsError(
            f"{requirement_id!r} is no requirement of {', '.join(sorted(facts.catalogue))}. "
            "'upright catalogue requirements' lists them.",
            code="UP-POST-05",
        )
    if system is not None and system not in judge.subjects.targets:
        raise FactsError(
            f"There is no {system!r} in these Facts; there is {', '.join(facts.systems) or 'none'}.", code="UP-POST-03"
        )
    scopes = [system] if system is not None else list(judge.subjects.systems)
    verdicts = [
        found for scope in (judge.scopes.organisation, *scopes) if (found := _verdict(judge, requirement_id, scope))
    ]
    return _Telling(judge, requirement_id, system, verdicts).explanation()


def _verdict(judge: Judge, requirement: str, scope: str) -> Verdict | None:
    return next((one for one in judge.verdicts_of(scope) if one.requirement == requirement), None)


class _Telling:
    def __init__(self, judge: Judge, requirement: str, system: str | None, verdicts: list[Verdict]) -> None:
        self.judge, self.requirement, self.system, self.verdicts = judge, requirement, system, verdicts
        self.cells: list[CellView] = []
        self.missing: dict[str, None] = {}

    def explanation(self) -> Explanation:
        own = [one for one in self.verdicts if self.system is None or one.scope_ref == self.system]
        status = fold(one.status for one in own or self.verdicts)
        sentences = [sentence for verdict in self.verdicts for sentence in self._tell(verdict)]
        return Explanation(
            requirement=self.requirement,
            system=self.system,
            status=status,
            sentences=tuple(dict.fromkeys(sentences)),
            evidence=tuple(dict.fromkeys(name for one in self.verdicts for name in one.evidence)),
            missing=tuple(self.missing),
            question=next((one.question for one in self.verdicts if one.question), None),
            cells=tuple(self.cells),
        )

    def _tell(self, verdict: Verdict) -> Iterator[str]:
        of = (
            "for the organisation"
            if verdict.scope_ref == self.judge.scopes.organisation
            else f"for {verdict.scope_ref}"
        )
        yield f"{self.requirement} {_STATUS[verdict.status]} {of}."
        yield from self._applies(verdict)
        if verdict.status == "not_applicable":
            return
        if verdict.beneath is not None:
            yield f"Its evidence alone would make it {verdict.beneath.replace('_', ' ')}."
        found = [one for unit in self._units(verdict.scope_ref) for one in self._of_unit(unit, verdict.scope_ref)]
        if not found:
            yield "None of its asks concerns this system, so nothing can show that it is met."
        for _, sentence in sorted(found, key=lambda pair: _STATES.index(pair[0])):
            yield sentence
        if verdict.open_findings:
            yield f"{verdict.open_findings} finding{'s stand' if verdict.open_findings != 1 else ' stands'} open on it."

    def _applies(self, verdict: Verdict) -> Iterator[str]:
        judge = self.judge
        if verdict.question is not None:
            yield f"Whether it applies is open: {verdict.question}"
        elif verdict.status == "not_applicable":
            plan = judge.plan.requirements[judge.plan.at[self.requirement]]
            of = verdict.scope_ref if verdict.scope_ref in judge.subjects.targets else None
            if judge.scopes.is_excluded(plan, of):
                yield "An approved statement of applicability leaves it out."
            elif of is not None:
                yield judge.scopes.applicability(self.requirement, of).because
            else:
                yield "It applies to no system in scope."
        if verdict.applies_from is not None and verdict.status != "not_applicable":
            from upright.posture.days import authority_day

            later = verdict.applies_from > authority_day(judge.facts.at)
            yield f"The duty {'begins on' if later else 'has applied since'} {verdict.applies_from}."

    def _units(self, scope: str) -> list[Unit]:
        rows = (
            self.judge.scopes.of_system(scope)
            if scope in self.judge.subjects.targets
            else self.judge.scopes.of_organisation()
        )
        row = next(row for row in rows if row.requirement == self.requirement)
        return [self.judge.plan.units[number] for number in row.units]

    def _of_unit(self, unit: Unit, scope: str) -> Iterator[tuple[State, str]]:
        targets = self.judge.subjects.targets.get(scope)
        refs = self.judge.subjects.organisations if unit.about == ORGANISATION else (targets or {}).get(unit.about, ())
        kinds = " or ".join(unit.kinds)
        if not refs:
            self.missing[f"{kinds} about a {unit.about}"] = None
            yield "none", f"There is no {unit.about} that {kinds} could be about."
        for ref in refs:
            told = list(self._of_subject(unit, ref))
            bits = self.judge.standing(unit, (ref,)).bits
            if bits != UPWARDS["met"]:
                self.missing[f"{kinds} about {ref}"] = None
            if len(unit.kinds) == 1:
                yield from told
            else:
                yield from _choice(kinds, ref, bits, told)

    def _of_subject(self, unit: Unit, ref: str) -> Iterator[tuple[State, str]]:
        for kind in unit.kinds:
            streams = self.judge.series_of(ref, unit.about, kind)
            if not streams:
                self.cells.append(
                    CellView(kind=kind, subject=ref, stream=None, state="none", reason="none", evidence=())
                )
                yield "none", f"There is no {kind} about {ref}."
            for stream in streams:
                cell = self.judge.cell(stream, kind, unit.demand)
                self.cells.append(
                    CellView(
                        kind=kind,
                        subject=stream.subject,
                        stream=stream.id,
                        state=cell.state,
                        reason=cell.reason,
                        evidence=cell.evidence,
                    )
                )
                yield cell.state, _sentence(kind, stream.subject, cell, unit.demand.fresh_for)


def _choice(kinds: str, ref: str, bits: int, told: list[tuple[State, str]]) -> Iterator[tuple[State, str]]:
    """Of a choice, what exists; and the choice itself where there is nothing."""
    found = [(state, sentence) for state, sentence in told if state != "none"]
    if not found:
        yield "none", f"There is no {kinds} about {ref}."
    yield from found
    if found and bits == NONE == any_of([bits]) and any(state == "ok" for state, _ in found):
        yield "open", f"Of {kinds} about {ref} one is good, but another is not settled, so the choice stays open."


def _cite(item: Item) -> str:
    return f"evidence {item.id[:SHORT]} of {item.ended[:10]} (entry {item.index})"


def _sentence(kind: str, subject: str, cell: Cell, fresh_for: str | None) -> str:
    about = f"{kind} about {subject}"
    if cell.state == "none":
        return f"There is no {about}; its check is bound and has not run."
    if cell.head is None:
        return _open_sentence(about, cell)
    cited = _cite(cell.head)
    if cell.state == "open":
        return f"{about}: {cited} passed, but {_after(cell)}"
    return f"{about}: {cited} {_settled(cell, fresh_for)}."


def _settled(cell: Cell, fresh_for: str | None) -> str:
    match cell.reason:
        case "failed":
            return "failed"
        case "changed-failed":
            return f"failed, and {_CHANGED}"
        case "changed":
            return f"is stale: {_CHANGED}"
        case "past-review":
            return "is stale: its review date has passed"
        case "aged":
            return f"is stale: it is older than {fresh_for}"
        case "lapsed":
            return "failed, and the record that says what is done about it is past its review date"
        case "done":
            return "failed; an approved record says what is done about it, and the finding stays open"
    return "passed"


def _after(cell: Cell) -> str:
    if cell.newest_open is None:
        return "an entry of its stream is missing, so nobody can tell what came between."
    return f"the newer {_cite(cell.newest_open)} {_OPEN.get(cell.reason, 'decides nothing')}."


def _open_sentence(about: str, cell: Cell) -> str:
    if cell.reason == "gap":
        return f"{about}: an entry of its stream is missing, so nothing can be said."
    if cell.newest_open is None:
        return f"{about}: there are only drafts."
    return f"{about}: {_cite(cell.newest_open)} {_OPEN.get(cell.reason, 'decides nothing')}."

"""The next step: which kind of evidence, answered, would move how many requirements."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from upright.posture.judge import Judge
from upright.posture.plan import ORGANISATION, Unit
from upright.posture.posture import FOLD
from upright.posture.scopes import Row
from upright.posture.series import BAD, NONE, OK, OLD, STATES


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of evidence that is missing, stale or bad somewhere, and what would change once it is good.

    Attributes:
        kind, about: which kind of evidence, about which type of subject.
        scope: the system or the organisation whose requirements would move.
        subjects: those that lack it; empty where there is no subject of that type yet.
        state: the worst there is now. moves: ids of the requirements whose status would change, in catalogue order.
    """

    kind: str
    about: str
    scope: str
    subjects: tuple[str, ...]
    state: Literal["failing", "stale", "unknown"]
    moves: tuple[str, ...]


def next_steps(judge: Judge, scope: str, most: int = 5) -> tuple[Step, ...]:
    """The steps of one scope that would move most requirements, the largest first; of equals the first by name.

    A step is one kind about every subject of a type. It is taken as done when each of them has good evidence of that
    kind; a choice between kinds in which another has failed stays failing.
    """
    is_system = scope in judge.subjects.targets
    rows = judge.scopes.of_system(scope) if is_system else judge.scopes.of_organisation()
    targets = judge.subjects.targets[scope] if is_system else {ORGANISATION: judge.subjects.organisations}
    asked = [row for row in rows if row.applies != "no" and row.question is None]
    now: dict[int, int] = {}
    askers: dict[int, list[int]] = {}
    for at, row in enumerate(asked):
        for n in row.units:
            askers.setdefault(n, []).append(at)
            if n not in now:
                now[n] = _bits(judge, judge.plan.units[n], targets)
    found: dict[tuple[str, str], Step] = {}
    for unit in {judge.plan.units[n] for n, bits in now.items() if bits != OK}:
        for kind in unit.kinds:
            if (kind, unit.about) not in found:
                found[kind, unit.about] = _step(judge, kind, unit.about, scope, targets, now, asked, askers)
    ranked = sorted(
        (one for one in found.values() if one.moves), key=lambda one: (-len(one.moves), one.kind, one.about)
    )
    return tuple(ranked[:most])


def lacking(judge: Judge, scope: str, requirements: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The kinds of evidence that keep each requirement from being met, one of each choice, the worst first."""
    is_system = scope in judge.subjects.targets
    rows = judge.scopes.of_system(scope) if is_system else judge.scopes.of_organisation()
    targets = judge.subjects.targets[scope] if is_system else {ORGANISATION: judge.subjects.organisations}
    asked: dict[str, tuple[int, ...]] = {row.requirement: row.units for row in rows}
    bits: dict[int, int] = {}
    found = {}
    for requirement in requirements:
        numbers = asked.get(requirement, ())
        for n in numbers:
            if n not in bits:
                bits[n] = _bits(judge, judge.plan.units[n], targets)
        worst = sorted(((bits[n], judge.plan.units[n].kinds[0]) for n in numbers), reverse=True)
        found[requirement] = tuple(dict.fromkeys(kind for state, kind in worst if state != OK))
    return found


def _step(
    judge: Judge,
    kind: str,
    about: str,
    scope: str,
    targets: Mapping[str, tuple[str, ...]],
    now: dict[int, int],
    asked: list[Row],
    askers: Mapping[int, list[int]],
) -> Step:
    units = judge.plan.units
    after, worst = dict(now), 0
    touched: set[int] = set()
    lacking: dict[str, None] = {}
    for number in judge.plan.touched.get((about, kind), ()):
        unit = units[number]
        if number not in now or now[number] == OK:
            continue
        own = Unit(about, (kind,), unit.demand)
        here = _bits(judge, own, targets)
        if here == OK:  # a choice that another kind keeps open
            continue
        worst |= here
        rest = tuple(one for one in unit.kinds if one != kind)
        others = _bits(judge, Unit(about, rest, unit.demand), targets) if rest else NONE
        after[number] = BAD if others & BAD else OK
        touched.update(askers[number])
        refs = targets.get(about, ())
        lacking |= dict.fromkeys(ref for ref in refs if judge.standing(own, (ref,)).bits & STATES != OK)
    rows = [asked[at] for at in sorted(touched)]
    moves = tuple(row.requirement for row in rows if _status(row.units, now) != _status(row.units, after))
    state: Literal["failing", "stale", "unknown"] = "failing" if worst & BAD else "stale" if worst & OLD else "unknown"
    return Step(kind=kind, about=about, scope=scope, subjects=tuple(lacking), state=state, moves=moves)


def _bits(judge: Judge, unit: Unit, targets: Mapping[str, tuple[str, ...]]) -> int:
    return judge.standing(unit, targets.get(unit.about, ())).bits & STATES


def _status(numbers: tuple[int, ...], bits: dict[int, int]) -> str:
    found = 0
    for number in numbers:
        found |= bits[number]
    return FOLD[found] if numbers else "unknown"

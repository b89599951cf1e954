"""The next step says which requirements a kind would move; filing that kind and judging again moves exactly those."""

import pytest

from posture.making import CATALOGUE, MODEL, SYSTEM, bound, day, record, result, with_evidence
from upright.posture import Facts, Item, evaluate, evaluator, lacking, next_steps

FAIRNESS = bound("fair", MODEL, ("fairness",))
IMPACT = record("impact", SYSTEM, recorded=day(120), ended=day(120))
FAIR = result(FAIRNESS, 0, reproduced="yes")


def facts(*items: Item) -> Facts:
    return with_evidence(*items, bindings=(FAIRNESS,))


def statuses(found: Facts) -> dict[str, str]:
    return {one.requirement: one.status for one in evaluate(found, CATALOGUE).scopes[SYSTEM]}


@pytest.mark.parametrize(
    ("before", "kind", "answer"),
    [((), "impact", IMPACT), ((IMPACT,), "fairness", FAIR), ((), "fairness", FAIR), ((FAIR,), "impact", IMPACT)],
)
def test_a_step_moves_what_it_says_when_it_is_taken(before: tuple[Item, ...], kind: str, answer: Item) -> None:
    about = "system" if kind == "impact" else "model"
    steps = {(one.kind, one.about): one for one in next_steps(evaluator(facts(*before), CATALOGUE), SYSTEM, most=99)}
    then, now = statuses(facts(*before)), statuses(facts(*before, answer))
    moved = {name for name in now if now[name] != then[name]}
    assert moved
    assert set(steps[kind, about].moves) == moved
    assert steps[kind, about].subjects == ((SYSTEM,) if kind == "impact" else (MODEL,))


def test_what_is_good_is_no_step_and_a_failure_is_said_to_be_one() -> None:
    good = [one.kind for one in next_steps(evaluator(facts(IMPACT), CATALOGUE), SYSTEM, most=99)]
    assert "impact" not in good
    bad = result(FAIRNESS, 0, result="failed")
    found = next_steps(evaluator(facts(bad), CATALOGUE), SYSTEM, most=99)
    failing = {(one.kind, one.about): one for one in found}
    assert failing["fairness", "model"].state == "failing"
    assert next_steps(evaluator(facts(), CATALOGUE), SYSTEM, most=1)[0].moves


def test_the_kinds_that_keep_a_requirement_from_being_met_are_named_until_they_are_there() -> None:
    assert set(lacking(evaluator(facts(), CATALOGUE), SYSTEM, ["standard:A.1"])["standard:A.1"]) == {
        "impact",
        "fairness",
    }
    assert lacking(evaluator(facts(IMPACT), CATALOGUE), SYSTEM, ["standard:A.1"])["standard:A.1"] == ("fairness",)
    assert lacking(evaluator(facts(IMPACT, FAIR), CATALOGUE), SYSTEM, ["standard:A.1"])["standard:A.1"] == ()

"""The gates of our own catalogue: every stage asks for something, and a class that is open or prohibited denies."""

from typing import Any

import pytest

from posture.journal import JANE, OMAR, ORGANISATION, SYSTEM, Journal
from upright.catalogue import Catalogue
from upright.gate import GateAnswer, answer

STAGES = (
    "inception", "design-development", "verification-validation", "deployment", "operation-monitoring",
    "continuous-validation", "re-evaluation", "retirement",
)  # fmt: skip
MINIMAL = {f"Q{n}": "no" for n in (2, 3, 4, 5, 8, 13)} | {"Q0": "no", "Q1": "yes", "Q2": "yes", "Q6": "no"}
MINIMAL |= {f"Q12-{n}": "no" for n in range(1, 6)}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


def ask(journal: Journal, stage: str) -> GateAnswer:
    return answer(journal.facts(), journal.catalogue, system=SYSTEM, stage=stage)


def classed(catalogue: Catalogue, **answers: str) -> dict[str, str]:
    journal = Journal(catalogue)
    rows = [{"framework": "eu-ai-act", "question": name, "value": value} for name, value in answers.items()]
    journal.system(answers=rows)
    return {one.what: one.status for one in ask(journal, "inception").missing}


def test_the_stages_are_the_eight_of_the_life_cycle_and_each_lists_something_with_a_reason(
    catalogue: Catalogue,
) -> None:
    assert catalogue.stages == STAGES
    assert set(catalogue.gates.stages) == set(STAGES)
    for items in catalogue.gates.stages.values():
        assert items
        for item in items:
            assert item.why
            assert item.requirement in catalogue.requirements or item.kind in catalogue.kinds


@pytest.mark.parametrize("stage", STAGES)
def test_a_system_of_which_nothing_is_known_enters_no_stage(catalogue: Catalogue, stage: str) -> None:
    journal = Journal(catalogue)
    journal.system()
    found = ask(journal, stage)
    assert found.answer == "deny"
    named = {one.what for one in found.missing}
    assert {item.what for item in catalogue.gates.stages[stage]} <= named
    assert "quality" in named  # the check that is bound to it


def test_an_open_class_denies_and_names_what_to_answer(catalogue: Catalogue) -> None:
    assert classed(catalogue)["eu-ai-act:class"] == "undetermined"
    assert classed(catalogue, **{**MINIMAL, "Q4": "unknown"})["eu-ai-act:class"] == "undetermined"


def test_a_prohibited_class_denies_and_a_known_one_does_not_stand_in_the_way(catalogue: Catalogue) -> None:
    practices = {**MINIMAL, "Q4": "yes"}
    assert classed(catalogue, **practices)["eu-ai-act:class"] == "prohibited"
    assert "eu-ai-act:class" not in classed(catalogue, **MINIMAL)


def test_the_class_cannot_be_waived(catalogue: Catalogue) -> None:
    journal = Journal(catalogue)
    journal.system()
    data: dict[str, Any] = {"requirement": "eu-ai-act:class", "system": SYSTEM, "stage": "inception"}
    journal.record("waiver", SYSTEM, {**data, "until": "2030-01-01", "reason": "Later"}, JANE, OMAR)
    found = ask(journal, "inception")
    assert len(journal.facts().waivers) == 1
    assert found.waivers == ()
    assert "eu-ai-act:class" in {one.what for one in found.missing}


def test_inception_opens_once_what_it_lists_is_recorded_and_the_bound_check_passed(catalogue: Catalogue) -> None:
    journal = Journal(catalogue)
    journal.system(answers=[], subjects=[], bindings=[])
    kinds = [item.what for item in catalogue.gates.stages["inception"]]
    before = {one.what for one in ask(journal, "inception").missing}
    assert set(kinds) <= before
    journal = Journal(catalogue)
    journal.system()
    journal.run()
    for kind in kinds:
        journal.record(kind, SYSTEM, catalogue.kind(kind).example)
    after = {one.what for one in ask(journal, "inception").missing}
    assert not after & {*kinds, "quality"}
    assert ORGANISATION not in after

"""``explain``: why a requirement has its status, in sentences, with the ids of the evidence it rests on."""

import pytest

from posture.making import (
    CATALOGUE,
    MODEL,
    ORGANISATION,
    SYSTEM,
    bound,
    day,
    digest,
    record,
    result,
    subjects,
    with_evidence,
)
from upright.posture import Answer, Explanation, FactInput, Facts, FactsError, Item, SoaRow, evaluate, explain

FAIRNESS = bound("fair", MODEL, ("fairness",))
BOTH = "standard:A.1"  # impact of the system, fairness of the model
IMPACT = record("impact", SYSTEM, recorded=day(120), ended=day(120))


def told(*runs: Item, requirement: str = BOTH, **parts: object) -> Explanation:
    facts = with_evidence(*runs, bindings=(FAIRNESS,), **parts)
    found = explain(facts, CATALOGUE, requirement, SYSTEM)
    verdict = evaluate(facts, CATALOGUE).verdict(requirement, SYSTEM)
    assert verdict is not None
    assert found.status == verdict.status
    assert set(verdict.evidence) <= set(found.evidence)
    return found


def words(found: Explanation) -> str:
    return " ".join(found.sentences)


def test_met_cites_what_it_rests_on_with_day_and_entry() -> None:
    run = result(FAIRNESS, 0)
    found = told(IMPACT, run)
    assert found.status == "met"
    assert f"{BOTH} is met for {SYSTEM}." in found.sentences
    assert f"evidence {run.id[:12]} of 2026-04-10 (entry 100) passed." in words(found)
    assert set(found.evidence) == {IMPACT.id, run.id}
    assert found.missing == ()


def test_partly_names_what_is_missing_about_which_subject() -> None:
    found = told(IMPACT)
    assert found.status == "partly"
    assert found.missing == (f"fairness about {MODEL}",)
    assert "its check is bound and has not run" in words(found)


def test_failing_tells_the_failure_first() -> None:
    run = result(FAIRNESS, 0, "failed")
    found = told(IMPACT, run)
    assert found.status == "failing"
    assert found.sentences[1] == f"fairness about {MODEL}: evidence {run.id[:12]} of 2026-04-10 (entry 100) failed."


def test_stale_says_why_age_review_or_changed_bytes() -> None:
    old = {"recorded": day(20), "ended": day(20)}
    assert "it is older than P90D" in words(told(IMPACT, result(FAIRNESS, 0, **old)))
    elsewhere = (FactInput(ref=MODEL, digest=digest("before"), hold="bytes"),)
    assert "changed since" in words(told(IMPACT, result(FAIRNESS, 0, inputs=elsewhere)))
    late = record("impact", SYSTEM, review_by="2026-05-01", recorded=day(120), ended=day(120))
    assert "its review date has passed" in words(told(late, result(FAIRNESS, 0)))
    assert told(late, result(FAIRNESS, 0)).status == "stale"


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (result(FAIRNESS, 0, "undecided"), "was measured, and is undecided"),
        (result(FAIRNESS, 0, "errored"), "ended in an error"),
        (result(FAIRNESS, 0, signer="unattributed"), "is signed by no enrolled key"),
        (result(FAIRNESS, 0, signer="compromised"), "compromised"),
        (result(FAIRNESS, 0, withdrawn_by=digest("w")), "was withdrawn"),
        (result(FAIRNESS, 0, limits={}), "looser limits than the approved binding"),
        (result(FAIRNESS, 0, ended=day(150)), "claims to have ended after it was recorded"),
    ],
)
def test_unknown_says_what_is_wrong_with_what_is_there(run: Item, said: str) -> None:
    found = told(run)
    assert found.status == "unknown"
    assert said in words(found)
    assert run.id in found.evidence


def test_unknown_with_nothing_there_says_so() -> None:
    found = told(requirement="standard:A.2")
    assert (found.status, found.evidence) == ("unknown", ())
    assert "There is no quality about dataset:mortgage/applications." in found.sentences


def test_a_gap_is_told() -> None:
    facts = with_evidence(IMPACT, result(FAIRNESS, 1), bindings=(FAIRNESS,))
    assert "an entry of its stream is missing" in words(explain(facts, CATALOGUE, BOTH, SYSTEM))


def test_what_is_done_about_a_failure_and_its_open_finding_are_told() -> None:
    failed = result(FAIRNESS, 0, "failed", done_by=(record("nonconformity", SYSTEM).id,), open_findings=1)
    found = told(IMPACT, failed, record("nonconformity", SYSTEM))
    assert found.status == "met"
    assert "an approved record says what is done about it" in words(found)
    assert "1 finding stands open on it." in found.sentences


def test_not_applicable_says_by_what() -> None:
    row = SoaRow(control="A.1", system=SYSTEM, included=False, ground="risk-assessment-shows-no-need", approved_index=3)
    found = told(soa=(row,))
    assert found.status == "not_applicable"
    assert "An approved statement of applicability leaves it out." in found.sentences
    quiet = subjects(traits={"profiling": "no", "stage": "deployment"})
    law = told(requirement="law:L-1", subjects=quiet)
    assert law.status == "not_applicable"
    assert "None holds of: profiling." in law.sentences


def test_open_applicability_names_the_question_and_the_worst_beneath() -> None:
    open_ = subjects(traits={"stage": "deployment"})
    policy = record("policy", ORGANISATION)
    found = told(IMPACT, policy, requirement="law:L-1", subjects=open_)
    assert found.status == "unknown"
    assert found.question
    assert "profiling" in found.question
    assert "Its evidence alone would make it met." in found.sentences


def test_a_duty_of_the_future_says_when_it_begins() -> None:
    roles = Answer(framework="law", question="roles", value=("provider",), system=SYSTEM, item="entry:3")
    assert "The duty begins on 2026-12-02." in told(requirement="law:L-2", answers=(roles,)).sentences


def test_what_the_organisation_owes_is_told_with_the_systems_answer_and_is_no_part_of_its_status() -> None:
    found = told(IMPACT, requirement="law:L-1")
    assert found.status == "met"
    assert "law:L-1 is unknown for the organisation." in found.sentences


def test_an_unknown_requirement_or_system_is_an_error_that_helps() -> None:
    facts: Facts = with_evidence()
    with pytest.raises(FactsError, match="is no requirement of") as caught:
        explain(facts, CATALOGUE, "standard:A.99")
    assert caught.value.code == "UP-POST-05"
    with pytest.raises(FactsError, match=f"there is {SYSTEM}") as caught:
        explain(facts, CATALOGUE, BOTH, "system:other")
    assert caught.value.code == "UP-POST-03"

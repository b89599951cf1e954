"""The gate allows only what is shown: every listed, bound and legal requirement, with no finding open (contracts 8)."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from posture.making import (
    CATALOGUE,
    MODEL,
    ORGANISATION,
    SYSTEM,
    bound,
    day,
    digest,
    facts,
    record,
    result,
    subjects,
    waiver,
    with_evidence,
)
from upright.catalogue import Catalogue
from upright.gate import GateAnswer, GateError, answer
from upright.posture import Answer, Edge, Facts, Item, SoaRow, Subject, evaluate
from upright.posture.facts import AddedGate, GateFacts

FAIRNESS = bound("fair", MODEL, ("fairness",))
ROLES = Answer(framework="law", question="roles", value=("provider",), system=SYSTEM, item="entry:3")
TODAY = {"recorded": day(150), "ended": day(150)}
QUIET = {"stage": "deployment", "modality": "tabular", "profiling": "no"}


def ask(found: Facts, stage: str = "deployment", catalogue: Catalogue = CATALOGUE) -> GateAnswer:
    return answer(found, catalogue, system=SYSTEM, stage=stage)


def missing(found: Facts, stage: str = "deployment", catalogue: Catalogue = CATALOGUE) -> dict[str, str]:
    given = ask(found, stage, catalogue)
    assert (given.answer == "allow") == (not given.missing)
    assert all(one.why for one in given.missing)
    return {one.what: one.status for one in given.missing}


def complete(*more: Item, **parts: Any) -> Facts:
    """All that ``deployment`` asks of a system to which no law applies: impact recorded, fairness measured."""
    runs = (record("impact", SYSTEM), result(FAIRNESS, 0), *more)
    whole = {"bindings": (FAIRNESS,), "subjects": subjects(traits=QUIET), "answers": (ROLES,)}
    return with_evidence(*runs, **(whole | parts))


def test_it_allows_when_everything_asked_for_is_met() -> None:
    given = ask(complete())
    assert (given.answer, given.missing, given.waivers) == ("allow", (), ())


def test_the_answer_names_the_facts_and_the_gates_it_rests_on() -> None:
    found = complete()
    given = ask(found)
    assert given.facts == found.digest()
    assert given.gates == CATALOGUE.gates.digest
    assert given.to_json()["upright"] == 1
    assert ask(found) == given


@pytest.mark.parametrize(
    ("run", "status"),
    [
        (result(FAIRNESS, 0, "failed"), "failing"),
        (result(FAIRNESS, 0, "undecided"), "partly"),
        (result(FAIRNESS, 0, "errored"), "partly"),
        (result(FAIRNESS, 0, signer="unattributed"), "partly"),
        (result(FAIRNESS, 0, withdrawn_by=digest("withdrawal")), "partly"),
        (result(FAIRNESS, 0, ended=day(1), recorded=day(1)), "stale"),
        (result(FAIRNESS, 0, limits={}), "partly"),
    ],
)
def test_any_status_but_met_denies_and_is_named(run: Item, status: str) -> None:
    found = with_evidence(
        record("impact", SYSTEM), run, bindings=(FAIRNESS,), subjects=subjects(traits=QUIET), answers=(ROLES,)
    )
    assert missing(found)["standard:A.1"] == status


def test_nothing_recorded_denies() -> None:
    assert missing(facts(subjects=subjects(traits=QUIET), answers=(ROLES,))) == {"standard:A.1": "unknown"}


def test_a_stage_for_which_nothing_is_listed_denies() -> None:
    assert missing(complete(), "retirement") == {"retirement": "unknown"}


def test_a_stage_that_the_gates_do_not_name_at_all_denies() -> None:
    bare = msgspec.structs.replace(CATALOGUE.gates, stages={})
    catalogue = catalogue_with(gates=bare)
    assert missing(complete(), "deployment", catalogue) == {"deployment": "unknown"}


def catalogue_with(**parts: Any) -> Catalogue:
    whole: dict[str, Any] = {
        "frameworks": CATALOGUE.frameworks,
        "kinds": CATALOGUE.kinds,
        "gates": CATALOGUE.gates,
        "stages": CATALOGUE.stage_list,
        "traits": {},
    }
    return Catalogue(**(whole | parts))


def test_a_kind_that_is_listed_must_be_good_for_every_subject_of_its_type() -> None:
    assert missing(complete(), "inception") == {}
    assert missing(facts(subjects=subjects(traits=QUIET), answers=(ROLES,)), "inception") == {"impact": "unknown"}


# --- open findings ----------------------------------------------------------------------------------------------------


def test_an_open_finding_denies_though_all_is_met() -> None:
    failed = result(FAIRNESS, 0, "failed", done_by=(record("nonconformity", SYSTEM).id,), open_findings=2)
    runs = (record("impact", SYSTEM), failed, record("nonconformity", SYSTEM))
    approved = with_evidence(
        *runs, bindings=(FAIRNESS,), subjects=subjects(traits=QUIET), answers=(ROLES,), catalogue=CATALOGUE.digests
    )
    posture = evaluate(approved, CATALOGUE)
    assert posture.verdict("standard:A.1", SYSTEM).status == "met"  # type: ignore[union-attr]
    found = ask(approved)
    assert {one.what: one.status for one in found.missing}["standard:A.1"] == "met"
    assert "2 findings stand open" in next(one.why for one in found.missing if one.what == "standard:A.1")


def test_an_open_finding_on_a_passed_bound_check_denies() -> None:
    quality = bound("quality")
    found = complete(result(quality, 0, open_findings=1, **TODAY), bindings=(FAIRNESS, quality))
    assert missing(found) == {"quality": "met"}


def test_an_open_finding_on_a_listed_kind_denies() -> None:
    found = with_evidence(record("impact", SYSTEM, open_findings=1), subjects=subjects(traits=QUIET), answers=(ROLES,))
    assert missing(found, "inception") == {"impact": "met"}


# --- bound checks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("outcome", "status"), [("failed", "failing"), ("undecided", "unknown"), ("passed", None)])
def test_every_check_bound_to_the_system_counts_though_no_stage_lists_it(outcome: str, status: str | None) -> None:
    quality = bound("quality")
    found = complete(result(quality, 0, outcome, **TODAY), bindings=(FAIRNESS, quality))
    assert missing(found) == ({"quality": status} if status else {})


def test_a_bound_check_that_never_ran_denies() -> None:
    assert missing(complete(bindings=(FAIRNESS, bound("quality")))) == {"quality": "unknown"}


def test_a_bound_check_whose_stream_the_facts_leave_out_denies() -> None:
    whole = complete(bindings=(FAIRNESS, bound("quality")))
    hidden = msgspec.structs.replace(whole, streams=tuple(one for one in whole.streams if one.binding != "quality"))
    assert missing(hidden) == {"quality": "unknown"}


def test_a_bound_check_that_nobody_approved_denies() -> None:
    proposed = bound("quality", approved_index=None)
    assert missing(complete(result(proposed, 0), bindings=(FAIRNESS, proposed))) == {"quality": "unknown"}


def test_a_retired_check_asks_nothing_any_more() -> None:
    retired = bound("quality", retired_index=200)
    assert missing(complete(result(retired, 0, "failed"), bindings=(FAIRNESS, retired))) == {}


def test_a_check_bound_to_another_system_does_not_count() -> None:
    other = msgspec.structs.replace(bound("quality"), system="system:second")
    second = Subject(ref="system:second", type="system", digest=digest("system:second"))
    found = complete(result(other, 0, "failed"), bindings=(FAIRNESS, other), subjects=(*subjects(traits=QUIET), second))
    assert missing(found) == {}


def test_a_bound_check_is_as_fresh_as_the_strictest_ask_of_its_kind() -> None:
    # `quality` is asked for at most 30 days old by standard:A.7 and 60 days by standard:A.2; day 152 is today.
    quality = bound("quality")
    fresh = complete(result(quality, 0, recorded=day(130), ended=day(130)), bindings=(FAIRNESS, quality))
    aged = complete(result(quality, 0, recorded=day(115), ended=day(115)), bindings=(FAIRNESS, quality))
    assert (missing(fresh), missing(aged)) == ({}, {"quality": "stale"})


def test_a_bound_check_must_pass_though_its_requirement_only_asks_that_it_be_done() -> None:
    failed = result(FAIRNESS, 0, "failed", done_by=(record("nonconformity", SYSTEM).id,))
    found = with_evidence(
        record("impact", SYSTEM), failed, record("nonconformity", SYSTEM),
        bindings=(FAIRNESS,), subjects=subjects(traits=QUIET), answers=(ROLES,),
    )  # fmt: skip
    assert missing(found)["fair"] == "failing"


# --- law and class ----------------------------------------------------------------------------------------------------


def test_a_legal_requirement_that_applies_that_day_counts_though_no_stage_lists_it() -> None:
    law = complete(subjects=subjects(traits={**QUIET, "profiling": "yes"}))
    assert missing(law) == {"law:L-1": "partly"}  # impact is there, the organisation's policy is not
    with_policy = complete(record("policy", ORGANISATION), subjects=subjects(traits={**QUIET, "profiling": "yes"}))
    assert missing(with_policy) == {}


def test_whether_a_law_applies_must_be_known() -> None:
    traits = {name: value for name, value in QUIET.items() if name != "profiling"}
    assert missing(complete(subjects=subjects(traits=traits))) == {"law:L-1": "unknown"}


@pytest.mark.parametrize(
    ("at", "denied"),
    [("2026-12-01T22:59:59.999Z", False), ("2026-12-01T23:00:00.000Z", True), ("2026-12-03T00:00:00.000Z", True)],
)
def test_a_duty_of_the_future_is_ignored_until_its_day_begins_in_brussels(at: str, denied: bool) -> None:
    # law:L-2 asks providers for a fairness test of at most 120 days from 2026-12-02 on.
    impact = record("impact", SYSTEM, recorded=day(300), ended=day(300))
    found = with_evidence(impact, at=at, subjects=subjects(traits=QUIET), answers=(ROLES,))
    assert ("law:L-2" in missing(found, "inception")) is denied


def test_a_law_that_does_not_apply_asks_nothing() -> None:
    deployer = msgspec.structs.replace(ROLES, value=("deployer",))
    impact = record("impact", SYSTEM, recorded=day(300), ended=day(300))
    found = with_evidence(impact, at="2026-12-24T00:00:00.000Z", subjects=subjects(traits=QUIET), answers=(deployer,))
    assert missing(found, "inception") == {}


# --- what an organisation adds ----------------------------------------------------------------------------------------


def added(**more: Any) -> GateFacts:
    return GateFacts(digest=CATALOGUE.gates.digest, added=(AddedGate(stage="deployment", **more),))


def test_an_organisation_may_add_a_requirement_to_a_stage() -> None:
    assert missing(complete(gates=added(requirement="standard:A.3"))) == {}  # fairness of the model is measured
    assert missing(complete(gates=added(requirement="standard:4.1"))) == {"standard:4.1": "unknown"}
    assert missing(complete(gates=added(requirement="standard:4.1")), "inception") == {}


def test_an_organisation_may_add_a_kind_to_a_stage_even_to_one_that_lists_nothing() -> None:
    gates = GateFacts(digest=CATALOGUE.gates.digest, added=(AddedGate(stage="retirement", kind="impact"),))
    assert missing(complete(gates=gates), "retirement") == {}
    assert missing(complete(gates=added(kind="quality"))) == {"quality": "unknown"}


@pytest.mark.parametrize("more", [{"kind": "never-heard-of"}, {"requirement": "standard:Z.9"}, {}])
def test_an_addition_that_nobody_can_look_up_denies(more: Mapping[str, str]) -> None:
    assert list(missing(complete(gates=added(**more))).values()) == ["unknown"]


# --- waivers ----------------------------------------------------------------------------------------------------------

LACKING = {"subjects": subjects(traits=QUIET), "answers": (ROLES,)}


def test_a_waiver_allows_and_the_answer_shows_it() -> None:
    leave = waiver()
    given = ask(facts(**LACKING, waivers=(leave,)))
    assert (given.answer, given.missing, given.waivers) == ("allow", (), (leave,))


@pytest.mark.parametrize(
    "more",
    [
        {"requirement": "standard:A.2"},
        {"system": "system:second"},
        {"stage": "inception"},
        {"approver": "person:one"},
        {"until": "2026-05-31"},
        {"until": "whenever"},
        {"until": ""},
        {"until": "9999"},
        {"approver": ""},
        {"requester": ""},
    ],
)
def test_a_waiver_counts_only_for_its_requirement_system_stage_and_days_and_with_two_persons(
    more: Mapping[str, str],
) -> None:
    given = ask(facts(**LACKING, waivers=(waiver(**more),)))
    assert (given.answer, given.waivers) == ("deny", ())


@pytest.mark.parametrize(("at", "counts"), [("2026-06-01T21:59:59.999Z", True), ("2026-06-01T22:00:00.000Z", False)])
def test_a_waiver_counts_to_the_end_of_its_last_day_in_brussels(at: str, counts: bool) -> None:
    given = ask(facts(**LACKING, at=at, waivers=(waiver(until="2026-06-01"),)))
    assert (given.answer == "allow") is counts


def test_a_waiver_that_is_not_needed_is_not_shown() -> None:
    given = ask(complete(waivers=(waiver(),)))
    assert (given.answer, given.waivers) == ("allow", ())


def test_a_bound_check_cannot_be_waived() -> None:
    failed = result(FAIRNESS, 0, "failed")
    leave = (waiver(), waiver(requirement="fair"), waiver(requirement="fairness"), waiver(requirement=FAIRNESS.stream))
    found = with_evidence(failed, bindings=(FAIRNESS,), **LACKING, waivers=leave)
    given = ask(found)
    assert {one.what: one.status for one in given.missing} == {"fair": "failing"}
    assert given.waivers == (leave[0],)


def test_an_open_finding_and_a_legal_requirement_can_be_waived() -> None:
    law = subjects(traits={**QUIET, "profiling": "yes"})
    given = ask(complete(subjects=law, waivers=(waiver(requirement="law:L-1"),)))
    assert (given.answer, [one.requirement for one in given.waivers]) == ("allow", ["law:L-1"])


def test_a_waiver_changes_no_posture() -> None:
    without = facts(**LACKING)
    with_one = facts(**LACKING, waivers=(waiver(), waiver(requirement="standard:A.2")))
    assert evaluate(with_one, CATALOGUE).verdicts == evaluate(without, CATALOGUE).verdicts


# --- applicability ----------------------------------------------------------------------------------------------------


def test_a_control_that_is_left_out_by_an_approved_statement_is_not_asked_for() -> None:
    row = SoaRow(control="A.1", system=SYSTEM, included=False, ground="risk-assessment-shows-no-need", approved_index=3)
    assert missing(facts(**LACKING, soa=(row,))) == {}
    poor = msgspec.structs.replace(row, ground="too-much-work")
    assert missing(facts(**LACKING, soa=(poor,))) == {"standard:A.1": "unknown"}


def test_what_the_organisation_lacks_is_not_asked_of_a_system_whose_own_statement_leaves_it_out() -> None:
    row = SoaRow(control="A.4", system=SYSTEM, included=False, ground="risk-assessment-shows-no-need", approved_index=3)
    asked = complete(gates=added(requirement="standard:A.4"))
    assert missing(asked) == {"standard:A.4": "unknown"}
    assert missing(msgspec.structs.replace(asked, soa=(row,))) == {}


# --- who asks ---------------------------------------------------------------------------------------------------------


def test_a_system_that_is_not_there_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(GateError, match=r"no 'system:other'.*system:mortgage") as caught:
        answer(complete(), CATALOGUE, system="system:other", stage="deployment")
    assert caught.value.code == "UP-GATE-01"


def test_a_stage_that_is_not_one_is_an_error_that_names_those_that_are() -> None:
    with pytest.raises(GateError, match=r"'deploy' is no life-cycle stage.*inception") as caught:
        answer(complete(), CATALOGUE, system=SYSTEM, stage="deploy")
    assert caught.value.code == "UP-GATE-02"


def test_facts_made_under_other_gates_are_refused() -> None:
    with pytest.raises(GateError, match="These Facts name gates") as caught:
        ask(complete(gates=GateFacts(digest=digest("other gates"))))
    assert caught.value.code == "UP-GATE-03"


def test_a_model_that_left_the_system_before_that_moment_asks_nothing() -> None:
    left = Edge(to="model:mortgage/old", role="uses", from_=day(1), until=day(100))
    found = [
        msgspec.structs.replace(one, edges=(*one.edges, left)) if one.ref == SYSTEM else one
        for one in subjects(traits=QUIET)
    ]
    old = Subject(ref="model:mortgage/old", type="model", digest=digest("old"))
    assert missing(complete(subjects=(*found, old))) == {}
    still = [
        msgspec.structs.replace(
            one, edges=tuple(msgspec.structs.replace(e, until=None) if e == left else e for e in one.edges)
        )
        for one in found
    ]
    assert missing(complete(subjects=(*still, old))) == {"standard:A.1": "partly"}

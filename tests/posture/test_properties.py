"""What holds of any Facts (contracts, section 7, properties to test)."""

import random
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.making import (
    CATALOGUE,
    MODEL,
    SYSTEM,
    Made,
    any_facts,
    bound,
    day,
    digest,
    result,
    subjects,
    waiver,
    with_evidence,
)
from upright.posture import Answer, FactInput, Facts, Item, Judge, Stream, evaluate, evaluator, explain, fold
from upright.posture.posture import FOLD, STATUSES, UPWARDS
from upright.posture.series import BAD, NONE, OK, OLD

SEEDS = 500
GREENISH = {"met", "partly"}
Key = tuple[str, str]


def statuses(facts: Facts) -> dict[Key, str]:
    return {(one.requirement, one.scope_ref): one.status for one in evaluate(facts, CATALOGUE).verdicts}


def changed(before: Mapping[Key, str], after: Mapping[Key, str]) -> dict[Key, tuple[str, str]]:
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


def appended(facts: Facts, item: Item) -> Facts:
    streams = [
        msgspec.structs.replace(one, entries=one.entries + 1) if one.id == item.stream else one for one in facts.streams
    ]
    return msgspec.structs.replace(facts, items=(*facts.items, item), streams=tuple(streams))


def one_more(seed: int, facts: Facts) -> Item:
    """A newest item for one of the streams of checks that does not pass."""
    made = Made(seed)
    one = made.random.choice(facts.bindings)
    length = next(found.entries for found in facts.streams if found.id == one.stream)
    how = made.random.choice(["failed", "undecided", "errored", "withdrawn", "unattributed", "compromised", "loose"])
    wrong: dict[str, Any] = {
        "withdrawn": {"withdrawn_by": digest("withdrawal")},
        "unattributed": {"signer": "unattributed"},
        "compromised": {"signer": "compromised"},
        "loose": {"options": digest("never approved")},
    }.get(how, {"result": how, "record_state": None})
    return msgspec.structs.replace(
        made.run(one, length, 10_000), id=digest("newest"), done_by=(), open_findings=0, **wrong
    )


def each(more: int = SEEDS) -> Iterator[tuple[int, Facts]]:
    for seed in range(more):
        found = any_facts(seed)
        if found.bindings and found.items:
            yield seed, found


def test_a_newest_item_that_did_not_pass_never_makes_met_or_partly() -> None:
    seen = 0
    for seed, facts in each():
        for before, after in changed(statuses(facts), statuses(appended(facts, one_more(seed, facts)))).values():
            assert after not in GREENISH or (after, before) == ("partly", "met"), seed
            seen += 1
    assert seen > SEEDS


def test_removing_an_item_never_makes_met() -> None:
    seen = 0
    for seed, facts in each():
        before = statuses(facts)
        gone = random.Random(seed).choice(facts.items)
        less = msgspec.structs.replace(facts, items=tuple(one for one in facts.items if one is not gone))
        for _, after in changed(before, statuses(less)).values():
            assert after != "met", seed
            seen += 1
    assert seen > SEEDS


def test_the_order_in_which_facts_are_listed_does_not_matter() -> None:
    lists = ("items", "streams", "bindings", "subjects", "answers", "soa")
    for seed, facts in each():
        shuffle = random.Random(seed)
        mixed = {name: tuple(shuffle.sample(found := getattr(facts, name), len(found))) for name in lists}
        other = msgspec.structs.replace(facts, **mixed)
        assert statuses(other) == statuses(facts), seed
        assert other.digest() == facts.digest(), seed


def test_entries_after_that_moment_do_not_matter() -> None:
    for seed, facts in each():
        late = msgspec.structs.replace(one_more(seed, facts), recorded="2026-06-01T12:00:00.001Z")
        assert statuses(msgspec.structs.replace(facts, items=(*facts.items, late))) == statuses(facts), seed


@pytest.mark.parametrize("at", ["2026-06-01T22:00:00.000Z", "2026-07-15T00:00:00.000Z", "2029-01-01T00:00:00.000Z"])
def test_without_new_entries_met_can_only_become_stale(at: str) -> None:
    seen = 0
    for seed, facts in each():
        aged = changed(statuses(facts), statuses(msgspec.structs.replace(facts, at=at)))
        for before, after in aged.values():
            assert before != "met" or after == "stale", seed
            assert after != "met", seed
            seen += before == "met"
    assert seen > 10


def test_nothing_is_met_without_an_ok_cell_and_evidence() -> None:
    seen = 0
    for seed, facts in each(SEEDS // 2):
        for verdict in evaluate(facts, CATALOGUE).verdicts:
            if verdict.status == "met":
                assert verdict.evidence, seed
                of = verdict.scope_ref if verdict.scope_ref.startswith("system:") else None
                told = explain(facts, CATALOGUE, verdict.requirement, of)
                assert any(cell.state == "ok" for cell in told.cells), seed
                seen += 1
    assert seen > 100


def test_a_waiver_changes_nothing() -> None:
    given_ = tuple(waiver(requirement=name, index=300 + n) for n, name in enumerate(CATALOGUE.requirements))
    for seed, facts in each():
        assert statuses(msgspec.structs.replace(facts, waivers=given_)) == statuses(facts), seed


@given(st.sets(st.sampled_from([0, 1, 2]), min_size=0, max_size=3))
def test_one_of_three_models_without_evidence_is_not_met(measured: set[int]) -> None:
    names = [MODEL, "model:mortgage/other1", "model:mortgage/other2"]
    checks = [bound(f"fair{n}", name, ("fairness",)) for n, name in enumerate(names)]
    facts = with_evidence(
        *(result(checks[n], 0) for n in sorted(measured)),
        bindings=tuple(checks[n] for n in sorted(measured)),
        subjects=subjects(models=3),
    )
    expected = {0: "unknown", 3: "met"}.get(len(measured), "partly")
    assert statuses(facts)["standard:A.3", SYSTEM] == expected


# --- the fold -------------------------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(STATUSES)))
def test_the_fold_is_the_one_of_the_contract(parts: list[Any]) -> None:
    expected = "unknown"
    own = [one for one in parts if one != "not_applicable"]
    if parts and not own:
        expected = "not_applicable"
    elif "failing" in own:
        expected = "failing"
    elif "stale" in own:
        expected = "stale"
    elif own and set(own) == {"met"}:
        expected = "met"
    elif "met" in own or "partly" in own:
        expected = "partly"
    assert fold(parts) == expected


def test_the_table_has_sixteen_folds_and_none_of_them_is_met_but_for_ok_alone() -> None:
    assert len(FOLD) == 16
    assert [bits for bits in range(16) if FOLD[bits] == "met"] == [OK]
    assert [bits for bits in range(16) if FOLD[bits] == "partly"] == [OK | NONE]
    assert {FOLD[bits] for bits in range(16) if bits & BAD} == {"failing"}
    assert {FOLD[bits] for bits in range(16) if bits & OLD and not bits & BAD} == {"stale"}
    assert (FOLD[NONE], FOLD[0]) == ("unknown", "not_applicable")
    assert {FOLD[UPWARDS[one]] for one in STATUSES} == set(STATUSES)


# --- one changed item -------------------------------------------------------------------------------------------------


def test_judging_a_changed_item_gives_what_judging_anew_gives() -> None:
    for seed, facts in each():
        made = Made(seed)
        item = made.random.choice([one_more(seed, facts), made.run(facts.bindings[0], 0, 10_000)])
        judge = Judge(facts, CATALOGUE)
        judge.posture()
        quick = judge.with_items([item])
        assert quick.posture().to_json() == Judge(quick.facts, CATALOGUE).posture().to_json(), seed


def test_a_changed_item_takes_the_place_of_one_that_is_not_judged_yet() -> None:
    """Items from after the moment that is judged are in Facts all the same, and stand there once."""
    for _seed, facts in each(20):
        item = msgspec.structs.replace(facts.items[0], recorded="2099-01-01T00:00:00.000Z")
        judge = Judge(msgspec.structs.replace(facts, items=(item, *facts.items[1:])), CATALOGUE)
        for again in (facts.items[0], item, facts.items[0]):
            judge = judge.with_items([again])
            assert len(judge.facts.items) == len(facts.items)
            assert judge.posture().to_json() == Judge(judge.facts, CATALOGUE).posture().to_json()


def test_a_stream_that_facts_name_twice_is_made_longer_twice() -> None:
    seed, facts = next(iter(each()))
    facts = msgspec.structs.replace(facts, streams=(*facts.streams, *facts.streams))
    item = one_more(seed, facts)
    quick = Judge(facts, CATALOGUE).with_items([item])
    assert {one.entries for one in quick.facts.streams if one.id == item.stream} == {item.n + 1}
    assert quick.posture().to_json() == Judge(quick.facts, CATALOGUE).posture().to_json()


def test_a_new_stream_about_a_subject_counts_after_a_change() -> None:
    facts = with_evidence(bindings=(), subjects=subjects())
    judge = evaluator(facts, CATALOGUE)
    judge.posture()
    impact = Item(
        id=digest("impact"), source="record", kinds=("impact",), subject=SYSTEM, binding=None,
        stream=f"attestation:{SYSTEM}/impact", n=0, index=500, recorded=day(150), ended=day(150), result="passed",
        record_state="approved", inputs=(FactInput(ref=SYSTEM, digest=digest(SYSTEM), hold="declared"),),
        signer="enrolled",
    )  # fmt: skip
    quick = judge.with_items([impact]).posture()
    assert quick.verdict("law:L-1", SYSTEM).status == "met"  # type: ignore[union-attr]
    assert {one.id for one in judge.with_items([impact]).facts.streams} == {impact.stream}


def test_streams_and_answers_say_nothing_alone() -> None:
    empty = with_evidence(
        streams=(Stream(id="attestation:x", kinds=("impact",), subject=SYSTEM, binding=None, entries=0),),
        answers=(Answer(framework="guide", question="adopted", value="yes", item="i"),),
    )
    assert set(statuses(empty).values()) == {"unknown"}

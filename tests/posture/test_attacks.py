"""Attacks that must not launder a failure (contracts, section 7): after each of them what failed is still not met."""

from typing import Any

import msgspec
import pytest

from posture.making import (
    CATALOGUE,
    DATA,
    MODEL,
    SYSTEM,
    bound,
    day,
    digest,
    record,
    result,
    subjects,
    with_evidence,
)
from upright.posture import Answer, BoundCheck, FactInput, Item, evaluate

FAIRNESS = bound("fair", MODEL, ("fairness",))
LEAKAGE = bound("leak", MODEL, ("leakage",))
PROVIDER = Answer(framework="law", question="roles", value=("provider",), system=SYSTEM, item="entry:3")
ONE, EITHER = "law:L-2", "standard:A.3"  # fairness of the model; fairness or leakage of the model
FAILED = result(FAIRNESS, 0, "failed")


def status(*runs: Item, bindings: tuple[BoundCheck, ...] = (FAIRNESS,), of: str = ONE, **parts: Any) -> str:
    facts = with_evidence(*runs, bindings=bindings, answers=(PROVIDER,), **parts)
    found = evaluate(facts, CATALOGUE).verdict(of, SYSTEM)
    assert found is not None
    return found.status


def later(n: int = 1, outcome: str = "passed", **more: Any) -> Item:
    return result(FAIRNESS, n, outcome, **more)


def test_the_honest_way_out_of_a_failure_is_open() -> None:
    assert status(FAILED) == "failing"
    assert status(FAILED, later()) == "met"


def test_an_older_run_imported_later() -> None:
    assert status(FAILED, later(ended=day(99))) == "failing"
    assert status(FAILED, later(ended=FAILED.ended)) == "failing"


def test_an_older_run_imported_later_behind_an_old_failure_as_a_decoy() -> None:
    decoy = later(1, "failed", ended=day(80))
    assert status(FAILED, decoy, later(2, ended=day(90))) == "failing"


def test_another_seed() -> None:
    again = later(setup=FAILED.setup)  # the seed is no part of the setup
    assert status(FAILED, again) == "failing"


def test_another_seed_after_a_failure_with_another_setup() -> None:
    other = later(1, "failed", setup=digest("another setup"))
    assert status(FAILED, other, later(2, setup=FAILED.setup)) == "failing"


def test_another_seed_after_a_pass_about_other_bytes_and_back() -> None:
    elsewhere = (FactInput(ref=MODEL, digest=digest("another model"), hold="bytes"),)
    gone = result(FAIRNESS, 0, "failed")
    swapped = later(1, inputs=elsewhere, setup=digest("another setup"))
    assert status(gone, swapped, later(2, setup=gone.setup)) == "failing"
    # Also where the system was really changed and changed back: the pass in between counted, the old setup does not.
    old = result(FAIRNESS, 0, "failed", inputs=elsewhere, setup=digest("s"))
    assert status(old, later(1), later(2, inputs=elsewhere, setup=digest("s"))) == "unknown"


def test_another_digest() -> None:
    elsewhere = (FactInput(ref=MODEL, digest=digest("another model"), hold="bytes"),)
    assert status(FAILED, later(inputs=elsewhere)) == "failing"
    # A failure about bytes that are gone is replaced by a pass about those of today.
    assert status(result(FAIRNESS, 0, "failed", inputs=elsewhere), later()) == "met"


@pytest.mark.parametrize("signer", ["unattributed", "compromised"])
def test_a_weaker_signer(signer: str) -> None:
    assert status(FAILED, later(signer=signer)) == "failing"
    assert status(later(0), later(1, "failed", signer=signer)) == "unknown"


@pytest.mark.parametrize("limits", [{}, {"auc": {}}, {"auc": {"at_least": "0.69"}}, {"auc": {"at_most": "0.7"}}])
def test_looser_limits(limits: Any) -> None:
    assert status(FAILED, later(limits=limits)) == "failing"


def test_stricter_limits_are_welcome() -> None:
    assert status(FAILED, later(limits={"auc": {"at_least": "0.71"}, "brier": {"at_most": "0.2"}})) == "met"


def test_other_options() -> None:
    assert status(FAILED, later(options=digest("other options"))) == "failing"


def test_a_withdrawal() -> None:
    gone = result(FAIRNESS, 0, "failed", withdrawn_by=digest("withdrawal"))
    assert status(gone) == "unknown"
    assert status(later(0), later(1, "failed", withdrawn_by=digest("withdrawal"))) == "unknown"


def test_a_withdrawal_and_another_seed() -> None:
    gone = result(FAIRNESS, 0, "failed", withdrawn_by=digest("withdrawal"))
    assert status(gone, later(setup=gone.setup)) == "unknown"
    assert status(gone, later(ended=day(99))) == "unknown"
    assert status(gone, later()) == "met"


def test_a_withdrawal_of_an_older_failure_behind_a_newer_one() -> None:
    gone = result(FAIRNESS, 0, "failed", withdrawn_by=digest("withdrawal"))
    newer = later(1, "failed", setup=digest("another setup"))
    assert status(gone, newer, later(2, setup=gone.setup)) == "failing"


def test_an_any_of_partner() -> None:
    good = result(LEAKAGE, 0, recorded=day(120), ended=day(120))
    both = (FAIRNESS, LEAKAGE)
    assert status(good, bindings=(LEAKAGE,), of=EITHER) == "met"
    assert status(FAILED, good, bindings=both, of=EITHER) == "failing"


def test_an_any_of_partner_after_the_failure_became_old() -> None:
    elsewhere = (FactInput(ref=MODEL, digest=digest("another model"), hold="bytes"),)
    failed = result(FAIRNESS, 0, "failed", inputs=elsewhere)
    good = result(LEAKAGE, 0, recorded=day(120), ended=day(120))
    assert status(failed, good, bindings=(FAIRNESS, LEAKAGE), of=EITHER) == "stale"


def test_an_any_of_partner_beside_what_is_not_settled() -> None:
    good = result(LEAKAGE, 0, recorded=day(120), ended=day(120))
    unsure = result(FAIRNESS, 0, "undecided")
    assert status(unsure, good, bindings=(FAIRNESS, LEAKAGE), of=EITHER) == "unknown"


def test_age_never_heals_a_failure() -> None:
    assert status(FAILED, at="2027-06-01T12:00:00.000Z") == "failing"


def test_a_clock_ahead() -> None:
    assert status(FAILED, later(ended=day(140))) == "failing"
    assert status(FAILED, later(recorded="2026-04-11T00:00:00.000Z", ended="2026-04-11T00:05:00.001Z")) == "failing"
    assert status(FAILED, later(recorded="2026-04-11T00:00:00.000Z", ended="2026-04-11T00:05:00.000Z")) == "met"


def with_length(entries: int, *runs: Item) -> str:
    facts = with_evidence(*runs, bindings=(FAIRNESS,), answers=(PROVIDER,))
    streams = [msgspec.structs.replace(one, entries=entries) for one in facts.streams]
    found = evaluate(msgspec.structs.replace(facts, streams=tuple(streams)), CATALOGUE).verdict(ONE, SYSTEM)
    assert found is not None
    return found.status


def test_a_gap() -> None:
    assert with_length(1, later(0)) == "met"
    assert with_length(2, later(0)) == "unknown"
    assert with_length(2, later(1)) == "unknown"


@pytest.mark.parametrize(
    "noise",
    [
        later(0, id=digest("noise")),  # one number twice, so that the count is right
        later(2, id=digest("noise")),  # a number beyond the end
        later(1, id=digest("noise"), result="undecided"),
        later(1, id=digest("noise"), record_state="draft"),
        later(1, id=digest("noise"), record_state="superseded"),
        later(1, id=digest("noise"), signer="unattributed"),
        later(1, id=digest("noise"), kinds=("quality",)),
        later(1, id=digest("noise"), subject=DATA),
    ],
)
def test_a_gap_filled_by_noise(noise: Item) -> None:
    assert with_length(2, later(0), noise) != "met"


def test_what_was_erased_keeps_its_failure_and_else_is_open() -> None:
    erased = msgspec.structs.replace(later(0, "failed"), inputs=(), limits={}, options="", setup="", source="check")
    note = msgspec.structs.replace(later(1), source="erasure", kinds=(), result="undecided", binding=None)
    assert status(erased, note) == "failing"
    lost = msgspec.structs.replace(erased, result="passed", signer="unattributed")
    assert status(lost, note) == "unknown"


def test_a_statement_that_calls_itself_a_record_in_the_stream_of_a_check() -> None:
    for state in ("approved", None):
        claim = later(1, source="record", record_state=state, limits={}, options="", binding=None)
        assert status(FAILED, claim) == "failing"
        assert status(claim) == "unknown"


def test_a_link_to_work_that_does_not_count() -> None:
    both = "standard:A.1"  # impact of the system; fairness of the model must be done

    def done(*more: Item, **failure: Any) -> str:
        failed = result(FAIRNESS, 0, "failed", done_by=(record("nonconformity", SYSTEM).id,), **failure)
        fresh = {"recorded": day(120), "ended": day(120)}
        return status(record("impact", SYSTEM, **fresh), failed, *more, of=both)

    treated = record("nonconformity", SYSTEM)
    assert done(treated) == "met"
    assert done() == "failing"  # names a record that is not there
    assert done(msgspec.structs.replace(treated, record_state="draft")) == "failing"
    assert done(msgspec.structs.replace(treated, record_state="rejected")) == "failing"
    assert done(msgspec.structs.replace(treated, result="failed")) == "failing"
    assert done(msgspec.structs.replace(treated, withdrawn_by=digest("w"))) == "failing"
    assert done(msgspec.structs.replace(treated, signer="unattributed")) == "failing"
    assert done(msgspec.structs.replace(treated, kinds=("waiver",))) == "failing"
    assert done(treated, options=digest("other options")) == "failing"  # not what was approved to be done


def test_a_treatment_past_its_review_date_leaves_stale_and_one_that_always_was_leaves_failing() -> None:
    failed = result(FAIRNESS, 0, "failed", done_by=(record("nonconformity", SYSTEM).id,))
    impact = record("impact", SYSTEM, recorded=day(120), ended=day(120))
    lapsed = record("nonconformity", SYSTEM, review_by="2026-05-31")
    never = record("nonconformity", SYSTEM, review_by="2026-01-31")
    assert status(impact, failed, lapsed, of="standard:A.1") == "stale"
    assert status(impact, failed, never, of="standard:A.1") == "failing"
    assert status(impact, failed, record("nonconformity", SYSTEM, review_by="2026-06-01"), of="standard:A.1") == "met"


def test_a_pass_about_a_model_by_a_data_set_that_does_not_hold_its_predictions() -> None:
    about_data = bound("data", DATA, ("fairness",))
    run = result(about_data, 0)
    assert status(run, bindings=(about_data,)) == "met"
    loose = [
        msgspec.structs.replace(one, edges=()) if one.ref == DATA else one for one in subjects(traits={"stage": "x"})
    ]
    assert status(run, bindings=(about_data,), subjects=tuple(loose)) == "unknown"

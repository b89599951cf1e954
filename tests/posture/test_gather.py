"""From log entries to Facts: keys, bindings, records, withdrawals, and a past that later entries do not change."""

from typing import Any

import pytest

from posture.journal import (
    BYTES,
    CHECKER,
    DATA,
    JANE,
    LIMITS,
    MODEL,
    OMAR,
    ORGANISATION,
    STRANGER,
    SYSTEM,
    Journal,
    person,
)
from upright.catalogue import Catalogue
from upright.kernel import TimeError, sha256_hex
from upright.ledger import ENVELOPE
from upright.posture import evaluate


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def journal(catalogue: Catalogue) -> Journal:
    made = Journal(catalogue)
    made.system()
    return made


# --- keys -------------------------------------------------------------------------------------------------------------


def test_what_an_enrolled_key_signed_counts_and_what_a_stranger_signed_is_unattributed(journal: Journal) -> None:
    good, bad = journal.run(), journal.run("passed", STRANGER)
    assert (journal.item(good).signer, journal.item(bad).signer) == ("enrolled", "unattributed")
    assert journal.item(journal.run("passed", STRANGER, CHECKER)).signer == "enrolled"


def test_a_key_counts_between_its_enrolment_and_its_retirement_by_index_not_by_time(journal: Journal) -> None:
    before = journal.run("passed", STRANGER)
    journal.key(STRANGER)
    within = journal.run("passed", STRANGER)
    journal.key(STRANGER, "retired")
    after = journal.run("passed", STRANGER, started="2026-05-01T10:00:00.000Z", ended="2026-05-01T10:00:00.000Z")
    assert [journal.item(one).signer for one in (before, within, after)] == ["unattributed", "enrolled", "unattributed"]
    journal.key(STRANGER)
    again = journal.run("passed", STRANGER)
    assert journal.item(again).signer == "enrolled"
    assert journal.item(after).signer == "unattributed"


def test_what_a_key_signed_since_it_was_compromised_is_undecided_and_what_it_signed_before_stands(
    journal: Journal,
) -> None:
    first, second = journal.run(), journal.run()
    journal.key(CHECKER, "compromised", from_index=second)
    assert (journal.item(first).signer, journal.item(second).signer) == ("enrolled", "compromised")
    journal.key(CHECKER, "compromised", from_index=second + 50)  # a later word takes nothing back
    assert journal.item(second).signer == "compromised"


def test_a_key_that_is_not_for_signing_evidence_counts_for_nothing(catalogue: Catalogue) -> None:
    from posture.journal import key

    log = key("log", 9)
    journal = Journal(catalogue, log)
    journal.system()
    assert journal.item(journal.run("passed", log)).signer == "unattributed"


def test_a_record_with_fewer_persons_keys_than_its_kind_needs_is_a_draft(journal: Journal) -> None:
    scope = {**journal.catalogue.kind("scope-statement").example, "frameworks": ["nist-ai-rmf"]}
    one = journal.record("scope-statement", ORGANISATION, scope, JANE)
    machine = journal.record("scope-statement", ORGANISATION, scope, JANE, CHECKER)
    two = journal.record("scope-statement", ORGANISATION, scope, JANE, OMAR)
    assert [journal.item(index).record_state for index in (one, machine, two)] == ["draft", "draft", "approved"]


# --- bindings ---------------------------------------------------------------------------------------------------------


def limits(journal: Journal) -> Any:
    (bound,) = journal.facts().bindings
    return bound.limits


def test_a_stricter_limit_is_in_force_at_once_and_a_looser_one_waits_for_another_person(journal: Journal) -> None:
    journal.system(limits={"auc": {"at_least": "0.8"}}, manifest="strict")
    assert limits(journal) == {"auc": {"at_least": "0.8"}}
    loose = journal.system(limits={"auc": {"at_least": "0.6"}}, manifest="loose")
    assert limits(journal) == {"auc": {"at_least": "0.8"}}
    approval = {"bindings": ["quality"], "record_index": loose, "reason": "Fewer rows than planned"}
    journal.record("binding-approval", SYSTEM, approval, JANE, OMAR)
    assert limits(journal) == {"auc": {"at_least": "0.6"}}


def test_a_limit_that_is_gone_is_looser_than_any(journal: Journal) -> None:
    journal.system(limits={}, manifest="none")
    assert limits(journal) == LIMITS


def test_a_dropped_check_stays_until_its_retirement_is_approved(journal: Journal) -> None:
    gone = journal.system(bindings=[], manifest="dropped")
    assert journal.facts().bindings[0].retired_index is None
    approval = {"bindings": ["quality"], "record_index": gone, "reason": "Replaced by a monitor"}
    index = journal.record("binding-approval", SYSTEM, approval, JANE, OMAR)
    assert journal.facts().bindings[0].retired_index == index


def test_an_approval_of_a_record_that_nobody_saw_changes_nothing(journal: Journal) -> None:
    journal.system(limits={}, manifest="none")
    journal.record("binding-approval", SYSTEM, {"bindings": ["quality"], "record_index": 999}, JANE, OMAR)
    assert limits(journal) == LIMITS


# --- records that speak of others -------------------------------------------------------------------------------------


def withdraw(journal: Journal, index: int, *signers: Any, **more: Any) -> int:
    data = {"evidence": f"sha256:{journal.ids[index]}", "reason": "Wrong table"}
    return journal.record("withdrawal", DATA, data, *signers, **more)


def test_a_withdrawal_names_its_evidence_and_a_draft_or_a_stranger_withdraws_nothing(journal: Journal) -> None:
    run = journal.run()
    withdraw(journal, run, state="draft")
    withdraw(journal, run, STRANGER)
    assert journal.item(run).withdrawn_by is None
    index = withdraw(journal, run)
    assert journal.item(run).withdrawn_by == journal.ids[index]


def test_a_withdrawal_by_a_compromised_key_does_not_take_back_a_failure(journal: Journal) -> None:
    failed, passed = journal.run("failed"), journal.run()
    first = withdraw(journal, failed)
    withdraw(journal, passed)
    journal.key(JANE, "compromised", from_index=first)
    assert journal.item(failed).withdrawn_by is None
    assert journal.item(passed).withdrawn_by is not None


def test_a_failure_is_linked_to_what_an_effective_nonconformity_names(journal: Journal) -> None:
    failed = journal.run("failed")
    data = {**journal.catalogue.kind("nonconformity").example, "links": [journal.ids[failed]], "effective": True}
    index = journal.record("nonconformity", SYSTEM, data)
    assert journal.item(failed).done_by == (journal.ids[index],)
    assert journal.item(failed).open_findings == 1
    journal.record("nonconformity", SYSTEM, {**data, "effective": False})
    assert journal.item(failed).done_by == ()


def test_a_waiver_needs_two_persons_who_asks_first_and_who_approves_second(journal: Journal) -> None:
    data = journal.catalogue.kind("waiver").example
    journal.record("waiver", SYSTEM, data, JANE)
    assert journal.facts().waivers == ()
    index = journal.record("waiver", SYSTEM, data, OMAR, JANE)
    (found,) = journal.facts().waivers
    assert (found.requester, found.approver, found.index) == (person(OMAR), person(JANE), index)
    withdraw(journal, index)
    assert journal.facts().waivers == ()


def test_an_exclusion_that_is_taken_back_brings_no_older_one_to_life(journal: Journal) -> None:
    row = {"control": "A.10.4", "included": False, "ground": "risk-assessment-shows-no-need", "reason": "None"}
    data = {"version": "1", "rows": [row], "approved_on": "2026-05-01"}
    journal.record("statement-of-applicability", ORGANISATION, data, JANE, OMAR)
    second = journal.record("statement-of-applicability", ORGANISATION, {**data, "version": "2"}, JANE, OMAR)
    status = evaluate(journal.facts(), journal.catalogue).overall["iso42001:A.10.4"]
    assert status == "not_applicable"
    withdraw(journal, second)
    assert [one.included for one in journal.facts().soa] == [False, True]
    assert evaluate(journal.facts(), journal.catalogue).overall["iso42001:A.10.4"] == "unknown"


def test_only_an_approved_scope_statement_adopts_a_voluntary_framework(journal: Journal) -> None:
    def adopted() -> Any:
        return {one.framework: one.value for one in journal.facts().answers if one.question == "adopted"}

    scope = {**journal.catalogue.kind("scope-statement").example, "frameworks": ["nist-ai-rmf"]}
    journal.record("scope-statement", ORGANISATION, scope, JANE)
    assert adopted() == {}
    index = journal.record("scope-statement", ORGANISATION, scope, JANE, OMAR)
    assert adopted() == {"nist-ai-rmf": "yes"}
    journal.record("scope-statement", ORGANISATION, {**scope, "frameworks": ["iso42001"]}, JANE, OMAR)
    assert adopted() == {"nist-ai-rmf": "no"}
    assert index < len(journal.entries)


# --- the past, gaps and erasure ---------------------------------------------------------------------------------------


def test_the_past_is_not_changed_by_what_is_recorded_later(journal: Journal) -> None:
    failed = journal.run("failed")
    then = journal.time(failed)
    digest = journal.facts(then).digest()
    journal.run()
    withdraw(journal, failed)
    journal.system(digests={**BYTES, DATA: sha256_hex(b"other rows")}, manifest="later")
    journal.key(CHECKER, "compromised", from_index=failed)
    assert journal.facts(then).digest() == digest
    assert journal.facts().digest() != digest


def test_before_the_first_run_nothing_is_known(journal: Journal) -> None:
    before = journal.time(len(journal.entries) - 1)
    journal.run()
    assert journal.facts(before).items == ()
    assert "met" not in {one.status for one in evaluate(journal.facts(before), journal.catalogue).verdicts}


def test_changed_bytes_of_today_are_in_the_newest_record_and_the_run_is_about_the_old_ones(journal: Journal) -> None:
    journal.run()
    journal.system(digests={**BYTES, DATA: sha256_hex(b"other rows")}, manifest="changed")
    facts = journal.facts()
    assert {one.ref: one.digest for one in facts.subjects}[DATA] == sha256_hex(b"other rows")
    assert facts.items[0].inputs[0].digest == BYTES[DATA]


@pytest.mark.parametrize("body", [None, b"{}", b"not an envelope"])
def test_a_body_that_cannot_be_read_leaves_a_gap_and_not_silence(journal: Journal, body: bytes | None) -> None:
    journal.run()
    journal.add("evidence", "binding:mortgage/quality", ENVELOPE, body)
    facts = journal.facts()
    assert [(one.id, one.entries) for one in facts.streams] == [("binding:mortgage/quality", 2)]
    assert len(facts.items) == 1


def test_evidence_of_another_binding_filed_in_this_stream_is_not_of_this_binding(journal: Journal) -> None:
    assert journal.item(journal.run(binding="other")).binding is None


def test_a_data_set_speaks_for_its_model_by_the_edge_of_the_record(journal: Journal) -> None:
    by_ref = {one.ref: one for one in journal.facts().subjects}
    assert [(edge.to, edge.role) for edge in by_ref[DATA].edges] == [(MODEL, "predictions_of")]
    assert {edge.to for edge in by_ref[SYSTEM].edges} == {DATA, MODEL}


def test_the_order_of_entries_given_does_not_matter(journal: Journal) -> None:
    journal.run()
    digest = journal.facts().digest()
    journal.entries.reverse()
    assert journal.facts().digest() == digest


@pytest.mark.parametrize("at", ["2026-05-01", "2026-05-01T10:00:00Z", "now", ""])
def test_a_moment_that_is_no_recorded_time_is_refused(journal: Journal, at: str) -> None:
    with pytest.raises(TimeError):
        from upright.posture import gather

        gather([], at=at, scope=ORGANISATION, catalogue=journal.catalogue, log="self-kept")

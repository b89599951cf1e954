"""A system assessed in another folder appears on the server, and is judged alike once people have linked it."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.assurance.repository import MANIFEST, bundle_of, evidence_key, repository
from records.organisation import Organisation, actor_of
from upright.kernel import Ref
from upright.records.assurance.actions import (
    ForkError,
    PushError,
    approve_bindings,
    enrol_key,
    link_statement,
    push,
    refuse_statement,
    reject_bindings,
)
from upright.records.assurance.judging import explain_of, facts_of, gate_of, overall, posture_of, postures
from upright.records.assurance.models import BindingApproval, EvidenceRow, Intake, PostureRow, WorkspaceSystem
from upright.records.identity.editing import add
from upright.records.identity.power import DeniedError
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.verify import verify
from upright.workspace import Workspace, load_manifest


@pytest.fixture
def loans(tmp_path: Path) -> Workspace:
    return repository(tmp_path / "loans")


def registered(meridian: Organisation) -> System:
    return add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))


def statuses(verdicts: object, system: str) -> dict[str, str]:
    return {one.requirement: one.status for one in verdicts if one.scope_ref == system}  # type: ignore[attr-defined]


def test_after_enrolment_push_and_approval_the_server_judges_as_the_workspace_does(
    meridian: Organisation, loans: Workspace
) -> None:
    registered(meridian)
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    enrol_key(evidence_key(loans), "evidence", actor=lead, reason="The pipeline of lending.")
    done = push(bundle_of(loans), actor=owner)
    assert (done.count("added"), done.count("waiting")) == (3, 0)
    _, _, ours = loans.posture()
    theirs = statuses(ours.verdicts, "system:loans")
    before = statuses(posture_of("system:loans").verdicts, "system:loans")
    assert {one for one in theirs if theirs[one] == "met"}
    assert "met" not in before.values()
    approval = BindingApproval.objects.get()
    assert approval.bindings == ["fairness", "quality", "where-from"]
    approve_bindings(approval, actor=lead, reason="As the impact assessment asks.")
    assert statuses(posture_of("system:loans").verdicts, "system:loans") == theirs
    whole = overall(postures(["system:loans"]).values())
    assert {name: (one.status, one.met, one.of) for name, one in whole.items()} == {
        name: (one.status, one.met, one.of) for name, one in ours.frameworks.items()
    }
    report = verify()
    assert report.outcome == "intact", report.problems


def test_a_statement_of_an_unknown_key_waits_and_counts_only_once_linked(
    meridian: Organisation, loans: Workspace
) -> None:
    registered(meridian)
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    done = push(bundle_of(loans), actor=owner)
    assert (done.count("waiting"), EvidenceRow.objects.count(), Intake.objects.count()) == (3, 0, 3)
    waiting = Intake.objects.first()
    assert waiting is not None
    with pytest.raises(RefusedError, match="enrol one"):
        link_statement(waiting, actor=owner, reason="Ours.")
    enrol_key(evidence_key(loans), "evidence", actor=lead, reason="The pipeline of lending.")
    link_statement(waiting, actor=owner, reason="Ours.")
    assert EvidenceRow.objects.get().evidence == waiting.evidence
    with pytest.raises(RefusedError, match="decided already"):
        link_statement(waiting, actor=owner, reason="Again.")
    other = Intake.objects.filter(state="waiting").first()
    assert other is not None
    with pytest.raises(RefusedError, match="reason"):
        refuse_statement(other, actor=owner, reason=" ")
    refuse_statement(other, actor=owner, reason="Not from us.")
    assert EvidenceRow.objects.count() == 1


def test_for_a_system_that_nobody_registered_everything_waits_and_nothing_is_created(
    meridian: Organisation, loans: Workspace
) -> None:
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(meridian.lead), reason="The pipeline of lending.")
    done = push(bundle_of(loans), actor=actor_of(meridian.lead))
    assert {one.taken for one in done.outcomes} == {"waiting"}
    assert all("register" in one.why for one in done.outcomes)
    assert not System.objects.exists()
    assert not WorkspaceSystem.objects.exists()


def test_pushing_twice_changes_nothing_and_a_later_push_adds_what_is_new(
    meridian: Organisation, loans: Workspace
) -> None:
    registered(meridian)
    owner = actor_of(meridian.owner)
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(meridian.lead), reason="The pipeline of lending.")
    push(bundle_of(loans), actor=owner)
    again = push(bundle_of(loans), actor=owner)
    assert again.count("known") == 3
    assert BindingApproval.objects.count() == 1
    loans.assess(load_manifest(loans.folder), fresh=True, seed=1)
    later = push(bundle_of(loans), actor=owner)
    assert later.count("known") == 3
    assert later.count("added") == 3
    assert EvidenceRow.objects.count() == 6


def test_who_proposed_bindings_does_not_approve_them_and_an_overtaken_proposal_is_not_approved(
    meridian: Organisation, loans: Workspace
) -> None:
    registered(meridian)
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    push(bundle_of(loans), actor=owner)
    first = BindingApproval.objects.get()
    with pytest.raises(RefusedError, match="UP-PUSH-09"):
        approve_bindings(first, actor=owner)
    loosened = MANIFEST.replace('"0.1"', '"0.6"')
    (loans.folder / "upright.yaml").write_text(loosened)
    loans.assess(load_manifest(loans.folder))
    push(bundle_of(loans), actor=owner)
    with pytest.raises(RefusedError, match="UP-PUSH-06"):
        approve_bindings(first, actor=lead)
    second = BindingApproval.objects.exclude(pk=first.pk).get()
    with pytest.raises(RefusedError, match="UP-PUSH-10"):
        reject_bindings(second, actor=lead, reason="")
    reject_bindings(second, actor=lead, reason="0.6 is no limit.")
    with pytest.raises(RefusedError, match="decided already"):
        approve_bindings(second, actor=lead)


def test_a_loosened_limit_is_not_in_force_until_approved(meridian: Organisation, loans: Workspace) -> None:
    registered(meridian)
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    enrol_key(evidence_key(loans), "evidence", actor=lead, reason="The pipeline of lending.")
    push(bundle_of(loans), actor=owner)
    approve_bindings(BindingApproval.objects.get(), actor=lead)
    (loans.folder / "upright.yaml").write_text(MANIFEST.replace('"0.1"', '"0.6"'))
    loans.assess(load_manifest(loans.folder))
    push(bundle_of(loans), actor=owner)
    bound = {one.id: one.limits for one in facts_of("system:loans").bindings}
    assert bound["fairness"]["selection_rate_difference"] == {"at_most": "0.1"}
    proposal = BindingApproval.objects.get(state="proposed")
    assert [one["change"] for one in proposal.changes] == ["loosened"]
    approve_bindings(proposal, actor=lead)
    bound = {one.id: one.limits for one in facts_of("system:loans").bindings}
    assert bound["fairness"]["selection_rate_difference"] == {"at_most": "0.6"}


def test_a_rewritten_history_of_the_same_log_is_a_fork_and_is_refused(
    meridian: Organisation, tmp_path: Path, loans: Workspace
) -> None:
    import shutil

    registered(meridian)
    owner = actor_of(meridian.owner)
    copy = tmp_path / "copy"
    shutil.copytree(loans.folder, copy)
    loans.assess(load_manifest(loans.folder), fresh=True, seed=1)
    push(bundle_of(loans), actor=owner)
    state = Path(loans.state_head)
    state.unlink()
    other = Workspace.open(copy)
    other.assess(load_manifest(copy), fresh=True, seed=2)
    other.assess(load_manifest(copy), fresh=True, seed=3)
    with pytest.raises((ForkError, PushError), match=r"UP-PUSH-0[38]"):
        push(bundle_of(other), actor=owner)
    assert verify().outcome == "intact"


def test_without_the_right_or_outside_the_tokens_scope_nothing_is_pushed(
    meridian: Organisation, loans: Workspace
) -> None:
    from records.organisation import SETUP
    from upright.records.identity.models import Person

    registered(meridian)
    stranger = write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
    with pytest.raises(DeniedError):
        push(bundle_of(loans), actor=actor_of(stranger))
    with pytest.raises(PushError, match="UP-PUSH-04"):
        push(bundle_of(loans), actor=actor_of(meridian.owner), systems=["system:cards"])
    assert not EvidenceRow.objects.exists()


def test_a_system_without_any_evidence_is_unknown_and_its_gate_denies(meridian: Organisation) -> None:
    registered(meridian)
    kept = posture_of("system:loans")
    assert set(statuses(kept.verdicts, "system:loans").values()) <= {"unknown"}
    assert kept.counts("system:loans")["iso42001"].met == 0
    assert gate_of("system:loans", "deployment").answer == "deny"


def test_the_gate_and_the_explanation_rest_on_what_was_pushed(meridian: Organisation, loans: Workspace) -> None:
    registered(meridian)
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    enrol_key(evidence_key(loans), "evidence", actor=lead, reason="The pipeline of lending.")
    push(bundle_of(loans), actor=owner)
    approve_bindings(BindingApproval.objects.get(), actor=lead)
    there = gate_of("system:loans", "deployment")
    here = loans.gate("deployment", "loans")
    assert there.answer == here.answer == "deny"
    assert {(one.what, one.status) for one in there.missing} == {(one.what, one.status) for one in here.missing}
    assert any("fairness" in one.what and one.status == "failing" for one in there.missing)
    assert "group-fairness" in str(explain_of("iso42001:A.5.4", "system:loans"))


def test_posture_is_kept_until_something_changes_and_read_in_few_queries(
    meridian: Organisation, loans: Workspace
) -> None:
    registered(meridian)
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(meridian.lead), reason="The pipeline of lending.")
    push(bundle_of(loans), actor=actor_of(meridian.owner))
    posture_of("system:loans")
    row = PostureRow.objects.get()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert posture_of("system:loans").at == row.at
    assert len(queries) <= 3
    approve_bindings(BindingApproval.objects.get(), actor=actor_of(meridian.lead))
    assert posture_of("system:loans").at > row.at
    counts = overall(postures(["system:loans"]).values())
    assert counts["iso42001"].of == 70
    assert Ref.parse(PostureRow.objects.get().scope).path == "loans"

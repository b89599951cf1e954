"""A pipeline pushes evidence and asks the gate, with a token that reaches one system."""

from pathlib import Path
from typing import Any

import pytest

from api.program import Program, code, new
from records.assurance.repository import evidence_key, repository
from records.organisation import Organisation
from upright.records.assurance.models import BindingApproval, EvidenceRow, Intake
from upright.records.trail.verify import verify
from upright.workspace import load_manifest
from upright.workspace.bundles import push_bytes

ZIP = {"content_type": "application/zip"}


@pytest.fixture
def loans(tmp_path: Path) -> Any:
    return repository(tmp_path / "loans")


@pytest.fixture
def bundle(loans: Any) -> bytes:
    return push_bytes(loans, load_manifest(loans.folder))


def register(meridian: Organisation, owner: Program) -> None:
    body = new(meridian, "loans", name="Small loans")
    assert owner.post("system", body).status_code == 201


def test_push_enrol_approve_posture_gate(
    meridian: Organisation, owner: Program, lead: Program, issued: Any, loans: Any, bundle: bytes
) -> None:
    register(meridian, owner)
    enrolled = lead.post("key", {"vkey": evidence_key(loans), "role": "evidence", "reason": "The pipeline."})
    assert enrolled.status_code == 201, enrolled.content
    pipeline = issued(meridian.owner, systems=["system:loans"])
    done = pipeline("POST", "push", bundle, **ZIP)
    assert done.status_code == 200, done.content
    assert [one["taken"] for one in done.json()["outcomes"]] == ["added"] * 3
    again = pipeline("POST", "push", bundle, **ZIP)
    assert [one["taken"] for one in again.json()["outcomes"]] == ["known"] * 3
    assert EvidenceRow.objects.count() == 3
    approval = BindingApproval.objects.get()
    assert done.json()["proposed"] == approval.ref
    move = f"binding-approval/{approval.ref}/moves/approve_bindings"
    assert code(pipeline.post(move, {"reason": "Mine."}, if_match='"1"'))[0] in {403, 404, 409}
    approved = lead.post(move, {"reason": "As assessed."}, if_match='"1"')
    assert approved.status_code == 200, approved.content
    said = pipeline.get("system/system:loans/posture").json()
    status = {(one["scope_ref"], one["requirement"]): one["status"] for one in said["requirements"]}
    _, _, ours = loans.posture()
    expected = {
        (one.scope_ref, one.requirement): one.status for one in ours.verdicts if one.scope_ref == "system:loans"
    }
    assert expected.items() <= status.items()
    assert said["frameworks"]["iso42001"]["of"] > 0
    one = pipeline.get("system/system:loans/posture?framework=gdpr").json()
    assert set(one["frameworks"]) == {"gdpr"}
    assert {verdict["requirement"].partition(":")[0] for verdict in one["requirements"]} == {"gdpr"}
    gate = pipeline.get("system/system:loans/gate?stage=deployment").json()
    assert (gate["answer"], gate["system"], gate["stage"]) == ("deny", "system:loans", "deployment")
    assert gate["missing"]
    assert verify().outcome == "intact"


def test_what_is_no_bundle_and_what_is_not_asked_right_is_refused(
    meridian: Organisation, owner: Program, bundle: bytes, issued: Any
) -> None:
    register(meridian, owner)
    for broken in (b"PK", b"x" * 1000, bundle[:-30], bundle[:200] + b"\0" * 50 + bundle[250:]):
        answer = owner("POST", "push", broken, **ZIP)
        assert code(answer)[0] == 422
        assert "upright-push-" not in answer.content.decode()
    assert code(owner("POST", "push", bundle)) == (415, "UP-API-07")
    assert owner.post("system", new(meridian, "other")).status_code == 201
    other = issued(meridian.owner, systems=["system:other"])
    assert code(other("POST", "push", bundle, **ZIP)) == (422, "UP-PUSH-04")
    reader = issued(meridian.owner, rights=["assurance.posture.read", "inventory.system.read"])
    assert code(reader("POST", "push", bundle, **ZIP)) == (403, "UP-POWER-01")
    assert code(Program()("POST", "push", bundle, **ZIP)) == (401, "UP-API-01")
    assert code(other.get("system/system:loans/posture")) == (404, "UP-API-04")
    assert code(other.get("system/system:loans/gate?stage=deployment")) == (404, "UP-API-04")
    assert code(owner.get("system/system:loans/gate"))[0] == 422
    assert code(owner.get("system/system:loans/gate?stage=heaven"))[0] == 422
    assert code(owner.get("system/system:loans/posture?framework=none"))[0] == 422
    for bad in ({"vkey": "x", "role": "evidence", "reason": "r"}, {"vkey": "x", "role": "log", "reason": "r"}):
        assert code(owner.post("key", bad))[0] in {403, 422}
    assert not EvidenceRow.objects.exists()
    assert not Intake.objects.exists()


def test_a_statement_of_an_unknown_key_waits_and_is_linked_by_api(
    meridian: Organisation, owner: Program, lead: Program, loans: Any, bundle: bytes
) -> None:
    register(meridian, owner)
    done = owner("POST", "push", bundle, **ZIP).json()
    assert {one["taken"] for one in done["outcomes"]} == {"waiting"}
    waiting = lead.get("intake?state=waiting").json()["items"]
    assert len(waiting) == 3
    path = f"intake/{waiting[0]['ref']}/moves/link_statement"
    assert code(lead.post(path, {"reason": "Ours."}, if_match='"1"')) == (409, "UP-PUSH-05")
    body = {"vkey": evidence_key(loans), "role": "evidence", "reason": "The pipeline."}
    assert lead.post("key", body).status_code == 201
    assert code(lead.post("key", body))[0] == 409
    assert lead.post(path, {"reason": "Ours."}, if_match='"1"').status_code == 200
    assert EvidenceRow.objects.count() == 1
    assert verify().outcome == "intact"

"""A server's pack verifies offline, shows what people approved as attested by login, and cannot be doctored unseen."""

import base64
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from records.assurance.repository import bundle_of, evidence_key, repository
from records.assurance.test_audits import person
from records.assurance.test_spoken import policy, second
from records.organisation import Organisation, actor_of, grant
from upright.gate import GateError
from upright.kernel import canonical_bytes
from upright.ledger import VerifierKey
from upright.pack import verify_pack
from upright.records.assurance import packing
from upright.records.assurance.actions import approve_bindings, enrol_key, push
from upright.records.assurance.models import BindingApproval
from upright.records.assurance.snapshots import PostureSnapshot
from upright.records.assurance.verdicts import ask_the_gate, file_gate, take_snapshot
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Role
from upright.records.identity.power import DeniedError
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import entries_of
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import organisation, server_log
from upright.records.trail.verify import verify


def approved_policy(meridian: Organisation) -> Any:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    document = add(policy(meridian), actor=ada)
    controlled.submit(document, actor=ada)
    controlled.approve(document, actor=bo)
    return document


def read(path: Path, name: str) -> Any:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(name))


def test_a_pack_of_the_server_verifies_and_shows_who_approved_by_login(meridian: Organisation, tmp_path: Path) -> None:
    document = approved_policy(meridian)
    loans = repository(tmp_path / "loans")
    add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(meridian.lead), reason="Lending.")
    push(bundle_of(loans), actor=actor_of(meridian.owner))
    approve_bindings(BindingApproval.objects.get(), actor=actor_of(meridian.lead))
    key = VerifierKey.parse(str(server_log().key))
    for scope in (organisation(), "system:loans"):
        out = packing.write_pack(tmp_path / f"{scope.partition(':')[2]}.zip", scope=scope)
        report = verify_pack(out, trust=key)
        assert (report.outcome, report.exit_status) == ("intact", 0), report.problems
        (said,) = [one for one in report.asserted if "attested by login" in one]
        assert said.startswith("attested by login: 2 records by 2 persons")  # the policy, and the registered system
        items = [one for one in read(out, "facts.json")["items"] if one["stream"] == document.ref]
        assert [(one["record_state"], one["signer"]) for one in items][-1] == ("approved", "login")
        with zipfile.ZipFile(out) as archive:
            page = archive.read("report.html").decode()
        assert "attested by login" in page
        assert "Bo Second" in page
        assert "Made for" not in page
    assert verify_pack(tmp_path / "meridian.zip").exit_status == 3  # nobody said whose key it is
    doctored = tmp_path / "doctored.zip"
    with zipfile.ZipFile(tmp_path / "loans.zip") as old, zipfile.ZipFile(doctored, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "ledger/openings.jsonl":
                lines = data.splitlines()
                at = max(n for n, line in enumerate(lines) if f'"ref":"{document.ref}"'.encode() in line)
                opening = json.loads(lines[at])
                body = base64.b64decode(opening["body"])
                assert b'"state":"approved"' in body
                forged = body.replace(str(meridian.owner.ref).encode(), str(meridian.lead.ref).encode())
                assert forged != body
                lines[at] = canonical_bytes(opening | {"body": base64.b64encode(forged).decode()})
                data = b"\n".join(lines) + b"\n"
            new.writestr(name, data)
    assert verify_pack(doctored, trust=key).outcome == "broken"
    assert verify().outcome == "intact"


def test_a_pack_is_for_who_may_read_all_and_an_external_auditors_says_for_whom(
    meridian: Organisation, tmp_path: Path
) -> None:
    approved_policy(meridian)
    out = tmp_path / "pack.zip"
    for who in (meridian.owner, person(meridian, "Rae", Role.MEMBER), person(meridian, "Ed", Role.ADMINISTRATOR)):
        with pytest.raises(DeniedError):
            packing.pack_for(out, actor=actor_of(who))
    below = person(meridian, "Lo", Role.MEMBER)
    grant(below, Role.EXTERNAL_AUDITOR, meridian.lending)
    with pytest.raises(DeniedError):
        packing.pack_for(out, actor=actor_of(below))
    with pytest.raises(RefusedError, match="UP-SRVPACK-01"):
        packing.pack_for(out, scope="system:none", actor=actor_of(meridian.lead))
    assert not out.exists()
    auditor = person(meridian, "Ex <Ternal>", Role.EXTERNAL_AUDITOR)
    packing.pack_for(out, actor=actor_of(auditor))
    with zipfile.ZipFile(out) as archive:
        page = archive.read("report.html").decode()
    assert "Made for Ex &lt;Ternal&gt;, external auditor, at 20" in page
    assert verify_pack(out, trust=VerifierKey.parse(str(server_log().key))).outcome == "intact"
    packing.pack_for(out, actor=actor_of(auditor), language="de")
    with zipfile.ZipFile(out) as archive:
        page = archive.read("report.html").decode()
    assert "Erstellt für Ex &lt;Ternal&gt;, externe Prüferin oder externer Prüfer, um 20" in page
    assert '<html lang="de">' in page
    assert verify_pack(out, trust=VerifierKey.parse(str(server_log().key))).outcome == "intact"


def test_a_verdict_is_written_once_until_it_changes_and_a_snapshot_holds_what_was(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)
    stream = f"verdict:gate:{system.ref}"
    answer = file_gate(system.ref, "verification-validation")
    assert answer.answer == "deny"
    file_gate(system.ref, "verification-validation")
    assert [one.type for one in entries_of(stream)] == ["verdict"]
    for _ in range(2):
        ask_the_gate(system, stage="deployment", actor=ada)
    assert len(entries_of(stream)) == 2
    with pytest.raises(DeniedError):
        ask_the_gate(system, stage="deployment", actor=actor_of(person(meridian, "Mo", Role.MEMBER)))
    with pytest.raises(GateError):
        ask_the_gate(system, stage="moon", actor=ada)
    assert len(entries_of(stream)) == 2
    before = take_snapshot(actor=ada)
    assert take_snapshot(actor=ada) == before
    assert before.counts["iso42001"]["met"] == 0
    assert set(before.counts["iso42001"]) == {
        "status", "of", "met", "partly", "failing", "stale", "unknown", "not_applicable"
    }  # fmt: skip
    approved_policy(meridian)
    after = take_snapshot(actor=ada)
    assert after.counts["iso42001"]["partly"] > before.counts["iso42001"]["partly"]
    assert LedgerEntry.objects.filter(ref=f"verdict:snapshot:{organisation()}").count() == 2
    of_system = take_snapshot(system.ref, actor=ada)
    assert of_system.home() == system.reference
    with pytest.raises(RefusedError, match="UP-SNAP-01"):
        take_snapshot("system:none", actor=ada)
    with pytest.raises(DeniedError):
        take_snapshot(actor=actor_of(person(meridian, "Rae", Role.MEMBER)))
    with pytest.raises((RefusedError, DeniedError)):
        edit(PostureSnapshot.objects.get(pk=before.pk), actor=ada)
    assert verify().outcome == "intact"

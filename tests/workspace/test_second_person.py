"""What one person may not decide alone: applicability, scope, waivers, and a looser or dropped check."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from upright.evidence.keys import PrivateKey
from upright.workspace import AttestError, Workspace, load_manifest
from workspace.manifests import write_project

LIMIT = "limits: {selection_rate_difference: {at_most: 0.30}}"
SOA = {
    "version": "1",
    "rows": [
        {
            "control": "A.10.4", "system": None, "included": False, "ground": "risk-assessment-shows-no-need",
            "reason": "Nothing is made for customers", "status": "planned", "needed_by": [],
        }
    ],
    "approved_on": "2026-09-01",
}  # fmt: skip
SCOPE = {
    "frameworks": ["nist-ai-rmf"], "units": ["Lending"], "systems": ["lending"], "excluded": "Nothing",
    "approved_on": "2026-09-01",
}  # fmt: skip


class Office:
    """A workspace with an assessed system and two people."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        write_project(folder)
        self.workspace = Workspace.open_or_create(folder, "meridian")
        self.assess()
        self.people = [PrivateKey.generate("person", f"person/{uuid4()}") for _ in range(3)]
        for key in self.people[:2]:
            self.workspace.enrol(key.vkey, role="person", reason="signs records")

    def assess(self) -> Any:
        return self.workspace.assess(load_manifest(self.folder))

    def attest(self, kind: str, about: str, data: Mapping[str, Any], *people: int) -> Any:
        file = self.folder / f"{kind}.json"
        file.write_text(json.dumps({"review_by": "2099-01-01", "data": data}))
        return self.workspace.attest(kind, about, file, [self.people[number] for number in people])

    def status(self, requirement: str) -> set[str]:
        _, _, posture = self.workspace.posture()
        return {one.status for one in posture.verdicts if one.requirement == requirement}

    def change(self, old: str, new: str) -> None:
        path = self.folder / "upright.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "lending")


def test_one_key_leaves_a_control_in_and_two_take_it_out(office: Office) -> None:
    filed = office.attest("statement-of-applicability", "organisation", SOA, 0)
    assert (filed.state, filed.missing_keys) == ("draft", 1)
    assert "not_applicable" not in office.status("iso42001:A.10.4")
    filed = office.attest("statement-of-applicability", "organisation", SOA, 0, 1)
    assert (filed.state, filed.missing_keys) == ("approved", 0)
    assert office.status("iso42001:A.10.4") == {"not_applicable"}


def test_one_key_sets_no_scope_and_two_do(office: Office) -> None:
    assert office.attest("scope-statement", "organisation", SCOPE, 0).state == "draft"
    assert office.status("iso42001:4.3") == {"unknown"}
    assert office.attest("scope-statement", "organisation", SCOPE, 0, 1).state == "approved"
    assert office.status("iso42001:4.3") != {"unknown"}


def test_the_second_key_is_another_persons_and_an_enrolled_one(office: Office) -> None:
    before = office.workspace.log.size
    with pytest.raises(AttestError, match="signs twice"):
        office.attest("statement-of-applicability", "organisation", SOA, 0, 0)
    with pytest.raises(AttestError, match="is not enrolled here"):
        office.attest("statement-of-applicability", "organisation", SOA, 0, 2)
    assert office.workspace.log.size == before


def waiver(requirement: str) -> dict[str, str]:
    return {
        "requirement": requirement, "system": "system:lending", "stage": "deployment", "until": "2099-01-01",
        "reason": "Is due in January",
    }  # fmt: skip


def test_one_key_waives_nothing_and_two_waive_without_changing_posture(office: Office) -> None:
    def missing() -> set[str]:
        return {one.what for one in office.workspace.gate("deployment").missing}

    requirement = "iso42001:A.8.2"
    assert requirement in missing()
    office.attest("waiver", "system", waiver(requirement), 0)
    assert requirement in missing()
    before = office.status(requirement)
    office.attest("waiver", "system", waiver(requirement), 0, 1)
    answer = office.workspace.gate("deployment")
    assert requirement not in {one.what for one in answer.missing}
    assert [one.requirement for one in answer.waivers] == [requirement]
    assert answer.waivers[0].requester != answer.waivers[0].approver
    assert office.status(requirement) == before


def test_a_bound_check_cannot_be_waived(office: Office) -> None:
    office.change(LIMIT, "limits: {selection_rate_difference: {at_most: 0.0001}}")
    office.assess()
    office.attest("waiver", "system", waiver("fairness"), 0, 1)
    assert "fairness" in {one.what for one in office.workspace.gate("deployment").missing}


def bindings(office: Office) -> dict[str, Any]:
    return {one.id: one for one in office.workspace.facts().bindings}


def approval(office: Office, **more: Any) -> dict[str, Any]:
    manifest = load_manifest(office.folder).sha256
    return {"manifest": manifest, "bindings": ["fairness"], "reason": "Agreed with the supervisor"} | more


def test_a_loosened_limit_is_shown_and_the_approved_one_rules_until_a_person_approves(office: Office) -> None:
    office.change("at_most: 0.30", "at_most: 0.9")
    found = office.assess()
    change = next(one for one in found.changes if one.binding == "fairness")
    assert (change.what, change.needs_approval) == ("loosened", True)
    assert "0.3 became 0.9" in change.detail
    assert any("Not approved yet: fairness" in note for note in found.notes)
    assert bindings(office)["fairness"].limits["selection_rate_difference"] == {"at_most": "0.3"}

    office.attest("binding-approval", "system", approval(office, manifest="0" * 64), 0)
    assert office.assess().changes != ()  # of another manifest: approves nothing here
    office.attest("binding-approval", "system", approval(office), 0)
    assert bindings(office)["fairness"].limits["selection_rate_difference"] == {"at_most": "0.9"}
    assert office.assess().changes == ()


def test_a_tightened_limit_is_in_force_at_once(office: Office) -> None:
    office.change("at_most: 0.30", "at_most: 0.2")
    assert [one.what for one in office.assess().changes] == ["tightened"]
    assert bindings(office)["fairness"].limits["selection_rate_difference"] == {"at_most": "0.2"}
    assert office.assess().changes == ()


def test_a_removed_check_stays_bound_until_a_person_retires_it_with_a_reason(office: Office) -> None:
    text = (office.folder / "upright.yaml").read_text()
    (office.folder / "upright.yaml").write_text(text.partition("checks:")[0])
    found = office.assess()
    assert [(one.binding, one.what) for one in found.changes] == [("fairness", "removed")]
    assert found.exit_status == 3
    assert bindings(office)["fairness"].retired_index is None
    with pytest.raises(AttestError, match="reason"):
        office.attest("binding-approval", "system", {k: v for k, v in approval(office).items() if k != "reason"}, 0)
    office.attest("binding-approval", "system", approval(office), 0)
    assert bindings(office)["fairness"].retired_index is not None
    assert office.assess().changes == ()


def test_the_evidence_key_that_ran_the_check_approves_nothing(office: Office) -> None:
    office.change("at_most: 0.30", "at_most: 0.9")
    office.assess()
    office.people.append(office.workspace.evidence_signer())
    with pytest.raises(AttestError, match="has role evidence"):
        office.attest("binding-approval", "system", approval(office), 3)
    assert bindings(office)["fairness"].limits["selection_rate_difference"] == {"at_most": "0.3"}

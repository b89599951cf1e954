"""``upright push`` from a real workspace to a server that serves: from a repository to a judged system."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from records.assurance.repository import evidence_key, repository
from records.organisation import Organisation, actor_of
from upright.kernel import schemas
from upright.records.assurance.actions import approve_bindings, enrol_key
from upright.records.assurance.judging import posture_of
from upright.records.assurance.models import BindingApproval, Intake
from upright.records.identity.editing import add
from upright.records.trail.verify import verify
from upright.workspace import Workspace


@pytest.fixture
def loans(tmp_path: Path) -> Workspace:
    return repository(tmp_path / "loans")


def pushed(workspace: Workspace, server: str = "", token: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("UPRIGHT_")}
    given = {"UPRIGHT_SERVER": server, "UPRIGHT_TOKEN": token}
    return subprocess.run(
        [sys.executable, "-m", "upright", "push", "--workspace", str(workspace.folder), "--format", "json"],
        env=kept | {name: value for name, value in given.items() if value},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_system_assessed_elsewhere_appears_after_push_enrolment_link_and_approval(
    meridian_committed: Organisation, token_of: Any, live_server: Any, loans: Workspace
) -> None:
    meridian, owner, lead = meridian_committed, meridian_committed.owner, meridian_committed.lead
    add(meridian.system("loans", name="Small loans"), actor=actor_of(owner))
    token = token_of(owner)
    early = pushed(loans, live_server.url, token)
    assert early.returncode == 3, early.stderr
    assert [one["taken"] for one in json.loads(early.stdout)["outcomes"]] == ["waiting"] * 3
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(lead), reason="Lending.")
    done = pushed(loans, live_server.url, token)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schemas.load("push")).validate(said)
    assert [one["taken"] for one in said["outcomes"]] == ["added"] * 3
    approval = BindingApproval.objects.get()
    assert said["proposed"] == approval.ref
    approve_bindings(approval, actor=actor_of(lead), reason="As assessed.")
    _, _, ours = loans.posture()
    theirs = {
        one.requirement: one.status for one in posture_of("system:loans").verdicts if one.scope_ref == "system:loans"
    }
    assert theirs == {one.requirement: one.status for one in ours.verdicts if one.scope_ref == "system:loans"}
    assert "met" in theirs.values()
    assert list(Intake.objects.values_list("state", flat=True)) == ["linked"] * 3
    assert verify().outcome == "intact"


@pytest.mark.parametrize(
    ("server", "token", "says"),
    [
        ("", "upr_x", "UPRIGHT_SERVER"),
        ("https://upright.example", "", "UPRIGHT_TOKEN"),
        ("http://upright.example", "upr_x", "UP-SDK-03"),
    ],
)
def test_what_cannot_be_sent_is_told_before_anything_is(loans: Workspace, server: str, token: str, says: str) -> None:
    run = pushed(loans, server, token)
    assert run.returncode == 2
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_a_token_that_opens_nothing_pushes_nothing(
    meridian_committed: Organisation, live_server: Any, loans: Workspace
) -> None:
    run = pushed(loans, live_server.url, "upr_nothing")
    assert run.returncode != 0
    assert "UP-API-02" in run.stderr
    assert not Intake.objects.exists()

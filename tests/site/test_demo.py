"""The demo: made by the verbs that everybody uses, its evidence really measured, and nothing of it twice."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from records.assurance.repository import MANIFEST, repository
from upright.kernel import time_text
from upright.ledger.leaves import parse_leaf
from upright.records.assurance.models import BindingApproval, Intake
from upright.records.governance.models import Document
from upright.records.identity.models import Account
from upright.records.risk.models import ImpactAssessment, Risk
from upright.records.trail.models import LedgerEntry
from upright.records.trail.reactions import run_pending
from upright.records.trail.server_log import begin, now
from upright.records.trail.verify import verify
from upright.site.demo import LOGINS, PASSWORD, beginning, build


@pytest.mark.slow
def test_the_demo_is_whole_intact_judged_and_can_be_logged_in_to(
    db: None, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, settings: object
) -> None:
    settings.UPRIGHT_HOME = str(tmp_path_factory.mktemp("server"))  # type: ignore[attr-defined]
    with beginning():
        begin("meridian")
    folder = tmp_path / "mortgage"
    repository(folder, MANIFEST.replace("id: loans", "id: mortgage"))
    built = build(folder)
    assert (built.is_new, built.evidence, Intake.objects.count()) == (True, 3, 0)
    assert BindingApproval.objects.get().state == "approved"
    assert Document.objects.get(subtype="ai-policy").state == "approved"
    assert {one.email for one in LOGINS} == set(Account.objects.values_list("email", flat=True))
    client = Client()
    sent = client.post("/account/login/", {"login": "mira@meridian.example", "password": PASSWORD})
    assert (sent.status_code, sent.headers["Location"]) == (302, "/")
    assert "A.7.5" in client.get("/posture/system:mortgage/?status=met").content.decode()
    leaves = [parse_leaf(bytes(leaf)) for leaf in LedgerEntry.objects.order_by("index").values_list("leaf", flat=True)]
    assert not [one for one in leaves if one.late]
    assert leaves[0].time < time_text(now() - timedelta(days=540))
    run_pending()  # what an event of last year leads to has happened then: nothing is opened by it today
    accepted = Risk.objects.get(title__startswith="Applications of today")
    assert (accepted.state, ImpactAssessment.objects.get().reopened_because) == ("accepted", "")
    report = verify()
    assert report.outcome == "intact", report.problems
    again = build(folder)
    assert (again.is_new, again.evidence) == (False, 3)

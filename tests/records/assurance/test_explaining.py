"""Why is told from the Facts that were kept, and says at every moment what the log read afresh says."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.assurance.repository import bundle_of, evidence_key, repository
from records.organisation import Organisation, actor_of
from upright.kernel import parse_time
from upright.posture import Facts, explain
from upright.records.assurance.actions import approve_bindings, enrol_key, push
from upright.records.assurance.explaining import posture_and_facts
from upright.records.assurance.gathered import packed, unpacked
from upright.records.assurance.judging import Kept, catalogue, explain_of, facts_of, posture_of
from upright.records.assurance.models import BindingApproval, PostureRow
from upright.records.governance.models import Document
from upright.records.identity.editing import add
from upright.records.trail.server_log import clock_set

LOANS = "system:loans"


def told(of: tuple[Kept, Facts]) -> dict[str, tuple[object, ...]]:
    """What is said of each requirement, and its status both as it is told and as the posture has it."""
    kept, facts = of
    known = {one.requirement: one.status for one in kept.verdicts if one.scope_ref == kept.scope}
    said = {}
    for one in known:
        found = explain(facts, catalogue(), one, system=kept.scope)
        assert found.status == known[one], one
        said[one] = (found.status, found.sentences, found.evidence)
    return said


def afresh() -> dict[str, tuple[object, ...]]:
    """The same, every entry read again."""
    asked = [one.requirement for one in posture_of(LOANS).verdicts if one.scope_ref == LOANS]
    found = [explain_of(one, LOANS) for one in asked]
    return {one.requirement: (one.status, one.sentences, one.evidence) for one in found}


def test_why_is_told_in_one_query_and_follows_every_change(meridian: Organisation, tmp_path: Path) -> None:
    owner, lead = actor_of(meridian.owner), actor_of(meridian.lead)
    add(meridian.system("loans", name="Small loans"), actor=owner)
    nothing = told(posture_and_facts(LOANS))
    assert nothing == afresh()
    assert not [one for one in nothing.values() if one[0] == "met"]

    workspace = repository(tmp_path / "loans")
    enrol_key(evidence_key(workspace), "evidence", actor=lead, reason="The pipeline of lending.")
    push(bundle_of(workspace), actor=owner)
    waiting = told(posture_and_facts(LOANS))
    approve_bindings(BindingApproval.objects.get(), actor=lead, reason="As asked.")
    counted = told(posture_and_facts(LOANS))
    assert counted == afresh() != waiting
    assert [one for one in counted.values() if one[0] == "met"]
    assert "group-fairness" in str(counted["iso42001:A.5.4"])

    with CaptureQueriesContext(connection) as queries:
        kept, facts = posture_and_facts(LOANS, "organisation:meridian")
    assert len(queries) == 1
    assert facts.digest() == kept.facts == PostureRow.objects.get().facts
    assert facts == facts_of(LOANS, kept.at)

    add(Document(title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.lead, text="We."),
        actor=lead)  # fmt: skip
    assert told(posture_and_facts(LOANS)) == afresh()

    later = parse_time(PostureRow.objects.get().until) + timedelta(days=400)
    with clock_set(lambda: later):
        aged = told(posture_and_facts(LOANS))
        assert aged == afresh()
    assert [one for one in aged.values() if one[0] == "stale"]


@pytest.mark.parametrize("planted", ["nothing", "garbage", "of another moment"])
def test_facts_that_are_not_those_of_the_posture_are_not_believed(meridian: Organisation, planted: str) -> None:
    add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    other = msgspec.structs.replace(facts_of(LOANS), at="2026-01-01T00:00:00.000Z")
    posture_of(LOANS)
    meant = told(posture_and_facts(LOANS))
    kept = {"nothing": b"", "garbage": b"\x78\x9c\x00", "of another moment": packed(other)}[planted]
    PostureRow.objects.update(gathered=kept)
    row = PostureRow.objects.get()
    assert unpacked(kept, row.facts) is None
    assert told(posture_and_facts(LOANS)) == meant


def test_packed_facts_come_back_as_they_were(meridian: Organisation) -> None:
    add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    facts = facts_of(LOANS)
    assert unpacked(packed(facts), facts.digest()) == facts
    assert unpacked(packed(facts), "0" * 64) is None

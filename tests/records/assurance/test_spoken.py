"""What people decide on the server counts in posture: from its entry, by two persons, tied to what it was about."""

from datetime import timedelta
from typing import Any

import pytest

from records.organisation import SETUP, Organisation, actor_of, grant
from upright.kernel import time_text
from upright.posture import evaluate, gather
from upright.posture.posture import Status
from upright.records.assurance.judging import catalogue, facts_of
from upright.records.governance.models import Document, LeadershipDecision
from upright.records.identity import controlled
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person, Role
from upright.records.operations.actions.requests import settle_access_review
from upright.records.operations.models import AccessReview
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import clock_set, now, organisation


def second(meridian: Organisation) -> Person:
    person = write(Person(name="Bo Second", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(person, Role.AIMS_MANAGER, meridian.root)
    return person


def policy(meridian: Organisation, **more: Any) -> Document:
    return Document(
        title="AI policy",
        subtype="ai-policy",
        unit=meridian.root,
        owner=meridian.owner,
        text="We …",
        review_by=now().date() + timedelta(days=300),
        **more,
    )


def kinds_now(kind: str) -> list[tuple[str, str | None, str]]:
    return [
        (item.stream, item.record_state, item.signer) for item in facts_of(organisation()).items if kind in item.kinds
    ]


def status(requirement: str, at: str | None = None) -> Status:
    posture = evaluate(facts_of(organisation(), at), catalogue())
    (found,) = [one for one in posture.verdicts if one.requirement == requirement and one.scope_ref == organisation()]
    return found.status


def test_a_policy_counts_once_approved_and_no_longer_once_withdrawn_or_past_its_review(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    document = add(policy(meridian), actor=ada)
    controlled.submit(document, actor=ada)
    assert kinds_now("ai-policy") == [(document.ref, "draft", "login")] * 2
    assert status("iso42001:5.2") == "unknown"
    controlled.approve(document, actor=bo)
    assert status("iso42001:5.2") == "partly"  # its communication is not shown yet
    approved = facts_of(organisation()).at
    cells = [item for item in facts_of(organisation()).items if item.stream == document.ref]
    assert [(one.record_state, one.result) for one in cells][-1] == ("approved", "passed")
    assert cells[-1].inputs[0].ref == organisation()
    controlled.revise(document, actor=ada, reason="A word.")
    assert kinds_now("ai-policy")[-1][1] == "draft"
    controlled.submit(document, actor=ada)
    controlled.approve(document, actor=bo)
    later = now() + timedelta(days=301)
    with clock_set(lambda: later):
        (row,) = [one for one in facts_of(organisation()).items if one.n == 5 and one.stream == document.ref]
        assert str(row.review_by) < time_text(now())[:10]
        assert status("iso42001:5.2") == "stale"
    controlled.withdraw(document, actor=bo, reason="Replaced by the group's.")
    assert kinds_now("ai-policy")[-1][1] == "withdrawn"
    assert (status("iso42001:5.2"), status("iso42001:5.2", approved)) == ("unknown", "partly")


def test_what_took_its_place_stands_alone(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    old = add(policy(meridian), actor=ada)
    controlled.submit(old, actor=ada)
    controlled.approve(old, actor=bo)
    new = add(policy(meridian, supersedes=old), actor=ada)
    assert {stream for stream, _, _ in kinds_now("ai-policy")} == {old.ref}  # a draft opens nothing that stands
    controlled.submit(new, actor=ada)
    controlled.approve(new, actor=bo)
    assert {stream for stream, _, _ in kinds_now("ai-policy")} == {new.ref}
    streams = {one.id: one.entries for one in facts_of(organisation()).streams}
    assert (old.ref in streams, streams[new.ref]) == (False, 3)


def test_the_same_entries_say_nothing_in_a_log_that_no_server_kept(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    document = add(policy(meridian), actor=ada)
    controlled.submit(document, actor=ada)
    controlled.approve(document, actor=bo)
    entries = recorded(LedgerEntry.objects.all())

    def items(log: Any) -> int:
        at = entries[-1].time
        facts = gather(
            entries, at=at, scope=organisation(), catalogue=catalogue(), log=log, organisation=organisation()
        )
        return len([one for one in facts.items if one.stream == document.ref])

    assert (items("server"), items("self-kept")) == (3, 0)


def test_a_reconfirmed_policy_is_renewed_by_somebody_other_than_its_owner(meridian: Organisation) -> None:
    import pytest

    from upright.records.trail.errors import RefusedError

    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    document = add(policy(meridian), actor=ada)
    controlled.submit(document, actor=ada)
    controlled.approve(document, actor=bo)
    later = now().date() + timedelta(days=500)
    for code, actor, day, reason in (
        ("UP-CTRL-04", ada, later, "Read again."),
        ("UP-CTRL-03", bo, now().date(), "Read again."),
        ("UP-CTRL-06", bo, later, " "),
    ):
        with pytest.raises(RefusedError, match=code):
            controlled.reconfirm(Document.objects.get(pk=document.pk), review_by=day, actor=actor, reason=reason)
    controlled.reconfirm(document, review_by=later, actor=bo, reason="Read again, nothing changed.")
    newest = [one for one in facts_of(organisation()).items if one.stream == document.ref][-1]
    assert (newest.review_by, newest.record_state) == (str(later), "approved")


def test_a_registered_system_has_a_digest_that_changes_with_its_purpose(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    system = add(meridian.system(), actor=ada)

    def digest() -> str | None:
        return {one.ref: one.digest for one in facts_of(system.ref).subjects}[system.ref]

    first = digest()
    system.stage = "design-development"
    write(system, actor=ada, action="inventory.system.moved")
    assert digest() == first is not None
    system.purpose = "Decides about mortgages of companies too."
    edit(system, actor=ada)
    assert digest() != first


def test_a_later_occasion_takes_the_place_of_an_earlier_one_unless_that_one_failed(meridian: Organisation) -> None:
    ada, system = actor_of(meridian.lead), write(meridian.system(), actor=SETUP, action="inventory.system.added")

    def looked(days: int, left: str = "") -> AccessReview:
        found = AccessReview(
            system=system,
            reviewer=meridian.lead,
            reviewed_on=now().date() - timedelta(days=days),
            groups=["Analysts => data"],
            withdrawn=0,
            left=left,
            encryption="At rest.",
        )
        return add(found, actor=ada)

    def standing() -> list[str]:
        return [one.stream for one in facts_of(str(system.ref)).items if "access-control-record" in one.kinds]

    def states() -> set[str | None]:
        (found,) = [
            one
            for one in evaluate(facts_of(str(system.ref)), catalogue()).verdicts
            if one.requirement == "gdpr:GDPR-5-f" and one.scope_ref == str(system.ref)
        ]
        return {found.status, found.beneath}

    first = looked(500)
    assert standing() == [first.ref]
    newer = looked(30)
    older = looked(200)  # entered later, and of an earlier day
    assert standing() == [newer.ref]
    failed = looked(20, left="Two analysts who moved.")
    assert "failing" in states()
    assert set(standing()) == {newer.ref, failed.ref}
    last = looked(1)
    assert set(standing()) == {failed.ref, last.ref}, "what failed stands beside what came after it"
    assert older.ref not in standing()
    with pytest.raises(RefusedError, match="UP-OPS-66"):
        settle_access_review(failed, withdrawn=2, actor=actor_of(meridian.owner), reason="Withdrawn.")
    settle_access_review(failed, withdrawn=2, actor=ada, reason="Withdrawn today.")
    with pytest.raises(RefusedError, match="UP-OPS-67"):
        settle_access_review(last, withdrawn=2, actor=ada, reason="Withdrawn today.")
    assert tuple(one.result for one in facts_of(str(system.ref)).items if one.stream == failed.ref) == (
        "failed",
        "passed",
    )
    assert "failing" not in states(), "what is settled itself fails no more"
    elsewhere = write(meridian.system("other"), actor=SETUP, action="inventory.system.added")
    assert [one for one in facts_of(str(elsewhere.ref)).items if "access-control-record" in one.kinds] == []


def test_what_is_reconfirmed_counts_from_that_day_and_not_from_the_day_it_tells_of(meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    told = LeadershipDecision(
        title="No release without an assessment",
        decision="The board stops it.",
        resources="One post.",
        decided_on=now().date() - timedelta(days=500),
        unit=meridian.root,
        owner=meridian.owner,
        review_by=now().date() + timedelta(days=100),
    )
    add(told, actor=ada)
    controlled.submit(told, actor=ada)
    controlled.approve(told, actor=bo)
    assert status("iso42001:5.1") == "stale"
    controlled.reconfirm(told, review_by=now().date() + timedelta(days=300), actor=bo, reason="It stands.")
    assert status("iso42001:5.1") == "met"

"""Who is told what, once; what settles it; reminders, escalation and digests by the server's clock."""

import smtplib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, actor_of, grant
from upright.records.collaboration.actions import assign, close_task, comment
from upright.records.collaboration.notices import Digest, Notice, Sort, Way, keep_wishes, tell, unread
from upright.records.governance.models import Document, Objective
from upright.records.identity import actions, controlled
from upright.records.identity.editing import add
from upright.records.identity.models import Person, Role, RoleAssignment
from upright.records.inventory.models import System
from upright.records.operations.actions.requests import answer_evidence_request
from upright.records.operations.models import EvidenceRequest
from upright.records.trail.days import bringing_history
from upright.records.trail.door import write
from upright.records.trail.models import ReactionCursor, ReactionRun
from upright.records.trail.reactions import run_pending
from upright.records.trail.server_log import clock_set, now
from upright.site.worker import Worker
from upright.web import digests, reminding

pytestmark = pytest.mark.usefixtures("quick_hashes")


def told(person: Person, *, is_open: bool = True) -> list[tuple[str, str]]:
    found = Notice.objects.filter(person=person).order_by("pk")
    return [(one.sort, one.about) for one in (found.filter(settled_at="") if is_open else found)]


def at(day: date, hour: int = 12) -> Callable[[], datetime]:
    return lambda: datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture
def system(meridian: Organisation) -> System:
    return write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added")


def test_comments_tasks_roles_and_approvals_tell_those_concerned_once_and_are_settled_when_done(
    meridian: Organisation, system: System
) -> None:
    lead, owner = actor_of(meridian.lead), actor_of(meridian.owner)
    second = write(
        Person(name="Cy Second", email="cy@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    sam = write(Person(name="Sam", unit=meridian.root), actor=SETUP, action="identity.person.added")
    grant(second, Role.AIMS_MANAGER, meridian.root)
    run_pending()
    Notice.objects.all().delete()
    said = comment(system, "Why so?", actor=lead)
    comment(system, "Mine.", actor=owner)
    task = assign(system, "Look", assignee=meridian.owner, actor=lead)
    assign(system, "My own", assignee=meridian.lead, actor=lead)
    role = actions.grant(
        RoleAssignment(person=sam, role=Role.OVERSEER, unit=meridian.root, starts=now().date()),
        actor=lead,
        reason="New.",
    )
    run_pending()
    assert told(meridian.owner) == [(Sort.COMMENT, system.ref), (Sort.TASK, system.ref)]
    assert told(meridian.lead) == [(Sort.COMMENT, system.ref)], "who commented hears of the answer, not of their own"
    assert told(sam) == [(Sort.ROLE, role.ref)]
    assert Notice.objects.get(person=meridian.owner, sort=Sort.COMMENT).said == {"by": meridian.lead.ref}
    ReactionCursor.objects.all().delete()
    ReactionRun.objects.all().delete()
    run_pending()
    assert told(meridian.owner) == [(Sort.COMMENT, system.ref), (Sort.TASK, system.ref)], "run again, told once"
    close_task(task, actor=owner)
    actions.accept(role, actor=actor_of(sam))
    run_pending()
    assert told(meridian.owner) == [(Sort.COMMENT, system.ref)]
    assert told(sam) == []
    assert said.text not in str(list(Notice.objects.values())), "a notice holds nothing of what it leads to"

    paper = Document(title="AI policy", unit=meridian.root, owner=meridian.lead, review_by=now().date() + timedelta(90))
    for name, value in {"subtype": "ai-policy", "text": "We do.", "body": "We do."}.items():
        if name in {field.name for field in Document._meta.concrete_fields}:
            setattr(paper, name, value)
    write(paper, actor=lead, action="governance.policy.added")
    paper.state = "in-review"
    write(paper, actor=lead, action="governance.policy.submitted")
    run_pending()
    reminding.remind()
    assert (Sort.APPROVAL, paper.ref) in told(second)
    assert (Sort.APPROVAL, paper.ref) not in told(meridian.lead), "its owner and writer cannot approve it"
    assert told(second).count((Sort.APPROVAL, paper.ref)) == 1
    controlled.give_back(paper, actor=actor_of(second), reason="Say when.")
    run_pending()
    assert (Sort.APPROVAL, paper.ref) not in told(second)


def test_three_messages_then_the_units_lead_and_nothing_more_however_often_it_runs(meridian: Organisation) -> None:
    due = date(2026, 5, 20)
    goal = Objective(
        title="Fewer", measure="m", target="at_most 1", unit=meridian.lending, owner=meridian.owner, due=due
    )
    with bringing_history():
        write(goal, actor=actor_of(meridian.lead), action="governance.objective.added")
    seen: dict[int, list[str]] = {}
    for days in range(-9, 40):
        with clock_set(at(due + timedelta(days=days))):
            before = set(Notice.objects.values_list("pk", flat=True))
            reminding.remind()
            reminding.remind()
            new = Notice.objects.exclude(pk__in=before).order_by("pk")
            if new:
                seen[days] = [f"{one.person} {one.sort} {one.said['stage']}" for one in new]
            assert Notice.objects.filter(settled_at="", person=meridian.owner).count() <= 1
    assert seen == {
        -7: ["Olu Owner due soon"],
        0: ["Olu Owner due today"],
        7: ["Olu Owner due late"],
        14: ["Ada Lead escalation lead"],
    }
    goal.due = due + timedelta(days=365)
    write(goal, actor=actor_of(meridian.lead), action="governance.objective.changed")
    with clock_set(at(due + timedelta(days=41))):
        reminding.remind()
        assert told(meridian.owner) == told(meridian.lead) == [], "a date that was moved is no longer overdue"


def test_who_is_asked_for_evidence_is_reminded_then_their_lead_hears_until_they_answer(meridian: Organisation) -> None:
    due = now().date() + timedelta(days=30)
    asked = EvidenceRequest(what="Logs of August.", asked_of=meridian.owner, due=due)
    add(asked, actor=actor_of(meridian.lead))
    seen = []
    for days in (-8, -7, 0, 7, 14):
        with clock_set(at(due + timedelta(days=days))):
            before = set(Notice.objects.values_list("pk", flat=True))
            reminding.remind()
            new = Notice.objects.filter(about=asked.ref).exclude(pk__in=before)
            seen.append([f"{one.person} {one.said['stage']}" for one in new])
    assert seen == [[], ["Olu Owner soon"], ["Olu Owner today"], ["Olu Owner late"], ["Ada Lead lead"]]
    answer_evidence_request(asked, answer="Here.", actor=actor_of(meridian.owner))
    with clock_set(at(due + timedelta(days=15))):
        reminding.remind()
        assert Notice.objects.filter(about=asked.ref, sort__in=(Sort.DUE, Sort.ESCALATION), settled_at="").count() == 0


def test_what_nobody_answers_for_goes_to_the_lead_above_and_never_to_the_late_person_alone(
    meridian: Organisation, system: System
) -> None:
    grant(meridian.owner, Role.AIMS_MANAGER, meridian.lending)
    today = now().date()
    assert [one.name for one in reminding.leads(meridian.lending.pk)] == ["Olu Owner"]
    assert [one.name for one in reminding.leads(meridian.lending.pk, but=meridian.owner.ref)] == ["Ada Lead"]
    gone = write(Person(name="Gone", unit=meridian.lending), actor=SETUP, action="identity.person.added")
    with bringing_history():
        assign(system, "Left behind", assignee=gone, due=today - timedelta(days=1), actor=actor_of(meridian.lead))
    gone.is_active = False
    write(gone, actor=SETUP, action="identity.person.deactivated")
    reminding.remind()
    assert (Sort.ESCALATION, system.ref) in told(meridian.owner)
    assert told(gone) == []


def test_evidence_that_newly_fails_is_told_to_the_systems_owner_with_what_is_new_only(
    meridian: Organisation, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Posture:
        def __init__(self, **statuses: str) -> None:
            self.verdicts = [
                type("V", (), {"requirement": f"iso42001:{name}", "status": status, "scope_ref": system.ref})
                for name, status in statuses.items()
            ]

    for day, statuses, new in (
        (1, {"a": "unknown", "b": "met"}, None),
        (2, {"a": "failing", "b": "met"}, ["iso42001:a"]),
        (3, {"a": "failing", "b": "met"}, None),
        (4, {"a": "failing", "b": "stale"}, ["iso42001:b"]),
        (5, {"a": "met", "b": "met"}, None),
        (6, {"a": "failing", "b": "met"}, ["iso42001:a"]),
    ):
        monkeypatch.setattr(reminding, "posture_of", lambda _ref, found=statuses: Posture(**found))
        mine = Notice.objects.filter(person=meridian.owner, sort=Sort.EVIDENCE)
        before = mine.count()
        with clock_set(at(date(2026, 5, day))):
            reminding.remind()
            reminding.remind()
        assert mine.count() - before == (new is not None), day
        if new is not None:
            assert mine.order_by("-pk").first().said["new"] == new
        assert mine.filter(settled_at="").exists() is any(one in {"failing", "stale"} for one in statuses.values())


def test_one_digest_a_day_by_wish_and_in_the_persons_language_and_never_twice_after_a_death(
    meridian: Organisation, system: System, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://aims.example"]
    Notice.objects.all().delete()
    keep_wishes(meridian.lead, {Sort.TASK: Way.INBOX, Sort.ESCALATION: Way.NONE}, "de")
    assert tell(meridian.owner, Sort.TASK, system.ref, "1")
    assert not tell(meridian.owner, Sort.TASK, system.ref, "1")
    assert tell(meridian.lead, Sort.TASK, system.ref, "1")
    assert tell(meridian.lead, Sort.ESCALATION, system.ref, "x", field="due", of="objective:1"), "cannot be refused"
    keep_wishes(meridian.lead, {Sort.TASK: Way.NONE}, "de")
    assert not tell(meridian.lead, Sort.TASK, system.ref, "2")
    with clock_set(at(date(2026, 5, 1))):
        assert digests.send_digests() == 2
        assert digests.send_digests() == 0
        tell(meridian.owner, Sort.COMMENT, system.ref, "c")
        tell(meridian.owner, Sort.EVIDENCE, system.ref, "e", new=["iso42001:A.7.5"], count=1)
        assert digests.send_digests() == 0, "one a day"
    by = {message.to[0]: message for message in mail.outbox}
    assert set(by) == {meridian.owner.email, meridian.lead.email}
    english = by[meridian.owner.email]
    assert "Mortgage lending" in english.body
    assert f"https://aims.example/record/{system.ref}/" in english.body
    assert english.alternatives[0][1] == "text/html"
    assert english.subject == "Upright: 1 thing is new"

    def dies(*_given: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with clock_set(at(date(2026, 5, 2))):
        monkeypatch.setattr(digests.EmailMultiAlternatives, "send", dies)
        with pytest.raises(KeyboardInterrupt):
            digests.send_digests()
        monkeypatch.undo()
        settings.CSRF_TRUSTED_ORIGINS = ["https://aims.example"]
        assert digests.send_digests() == 0, "begun and maybe sent: never again"
    tell(meridian.owner, Sort.TASK, system.ref, "3")
    with clock_set(at(date(2026, 5, 3))):
        assert digests.send_digests() == 1
    assert "may not have reached you" in mail.outbox[-1].body
    assert "A.7.5" not in mail.outbox[-1].body, "what may have been sent is not sent again"

    def refuses(*_given: object, **_more: object) -> None:
        raise smtplib.SMTPRecipientsRefused({"olu@meridian.example": (550, b"No such person")})

    tell(meridian.owner, Sort.TASK, system.ref, "4")
    with clock_set(at(date(2026, 5, 4))):
        monkeypatch.setattr(digests.EmailMultiAlternatives, "send", refuses)
        assert digests.send_digests() == 0
    states = Digest.objects.filter(person=meridian.owner).order_by("day").values_list("state", flat=True)
    assert list(states) == ["sent", "begun", "sent", "refused"]


def test_the_worker_reminds_once_a_day_after_its_hour_and_the_command_does_it_at_once(
    meridian: Organisation, system: System, capsys: pytest.CaptureFixture[str]
) -> None:
    with bringing_history():
        task = assign(system, "Look", assignee=meridian.owner, due=date(2026, 5, 20), actor=actor_of(meridian.lead))
    worker = Worker()
    for moment, wanted in (
        (at(date(2026, 5, 20), 4), 0),
        (at(date(2026, 5, 20), 5), 1),
        (at(date(2026, 5, 20), 9), 1),
    ):
        with clock_set(moment):
            worker.daily()
        assert Notice.objects.filter(sort=Sort.DUE, said__of=task.ref).count() == wanted
    assert len(mail.outbox) == 1
    with clock_set(at(date(2026, 5, 27))):
        call_command("send_digests")
        assert "1 new notices, 1 digests sent." in capsys.readouterr().out
        assert len(mail.outbox) == 2


def test_the_inbox_counts_shows_by_the_readers_rights_and_is_read_by_its_owner_alone(
    meridian: Organisation, system: System
) -> None:
    lead, owner = logged_in(account(meridian.lead)), logged_in(account(meridian.owner))
    stranger = write(
        Person(name="Sam", email="sam@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    sam = logged_in(account(stranger))
    for person in (meridian.lead, meridian.owner, stranger):
        tell(person, Sort.COMMENT, system.ref, "1", by=meridian.owner.ref)
    page = lead.get("/inbox/").content.decode()
    assert "Mortgage lending" in page
    assert "Olu Owner commented on it." in page
    assert 'aria-label="Inbox: 1 unread"' in page
    hidden = sam.get("/inbox/").content.decode()
    assert "Mortgage lending" not in hidden
    assert "A record that you may no longer read" in hidden
    theirs = Notice.objects.get(person=meridian.owner)
    lead.post("/inbox/", {"notice": [str(theirs.pk), "x"]})
    assert list(unread(meridian.owner.pk)) == [1], "nobody reads another's"
    owner.post("/inbox/", {"notice": str(theirs.pk)})
    assert list(unread(meridian.owner.pk)) == []
    lead.post("/inbox/", {"all": "1"})
    assert list(unread(meridian.lead.pk)) == []
    assert 'aria-label="Inbox"' in lead.get("/inbox/").content.decode()
    answer = lead.post("/inbox/wishes/", {"comment": "none", "escalation": "none", "task": "x", "language": "de"})
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == "de"
    assert not tell(meridian.lead, Sort.COMMENT, system.ref, "2")
    assert tell(meridian.lead, Sort.ESCALATION, system.ref, "2")

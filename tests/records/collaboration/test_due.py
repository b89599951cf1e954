"""Due dates of every type that has them: which count, who answers, what is left out; and how the page shows them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright.desk.description import registered
from upright.records.collaboration.actions import assign, close_task
from upright.records.collaboration.due import Due, Source, due_fields, due_of, listed
from upright.records.collaboration.models import Task
from upright.records.governance.models import Objective
from upright.records.identity.editing import add
from upright.records.identity.models import RoleAssignment
from upright.records.risk.models import Risk
from upright.records.trail.days import bringing_history
from upright.records.trail.door import write
from upright.records.trail.record import Record
from upright.records.trail.server_log import clock_set, now

pytestmark = pytest.mark.usefixtures("quick_hashes")


def of(model: type[Record], today: date, **more: object) -> list[Due]:
    source = Source(model.ref_type, model.objects.all(), due_fields(model))
    return [due_of(row) for row in listed([source], today, **more)]


def test_every_described_type_says_due_dates_that_it_has_and_one_query_lists_them_all(
    meridian: Organisation, django_assert_num_queries: object
) -> None:
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=actor_of(meridian.lead), reason="An example.")
    sources, wanted = [], set()
    for name, described in registered().items():
        fields = due_fields(described.model, described.due)
        assert set(fields) <= {field.name for field in described.model._meta.concrete_fields}
        sources += [Source(name, described.model.objects.all(), fields)] if fields else []
        wanted |= {(name, field) for field in fields if name in made and getattr(made[name], field) is not None}
    assert {"risk", "objective", "treatment", "role", "token"} <= {one.kind for one in sources}
    with django_assert_num_queries(1):  # type: ignore[operator]
        found = [due_of(row) for row in listed(sources, now().date())[:200]]
    seen = {(one.kind, one.field) for one in found}
    assert ("objective", "due") in seen
    assert wanted - seen == set()
    assert [one.day for one in found] == sorted(one.day for one in found)


def test_what_is_done_or_ended_is_no_longer_due_and_who_answers_is_named(meridian: Organisation) -> None:
    today, lead = now().date(), actor_of(meridian.lead)
    system = write(meridian.system(), actor=lead, action="inventory.system.added")
    with bringing_history():
        task = assign(system, "Look", assignee=meridian.owner, due=today - timedelta(days=3), actor=lead)
    assert of(Task, today) == [Due("task", task.ref, "due", task.due, meridian.owner.ref)]
    assert of(Task, today, who=meridian.lead.ref) == []
    assert of(Task, today, since=today) == []
    assert of(Task, today, until=today - timedelta(days=3)) != []
    close_task(task, actor=actor_of(meridian.owner))
    assert of(Task, today) == []
    role = meridian.owner.roles.get()
    role.ends = today
    write(role, actor=lead, action="identity.role.changed")
    for day, counts in ((today, True), (today + timedelta(days=1), False)):
        assert (of(RoleAssignment, day) != []) is counts, "an ended role is not overdue"
    risk = EXAMPLES["risk"](meridian, {"system": system})
    risk.review_by, risk.state = today - timedelta(days=400), Risk.State.ACCEPTED
    with bringing_history():
        write(risk, actor=lead, action="risk.risk.added")
    assert [one.days(today) for one in of(Risk, today)] == [-400], "what was accepted is still reviewed"
    risk.state = Risk.State.CLOSED
    write(risk, actor=lead, action="risk.risk.closed")
    assert of(Risk, today) == []


def test_the_page_shows_mine_my_units_and_all_by_date_by_the_servers_clock(meridian: Organisation) -> None:
    lead = actor_of(meridian.lead)
    for title, unit, owner, due in (
        ("Fewer wrong refusals", meridian.lending, meridian.owner, date(2026, 3, 1)),
        ("Every model has a card", meridian.root, meridian.lead, date(2026, 6, 1)),
        ("<b>Complaints</b> answered", meridian.lending, meridian.lead, date(2027, 1, 1)),
    ):
        one = Objective(title=title, measure="m", target="at_most 1", unit=unit, owner=owner, due=due)
        with bringing_history():
            write(one, actor=lead, action="governance.objective.added")
    clients = {"lead": logged_in(account(meridian.lead)), "owner": logged_in(account(meridian.owner))}
    with clock_set(lambda: datetime(2026, 5, 20, 12, tzinfo=UTC)):
        for who, asked, wanted in (
            ("lead", "", ["Every model", "&lt;b&gt;Complaints"]),
            ("lead", "?whose=all", ["Fewer wrong", "Every model", "&lt;b&gt;Complaints"]),
            ("lead", "?whose=all&when=overdue", ["Fewer wrong"]),
            ("lead", "?whose=all&when=30", ["Every model"]),
            ("owner", "?whose=mine", ["Fewer wrong"]),
            ("owner", "?whose=unit", ["Fewer wrong", "&lt;b&gt;Complaints"]),
            ("owner", "?whose=nobody&when=never&page=x", ["Fewer wrong"]),
            ("owner", "?page=9", []),
        ):
            page = clients[who].get(f"/due/{asked}").content.decode()
            found = [part for part in ("Fewer wrong", "Every model", "&lt;b&gt;Complaints") if part in page]
            assert found == wanted, (who, asked)
            assert ("No date here" in page) is (not wanted)

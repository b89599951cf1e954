"""Reactions: in order, once for an entry, one failure holds back nobody else, and what waits can be seen."""

from datetime import timedelta
from typing import Any

import pytest

from records.organisation import Organisation, actor_of
from upright.kernel import Actor, InputError
from upright.records.trail import reactions
from upright.records.trail.door import write
from upright.records.trail.history import steps
from upright.records.trail.models import ReactionCursor, ReactionRun
from upright.records.trail.reactions import Event, newest_index, pending, reacts_to, run_pending
from upright.records.trail.server_log import clock_set, now
from upright.records.trail.verify import verify


@pytest.fixture
def own_reactions(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    mine: dict[str, object] = {}
    monkeypatch.setattr(reactions, "_REACTIONS", mine)
    return mine


def added(meridian: Organisation, name: str) -> None:
    write(meridian.system(name), actor=actor_of(meridian.lead), action="inventory.system.added")


def test_a_reaction_sees_each_entry_once_in_order_and_names_its_cause(
    meridian: Organisation, own_reactions: dict[str, object]
) -> None:
    seen: list[str] = []

    @reacts_to("inventory.system.added")
    def describe(event: Event, actor: Actor) -> None:
        seen.append(event.entry.ref)
        system = type(meridian.system()).objects.get(ref=event.entry.ref)
        system.purpose = "Described."
        write(system, actor=actor, action="inventory.system.changed", cause=event.index)

    for name in ("one", "two", "three"):
        added(meridian, name)
    assert run_pending() == 3
    assert run_pending() == 0
    assert seen == ["system:one", "system:two", "system:three"]
    first, second = steps("system:one")
    assert (second.actor, second.changed["purpose"][1]) == ("system:reactions", "Described.")
    assert set(pending().values()) == {0}
    assert first.entry < second.entry
    assert verify().outcome == "intact"


def test_a_worker_that_died_before_it_moved_the_cursor_runs_nothing_twice(
    meridian: Organisation, own_reactions: dict[str, object]
) -> None:
    seen: list[int] = []

    @reacts_to("inventory.system.added")
    def count(event: Event, actor: Actor) -> None:
        seen.append(event.index)

    added(meridian, "one")
    run_pending()
    ReactionCursor.objects.all().delete()
    assert run_pending() == 0
    assert len(seen) == 1


def test_what_a_reaction_wrote_is_read_by_the_next_in_the_same_pass(
    meridian: Organisation, own_reactions: dict[str, object]
) -> None:
    seen: list[str] = []

    @reacts_to("inventory.system.*")
    def a_writes(event: Event, actor: Actor) -> None:
        if event.action == "inventory.system.added":
            system = type(meridian.system()).objects.get(ref=event.entry.ref)
            system.purpose = "Described."
            write(system, actor=actor, action="inventory.system.changed", cause=event.index)

    @reacts_to("inventory.system.*")
    def b_sees(event: Event, actor: Actor) -> None:
        seen.append(event.action)

    added(meridian, "one")
    assert run_pending() == 4
    assert seen == ["inventory.system.added", "inventory.system.changed"]


def test_many_reactions_read_an_entry_once_and_one_that_is_read_further_is_not_set_back(
    meridian: Organisation, own_reactions: dict[str, object], django_assert_max_num_queries: Any
) -> None:
    @reacts_to("inventory.system.added")
    def last(event: Event, actor: Actor) -> None:
        ReactionCursor.objects.filter(name=name).update(next=1_000)  # as another worker that is quicker

    (name,) = own_reactions
    own_reactions.update({f"a{number:02}": (("nobody.does.this",), last) for number in range(30)})
    run_pending()
    with django_assert_max_num_queries(3):
        assert run_pending() == 0
    added(meridian, "one")
    with django_assert_max_num_queries(20):
        assert run_pending() == 1
    cursors = dict(ReactionCursor.objects.values_list("name", "next"))
    assert cursors.pop(name) == 1_000
    assert set(cursors.values()) == {newest_index() + 1}


def test_what_fails_is_kept_tried_again_and_holds_back_no_other(
    meridian: Organisation, own_reactions: dict[str, object]
) -> None:
    flaws = [InputError("The register is closed.", code="UP-TEST-01"), ZeroDivisionError("secret"), None]
    seen: list[str] = []

    @reacts_to("inventory.system.added")
    def a_fails(event: Event, actor: Actor) -> None:
        system = type(meridian.system()).objects.get(ref=event.entry.ref)
        system.purpose = "Half done."
        write(system, actor=actor, action="inventory.system.changed", cause=event.index)
        flaw = flaws.pop(0)
        if flaw is not None:
            raise flaw

    @reacts_to("inventory.system.added")
    def b_works(event: Event, actor: Actor) -> None:
        seen.append(event.entry.ref)

    added(meridian, "one")
    assert run_pending() == 1
    assert seen == ["system:one"]
    run = ReactionRun.objects.get(is_done=False)
    assert "The register is closed." in run.why
    assert len(steps("system:one")) == 1
    later = now() + timedelta(hours=1)
    with clock_set(lambda: later):
        run_pending()
    run.refresh_from_db()
    assert (run.tries, run.why) == (2, "ZeroDivisionError")
    with clock_set(lambda: later + timedelta(hours=1)):
        assert run_pending() == 1
    assert not ReactionRun.objects.filter(is_done=False).exists()
    assert len(steps("system:one")) == 2


def test_a_changed_model_opens_accepted_risks_again(meridian: Organisation) -> None:
    from records.test_every_type import made_all
    from upright.records.assurance.models import WorkspaceSystem
    from upright.records.risk.models import Risk

    made = made_all(meridian)
    risk = made["risk"]
    assert isinstance(risk, Risk)
    state = WorkspaceSystem(
        about=made["system"],
        system={"ref": "system:mortgage"},
        organisation="organisation:meridian",
        subjects=[{"ref": "model:mortgage/scorer", "digest": "aa"}],
        bindings=[],
        answers=[],
        catalogue={},
        gates="g",
        manifest="m",
        origin="o",
    )
    write(state, actor=actor_of(meridian.owner), action="assurance.workspace_system.observed")
    run_pending()
    risk.state, risk.accepted_by = Risk.State.ACCEPTED, "person:x"
    write(risk, actor=actor_of(meridian.lead), action="risk.risk.accepted")
    write(state, actor=actor_of(meridian.owner), action="assurance.workspace_system.observed", reason="Same bytes.")
    run_pending()
    assert Risk.objects.get(pk=risk.pk).state == "accepted"
    state.subjects = [{"ref": "model:mortgage/scorer", "digest": "bb"}]
    write(state, actor=actor_of(meridian.owner), action="assurance.workspace_system.observed")
    run_pending()
    again = Risk.objects.get(pk=risk.pk)
    assert again.state == "open"
    assert "model:mortgage/scorer" in steps(again.ref)[-1].reason

"""A page never waits for many systems to be judged: a worker judges ahead, and what nobody looked at is unknown."""

from datetime import timedelta
from random import Random

from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from msgspec.structs import replace

from records.examples import EXAMPLES
from records.organisation import SETUP, Organisation, actor_of
from upright.kernel import parse_time
from upright.posture import evaluate
from upright.records.assurance import judging
from upright.records.assurance.ahead import judge_ahead, next_to_age
from upright.records.assurance.judging import MOST_IN_A_REQUEST, at_hand, catalogue, facts_of, look, posture_of
from upright.records.assurance.models import PostureRow
from upright.records.assurance.overview import overall, summaries
from upright.records.governance.models import Document
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Person
from upright.records.inventory.models import System
from upright.records.trail.door import linked, refresh, write, write_many
from upright.records.trail.record import Record
from upright.records.trail.server_log import clock_set
from upright.site.worker import Worker

SYSTEMS = 7


def test_a_page_takes_what_is_at_hand_and_the_worker_judges_the_rest(meridian: Organisation) -> None:
    ada = actor_of(meridian.lead)
    write_many((meridian.system(f"s{n}") for n in range(SYSTEMS)), actor=SETUP, action="inventory.system.added")
    refs = [f"system:s{n}" for n in range(SYSTEMS)]

    def behind() -> int:
        return sum(one.is_behind for one in summaries(refs).values())

    # Nobody judged yet: a page judges a few, and all of the others is unknown, nothing met, no gate.
    first = summaries(refs)
    never = [one for one in first.values() if not one.is_judged]
    assert len(never) == SYSTEMS - MOST_IN_A_REQUEST
    assert all(one.is_behind and one.gate is None for one in never)
    assert {counts.unknown == counts.of > 0 for one in never for counts in one.counts.values()} == {True}
    whole = overall(first.values())["iso42001"]
    assert (whole.met, whole.of) == (0, 70)

    # The worker does the rest, and what it keeps is what the Facts say, recomputed.
    PostureRow.objects.all().delete()
    Worker().once()
    assert PostureRow.objects.count() == SYSTEMS
    with CaptureQueriesContext(connection) as queries:
        found = at_hand(look(refs).values())
    assert len(queries) <= 4
    assert not any(one.is_behind for one in found.values())
    for ref in refs[:2]:
        facts = facts_of(ref, found[ref].at)
        assert facts.digest() == found[ref].facts
        assert set(found[ref].verdicts) == set(evaluate(facts, catalogue()).verdicts)
    assert judge_ahead() == 0

    # An entry that no Facts rest on: pages say that it is being looked at, and nothing is judged for it.
    write(
        Person(name="New", email="new@meridian.example", unit=meridian.root),
        actor=SETUP,
        action="identity.person.added",
    )
    judged_at = {row.scope: (row.at, row.newest) for row in PostureRow.objects.all()}
    assert judge_ahead() == 0
    for row in PostureRow.objects.all():
        assert row.at == judged_at[row.scope][0]
        assert row.newest > judged_at[row.scope][1]
    assert behind() == 0

    # One system's own entry: that one is judged anew, by the page itself, and first.
    system = System.objects.get(ref="system:s6")
    system.purpose = "Decides alone."
    edit(system, actor=ada)
    assert [one.scope for one in look(refs).values() if not one.is_fresh] == ["system:s6"]
    assert judge_ahead() == 1

    # An organisation's document: it reaches all. Until the worker was there, the last that was known, with its entry.
    add(
        Document(title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.lead, text="We."), actor=ada
    )
    before = {row.scope: row.newest for row in PostureRow.objects.all()}
    shown = summaries(refs)
    late = [one for one in shown.values() if one.is_behind]
    assert len(late) == SYSTEMS - MOST_IN_A_REQUEST
    assert all(one.is_judged and one.entry == before[one.scope] for one in late)
    assert posture_of(late[0].scope).is_behind is False  # the page of one system judges that one
    assert judge_ahead() == SYSTEMS - MOST_IN_A_REQUEST - 1
    assert behind() == 0

    # What aged shows nothing that it cannot answer for any more, whether or not a worker runs.
    later = parse_time(next_to_age()) + timedelta(days=1)
    with clock_set(lambda: later):
        aged = [one for one in summaries(refs).values() if one.is_behind]
        assert len(aged) == SYSTEMS - MOST_IN_A_REQUEST
        assert not any(one.is_judged for one in aged)
        assert judge_ahead() == SYSTEMS - MOST_IN_A_REQUEST


def test_an_edition_that_changed_is_judged_anew(meridian: Organisation) -> None:
    add(meridian.system("s0"), actor=actor_of(meridian.lead))
    assert judge_ahead() == 1
    PostureRow.objects.update(catalogue="0" * 64)
    assert [one.entry for one in look(["system:s0"]).values()] == [-1]
    assert next_to_age() == ""
    assert judge_ahead() == 1
    assert judging.unjudged("system:s0", "organisation:meridian").verdicts
    # What nobody judged costs no question each.
    write_many((meridian.system(f"t{n}") for n in range(41)), actor=SETUP, action="tests.system.added")
    with CaptureQueriesContext(connection) as queries:
        found = at_hand(look(System.objects.values_list("ref", flat=True)).values())
    assert sum(one.is_behind for one in found.values()) == 41 - MOST_IN_A_REQUEST
    assert len(queries) < 20


def test_whatever_happens_in_whatever_order_judging_ahead_finds_what_judging_all_anew_would(
    meridian: Organisation,
) -> None:
    chance, ada = Random(20261127), actor_of(meridian.lead)
    made: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        made[name] = add(build(meridian, made), actor=ada, reason="An example.")
    write_many((meridian.system(f"s{n}") for n in range(2)), actor=SETUP, action="inventory.system.added")
    refs = list(System.objects.values_list("ref", flat=True))
    speaking = [one.ref for one in made.values() if type(one).as_evidence is not Record.as_evidence]
    judge_ahead()
    judged_anew, left = 0, 0
    for _ in range(12):
        _somehow_changed(linked(chance.choice(speaking)), chance)
        count = judge_ahead()
        judged_anew, left = judged_anew + count, left + len(refs) - count
        found = at_hand(look(refs).values())
        rows = list(PostureRow.objects.all())
        PostureRow.objects.all().delete()
        judge_ahead()
        for ref, anew in at_hand(look(refs).values()).items():
            assert not found[ref].is_behind
            assert replace(facts_of(ref), at=found[ref].at).digest() == found[ref].facts
            moment = {"at": anew.at, "until": anew.until, "facts": anew.facts, "entry": anew.entry}
            gate = None if anew.gate is None else replace(found[ref].gate, at=anew.at, facts=anew.facts)
            assert replace(found[ref], gate=gate, **moment) == anew
        PostureRow.objects.all().delete()
        PostureRow.objects.bulk_create(rows)
    assert judged_anew
    assert left


def _somehow_changed(record: Record, chance: Random) -> None:
    """Another state of it, whatever verbs would say: approved, withdrawn, given back; or the same once more."""
    fields = {one.name: one for one in record._meta.concrete_fields}
    states = [value for value, _ in fields["state"].flatchoices] if "state" in fields else []
    chance.shuffle(states)
    for state in states:
        record.__dict__["state"] = state
        try:
            write(record, actor=SETUP, action="tests.record.changed", reason="By chance.")
        except ValidationError:
            continue
        return
    write(refresh(record), actor=SETUP, action="tests.record.changed", reason="Once more.")

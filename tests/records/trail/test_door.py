"""The write door: a row and its entry together or neither, no way around it, nobody's change lost."""

from pathlib import Path

import msgspec
import pytest
from django.core.exceptions import ValidationError

from records.organisation import Organisation, actor_of
from upright.ledger import JSON, LedgerError, NewEntry, leaf_hash, verify_inclusion
from upright.records.inventory.models import System
from upright.records.trail import verify as verifying
from upright.records.trail.door import change, known_once, write, write_many
from upright.records.trail.errors import ConflictError, DoorError
from upright.records.trail.history import entries_of, steps
from upright.records.trail.models import LedgerEntry, LedgerLog
from upright.records.trail.server_log import server_log


def add(meridian: Organisation, **more: object) -> System:
    return write(meridian.system(**more), actor=actor_of(meridian.lead), action="inventory.system.added", reason="New.")


def test_a_new_record_gets_a_reference_a_version_and_an_entry_that_says_who_what_and_why(
    meridian: Organisation,
) -> None:
    system = add(meridian)
    assert (system.ref, system.version) == ("system:mortgage", 1)
    (entry,) = entries_of("system:mortgage")
    body = msgspec.json.decode(entry.body or b"")
    assert body | {"record": None, "evidence": None} == {
        "schema": "system/1",
        "ref": "system:mortgage",
        "action": "inventory.system.added",
        "actor": meridian.lead.ref,
        "via": "login",
        "reason": "New.",
        "cause": None,
        "record": None,
        "evidence": None,
    }
    assert (body["evidence"]["kinds"], body["evidence"]["about"]) == (["ai-system"], "system:mortgage")
    assert body["record"]["owner"] == meridian.owner.ref
    assert body["record"]["unit"] == "unit:lending"
    assert verifying.verify().outcome == "intact"


def test_a_change_says_before_and_after(meridian: Organisation) -> None:
    system = add(meridian)
    system.name = "Mortgages"
    write(system, actor=actor_of(meridian.owner), action="inventory.system.changed", reason="Shorter.")
    old, new = steps(system.ref)
    assert old.action == "inventory.system.added"
    assert new.changed == {"name": ("Mortgage lending", "Mortgages")}
    assert (new.actor, new.reason) == (meridian.owner.ref, "Shorter.")


@pytest.mark.parametrize(
    "way",
    [
        lambda row: row.save(),
        lambda row: row.delete(),
        lambda row: System.objects.update(name="x"),
        lambda row: System.objects.all().delete(),
        lambda row: System.objects.create(name="x"),
        lambda row: System.objects.bulk_create([]),
        lambda row: System.objects.bulk_update([row], ["name"]),
        lambda row: System.objects.get_or_create(name="x"),
        lambda row: System.objects.update_or_create(name="x"),
        lambda row: row.owner.systems.all().delete(),
        lambda row: row.owner.systems.update(name="x"),
    ],
)
def test_every_way_around_the_door_is_refused(meridian: Organisation, way: object) -> None:
    system = add(meridian)
    with pytest.raises(DoorError, match="UP-DOOR-01"):
        way(system)  # type: ignore[operator]
    assert verifying.verify().outcome == "intact"


def test_of_two_who_save_the_same_version_the_second_is_told_both_versions(meridian: Organisation) -> None:
    add(meridian)
    mine, theirs = System.objects.get(ref="system:mortgage"), System.objects.get(ref="system:mortgage")
    theirs.name = "Theirs"
    write(theirs, actor=actor_of(meridian.lead), action="inventory.system.changed")
    mine.name = "Mine"
    with pytest.raises(ConflictError) as caught:
        write(mine, actor=actor_of(meridian.owner), action="inventory.system.changed")
    assert (caught.value.ours["name"], caught.value.theirs["name"]) == ("Mine", "Theirs")
    assert caught.value.differing == ["name"]
    assert mine.version == 1
    assert System.objects.get(ref="system:mortgage").name == "Theirs"
    assert len(entries_of("system:mortgage")) == 2


def test_a_row_that_its_model_forbids_is_not_written_and_leaves_no_entry(meridian: Organisation) -> None:
    before = server_log().view().size
    with pytest.raises(ValidationError) as caught:
        add(meridian, modality="smell", name="")
    assert set(caught.value.message_dict) == {"modality", "name"}
    assert server_log().view().size == before
    assert not System.objects.exists()


def test_several_writes_in_one_change_stand_or_fall_together(meridian: Organisation) -> None:
    before = server_log().view().size
    first, second = meridian.system("one"), meridian.system("two")
    with pytest.raises(RuntimeError), change():
        write(first, actor=actor_of(meridian.lead), action="inventory.system.added")
        write(second, actor=actor_of(meridian.lead), action="inventory.system.added")
        raise RuntimeError
    assert (first.version, first.ref, System.objects.count()) == (0, "", 0)
    assert server_log().view().size == before
    with change() as both:
        write(first, actor=actor_of(meridian.lead), action="inventory.system.added")
        write(second, actor=actor_of(meridian.lead), action="inventory.system.added")
    assert len(both.indices) == 2
    assert {entries_of(ref)[0].time for ref in ("system:one", "system:two")} == {entries_of("system:one")[0].time}


def test_an_entry_that_the_ledger_refuses_leaves_no_row(meridian: Organisation) -> None:
    bad = NewEntry(type="record", ref="no colon", media_type=JSON, body=b"{}", index="index:organisation:meridian")
    with pytest.raises(LedgerError), change() as mine:
        write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added")
        mine.add(bad)
    assert not System.objects.exists()


def test_a_name_that_was_once_given_names_nothing_else(meridian: Organisation) -> None:
    add(meridian)
    with pytest.raises(Exception, match="UP-DOOR-05"):
        add(meridian)


def test_thousands_of_records_are_written_in_batches_and_all_are_provable(meridian: Organisation) -> None:
    count = write_many(
        (meridian.system(f"s-{number}") for number in range(1100)),
        actor=actor_of(meridian.lead),
        action="inventory.system.added",
        reason="Imported.",
    )
    assert count == 1100
    view = server_log().view()
    index = LedgerEntry.objects.get(ref="system:s-1099").index
    verify_inclusion(leaf_hash(view.leaf(index)), index, view.size, view.prove(index), view.root())
    report = verifying.verify()
    assert report.outcome == "intact"
    assert report.rows == 1100 + 6


def test_the_ledger_reads_as_a_folder_does(meridian: Organisation) -> None:
    add(meridian)
    view = server_log().view()
    refs = [entry.ref for entry in view.entries() if not entry.is_announcement]
    assert refs[-1] == "system:mortgage"
    assert view.streams()["system:mortgage"] == 1
    assert view.index_of("system:mortgage") == "index:system:mortgage"
    assert view.index_of(meridian.lead.ref) == "index:organisation:meridian"


def test_a_state_head_ahead_of_the_log_stops_every_write(meridian: Organisation) -> None:
    text = LedgerLog.objects.get().checkpoint
    rows = list(LedgerEntry.objects.all())
    add(meridian)
    LedgerEntry.objects.filter(index__gte=len(rows)).delete()
    LedgerLog.objects.update(checkpoint=text)
    with pytest.raises(LedgerError, match="rolled back"):
        add(meridian, short_name="other")


def test_without_its_key_the_server_writes_nothing(meridian: Organisation, server_home: Path) -> None:
    from upright.records.trail import server_log as module

    module._loaded.cache_clear()
    for path in (server_home / "keys").glob("log-*.pem"):
        path.unlink()
    with pytest.raises(Exception, match="UP-DOOR-07"):
        add(meridian)
    assert not System.objects.exists()


def test_what_was_found_out_within_a_change_is_asked_again_once_its_type_was_written(meridian: Organisation) -> None:
    asked: list[int] = []

    def names() -> int:
        asked.append(1)
        return System.objects.count()

    def known() -> int:
        return known_once((System,), "how many", names)

    assert [known(), known(), len(asked)] == [0, 0, 2]  # no change is open: others may write meanwhile
    with change():
        assert [known(), known(), len(asked)] == [0, 0, 3]
        add(meridian)
        assert [known(), known(), len(asked)] == [1, 1, 4]
    with change():
        assert (known(), len(asked)) == (1, 5)


def test_evidence_that_stands_in_its_stream_is_not_filed_again_however_many_come_at_once(
    meridian: Organisation,
) -> None:
    def evidence(stream: str, text: bytes) -> NewEntry:
        return NewEntry(type="evidence", ref=f"binding:mortgage/{stream}", media_type=JSON, body=text, index="index:x")

    def filed(*entries: NewEntry) -> list[int]:
        with change() as mine:
            for one in entries:
                mine.add(one)
        return mine.indices

    one, two, elsewhere = evidence("a", b"{}"), evidence("a", b"[]"), evidence("b", b"{}")
    first = filed(one)
    again = filed(two, one, elsewhere, two, one)
    assert again[1] == again[4] == first[0]
    assert again[0] == again[3]
    assert len({*first, *again}) == 3
    many = filed(*(evidence("a", b"%d" % n) for n in range(450)), one, elsewhere)  # more than one question holds
    assert (len(set(many)), many[-2:]) == (452, [first[0], again[2]])
    assert filed(*(evidence("a", b"%d" % n) for n in range(450))) == many[:450]
    assert LedgerEntry.objects.filter(ref__in=[one.ref, elsewhere.ref]).count() == 453

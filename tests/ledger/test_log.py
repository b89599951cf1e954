"""Appending and reading: streams, announcements, times, the state head, erasure."""

import json
import stat
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.keys import SeededSigner
from ledger.logs import ORIGIN, HandClock, Place, evidence, record
from upright.ledger import (
    Checkpoint,
    DamageError,
    LedgerError,
    Log,
    NewEntry,
    RollbackError,
    SignatureError,
    leaf_hash,
    root_hash,
    verify_consistency,
    verify_folder,
    verify_inclusion,
)


def test_a_new_log_is_empty_signed_and_verifies(place: Place) -> None:
    log = place.create()
    assert (log.size, log.origin) == (0, ORIGIN)
    assert Checkpoint.parse(log.checkpoint).root.hex().startswith("e3b0c442")
    assert log.verify().is_intact


def test_the_first_append_opens_index_root_and_announces_the_streams_before_their_first_entry(place: Place) -> None:
    log = place.create()
    assert log.append([record('{"a":1}')]) == [3]
    entries = list(log.entries())
    assert [(e.ref, e.n, e.prev) for e in entries] == [
        ("index:root", 0, None),
        ("index:root", 1, 0),
        ("index:system:mortgage", 0, None),
        ("risk:2026-0001", 0, None),
    ]
    said = [json.loads(e.body)["ref"] for e in entries[:3]]
    assert said == ["index:root", "index:system:mortgage", "risk:2026-0001"]
    assert [e.is_announcement for e in entries] == [True, True, True, False]
    assert entries[3].body == b'{"a":1}'


def test_entries_of_a_stream_count_on_and_point_at_the_one_before(place: Place) -> None:
    log = place.create()
    first, second = log.append([record("1")]), log.append([record("2"), record("3")])
    stream = log.stream("risk:2026-0001")
    assert [e.body for e in stream] == [b"1", b"2", b"3"]
    assert [e.index for e in stream] == first + second
    assert [(e.n, e.prev) for e in stream] == [(0, None), (1, first[0]), (2, second[0])]


def test_what_was_appended_is_read_by_another_opening_and_proved(place: Place) -> None:
    log = place.create()
    for number in range(300):
        log.append([record(str(number), ref=f"risk:2026-{number % 5}")])
    again = place.open(signer=None)
    leaves = [leaf_hash(again.leaf(index)) for index in range(again.size)]
    assert again.root() == log.root() == root_hash(leaves)
    assert dict(again.streams()) == dict(log.streams())
    for index in (0, 7, 255, 256, again.size - 1):
        verify_inclusion(leaves[index], index, again.size, again.prove(index), again.root())
    for old in (0, 1, 255, 256, 257, again.size):
        verify_consistency(old, again.root(old), again.size, again.root(), again.consistency(old))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.integers(0, 6), st.binary(min_size=1, max_size=40)), max_size=90), max_size=8))
def test_any_sequence_of_appends_reads_back_whole_and_verifies(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[int, bytes]]]
) -> None:
    place = Place(tmp_path_factory.mktemp("log"))
    log = place.create()
    expected: dict[str, list[bytes]] = {}
    for batch in batches:
        refs = [f"risk:{number}" for number, _body in batch]
        entries = [
            NewEntry(type="record", ref=ref, media_type="text/plain", body=body, index=f"index:system:{ref[-1]}")
            for ref, (_number, body) in zip(refs, batch, strict=True)
        ]
        for ref, entry, index in zip(refs, entries, log.append(entries), strict=True):
            expected.setdefault(ref, []).append(entry.body)
            assert log.entry(index).body == entry.body
    again = place.open(signer=None)
    for ref, bodies in expected.items():
        assert [e.body for e in again.stream(ref)] == bodies
    assert again.verify() == log.verify()
    assert again.verify().is_intact


def test_the_same_evidence_in_the_same_stream_is_not_appended_again(place: Place) -> None:
    log = place.create()
    first = log.append([evidence("e1"), evidence("e2")])
    size = log.size
    assert log.append([evidence("e2"), evidence("e1"), evidence("e1")]) == [first[1], first[0], first[0]]
    assert place.open().append([evidence("e1")]) == [first[0]]
    assert place.open(signer=None).size == size
    assert log.append([evidence("e1", ref="binding:mortgage/other")])[0] > first[1]


def test_merging_a_batch_twice_changes_nothing_but_records_are_always_appended(place: Place) -> None:
    log = place.create()
    assert len(set(log.append([record("same"), record("same")]))) == 2
    batch = [evidence("e1"), evidence("e1"), evidence("e2")]
    once = log.append(batch)
    checkpoint = log.checkpoint
    assert log.append(batch) == once
    assert log.checkpoint == checkpoint


def test_two_open_logs_see_each_others_entries_when_they_append(place: Place) -> None:
    one = place.create()
    two = place.open()
    one.append([record("1")])
    index = two.append([record("2")])[0]
    one.append([record("3")])
    assert [e.body for e in one.stream("risk:2026-0001")] == [b"1", b"2", b"3"]
    assert one.entry(index).body == b"2"
    assert one.verify().is_intact


def test_one_append_shares_one_time_and_times_never_decrease(place: Place) -> None:
    log = place.create()
    log.append([record("1"), record("2")])
    place.clock.move(seconds=-90)
    log.append([record("3"), record("4")])
    log.append([record("5")])
    place.clock.move(seconds=91)
    log.append([record("6")])
    stream = log.stream("risk:2026-0001")
    assert [(e.time[-13:], e.late) for e in stream] == [
        ("09:30:00.000Z", False),
        ("09:30:00.000Z", False),
        ("09:30:00.001Z", True),
        ("09:30:00.001Z", True),
        ("09:30:00.002Z", True),
        ("09:30:01.000Z", False),
    ]
    assert log.verify().is_intact


def test_an_append_is_refused_when_the_last_time_is_over_a_day_ahead_of_the_clock(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    place.clock.move(hours=-24)
    log.append([record("2")])
    place.clock.move(seconds=-1)
    with pytest.raises(LedgerError, match="over 24 h ahead"):
        log.append([record("3")])
    assert place.open(signer=None).size == log.size


def test_a_log_that_was_rolled_back_is_refused_at_opening_and_at_append(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    old = (place.upright / "ledger/checkpoint").read_text(encoding="utf-8")
    log.append([record("2")])
    (place.upright / "ledger/checkpoint").write_text(old, encoding="utf-8")
    for act in (lambda: place.open(), lambda: place.open(signer=None), lambda: log.append([record("3")])):
        with pytest.raises(RollbackError):
            act()
    report = verify_folder(place.upright, state_head=place.head)
    assert [p.code for p in report.problems] == ["UP-LEDGER-52"]
    assert place.open(state_head=None).rollback == "rollback not checked"


def test_another_history_of_the_same_size_is_refused(place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    place.create().append([record("1")])
    other = Place(tmp_path_factory.mktemp("other"))
    other.create().append([record("2")])
    with pytest.raises(RollbackError, match="rewritten"):
        Log.open(other.upright, signer=other.signer, state_head=place.head)


def test_the_state_head_is_moved_after_the_commit_and_a_head_that_lags_is_accepted(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    behind = place.head.read_bytes()
    log.append([record("2")])
    assert place.head.read_text(encoding="utf-8") == log.checkpoint
    place.head.write_bytes(behind)
    place.open().append([record("3")])
    assert Checkpoint.parse(place.head.read_text(encoding="utf-8")).size == log.size + 1
    assert stat.S_IMODE(place.head.parent.stat().st_mode) == 0o700


def test_an_unreadable_state_head_is_an_error_and_never_taken_for_none(place: Place) -> None:
    place.create()
    place.head.write_text("", encoding="utf-8")
    with pytest.raises(LedgerError, match="unreadable"):
        place.open()
    assert [p.code for p in verify_folder(place.upright, state_head=place.head).problems] == ["UP-LEDGER-52"]


def test_without_a_state_head_the_report_says_that_rollback_was_not_checked(place: Place) -> None:
    log = place.create(state_head=None)
    assert log.rollback == log.verify().rollback == "rollback not checked"
    assert place.create is not None
    assert not place.head.exists()


def test_a_log_opened_without_its_key_only_reads(place: Place) -> None:
    place.create()
    with pytest.raises(LedgerError, match="opened for reading"):
        place.open(signer=None).append([record()])


def test_a_log_is_not_opened_with_another_key(place: Place) -> None:
    place.create()
    with pytest.raises(SignatureError):
        place.open(signer=SeededSigner(ORIGIN, b"\x07" * 32))


def test_a_folder_without_a_log_and_one_with_a_log_are_told_apart(place: Place) -> None:
    with pytest.raises(LedgerError, match="There is no log"):
        place.open()
    place.create()
    with pytest.raises(LedgerError, match="already"):
        place.create()


def test_a_format_of_another_version_is_refused(place: Place) -> None:
    place.create()
    (place.upright / "FORMAT").write_text("upright ledger folder 2\n", encoding="utf-8")
    with pytest.raises(LedgerError, match="FORMAT"):
        place.open()


@pytest.mark.parametrize(
    "change",
    [
        {"type": "note"},
        {"type": "epoch"},
        {"ref": ""},
        {"ref": "index:system:mortgage"},
        {"ref": "no colon"},
        {"ref": "risk:\ud800"},
        {"ref": "risk:" + "a" * 1024},
        {"index": "system:mortgage"},
        {"index": "index:root"},
        {"media_type": ""},
        {"media_type": "ä/b"},
        {"body": b""},
        {"body": bytes(16 * 1024 * 1024 + 1)},
    ],
)
def test_a_malformed_entry_is_refused_and_nothing_of_its_batch_is_appended(place: Place, change: dict) -> None:
    log = place.create()
    good = record("1")
    fields = {name: getattr(good, name) for name in ("type", "ref", "media_type", "body", "index")}
    with pytest.raises(LedgerError, match="cannot be appended"):
        log.append([good, NewEntry(**(fields | change))])
    assert place.open(signer=None).size == 0


def test_a_stream_has_one_index(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    with pytest.raises(LedgerError, match="one stream has one index"):
        log.append([record("2", index="index:organisation:meridian")])
    assert log.index_of("risk:2026-0001") == "index:system:mortgage"


def test_erasing_leaves_an_entry_that_says_so_and_no_trace_of_the_body(place: Place) -> None:
    log = place.create()
    body = '{"schema":"risk/1","action":"risk.risk.added","record":{"name":"Ada Lovelace"}}'
    index = log.append([record(body), record("2")])[0]
    leaf = log.leaf(index)
    erasure = log.erase(index, "asked by the person", "person:0190")
    said = json.loads(log.entry(erasure).body)
    assert said["entry"] == index
    assert said["kept"] == {
        "type": "record",
        "media_type": "application/json",
        "schema": "risk/1",
        "action": "risk.risk.added",
    }
    assert (log.entry(index).body, log.leaf(index)) == (None, leaf)
    assert log.stream("risk:2026-0001")[0].body is None
    assert not any(b"Lovelace" in path.read_bytes() for path in place.upright.rglob("*") if path.is_file())
    report = log.verify()
    assert (report.is_intact, report.erased) == (True, 1)
    assert log.erase(index, "again", "person:0190") == erasure


def test_an_erasure_whose_wiping_was_cut_short_is_finished_at_the_next_opening(place: Place) -> None:
    log = place.create()
    index = log.append([record("Ada")])[0]
    opened = (place.upright / "open/0").read_bytes()
    log.erase(index, "asked", "person:0190")
    wiped = (place.upright / "open/0").read_bytes()
    (place.upright / "open/0").write_bytes(opened + wiped[len(opened) :])
    assert [p.code for p in verify_folder(place.upright).problems] == ["UP-LEDGER-65"]
    assert place.open(signer=None).entry(index).body is None
    assert place.open().verify().is_intact
    assert b"Ada" not in (place.upright / "open/0").read_bytes()


@pytest.mark.parametrize("which", ["announcement", "verdict", "key", "erasure"])
def test_what_carries_the_log_itself_is_never_erased(place: Place, which: str) -> None:
    log = place.create()
    kept = log.append([record("1")])[0]
    if which == "announcement":
        index = 1
    elif which == "erasure":
        index = log.erase(kept, "asked", "person:0190")
    else:
        fields = {"ref": f"{which}:x", "media_type": "text/plain", "body": b"1", "index": f"index:{which}s"}
        index = log.append([NewEntry(type=which, **fields)])[0]
    with pytest.raises(LedgerError, match="only records and evidence"):
        log.erase(index, "asked", "person:0190")


def test_an_erasure_needs_a_reason(place: Place) -> None:
    log = place.create()
    index = log.append([record("1")])[0]
    with pytest.raises(LedgerError, match="reason"):
        log.erase(index, " ", "person:0190")


@pytest.mark.parametrize("act", [lambda log: log.entry(99), lambda log: log.leaf(-1), lambda log: log.root(99)])
def test_what_is_not_in_the_log_is_refused_by_name(place: Place, act: Callable[[Log], object]) -> None:
    log = place.create()
    log.append([record("1")])
    with pytest.raises(LedgerError, match="4"):
        act(log)


def test_a_reader_never_gives_out_a_body_that_was_changed(place: Place) -> None:
    index = place.create().append([record("honest")])[0]
    path = place.upright / "open/0"
    path.write_bytes(path.read_bytes().replace(b"honest", b"forged"))
    with pytest.raises(DamageError, match=f"Entry {index}"):
        place.open(signer=None).entry(index)


def test_an_append_is_refused_when_the_stored_tiles_do_not_lead_to_the_checkpoint(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    tile = place.upright / "ledger/tile/0/000"
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    with pytest.raises(DamageError, match="do not lead to the checkpoint"):
        log.append([record("2")])


def test_bytes_beyond_the_checkpoint_are_ignored_by_readers_and_discarded_by_the_next_append(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    beyond = [place.upright / name for name in ("open/0", "ledger/tile/entries/000", "ledger/tile/0/000")]
    for path in beyond:
        path.write_bytes(path.read_bytes() + b"left by a dead writer")
    following = place.upright / "open/1"
    following.write_bytes(b"left by a dead writer")
    assert place.open(signer=None).verify().is_intact
    place.open().append([record("2")])
    assert log.verify().is_intact
    assert not following.exists()
    assert not any(b"dead writer" in path.read_bytes() for path in beyond)


def test_the_clock_may_stand_still(place: Place) -> None:
    clock = HandClock(place.clock.now + timedelta(days=1))
    log = place.create(clock=clock)
    for number in range(3):
        log.append([record(str(number))])
    assert {e.time for e in log.entries()} == {"2026-03-13T09:30:00.000Z"}


def test_a_log_that_appends_knows_what_one_that_is_opened_reads(place: Place) -> None:
    log = place.create()
    for number in range(5):
        log.append([record(f"{number} {at}", ref=f"risk:{at % 3}") for at in range(60)])
        log.append([evidence(str(number)), record("x", ref=f"risk:only-{number}", index="index:organisation")])
        log.erase(log.size - 1, "asked", "person:0190")
    known, read = log._known(), place.open()._known()
    assert (known.by_ref, known.by_id, known.erased) == (read.by_ref, read.by_id, read.erased)
    assert list(known.by_ref) == list(read.by_ref)
    assert (known.size, known.last_time, len(known.erased)) == (read.size, read.last_time, 5)

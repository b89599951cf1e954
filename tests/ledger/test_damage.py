"""Verification finds every kind of damage and says exactly where: entry, tile, body, salt, stream or signature."""

import itertools
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.forging import Row, files, forge, sign
from ledger.keys import SeededSigner
from ledger.logs import ORIGIN, Place, evidence, record
from ledger.scenarios import NEW_KEY, key_entry, seal
from upright.ledger import Checkpoint, Problem, Report, VerifierKey, read_export, verify_folder
from upright.ledger.disk import Disk
from upright.ledger.leaves import split_entry_tile, stream_id
from upright.ledger.openings import opening_ends, wiping


def small_log(place: Place) -> Place:
    """Index streams, records, evidence, an erased body: eight entries."""
    log = place.create()
    person = log.append([record('{"a":1}'), evidence("e1")])[0]
    log.erase(person, "asked", "person:0190")
    log.append([record("last")])
    return place


@pytest.fixture(scope="module")
def small(quick_folder: Path) -> Place:
    return small_log(Place(quick_folder / "small"))


@pytest.fixture
def log(small: Place, tmp_path: Path) -> Place:
    """A copy to spoil."""
    shutil.copytree(small.folder, tmp_path / "log")
    return Place(tmp_path / "log")


@pytest.fixture
def long(tmp_path: Path) -> Place:
    """Two full tiles and a part of a third."""
    place = Place(tmp_path)
    place.create().append([record(str(number), ref=f"risk:{number % 7}") for number in range(600)])
    return place


def found(place: Place, **more: object) -> Report:
    heads = list((place.folder / "state").glob("*/checkpoint"))
    head = heads[0] if len(heads) == 1 else place.head
    return verify_folder(place.upright, state_head=head, **more)  # type: ignore[arg-type]


def places(report: Report) -> list[tuple[str, str | None, int | None]]:
    return [(problem.code, problem.file, problem.entry) for problem in report.problems]


def spoil(path: Path, at: int) -> bytes:
    data = path.read_bytes()
    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
    return data


def expected_places(place: Place) -> dict[str, list[tuple[str, int | None]]]:
    """For each byte of each file: what a problem with it has to name."""
    wanted: dict[str, list[tuple[str, int | None]]] = {}
    for path in files(place.upright):
        name, data = path.relative_to(place.upright).as_posix(), path.read_bytes()
        entries: list[int | None] = [None] * len(data)
        if name == "open/0":
            ends = opening_ends(data, 0, 99)
            entries = [next(i for i, end in enumerate(ends) if at < end) for at in range(len(data))]
        elif name == "ledger/tile/entries/000":
            ends = list(itertools.accumulate(2 + len(leaf) for leaf in split_entry_tile(data, 256)[0]))
            entries = [next(i for i, end in enumerate(ends) if at < end) for at in range(len(data))]
        wanted[name] = [(name, entry) for entry in entries]
    return wanted


def is_exact(name: str, entry: int | None, got: list[tuple[str, str | None, int | None]]) -> bool:
    """One problem for one change; of the checkpoint, its key and its origin also what does not fit to them any more."""
    if entry is not None or name.startswith("ledger/tile"):
        return len(got) == 1
    if name == "ledger/checkpoint":
        return got[0][1] == name
    return {each[1] for each in got} <= {name, "ledger/checkpoint"}


def test_every_byte_of_a_small_log_is_watched_and_each_change_is_named_where_it_is(small: Place) -> None:
    wanted = expected_places(small)
    assert set(wanted) == {
        ".gitignore", "FORMAT", "ledger/checkpoint", "ledger/origin", "ledger/tile/0/000", "ledger/tile/entries/000",
        "open/0", f"pub/{VerifierKey.of(small.signer).fingerprint}.vkey",
    }  # fmt: skip
    assert found(small).problems == ()
    wrong = []
    for name, bytes_of in wanted.items():
        for at, (file, entry) in enumerate(bytes_of):
            before = spoil(small.upright / name, at)
            got = places(found(small))
            (small.upright / name).write_bytes(before)
            if (file, entry) not in [each[1:] for each in got] or not is_exact(name, entry, got):
                wrong.append((name, at, got))
    assert sum(map(len, wanted.values())) > 4000
    assert wrong == []
    assert found(small).problems == ()


def test_what_is_kept_of_a_sealed_log_and_of_a_change_of_key_is_watched_too(quick_folder: Path) -> None:
    place = small_log(Place(quick_folder / "sealed"))
    place.open().hand_over(NEW_KEY, [key_entry()])
    place.signer = NEW_KEY
    place.open().append([record("by the new key")])
    seal(place, 0, Disk())
    assert found(place).problems == ()
    watched = [path for path in files(place.upright) if "epochs" in path.parts]
    assert {path.name for path in watched if path.parent.name == "handover"} == {"11"}
    for path in watched:
        name = path.relative_to(place.upright).as_posix()
        step = 1 if path.parent.name == "handover" else 13
        for at in range(0, len(path.read_bytes()), step):
            before = spoil(path, at)
            assert name in {each[1] for each in places(found(place))}, at
            path.write_bytes(before)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_put_in_place_of_a_stretch_of_a_file_is_found_and_never_a_crash(
    small: Place, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(files(small.upright)))
    before = path.read_bytes()
    begin = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(begin, min(len(before), begin + 40)))
    new = before[:begin] + data.draw(st.binary(max_size=40)) + before[end:]
    grows = path.name in {"0", "000"} and new.startswith(before)  # bytes beyond the checkpoint do not exist
    path.write_bytes(new)
    try:
        assert (found(small).problems == ()) == (new == before or grows)
    finally:
        path.write_bytes(before)


def test_a_file_that_is_removed_is_named(log: Place) -> None:
    for path in files(log.upright):
        before = path.read_bytes()
        path.unlink()
        name = "ledger/checkpoint" if path.parent.name == "pub" else path.relative_to(log.upright).as_posix()
        assert name in {each[1] for each in places(found(log))}  # without its key, nobody can say who signed
        path.write_bytes(before)
    assert found(log).problems == ()


def test_a_file_that_is_cut_short_is_named(log: Place) -> None:
    for path in files(log.upright):
        before = path.read_bytes()
        for length in (0, len(before) // 2, len(before) - 1):
            path.write_bytes(before[:length])
            assert path.relative_to(log.upright).as_posix() in {each[1] for each in places(found(log))}, length
        path.write_bytes(before)


@pytest.mark.parametrize("name", ["tile/0/001", "tile/0/002", "tile/1/000"])
def test_a_tile_that_is_missing_is_named_and_nothing_else(long: Place, name: str) -> None:
    (long.upright / "ledger" / name).unlink()
    assert places(found(long)) == [("UP-LEDGER-54", f"ledger/{name}", None)]


def test_a_missing_entry_tile_is_named(long: Place) -> None:
    (long.upright / "ledger/tile/entries/001").unlink()
    report = found(long)
    assert {each[1] for each in places(report)} == {"ledger/tile/entries/001"}
    assert report.problems[0].code == "UP-LEDGER-55"


def test_an_openings_file_that_is_missing_is_named(long: Place) -> None:
    (long.upright / "open/0").unlink()
    assert {each[1] for each in places(found(long))} == {"open/0"}


def test_damage_in_one_opening_does_not_hide_damage_behind_it(long: Place) -> None:
    path = long.upright / "open/0"
    ends = opening_ends(path.read_bytes(), 0, 9999)
    spoil(path, ends[99] + 2)  # the length of opening 100
    spoil(path, ends[199] + 11)  # the index of opening 200
    spoil(path, ends[300] - 1)  # the body of opening 300
    report = found(long)
    assert places(report) == [
        ("UP-LEDGER-61", "open/0", 100),
        ("UP-LEDGER-61", "open/0", 200),
        ("UP-LEDGER-62", "open/0", 300),
    ]
    assert report.problems[1].expected.startswith("index 200,")
    assert report.problems[1].got.startswith("index 201,")


def test_of_a_tile_and_an_entry_under_it_the_one_that_does_not_lead_to_the_root_is_named(long: Place) -> None:
    tile = long.upright / "ledger/tile/0/001"
    spoil(tile, 32 * 7)
    report = found(long)
    assert places(report) == [("UP-LEDGER-54", "ledger/tile/0/001", None)]
    assert report.problems[0].expected.startswith("hash 7: ")
    spoil(tile, 32 * 7)
    entries = long.upright / "ledger/tile/entries/001"
    spoil(entries, 100)
    report = found(long)
    assert places(report) == [("UP-LEDGER-55", "ledger/tile/entries/001", 256)]
    spoil(tile, 32 * 7)
    report = found(long)
    assert {each[:2] for each in places(report)} == {
        ("UP-LEDGER-54", "ledger/tile/0/001"),
        ("UP-LEDGER-55", "ledger/tile/entries/001"),
    }
    assert 256 in {problem.entry for problem in report.problems}


def test_expected_and_got_are_the_hashes(log: Place) -> None:
    path = log.upright / "open/0"
    spoil(path, opening_ends(path.read_bytes(), 0, 99)[-1] - 1)
    problem = found(log).problems[0]
    assert (problem.code, problem.expected[:5], problem.got[:5]) == ("UP-LEDGER-62", "body ", "body ")
    assert problem.expected != problem.got
    assert len(problem.expected) == len(problem.got) == 5 + 64


# --- signatures and the state head --------------------------------------------------------------------------------


def test_a_checkpoint_signed_again_by_another_key_is_refused(log: Place) -> None:
    own, other = VerifierKey.of(log.signer), SeededSigner(ORIGIN, b"\x05" * 32)
    checkpoint = Checkpoint.parse((log.upright / "ledger/checkpoint").read_text())
    again = str(Checkpoint.sign(ORIGIN, checkpoint.size, checkpoint.root, other))
    (log.upright / "ledger/checkpoint").write_text(again)
    assert places(found(log)) == [("UP-LEDGER-51", "ledger/checkpoint", None)]
    key = VerifierKey.of(other)
    (log.upright / f"pub/{key.fingerprint}.vkey").write_text(f"{key}\n")
    report = found(log)
    assert (report.is_intact, report.trusted, report.log_key) == (True, False, str(key))
    report = found(log, trust=own)
    assert [each[:2] for each in places(report)] == [("UP-LEDGER-51", "ledger/checkpoint")]
    assert str(own) in report.problems[0].expected
    assert report.trusted is False


def test_a_cosignature_of_a_witness_beside_the_signature_disturbs_nobody(log: Place) -> None:
    """C2SP tlog-cosignature: 8 bytes of time and 64 of signature behind the key id."""
    path = log.upright / "ledger/checkpoint"
    line = "\u2014 witness.example/w " + "A" * 101 + "==="[:1] + "\n"
    text = path.read_text() + line.replace("A" * 101 + "=", msgspec.json.encode(bytes(76)).decode()[1:-1])
    path.write_text(text)
    assert found(log, trust=VerifierKey.of(log.signer)).trusted is True
    assert log.open().append([record("more")])


def test_a_log_rolled_back_below_the_state_head_is_found_and_says_how_far(log: Place) -> None:
    root = log.open().root(7)
    sign(log, 7, root)
    report = found(log)
    assert places(report) == [("UP-LEDGER-52", "checkpoint", None)]
    assert "has seen 8 entries" in report.problems[0].got
    assert f"got 7 with root {root.hex()}" in report.problems[0].got


@pytest.mark.parametrize("spoilt", [b"", b"\xff", b"not a checkpoint\n"])
def test_a_state_head_that_cannot_be_read_is_a_problem(log: Place, spoilt: bytes) -> None:
    log.head.write_bytes(spoilt)
    assert places(found(log)) == [("UP-LEDGER-52", "checkpoint", None)]


def test_a_state_head_that_no_key_of_the_log_signed_is_a_problem(log: Place) -> None:
    checkpoint = Checkpoint.parse(log.head.read_text())
    other = Checkpoint.sign(ORIGIN, checkpoint.size, checkpoint.root, SeededSigner(ORIGIN, b"\x05" * 32))
    log.head.write_text(str(other))
    report = found(log)
    assert places(report) == [("UP-LEDGER-52", "checkpoint", None)]
    assert "was changed" in report.problems[0].got


def test_every_byte_of_the_state_head_is_watched(log: Place) -> None:
    log.open().append([record("so that the head lags")])
    before = log.head.read_bytes()
    log.open().append([record("one more")])
    log.head.write_bytes(before)
    assert found(log).problems == ()
    for at in range(len(before)):
        spoil(log.head, at)
        assert places(found(log)) == [("UP-LEDGER-52", "checkpoint", None)], at
        log.head.write_bytes(before)


# --- rules that a log's own keeper may break ------------------------------------------------------------------------

RISK = "risk:2026-0001"


def row_of(rows: list[Row], ref: str, n: int = 0) -> int:
    return [index for index, row in enumerate(rows) if row.opening.ref == ref][n]


def said(row: Row) -> dict[str, str]:
    value: dict[str, str] = json.loads(row.opening.body)
    return value


def with_body(row: Row, value: dict[str, object]) -> None:
    row.opening = msgspec.structs.replace(row.opening, body=json.dumps(value, separators=(",", ":")).encode())


def announce_twice(rows: list[Row]) -> None:
    """The last record becomes a second announcement of the risk's stream."""
    index = row_of(rows, "index:system:mortgage", 0)
    last = rows[-1]
    last.stream, last.n, last.prev, last.type = (
        rows[index].stream,
        2,
        row_of(rows, "index:system:mortgage", 1),
        "record",
    )
    last.opening = msgspec.structs.replace(rows[index].opening, index=last.opening.index, stream_salt=None)


def announce_under_a_second_name(rows: list[Row]) -> None:
    """The same stream id for another ref: ref and stream are one-to-one."""
    announce_twice(rows)
    with_body(rows[-1], {**said(rows[-1]), "ref": "risk:2026-0002"})


def announce_the_ref_again(rows: list[Row]) -> None:
    """A second stream for the same ref."""
    announce_twice(rows)
    salt = b"\x01" * 32
    with_body(rows[-1], {"ref": RISK, "salt": salt.hex(), "stream": stream_id(salt, RISK)})


def announce_too_late(rows: list[Row]) -> None:
    """The first record and its announcement change places."""
    at, announced = row_of(rows, RISK), row_of(rows, "index:system:mortgage", 0)
    assert announced < at
    rows[at], rows[announced] = rows[announced], rows[at]
    for row in rows:
        row.prev = {at: announced, announced: at}.get(row.prev, row.prev)  # type: ignore[arg-type]
    erasing = row_of(rows, RISK, 1)
    with_body(rows[erasing], {**said(rows[erasing]), "entry": announced})


def leave_a_gap(rows: list[Row]) -> None:
    rows[-1].n += 1


def skip_an_entry(rows: list[Row]) -> None:
    rows[-1].prev = 0


def count_twice(rows: list[Row]) -> None:
    rows[-1].n -= 1


def go_back_in_time(rows: list[Row]) -> None:
    rows[-1].time = "2026-03-12T09:29:59.999Z"


def be_late_by_a_second(rows: list[Row]) -> None:
    rows[-1].late, rows[-1].time = True, "2026-03-12T09:30:01.000Z"


def name_another_day(rows: list[Row]) -> None:
    rows[-1].time = "2026-02-30T09:30:00.000Z"


def invent_a_type(rows: list[Row]) -> None:
    rows[-1].type = "opinion"


def never_announce(rows: list[Row]) -> None:
    rows[-1].stream, rows[-1].n, rows[-1].prev = "ab" * 32, 0, None
    rows[-1].opening = msgspec.structs.replace(rows[-1].opening, stream_salt=b"\x01" * 32)


def open_something_else_first(rows: list[Row]) -> None:
    with_body(rows[0], {**said(rows[0]), "ref": "index:roof"})


def erase_what_carries_the_log(rows: list[Row]) -> None:
    erasing = row_of(rows, RISK, 1)
    rows[erasing].stream = rows[0].stream
    rows[erasing].n, rows[erasing].prev = 2, 1
    rows[erasing].opening = msgspec.structs.replace(rows[erasing].opening, ref="index:root")
    with_body(rows[erasing], {**said(rows[erasing]), "entry": 1})
    rows[-1].n, rows[-1].prev = 1, row_of(rows, RISK)


def erase_an_entry_of_another_stream(rows: list[Row]) -> None:
    erasing = row_of(rows, RISK, 1)
    with_body(rows[erasing], {**said(rows[erasing]), "entry": row_of(rows, "binding:mortgage/fairness")})


def erase_the_future(rows: list[Row]) -> None:
    erasing = row_of(rows, RISK, 1)
    with_body(rows[erasing], {**said(rows[erasing]), "entry": len(rows) - 1})


def keep_another_media_type(rows: list[Row]) -> None:
    erasing = row_of(rows, RISK, 1)
    with_body(rows[erasing], {**said(rows[erasing]), "kept": {"media_type": "text/plain"}})


def give_another_stream_salt(rows: list[Row]) -> None:
    at = row_of(rows, "binding:mortgage/fairness")
    rows[at].opening = msgspec.structs.replace(rows[at].opening, stream_salt=b"\x01" * 32)


def give_another_name(rows: list[Row]) -> None:
    rows[-1].opening = msgspec.structs.replace(rows[-1].opening, ref="risk:2026-0002")


def announce_a_stream_by_a_false_hash(rows: list[Row]) -> None:
    index = row_of(rows, "index:system:mortgage", 1)
    with_body(rows[index], {**said(rows[index]), "salt": "00" * 32})


def say_nothing_readable_in_an_index(rows: list[Row]) -> None:
    with_body(rows[row_of(rows, "index:system:mortgage", 1)], {"hello": "world"})


ERASED, ANNOUNCED, EVIDENCE, ERASING, LAST = 3, 4, 5, 6, 7
BROKEN = [
    (announce_twice, "UP-LEDGER-60", LAST, "once"),
    (announce_under_a_second_name, "UP-LEDGER-60", LAST, "once"),
    (announce_the_ref_again, "UP-LEDGER-60", LAST, "once"),
    (announce_too_late, "UP-LEDGER-60", 3, "before its first entry"),
    (leave_a_gap, "UP-LEDGER-58", LAST, '"n":2'),
    (skip_an_entry, "UP-LEDGER-58", LAST, '"prev":6'),
    (count_twice, "UP-LEDGER-58", LAST, '"n":2'),
    (go_back_in_time, "UP-LEDGER-59", LAST, "a time from 2026-03-12T09:30:00.000Z on"),
    (be_late_by_a_second, "UP-LEDGER-59", LAST, "late, so 2026-03-12T09:30:00.001Z"),
    (name_another_day, "UP-LEDGER-57", LAST, "canonical"),
    (invent_a_type, "UP-LEDGER-57", LAST, "canonical"),
    (never_announce, "UP-LEDGER-60", LAST, "an announced stream"),
    (open_something_else_first, "UP-LEDGER-60", 0, "index:root"),
    (erase_what_carries_the_log, "UP-LEDGER-60", ERASING, "a record or of evidence"),
    (erase_an_entry_of_another_stream, "UP-LEDGER-60", ERASING, "erasure"),
    (erase_the_future, "UP-LEDGER-60", ERASING, "erasure"),
    (keep_another_media_type, "UP-LEDGER-64", ERASED, "text/plain"),
    (give_another_stream_salt, "UP-LEDGER-63", EVIDENCE, "stream salt"),
    (give_another_name, "UP-LEDGER-64", LAST, "risk:2026-0001"),
    (announce_a_stream_by_a_false_hash, "UP-LEDGER-60", ANNOUNCED, "announcement"),
    (say_nothing_readable_in_an_index, "UP-LEDGER-60", ANNOUNCED, "announcement"),
]


def test_a_body_that_is_gone_without_an_entry_that_erases_it_is_an_error(log: Place) -> None:
    path = log.upright / "open/0"
    data = bytearray(path.read_bytes())
    for offset, zeros in wiping(bytes(data), opening_ends(bytes(data), 0, LAST)[-1], LAST):
        data[offset : offset + len(zeros)] = zeros
    path.write_bytes(data)
    report = found(log)
    assert places(report) == [("UP-LEDGER-65", "open/0", LAST)]
    assert report.problems[0].expected == "a body, or an entry that erases it"


def test_an_honest_log_that_is_written_anew_is_intact(log: Place) -> None:
    forge(log, lambda rows: None)
    assert found(log).problems == ()


@pytest.mark.parametrize(
    ("change", "code", "entry", "expected"), BROKEN, ids=lambda value: getattr(value, "__name__", "")
)
def test_a_signed_log_that_breaks_a_rule_is_refused(
    log: Place, change: Callable[[list[Row]], None], code: str, entry: int, expected: str
) -> None:
    forge(log, change)
    named = [problem for problem in found(log).problems if (problem.code, problem.entry) == (code, entry)]
    assert any(expected in problem.expected and problem.got for problem in named)


def test_a_pack_that_opens_a_stream_in_part_is_refused(log: Place, tmp_path: Path) -> None:
    from upright.ledger import export

    export(log.open(), tmp_path / "pack", "all")
    assert read_export(tmp_path / "pack").verify().problems == ()
    path = tmp_path / "pack/ledger/openings.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    problems: tuple[Problem, ...] = read_export(tmp_path / "pack").verify().problems
    assert [(p.code, p.entry, p.got) for p in problems] == [("UP-LEDGER-61", LAST, "2")]

"""The quick way of a verification says what the careful one says: of intact logs, of damage and of broken rules."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from ledger.forging import Row, forge
from ledger.logs import Place, evidence, record
from upright.ledger import Report, verify_folder
from upright.ledger.leaves import stream_id
from upright.ledger.openings import Opening
from upright.ledger.rebuild import Rebuilder, Rebuilt
from upright.ledger.streams import announcement_body

TAKEN = Rebuilder.tile


def grow(place: Place) -> Place:
    """Three full tiles and a part of a fourth: one time, many times, announcements, two media types in a stream."""
    log = place.create()
    log.append([record(str(number), ref=f"risk:{number % 7}") for number in range(300 - 9)])
    for number in range(40):
        place.clock.move(seconds=1)
        log.append([record(f"one {number}", ref="risk:1"), evidence(f"two {number}", ref="risk:1")])
    log.append([evidence(f"new {number}", ref=f"binding:mortgage/{number % 60}") for number in range(300)])
    return place


@pytest.fixture(scope="module")
def grown(quick_folder: Path) -> Place:
    return grow(Place(quick_folder / "grown"))


@pytest.fixture
def log(grown: Place, quick_folder: Path) -> Place:
    """A copy to spoil."""
    shutil.rmtree(quick_folder / "copy", ignore_errors=True)
    shutil.copytree(grown.folder, quick_folder / "copy")
    return Place(quick_folder / "copy", clock=grown.clock)


def both_ways(place: Place, patch: pytest.MonkeyPatch) -> tuple[Report, list[int]]:
    """What the quick way reports, once it is what the careful one reports; and the tiles that were taken quickly."""
    taken = []

    def watched(self: Rebuilder, n: int, first: int, width: int, not_before: bytes) -> Rebuilt | None:
        rebuilt = TAKEN(self, n, first, width, not_before)
        taken.extend([n] if rebuilt is not None else [])
        return rebuilt

    head = place.head if place.head.exists() else None
    patch.setattr(Rebuilder, "tile", watched)
    quick = verify_folder(place.upright, state_head=head)
    patch.setattr(Rebuilder, "tile", lambda *_args: None)
    assert verify_folder(place.upright, state_head=head) == quick
    return quick, taken


def test_all_but_the_first_tile_of_an_intact_log_are_taken_the_quick_way(
    grown: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, taken = both_ways(grown, monkeypatch)
    assert (report.problems, report.opened, report.streams) == ((), report.size, 2 + 7 + 60)
    assert taken == list(range(1, -(-report.size // 256)))


def test_a_flipped_bit_is_named_alike_by_both_ways(log: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(11)
    for name in ("ledger/tile/entries/001", "ledger/tile/entries/002", "open/0", "ledger/tile/0/001"):
        path = log.upright / name
        data = path.read_bytes()
        for _ in range(25):
            at = chance.randrange(len(data))
            path.write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
            report, _taken = both_ways(log, monkeypatch)
            assert [problem.file for problem in report.problems] == [name], at
        path.write_bytes(data)
    assert both_ways(log, monkeypatch)[0].problems == ()


def test_an_erased_body_and_a_late_entry_are_read_the_careful_way(log: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = log.open()
    log.clock.move(seconds=-5)
    late = opened.append([record("late")])[0]
    log.clock.move(seconds=10)
    opened.append([record(str(number), ref="risk:2") for number in range(300)])
    opened.erase(300, "asked", "person:0190")
    report, taken = both_ways(log, monkeypatch)
    assert (report.problems, report.erased, opened.entry(late).late) == ((), 1, True)
    assert not {300 // 256, late // 256} & set(taken)
    assert taken == [3]


def first_of(rows: list[Row], prefix: str, after: int = 260) -> int:
    return next(i for i, row in enumerate(rows) if i > after and row.opening.ref.startswith(prefix))


def wrong_number(rows: list[Row]) -> None:
    rows[270].n += 1


def wrong_before(rows: list[Row]) -> None:
    rows[270].prev = (rows[270].prev or 0) - 1


def time_falls(rows: list[Row]) -> None:
    rows[270].time = "2026-03-12T09:29:59.999Z"


def no_such_day(rows: list[Row]) -> None:
    for row in rows[300:]:
        row.time = "2026-13-12T09:30:00.000Z"


def late_without_cause(rows: list[Row]) -> None:
    rows[290].late = True


def unknown_type(rows: list[Row]) -> None:
    rows[290].type = "remark"


def anothers_opening(rows: list[Row]) -> None:
    rows[280].opening, rows[281].opening = rows[281].opening, rows[280].opening


def another_ref(rows: list[Row]) -> None:
    rows[280].opening = _opening(rows[280], ref="risk:none")


def salt_of_a_stream_again(rows: list[Row]) -> None:
    rows[280].opening = _opening(rows[280], stream_salt=bytes(32))


def announced_twice(rows: list[Row]) -> None:
    at = first_of(rows, "index:system")
    rows[at].opening = _opening(rows[at], body=announcement_body("risk:1", bytes(32)))


def announced_too_late(rows: list[Row]) -> None:
    at = first_of(rows, "index:system")
    rows[at], rows[at + 1] = rows[at + 1], rows[at]


def announced_as_another(rows: list[Row]) -> None:
    at = first_of(rows, "index:system")
    body = rows[at].opening.body.replace(b'"ref":"binding:', b'"ref":"pinding:')
    rows[at].opening = _opening(rows[at], body=body)


def never_announced(rows: list[Row]) -> None:
    rows[400].stream = stream_id(bytes(32), "risk:none")


def _opening(row: Row, **changed: object) -> Opening:
    return msgspec.structs.replace(row.opening, **changed)


BROKEN = [
    (wrong_number, "UP-LEDGER-58"),
    (wrong_before, "UP-LEDGER-58"),
    (time_falls, "UP-LEDGER-59"),
    (no_such_day, "UP-LEDGER-57"),
    (late_without_cause, "UP-LEDGER-59"),
    (unknown_type, "UP-LEDGER-57"),
    (anothers_opening, "UP-LEDGER-64"),
    (another_ref, "UP-LEDGER-64"),
    (salt_of_a_stream_again, "UP-LEDGER-63"),
    (announced_twice, "UP-LEDGER-60"),
    (announced_too_late, "UP-LEDGER-60"),
    (announced_as_another, "UP-LEDGER-60"),
    (never_announced, "UP-LEDGER-60"),
]


@pytest.mark.parametrize(("change", "code"), BROKEN, ids=lambda value: getattr(value, "__name__", ""))
def test_a_signed_log_that_breaks_a_rule_is_named_alike_by_both_ways(
    log: Place, monkeypatch: pytest.MonkeyPatch, change: Callable[[list[Row]], None], code: str
) -> None:
    forge(log, change)
    report, _taken = both_ways(log, monkeypatch)
    assert code in {problem.code for problem in report.problems}

"""Run as a script by ``test_concurrency``: several real processes, each with a connection of its own, on one database.

``write``: eight that write at once. ``race``: two that save the same version. ``kill``: one that is killed at each
point of a write in turn. ``erase``: two persons, the first while somebody reads. The answer is one JSON document.
"""

import json
import multiprocessing
import os
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import django

django.setup()

from django.db import connection, connections  # noqa: E402

from upright.kernel import Actor  # noqa: E402
from upright.ledger.disk import Disk, Operation  # noqa: E402
from upright.records.identity.models import Person, Unit  # noqa: E402
from upright.records.inventory.models import System  # noqa: E402
from upright.records.trail import erasure, store  # noqa: E402
from upright.records.trail import verify as verifying  # noqa: E402
from upright.records.trail.door import change, write  # noqa: E402
from upright.records.trail.errors import ConflictError  # noqa: E402
from upright.records.trail.models import LedgerEntry  # noqa: E402

FORK = multiprocessing.get_context("fork")
ACTOR = Actor.system("setup")
ADDED, CHANGED = "inventory.system.added", "inventory.system.changed"


def system(name: str) -> System:
    unit, owner = Unit.objects.get(ref="unit:lending"), Person.objects.get(name="Olu Owner")
    given = {"name": name, "purpose": "Ranks applications.", "modality": "tabular"}
    return System(short_name=name, unit=unit, owner=owner, **given)


def start(act: Callable[[], None]) -> Any:
    """A process of its own, with a connection of its own."""
    connections.close_all()
    child = FORK.Process(target=act)
    child.start()
    return child


def state() -> dict[str, Any]:
    """What stands in the database now, read and verified anew."""
    report = verifying.verify()
    indices = list(LedgerEntry.objects.order_by("index").values_list("index", flat=True))
    return {
        "outcome": report.outcome,
        "problems": [str(problem) for problem in (*report.log.problems, *report.problems)],
        "gapless": indices == list(range(report.log.size)),
        "size": report.log.size,
        "systems": sorted(System.objects.values_list("short_name", flat=True)),
    }


class Acknowledged:
    """A pipe that a child says into what was acknowledged to it; what a killed child said stays said."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()

    def say(self, what: str) -> None:
        os.write(self._write, f"{what}\n".encode())

    def all(self) -> list[str]:
        os.close(self._write)
        with os.fdopen(self._read, encoding="utf-8") as stream:
            return stream.read().splitlines()


def write_at_once(writers: int, each: int) -> dict[str, Any]:
    said, before = Acknowledged(), state()["size"]
    gate = FORK.Barrier(writers)

    def act(writer: int) -> None:
        gate.wait(60)
        for number in range(each):
            name = f"w{writer}-{number}"
            write(system(name), actor=ACTOR, action=ADDED)
            said.say(name)

    children = [start(lambda writer=writer: act(writer)) for writer in range(writers)]  # type: ignore[misc]
    for child in children:
        child.join()
    return {
        **state(),
        "before": before,
        "exits": [child.exitcode for child in children],
        "acknowledged": sorted(said.all()),
    }


def race(rounds: int) -> dict[str, Any]:
    outcomes = []
    for number in range(rounds):
        write(system(f"race-{number}"), actor=ACTOR, action=ADDED)
        said, gate = Acknowledged(), FORK.Barrier(2)

        def act(who: str, number: int = number, said: Acknowledged = said, gate: Any = gate) -> None:
            mine = System.objects.get(short_name=f"race-{number}")
            mine.name = f"Saved by {who}"
            gate.wait(60)
            try:
                write(mine, actor=ACTOR, action=CHANGED)
                said.say(f"saved:{who}")
            except ConflictError:
                said.say(f"conflict:{who}")

        children = [start(lambda who=who: act(who)) for who in "ab"]  # type: ignore[misc]
        for child in children:
            child.join()
        heard = dict(part.split(":") for part in said.all())
        row = System.objects.get(short_name=f"race-{number}")
        outcomes.append([sorted(heard), row.version, row.name == f"Saved by {heard.get('saved')}"])
    return {**state(), "outcomes": outcomes}


class Points:
    """Counts the points of a write, and kills this process at one of them."""

    def __init__(self, fatal: int | None) -> None:
        self.names: list[str] = []
        self._fatal = fatal

    def reach(self, name: str) -> None:
        if len(self.names) == self._fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        self.names.append(name)

    def statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        words = " ".join(sql.split()[:3]).replace('"', "")
        self.reach(f"before {words}")
        result = execute(sql, params, many, context)
        self.reach(f"after {words}")
        return result

    def before(self, operation: Operation) -> None:
        self.reach(f"before {operation.kind} of {operation.point}")

    def after(self, operation: Operation) -> None:
        self.reach(f"after {operation.kind} of {operation.point}")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Everything that a change does meanwhile goes by here: lock, statements, commit, state head."""
        commit, locked = connection.commit, store.DatabaseLog.locked

        def committing() -> None:
            self.reach("before commit")
            commit()
            self.reach("after commit")

        @contextmanager
        def locking(log: store.DatabaseLog) -> Iterator[None]:
            self.reach("before lock")
            with locked(log):
                self.reach("after lock")
                yield
                self.reach("before unlock")
            self.reach("after unlock")

        store.DatabaseLog.locked = locking  # type: ignore[method-assign]
        store.Disk = lambda: Disk(self)  # type: ignore[assignment,misc,attr-defined]
        connection.commit = committing  # type: ignore[method-assign]
        with connection.execute_wrapper(self.statement):
            yield


def _two(name: str) -> None:
    """A new record and a changed one in one change: both, or neither."""
    other = System.objects.get(short_name="stays")
    other.name = f"As {name} left it"
    with change():
        write(system(name), actor=ACTOR, action=ADDED)
        write(other, actor=ACTOR, action=CHANGED)


def _count_points() -> list[str]:
    said = Acknowledged()

    def act() -> None:
        points = Points(None)
        with points.watched():
            _two("counted")
        for name in points.names:
            said.say(name)

    start(act).join()
    return said.all()


def kill_everywhere() -> dict[str, Any]:
    write(system("stays"), actor=ACTOR, action=ADDED)
    names, wrong, committed = _count_points(), [], 0
    acknowledged = ["stays", "counted"]
    for fatal, name in enumerate(names):
        said = Acknowledged()

        def act(fatal: int = fatal, said: Acknowledged = said) -> None:
            write(system(f"before-{fatal}"), actor=ACTOR, action=ADDED)
            said.say(f"before-{fatal}")
            with Points(fatal).watched():
                _two(f"killed-{fatal}")
                said.say(f"killed-{fatal}")

        child = start(act)
        child.join()
        acknowledged += said.all()
        now = state()
        is_there = f"killed-{fatal}" in now["systems"]
        is_changed = System.objects.get(short_name="stays").name == f"As killed-{fatal} left it"
        committed += is_there
        faults = [
            *([] if child.exitcode == -signal.SIGKILL else [f"ended with {child.exitcode}"]),
            *([] if now["outcome"] == "intact" else now["problems"]),
            *([] if now["gapless"] else ["gaps"]),
            *([] if is_there == is_changed else ["half of the change"]),
            *[f"lost {lost}" for lost in set(acknowledged) - set(now["systems"])],
        ]
        if faults:
            wrong.append([fatal, name, faults])
    return {**state(), "points": names, "wrong": wrong, "committed": committed, "acknowledged": acknowledged}


def _files_that_hold(text: str) -> list[str]:
    base = Path(connection.settings_dict["NAME"])
    return sorted(one.name for one in base.parent.glob(f"{base.name}*") if text.encode() in one.read_bytes())


def erase_two() -> dict[str, Any]:
    names, unit = ["Zorro Quixotle", "Wanda Quixotle"], Unit.objects.get(ref="unit:lending")
    first, second = (
        write(Person(name=name, unit=unit, is_active=False), actor=ACTOR, action="identity.person.added")
        for name in names
    )
    before = _files_that_hold(names[0])
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM identity_person").fetchone()
        erasure.erase(first, actor=ACTOR, reason="A letter.")
        beside = _files_that_hold(names[0])
    erasure.erase(second, actor=ACTOR, reason="Another letter.")
    with connection.cursor() as cursor:
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
    after = [_files_that_hold(name) for name in names]
    return {**state(), "before": before, "beside": beside, "after": after, "patience": patience}


DEEDS = {"write": lambda: write_at_once(8, 6), "race": lambda: race(5), "kill": kill_everywhere, "erase": erase_two}

if __name__ == "__main__":
    print(json.dumps(DEEDS[sys.argv[1]]()))

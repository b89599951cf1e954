"""Run as a script by ``test_worker``: workers that are killed in the middle, then one that is not.

Each worker is a process of its own. The answer is one JSON document.
"""

import json
import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402
from django_tasks_db.models import DBTaskResult  # noqa: E402

from upright.kernel import Actor  # noqa: E402
from upright.records.identity.models import Person, Unit  # noqa: E402
from upright.records.inventory.models import System  # noqa: E402
from upright.records.trail import reactions  # noqa: E402
from upright.records.trail.door import change, write  # noqa: E402
from upright.records.trail.history import steps  # noqa: E402
from upright.records.trail.models import ReactionRun  # noqa: E402
from upright.records.trail.record import Record  # noqa: E402
from upright.records.trail.verify import verify  # noqa: E402
from upright.records.work.models import WorkerBeat  # noqa: E402
from upright.records.work.tasks import enqueue, runs  # noqa: E402
from upright.site.worker import Worker  # noqa: E402

FORK = multiprocessing.get_context("fork")
SETUP = Actor.system("setup")
reactions._REACTIONS.clear()
killing: set[str] = set()


def die(where: str) -> None:
    if where in killing:
        os.kill(os.getpid(), signal.SIGKILL)


@reactions.reacts_to("inventory.system.added")
def describe(event: reactions.Event, actor: Actor) -> None:
    system = System.objects.get(ref=event.entry.ref)
    system.purpose = "Described."
    write(system, actor=actor, action="inventory.system.changed", cause=event.index)
    die("before the commit of a reaction")


@runs("system")
def check(record: Record) -> str:
    die("in a task")
    return "done"


_keep = reactions._keep


def moved(*given: Any) -> None:
    die("before the cursor moves")
    _keep(*given)


reactions._keep = moved


def worker(*deaths: str) -> int:
    def act() -> None:
        killing.update(deaths)
        Worker().once()

    return child(act)


def child(act: Callable[[], None]) -> int:
    connections.close_all()
    process = FORK.Process(target=act)
    process.start()
    process.join()
    return process.exitcode or 0


def main() -> dict[str, Any]:
    unit, owner = Unit.objects.get(ref="unit:lending"), Person.objects.get(name="Olu Owner")
    given = {"name": "One", "purpose": "Ranks.", "modality": "tabular", "unit": unit, "owner": owner}
    system = System(short_name="one", **given)
    with change():
        write(system, actor=SETUP, action="inventory.system.added")
        enqueue(system)
    found: list[Any] = []
    for deaths in (["before the commit of a reaction"], ["before the cursor moves"], ["in a task"], [], []):
        code = worker(*deaths)
        found.append(
            [code, [step.action for step in steps("system:one")], ReactionRun.objects.filter(is_done=True).count()]
        )
    return {
        "found": found,
        "tasks": list(DBTaskResult.objects.values_list("status", "return_value")),
        "lives": [len(one.worker_ids) for one in DBTaskResult.objects.all()],
        "beats": WorkerBeat.objects.count(),
        "outcome": verify().outcome,
        "cause": [step.actor for step in steps("system:one")],
    }


if __name__ == "__main__":
    print(json.dumps(main()))

"""Run as a script by ``test_imports``: workers killed in an import, one that is told to stop, then one left alone.

Each is a process of its own. The answer is one JSON document.
"""

import json
import multiprocessing
import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.db import connections  # noqa: E402

from upright.desk import importing  # noqa: E402
from upright.records.inventory.models import System  # noqa: E402
from upright.records.trail.history import steps  # noqa: E402
from upright.records.trail.verify import verify  # noqa: E402
from upright.records.work.imports import progress  # noqa: E402
from upright.records.work.models import ImportRun  # noqa: E402
from upright.site import importing as carrying  # noqa: E402
from upright.site.worker import Worker  # noqa: E402

FORK = multiprocessing.get_context("fork")
importing.BATCH = 20
carrying._LOOK_EVERY = 1
_tell = carrying.tell


def worker(death: str, at: int) -> int:
    def act() -> None:
        mine = Worker()

        def telling(ref: str, **said: Any) -> None:
            _tell(ref, **said)
            if said.get("done") == at and death == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            if said.get("done") == at and death == "stopped":
                mine.stopping.set()

        carrying.tell = telling
        mine.once()

    connections.close_all()
    process = FORK.Process(target=act)
    process.start()
    process.join()
    return process.exitcode or 0


def main(ref: str) -> dict[str, Any]:
    found = []
    # A batch ends at rows 21, 41 and 61 of the file; killed there, its transaction is not committed yet.
    for death, at in (("killed", 41), ("killed", 61), ("stopped", 61), ("", 0)):
        code = worker(death, at)
        run = ImportRun.objects.get(ref=ref)
        found.append([code, System.objects.count(), progress(run).done])
    counts = {name: getattr(run, name) for name in ("state", "rows", "added", "changed", "same", "refused")}
    refs = System.objects.order_by("ref").values_list("ref", flat=True)
    each = [[step.action, step.via] for one in refs for step in steps(one)]
    return {"found": found, "counts": counts, "steps": each, "outcome": verify().outcome}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))

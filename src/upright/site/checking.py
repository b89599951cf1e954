"""How the worker runs a system's checks: in a child process, its statements taken in by the same code as a push."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any, cast

from upright.kernel import Actor, InputError, Ref, UprightError
from upright.records.assurance.actions import push
from upright.records.trail.record import Record
from upright.records.work.checks import checks_home, end_check, is_check_key_enrolled, manifest_of, where_to
from upright.records.work.models import CheckRun
from upright.records.work.running import demand_running, is_stopping, tell
from upright.records.work.tasks import runs
from upright.workspace.bundles import read_bundle

LONGEST_S = 3600.0
_LOOK_S = 0.2


class CheckBrokeError(InputError):
    """A run of checks that gave no outcome."""


@runs("check-run")
def carry_out(record: Record) -> str:
    """Runs the checks that a ``CheckRun`` names; whatever goes wrong is entered as errored, never as nothing."""
    run = cast("CheckRun", record)
    if run.state != CheckRun.State.WAITING:
        return str(run.state)
    try:
        said, taken = _assessed(run)
    except (UprightError, OSError) as why:
        message = why.message if isinstance(why, InputError) else type(why).__name__
        end_check(run, outcome="errored", says=message)
        tell(run.ref, says=message[:300])
        return "errored"
    says = ""
    if taken.get("waiting"):
        says = "Statements wait in the intake and count once they are linked."
        if not is_check_key_enrolled():
            says = f"The key of this server's checks is not enrolled. {says}"
    end_check(run, outcome=said["outcome"], outcomes=said["outcomes"], taken=taken, says=says)
    tell(run.ref, says="Done.")
    return str(said["outcome"])


def _assessed(run: CheckRun) -> tuple[dict[str, Any], dict[str, int]]:
    folder = manifest_of(run.about)
    if folder is None:
        raise CheckBrokeError(where_to(run.about), code="UP-RUN-05")
    own = checks_home() / run.about.reference.path
    own.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix="upright-checks-") as name:
        bundle = Path(name) / "checks.bundle"
        said = _run_child(run, [str(folder), str(own), str(bundle), *run.bindings])
        done = push(read_bundle(bundle), actor=Actor(Ref.parse(run.asked_by)))
    counts: dict[str, int] = {}
    for one in done.outcomes:
        counts[one.taken] = counts.get(one.taken, 0) + 1
    return said, counts


def _run_child(run: CheckRun, arguments: list[str]) -> dict[str, Any]:
    """The outcome that the child says; its events become progress.

    Raises:
        CheckBrokeError: it refused, crashed or took too long. StoppedError: the worker is to stop.
    """
    command = [sys.executable, "-m", "upright.site.check_child", *arguments]
    last: dict[str, Any] = {}
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env=_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as child,
        _ended_in_time(child),
    ):
        for line in child.stdout or ():
            last = json.loads(line)
            if last.get("event"):
                says = f"{last['binding'] or last['event']} ({last['event']})."[:300]
                tell(run.ref, done=int(last["done"]), total=int(last["of"]), says=says)
        child.wait()
    demand_running()
    if "outcomes" in last and child.returncode == 0:
        return last
    said = last.get("refused") or f"The process that ran the checks ended with {child.returncode} and no outcome."
    raise CheckBrokeError(said, code="UP-RUN-08")


@contextmanager
def _ended_in_time(child: "subprocess.Popen[str]") -> Iterator[None]:
    """Ends the child where the worker is to stop, or where it takes too long."""
    over = threading.Event()
    context = copy_context()

    def watch() -> None:
        waited = 0.0
        while not over.wait(_LOOK_S):
            waited += _LOOK_S
            if waited > LONGEST_S or context.run(is_stopping):
                child.kill()
                return

    watcher = threading.Thread(target=watch, name="checks")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        if child.poll() is None:
            child.kill()


def _environment() -> dict[str, str]:
    """That of the server without its own settings; keys and state of checks lie in the server's home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("UPRIGHT_", "DJANGO_"))}
    config, state = checks_home() / "config", checks_home() / "state"
    return kept | {"XDG_CONFIG_HOME": str(config), "XDG_STATE_HOME": str(state)}

"""The worker: killed at any moment it does everything once; it waits longer after each failure; a dead one is seen."""

import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from records.addresses import address
from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright.kernel import Actor, InputError, time_text
from upright.records.identity.power import DeniedError
from upright.records.trail import reactions
from upright.records.trail.door import write
from upright.records.trail.models import ReactionRun
from upright.records.trail.reactions import MOST_TRIES, Event, due, reacts_to, run_pending
from upright.records.trail.server_log import clock_set, now
from upright.records.work.actions import run_reaction_again
from upright.records.work.models import WorkerBeat
from upright.records.work.queries import worker_state

KILLED = -signal.SIGKILL


def test_a_worker_killed_in_a_reaction_or_a_task_does_each_once_in_the_end(
    meridian_committed: Organisation, server_home: Path
) -> None:
    environment = os.environ | {"UPRIGHT_HOME": str(server_home), "UPRIGHT_DATABASE_URL": address(server_home)}
    script = Path(__file__).with_name("killed.py")
    done = subprocess.run([sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout)
    added, both = ["inventory.system.added"], ["inventory.system.added", "inventory.system.changed"]
    assert said["found"] == [[KILLED, added, 0], [KILLED, both, 1], [KILLED, both, 1], [0, both, 1], [0, both, 1]]
    assert (said["tasks"], said["lives"]) == ([["SUCCESSFUL", "done"]], [2])
    assert said["beats"] == 0
    assert said["cause"] == ["system:setup", "system:reactions"]
    assert said["outcome"] == "intact"


def test_a_reaction_that_fails_waits_longer_each_time_gives_up_and_runs_again_when_told(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch, quick_hashes: None
) -> None:
    monkeypatch.setattr(reactions, "_REACTIONS", {})
    flaws: list[Exception | None] = [InputError("The register is closed.", code="UP-TEST-01")] * MOST_TRIES + [None]

    @reacts_to("inventory.system.added")
    def describe(event: Event, actor: Actor) -> None:
        if (flaw := flaws.pop(0)) is not None:
            raise flaw

    write(meridian.system("one"), actor=actor_of(meridian.lead), action="inventory.system.added")
    start, waits = now(), []
    moment = start
    for tries in range(1, MOST_TRIES + 1):
        with clock_set(lambda moment=moment: moment):
            run_pending()
            run = ReactionRun.objects.get()
            assert run.tries == tries
            assert not due().exists()
            assert run_pending() == 0  # not before its time
        waits.append(run.after > time_text(moment))
        moment += timedelta(hours=1)
    assert all(waits)
    with clock_set(lambda: moment):
        assert not due().exists()
        assert worker_state().reactions_failed == 1
    lead = logged_in(account(meridian.lead))
    page = lead.get("/in/organisation/worker/").content.decode()
    assert "The register is closed. [UP-TEST-01]" in page
    assert "Run again" in page
    with pytest.raises(DeniedError):
        run_reaction_again(run, actor=actor_of(meridian.owner))
    assert logged_in(account(meridian.owner)).post("/in/organisation/worker/", {"run": run.pk}).status_code == 403
    assert lead.post("/in/organisation/worker/", {"run": "x"}).status_code == 404
    assert lead.post("/in/organisation/worker/", {"run": run.pk}).status_code == 302
    assert run_pending() == 1
    assert lead.post("/in/organisation/worker/", {"run": run.pk}).status_code == 400
    assert "The register is closed" not in lead.get("/in/organisation/worker/").content.decode()


def test_a_worker_that_is_dead_or_behind_is_said(meridian: Organisation, client: object) -> None:
    def ready() -> dict[str, object]:
        answer = client.get("/readyz")  # type: ignore[attr-defined]
        assert answer.status_code == 200
        return answer.json()["worker"]  # type: ignore[no-any-return]

    assert ready()["status"] == "dead"
    assert "No worker runs" in str(ready()["because"])
    beat = {"host": "here", "pid": 1, "started": time_text(now()), "memory_mib": 70}
    WorkerBeat.objects.create(worker="w", at=time_text(now()), **beat)
    run_pending()
    assert (ready()["status"], ready()["reactions_waiting"]) == ("running", 0)
    write(meridian.system("late"), actor=actor_of(meridian.lead), action="inventory.system.added")
    later = now() + timedelta(minutes=5)
    WorkerBeat.objects.update(at=time_text(later))
    with clock_set(lambda: later):
        assert ready()["status"] == "behind"
        WorkerBeat.objects.update(at=time_text(later - timedelta(minutes=1)))
        assert ready()["status"] == "dead"
        assert "was heard of since" in str(ready()["because"])

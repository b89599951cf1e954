"""``upright worker``: tasks, reactions, judging ahead, heartbeats, in a process of its own beside those that answer."""

import logging
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection
from django_tasks_db.compat import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from django_tasks_db.utils import exclusive_transaction

from upright.kernel import time_text
from upright.records.assurance.ahead import judge_ahead, next_to_age
from upright.records.operations.actions.voices import enter_waiting
from upright.records.risk.standing import hold_to_records, may_have_changed
from upright.records.trail.reactions import due, newest_index, pending, run_pending
from upright.records.trail.server_log import now
from upright.records.work.checks import run_due
from upright.records.work.models import WorkerBeat
from upright.records.work.tasks import StoppedError
from upright.site import statistics
from upright.web import reminding
from upright.web.digests import send_digests
from upright.web.outside import send_links

LOG = logging.getLogger("upright.worker")
BEAT_S = 5.0
POLL_S = 1.0
DAILY_S = 60.0
SCHEDULES_S = 15.0
GONE_AFTER = timedelta(seconds=60)
MOST_LIVES = 5
_LONGEST_PAUSE_S = 60.0
_RUNNERS = ("upright.site.importing", "upright.site.checking")


class Worker:
    """One worker: threads that beat, react, judge ahead and remind once a day; the caller's own runs tasks."""

    def __init__(self, parent: int | None = None) -> None:
        self.id = f"{socket.gethostname()}-{os.getpid()}-{os.urandom(4).hex()}"
        self.stopping = threading.Event()
        self._parent = parent
        self._started = time_text(now())
        self.ended = 0
        self._seen = -2
        self._gathered = -1
        self._judged, self._ages, self._rests_until = -2, "", 0.0
        self._held: tuple[int, str] | None = None
        for module in _RUNNERS:
            import_module(module)

    def run(self) -> None:
        """Works until told to stop, by SIGTERM, SIGINT, or the end of the process that started it."""
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: self.stopping.set())
        self.beat()
        LOG.info("worker started", extra={"memory_mib": memory_mib()})
        threads = [
            threading.Thread(target=self._again, args=(self.beat, BEAT_S), name="beat"),
            threading.Thread(target=self._again, args=(self.react, POLL_S), name="reactions"),
            threading.Thread(target=self._again, args=(self.judge, POLL_S), name="judging"),
            threading.Thread(target=self._again, args=(self.daily, DAILY_S), name="daily"),
            threading.Thread(target=self._again, args=(run_due, SCHEDULES_S), name="schedules"),
        ]
        for one in threads:
            one.start()
        try:
            self._again(self.work, POLL_S)
        finally:
            self.stopping.set()
            for one in threads:
                one.join()
            WorkerBeat.objects.filter(worker=self.id).delete()
            LOG.info("worker stopped")

    def once(self) -> None:
        """Runs what waits now, then leaves."""
        self.beat()
        try:
            self.react()
            run_due()
            self.work()
            self.judge()
        finally:
            WorkerBeat.objects.filter(worker=self.id).delete()

    def beat(self) -> None:
        """Says that this worker lives, and takes up what dead ones left; ends where its parent is gone."""
        if self._parent is not None and os.getppid() != self._parent:
            self.stopping.set()
        moment, host = now(), socket.gethostname()
        given = {"host": host, "pid": os.getpid(), "started": self._started, "at": time_text(moment)}
        WorkerBeat.objects.update_or_create(worker=self.id, defaults=given | {"memory_mib": memory_mib()})
        for other in WorkerBeat.objects.exclude(worker=self.id):
            is_gone = other.host == host and not _lives(other.pid)
            if is_gone or other.at < time_text(moment - GONE_AFTER):
                other.delete()
        take_up()

    def react(self) -> None:
        """Enters what was said in hours that are over; runs reactions where the log has grown, or one is due again."""
        enter_waiting()
        newest = newest_index()
        if newest == self._seen and not due().exists():
            return
        done = run_pending()
        if done:
            LOG.info("reactions ran", extra={"task": "reactions", "entry": newest, "outcome": "done"})
        if not any(pending().values()):
            self._seen = newest

    def judge(self) -> None:
        """Judges ahead what the log's new entries may have changed, or what aged; then rests as long as that took.

        Statements of applicability are held to the records first: what speaks against one is evidence that counts.
        """
        newest, moment = newest_index(), time_text(now())
        if statistics.is_due(newest, self._gathered):
            statistics.gather()
            self._gathered = max(0, newest)
        is_due = newest != self._judged or (self._ages and self._ages <= moment)
        if not is_due or time.monotonic() < self._rests_until:
            return
        begun = time.monotonic()
        if self._held is None or self._held[1] != moment[:10] or may_have_changed(self._held[0]):
            hold_to_records()
        self._held = (newest, moment[:10])
        count = judge_ahead(self.stopping.is_set)
        ended = time.monotonic()
        self._judged, self._ages, self._rests_until = newest, next_to_age(), 2 * ended - begun
        if count:
            seconds = round(ended - begun, 3)
            LOG.info("judged ahead", extra={"task": "posture", "entry": newest, "outcome": count, "seconds": seconds})

    def daily(self) -> None:
        """E-mails with links; once a day, from the hour of reminders on, tells what is due, then sends the digests."""
        send_links()
        if reminding.is_time():
            told = reminding.remind()
            LOG.info("reminders made", extra={"task": "reminders", "outcome": f"{told} new"})
            send_digests()
        elif now().hour == reminding.HOUR:  # a mail server that was away is tried for an hour
            send_digests()

    def work(self) -> None:
        """Runs tasks until none is ready, or this worker is to stop."""
        while not self.stopping.is_set():
            claimed = self._claimed()
            if claimed is None:
                return
            self._run(claimed)

    def _claimed(self) -> DBTaskResult[Any, Any] | None:
        ready = DBTaskResult.objects.ready()
        if not ready.exists():  # a look that locks nothing
            return None
        with exclusive_transaction():
            found = ready.get_locked()
            if found is not None:
                found.claim(self.id)
        return found

    def _run(self, claimed: DBTaskResult[Any, Any]) -> None:
        from upright.records.work import running

        started = time.monotonic()
        ref = str(claimed.args_kwargs["args"][0])
        with running.stopped_by(self.stopping):
            try:
                outcome = str(claimed.task.call(*claimed.args_kwargs["args"]))
                claimed.set_successful(outcome)
            except StoppedError:
                outcome = "stopped"
                DBTaskResult.objects.filter(pk=claimed.pk).update(status=TaskResultStatus.READY)
            except Exception as why:
                connection.close()
                outcome = "errored"
                running.failed(ref, why)
                claimed.set_failed(Exception(type(why).__name__))  # never its text, which may quote what was sent
                LOG.warning("task broke", exc_info=why, extra={"task": ref})
        self.ended += 1
        seconds = round(time.monotonic() - started, 3)
        LOG.info("task ended", extra={"task": ref, "outcome": outcome, "seconds": seconds, "memory_mib": memory_mib()})

    def _again(self, act: Callable[[], object], every_s: float) -> None:
        """Acts again and again; what breaks, such as a database that is gone, is said and waited for."""
        pause = every_s
        while not self.stopping.is_set():
            try:
                act()
                pause = every_s
            except Exception as why:
                LOG.warning("worker could not go on", exc_info=why)
                connection.close()
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            self.stopping.wait(pause)
        connection.close()


def take_up() -> None:
    """Tasks whose worker is dead are ready again; one that outlived five workers has failed."""
    from upright.records.work import running

    living = set(WorkerBeat.objects.values_list("worker", flat=True))
    for left in DBTaskResult.objects.running():
        if left.worker_ids and left.worker_ids[-1] in living:
            continue
        if len(left.worker_ids) >= MOST_LIVES:
            running.failed(str(left.args_kwargs["args"][0]), None)
            left.set_failed(Exception("its worker died each time"))
        else:
            DBTaskResult.objects.filter(pk=left.pk, worker_ids=left.worker_ids).update(status=TaskResultStatus.READY)


def memory_mib() -> int:
    """What this process holds in memory, in MiB; where the system does not say, the most that it held."""
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

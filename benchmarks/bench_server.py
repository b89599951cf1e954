"""The server: writing, reading and judging with 1,000 systems, 20,000 risks and 100,000 pieces of evidence."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.server_estate import Estate, load
from benchmarks.server_pages import in_the_browser

SYSTEMS, RISKS = 1_000, 20_000
PORT = 8671
READY_SECONDS = 60
PAGE = "target 25 ms, 12 queries"
OTHERS = {
    "two frameworks side by side": "/in/controls/side-by-side/?right=nist-ai-rmf&system=system:s7",
    "a cell of the matrix of risks": "/in/risks/?cell=5-5",
    "a kind of evidence": "/kind/drift/",
    "the palette: words of a system": "/jump/?q=system+77",
    "the palette: a word of all risks": "/jump/?q=risk",
    "due dates": "/due/",
    "monitoring": "/in/monitoring/",
    "organisation": "/in/organisation/",
    "improvement": "/in/improvement/",
    "legal entities": "/entities/",
    "reports": "/in/reports/",
    "history of a system": "/history/system:s7/",
    "form of a system": "/edit/system:s7/",
    "threats of a system": "/threats/system:s7/",
    "trust page": "/trust/",
}


def run(quick: bool = False) -> list[dict[str, Any]]:
    os.environ["UPRIGHT_HOME"] = tempfile.mkdtemp(prefix="upright-bench-")
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="upright-bench-state-")
    os.environ.pop("UPRIGHT_DATABASE_URL", None)
    begun = time.process_time()
    from upright.site import serving

    serving.load()
    loaded = time.process_time() - begun
    begun, watch = time.process_time(), time.perf_counter()
    serving.prepare("meridian", tell=str.strip)
    prepared, waited = time.process_time() - begun, time.perf_counter() - watch
    systems, risks = (20, 100) if quick else (SYSTEMS, RISKS)
    estate = load(systems, risks)
    first = measured("home while nobody has judged yet", PAGE, of_owner(estate, "/"), 3)
    judging = as_the_worker_does()
    return [
        row("load settings and apps", loaded, "CPU s", "start-up target 3"),
        row("empty database to ready (tables, static files, ledger)", prepared, "CPU s", "target 15; a peer took 549"),
        row("  the same", waited, "wall s", ""),
        *(row(f"load {what}", ms, "CPU ms each", f"{systems:,} systems, {risks:,} risks, {systems * 100:,} evidence")
          for what, ms in estate.loading.items()),
        row("judge every system ahead, as the worker does", judging / systems * 1000, "CPU ms each", ""),
        *first,
        *answers(estate, times=5 if quick else 30),
        *at_the_door(estate),
        *memory(session_of(estate)),
    ]  # fmt: skip


def as_the_worker_does() -> float:
    """Statistics of the database and the posture of every system, as beside a server; CPU seconds of judging."""
    from upright.records.assurance.ahead import judge_ahead
    from upright.site import statistics

    statistics.gather()
    begun = time.process_time()
    judge_ahead()
    return time.process_time() - begun


def of_owner(estate: Estate, path: str) -> Callable[[], Any]:
    """Gets a page as the estate's owner."""
    from django.conf import settings
    from django.test import Client

    from upright.records.identity.models import Account

    settings.ALLOWED_HOSTS = ["testserver"]
    web = Client()
    web.force_login(Account.objects.get(person=estate.owner))
    return lambda: web.get(path, secure=True)


def answers(estate: Estate, times: int) -> list[dict[str, Any]]:
    """CPU and queries of what people and programs ask for most, each warm, the median of many."""
    from django.conf import settings
    from django.test import Client

    from upright.kernel import Actor, Ref
    from upright.records.assurance.models import EvidenceRow
    from upright.records.identity.models import Account
    from upright.records.identity.token_actions import issue_token
    from upright.records.risk.models import Risk
    from upright.records.trail.server_log import now

    settings.ALLOWED_HOSTS = ["testserver"]
    owner = estate.owner
    ends = now() + timedelta(days=1)
    _, text = issue_token(owner, name="Bench", expires_at=ends, actor=Actor(Ref.parse(owner.ref)))
    as_the_worker_does()  # the token is an entry of the organisation's
    api, web = Client(headers={"Authorization": f"Bearer {text}"}), Client()
    web.force_login(Account.objects.get(person=owner))
    lead = Client()
    lead.force_login(Account.objects.get(person=estate.lead))
    filed = EvidenceRow.objects.filter(system="system:s7").latest("index")
    numbers = count()
    unseen = (f"/in/controls/?system=system:s{number % estate.systems}" for number in count(8))

    def fields() -> dict[str, Any]:
        return {"short_name": f"new-{next(numbers)}", "name": "New", "purpose": "Ranks.", "unit": estate.root.ref,
                "owner": owner.ref, "modality": "tabular"}  # fmt: skip

    def create() -> Any:
        body = json.dumps({"record": fields(), "reason": "Bench."})
        return api.post("/api/v1/system", body, "application/json", secure=True)

    def by_form() -> Any:
        sent = fields() | {"reason": "Bench.", "personal_data": "unknown", "version": "0"}
        return web.post("/records/system/add/", sent, secure=True)

    def got(client: Client, path: str) -> Callable[[], Any]:
        return lambda: client.get(path, secure=True)

    risk = Risk.objects.order_by("pk").first()
    asked: list[tuple[str, str, Callable[[], Any]]] = [
        ("home", PAGE, got(web, "/")),
        ("list of 100 risks by API", "target 25 ms, 8 queries", got(api, "/api/v1/risk?limit=100")),
        ("list of 100 risks, page", "target 25 ms, 8 queries; a peer took 142, 13", got(web, "/records/risk/?per=100")),
        ("one system by API", "", got(api, "/api/v1/system/system:s7")),
        ("page of a risk", PAGE, got(web, f"/record/{risk.ref}/")),
        ("page of a system", PAGE, got(web, "/record/system:s7/")),
        *((f"part of that: {part}", PAGE, got(web, f"/record/system:s7/?part={part}"))
          for part in ("risks", "parts", "documents", "work", "history")),
        ("register of risks", PAGE, got(web, "/in/risks/")),
        ("list of statements", PAGE, got(web, "/in/evidence/")),
        ("controls", PAGE, got(web, "/in/controls/?system=system:s7")),
        ("  each time of a system not shown before", PAGE, lambda: web.get(next(unseen), secure=True)),
        ("posture page of a system", PAGE, got(web, "/posture/system:s7/")),
        *((what, PAGE, got(lead, path)) for what, path in OTHERS.items()),
        ("a statement", PAGE, got(web, f"/statement/{filed.index}/")),
        ("posture of one framework by API", "target 20 ms, 8 queries",
         got(api, "/api/v1/system/system:s7/posture?framework=iso42001")),
        ("gate by API, evaluated anew", "", got(api, "/api/v1/system/system:s7/gate?stage=deployment")),
        ("create by API", "target 10 ms; a peer took 73", create),
        ("create by form", "target 10 ms", by_form),
    ]  # fmt: skip
    return [one for what, note, call in asked for one in measured(what, note, call, times)]


def measured(what: str, note: str, call: Callable[[], Any], times: int) -> list[dict[str, Any]]:
    """Two rows: CPU milliseconds, the median once it is warm; and how many queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(2):
        answer = call()
        assert answer.status_code < 400, (what, answer.status_code, answer.content[:300])
    spent = []
    for _ in range(times):
        begun = time.process_time()
        call()
        spent.append((time.process_time() - begun) * 1000)
    with CaptureQueriesContext(connection) as seen:
        call()
    return [row(what, median(spent), "CPU ms", note), row("  queries of that", len(seen), "queries", "")]


def at_the_door(estate: Estate) -> list[dict[str, Any]]:
    """What a write costs beneath form and API, and what verifying everything takes."""
    from upright.kernel import Actor
    from upright.records.trail.door import write
    from upright.records.trail.verify import verify

    made = estate.new_systems(1_000_000, 1_000)
    spent = []
    for one in [next(made) for _ in range(20)]:
        begun = time.process_time()
        write(one, actor=Actor.system("bench"), action="inventory.system.added")
        spent.append((time.process_time() - begun) * 1000)
    begun = time.process_time()
    report = verify()
    verifying = time.process_time() - begun
    assert report.outcome == "intact"
    return [
        row("create one record through the door alone", median(spent), "CPU ms", "beneath form and API"),
        row("verify: log, and every row against its entry", verifying, "CPU s", f"{report.log.size:,} entries"),
    ]


def session_of(estate: Estate) -> str:
    """The session cookie of the estate's owner."""
    from django.conf import settings
    from django.test import Client

    from upright.records.identity.models import Account

    client = Client()
    client.force_login(Account.objects.get(person=estate.owner))
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def memory(session: str) -> list[dict[str, Any]]:
    """What ``upright serve`` holds with two workers once each has answered, the task worker apart; then its pages."""
    command = [sys.executable, "-m", "upright", "serve", "--port", str(PORT), "--workers", "2"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + READY_SECONDS
        answered = 0
        while answered < 20:
            assert time.monotonic() < until, "the server did not answer in time"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}/account/login/", timeout=5).read()
                answered += 1
            except OSError:
                time.sleep(0.2)
        held = {pid: mib(pid) for pid in [server.pid, *children(server.pid)]}
        tasks = sum(size for pid, size in held.items() if is_task_worker(pid))
        pages = list(in_the_browser(f"http://127.0.0.1:{PORT}", session))
    finally:
        server.terminate()
        server.wait(30)
    web = sum(held.values()) - tasks
    return [
        row("memory of upright serve with 2 workers", web, "MiB", "target 300; a peer took 751; shared pages once"),
        row("  and of the task worker beside it", tasks, "MiB", ""),
        *pages,
    ]


def children(pid: int) -> list[int]:
    """Every process below one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *children(int(child))]
    return found


def mib(pid: int) -> float:
    """Proportional set size: what is shared counts once over all that share it."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")) / 1024


def is_task_worker(pid: int) -> bool:
    """Whether a process carries out tasks."""
    return b"\0worker\0" in Path(f"/proc/{pid}/cmdline").read_bytes() + b"\0"


def row(what: str, ours: float, unit: str, note: str) -> dict[str, Any]:
    return {"what": what, "ours": float(ours), "unit": unit, "note": note}

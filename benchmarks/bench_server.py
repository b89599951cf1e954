"""The server's records: writing, reading and judging over a database with 1,000 systems and 20,000 risks."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

SYSTEMS, RISKS = 1_000, 20_000


def cpu_ms(run: Callable[[], Any], times: int) -> float:
    """CPU milliseconds a call, the best of three rounds."""
    best = float("inf")
    for _ in range(3):
        begun = time.process_time()
        for _ in range(times):
            run()
        best = min(best, (time.process_time() - begun) / times)
    return best * 1000


def run(quick: bool = False) -> list[dict[str, Any]]:
    os.environ["UPRIGHT_HOME"] = tempfile.mkdtemp(prefix="upright-bench-")
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="upright-bench-state-")
    os.environ.pop("UPRIGHT_DATABASE_URL", None)
    begun = time.process_time()
    from upright.site import serving

    serving.load()
    loaded = time.process_time() - begun
    begun = time.process_time()
    serving.prepare("meridian", tell=str.strip)
    prepared = time.process_time() - begun
    rows = [
        row("load settings and apps", loaded, "CPU s", "start-up target 3"),
        row("empty database to ready (tables, static files, ledger)", prepared, "CPU s", "target 15; a peer took 549"),
    ]
    return rows + measured(*((50, 400) if quick else (SYSTEMS, RISKS)))


def measured(systems: int, risks: int) -> list[dict[str, Any]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from upright.kernel import Actor
    from upright.records.identity.models import Person, Unit
    from upright.records.inventory.models import System
    from upright.records.risk.models import Risk
    from upright.records.trail.door import write, write_many
    from upright.records.trail.verify import verify

    actor = Actor.system("bench")
    root = write(Unit(name="Meridian", kind="organisation"), actor=actor, action="identity.unit.added")
    owner = write(Person(name="Owner", unit=root), actor=actor, action="identity.person.added")

    def made(first: int, count: int) -> Iterator[System]:
        for number in range(first, first + count):
            yield System(
                short_name=f"s{number}", name=f"System {number}", purpose="Ranks.", unit=root, owner=owner,
                modality="tabular",
            )  # fmt: skip

    begun = time.process_time()
    write_many(made(0, systems), actor=actor, action="inventory.system.added")
    loading = (time.process_time() - begun) / systems * 1000
    every = list(System.objects.all())

    def risky(count: int) -> Iterator[Risk]:
        for number in range(count):
            yield Risk(
                title=f"Risk {number}", system=every[number % systems], unit=root, owner=owner, concerns="individuals",
                source="A cause.", consequence="A harm.", likelihood=1 + number % 5, impact=1 + number // 5 % 5,
            )  # fmt: skip

    begun = time.process_time()
    write_many(risky(risks), actor=actor, action="risk.risk.added")
    risk_loading = (time.process_time() - begun) / risks * 1000
    numbers = iter(range(systems, systems + 10_000))

    def create() -> None:
        write(next(made(next(numbers), 1)), actor=actor, action="inventory.system.added")

    def listed() -> list[str]:
        return [str(one.owner) for one in Risk.objects.select_related("system", "owner").order_by("-pk")[:100]]

    creating = cpu_ms(create, 50)
    with CaptureQueriesContext(connection) as asked:
        create()
    begun = time.process_time()
    report = verify()
    verifying = time.process_time() - begun
    assert report.outcome == "intact"
    return [
        row("load systems by write_many", loading, "CPU ms each", f"{systems:,}, each validated, entered, provable"),
        row("load risks by write_many", risk_loading, "CPU ms each", f"{risks:,}"),
        row("create one record through the door", creating, "CPU ms", "target 10; a peer took 73"),
        row("  queries of that", len(asked), "queries", ""),
        row("read a list of 100 risks with owner and system", cpu_ms(listed, 20), "CPU ms", "no page; a peer took 142"),
        row("verify: log, and every row against its entry", verifying, "CPU s", f"{report.log.size:,} entries"),
        row("resident memory of this process", memory_mib(), "MiB", ""),
    ]


def memory_mib() -> float:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def row(what: str, ours: float, unit: str, note: str) -> dict[str, Any]:
    return {"what": what, "ours": float(ours), "unit": unit, "note": note}

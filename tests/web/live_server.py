"""A server to look at, run as a process of its own: ``python live_server.py HOME WORKSPACE PORT ROWS``.

The demo organisation around a small system that was really assessed, and ROWS more risks, so that a list is long. What
it was before there was anybody lies beside it, in HOME-empty; ROWS is "none" for a server of that, with two people.
"""

import os
import shutil
import sys
from pathlib import Path


def main(home: str, workspace: str, port: str, rows: str) -> None:
    os.environ |= {"UPRIGHT_HOME": home, "UPRIGHT_DEMO": "yes", "UPRIGHT_WORKSPACES": workspace}
    os.environ.pop("UPRIGHT_DATABASE_URL", None)
    from upright.site import demo, serving

    serving.load()
    if rows == "none":
        _two_people()
        serving.serve("127.0.0.1", int(port), 1, with_worker=False)
        return
    with demo.beginning():
        serving.prepare("meridian", tell=print)
    _copy(Path(home))
    demo.build(Path(workspace))
    _more_risks(int(rows))
    serving.serve("127.0.0.1", int(port), 1)


def _copy(home: Path) -> None:
    from django.db import connection

    connection.close()
    shutil.copytree(home, home.with_name("home-empty"))


def _two_people() -> None:
    from upright.records.identity.beginning import Newcomer, bootstrap
    from upright.site.demo import PASSWORD

    ada, mira = (Newcomer(one, f"{one.lower()}@meridian.example", PASSWORD) for one in ("Ada", "Mira"))
    bootstrap("Meridian", ada, mira)


def _more_risks(count: int) -> None:
    from upright.kernel import Actor
    from upright.records.identity.models import Person
    from upright.records.inventory.models import System
    from upright.records.risk.models import Risk
    from upright.records.trail.door import write_many

    system = System.objects.select_related("unit", "owner").get(ref="system:mortgage")
    risks = [
        Risk(
            title=f"Risk {n:04d}: {'Kreditwürdigkeitsprüfungsverfahrensdokumentation' * (n % 3)}",
            system=system,
            unit=system.unit,
            owner=Person.objects.get(name="Olu Owner"),
            concerns="organisation",
            source="Made for a long list.",
            consequence="A list of many rows.",
            likelihood=1 + n % 5,
            impact=1 + n // 5 % 5,
        )
        for n in range(count)
    ]
    write_many(risks, actor=Actor.system("setup"), action="risk.risk.added", reason="Many rows.")


if __name__ == "__main__":
    main(*sys.argv[1:])

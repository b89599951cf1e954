"""A server to look at, run as a process of its own: ``python live_server.py HOME WORKSPACE PORT ROWS``.

The demo organisation around a small system that was really assessed, and ROWS more risks, so that a list is long.
"""

import os
import sys
from pathlib import Path


def main(home: str, workspace: str, port: str, rows: str) -> None:
    os.environ |= {"UPRIGHT_HOME": home, "UPRIGHT_DEMO": "yes"}
    os.environ.pop("UPRIGHT_DATABASE_URL", None)
    from upright.site import demo, serving

    serving.load()
    with demo.beginning():
        serving.prepare("meridian", tell=print)
    demo.build(Path(workspace))
    _more_risks(int(rows))
    serving.serve("127.0.0.1", int(port), 1)


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

"""``make bench``: runs every benchmark beside its peers and writes ``benchmarks/RESULTS.md``.

CPU seconds, not wall time: these figures are ratios taken in one run on one machine. A peer that is not installed
is installed into the environment of its own that PEERS names, so that its pins cannot bend ours.
"""

import argparse
import importlib
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
BENCHMARKS = (
    "bench_commands",
    "bench_fairness",
    "bench_ledger",
    "bench_modelfiles",
    "bench_models",
    "bench_posture",
    "bench_server",
    "bench_tables",
)
PEERS = {
    "bench_fairness": ("fairlearn",),
    "bench_ledger": ("pymerkle",),
    "bench_tables": ("evidently", "pandas<3", "presidio-analyzer"),
}
COLUMNS = ("what", "ours", "peer", "ratio", "unit", "note")


def environment(name: str) -> Path:
    """The Python of the environment in which this benchmark and its peers run."""
    peers = PEERS.get(name, ())
    if not peers:
        return Path(sys.executable)
    folder = HERE / ".venvs" / name
    python = folder / "bin" / "python"
    if not (folder / ".ready").exists():
        uv = next((path for path in (Path(sys.executable).with_name("uv"),) if path.exists()), Path("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", python, "-e", str(HERE.parent), *peers], check=True)
        (folder / ".ready").touch()
    return python


def rows(name: str, *, quick: bool) -> list[dict[str, Any]]:
    """Runs one benchmark in its environment; it prints its rows as one JSON line, last."""
    program = f"import json; from benchmarks.{name} import run; print(json.dumps(run({quick})))"
    done = subprocess.run(
        [environment(name), "-W", "ignore", "-c", program],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(found: list[dict[str, Any]]) -> str:
    lines = [f"| {' | '.join(COLUMNS)} |", "|" + " --- |" * len(COLUMNS)]
    for row in found:
        lines.append("| " + " | ".join(cell(row.get(column)) for column in COLUMNS) + " |")
    return "\n".join(lines)


def cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4g}"
    return "–" if value is None else str(value).replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help=f"any of {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="smaller sizes; prints, writes nothing")
    given = parser.parse_args()
    parts = []
    for name in given.only or BENCHMARKS:
        title = (importlib.import_module(f"benchmarks.{name}").__doc__ or name).splitlines()[0]
        text = f"## {title}\n\n{table(rows(name, quick=given.quick))}\n"
        print(text, flush=True)
        parts.append(text)
    if given.quick or given.only:
        return
    about = (
        f"Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}: Python {platform.python_version()}, "
        f"{platform.machine()}, CPU seconds. Figures are ratios within one run; the machine is noisy.\n"
    )
    (HERE / "RESULTS.md").write_text("# Results\n\n" + about + "\n" + "\n".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()

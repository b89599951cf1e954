"""Commands: what a user waits for."""

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

# What an assessment of a scikit-learn model cannot do without: its library once in the locked child, the engine here.
_LIBRARIES = (
    "import sys; sys.modules['pandas'] = None; import joblib, sklearn.impute, sklearn.linear_model",
    "import ibis; ibis.duckdb.connect()",
)
_PEER = "peer: importing scikit-learn once, and Ibis with DuckDB once"
_TABULAR = (
    *("applications-fairness", "scorer-fairness", "performance", "model-file-scan"),
    *("data-quality", "learnt-quality", "holdout-quality"),
    *("data-provenance", "learnt-provenance", "holdout-provenance"),
)


def cpu_seconds(command: list[str], folder: Path, env: dict[str, str]) -> float:
    """CPU seconds, user and system, of a command and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in {0, 1, 3}:
        raise RuntimeError(f"{command} ended with {done.returncode}: {done.stderr}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows for RESULTS.md: help, the mortgage assessment with and without training."""
    upright = [sys.executable, "-m", "upright"]
    repeats = 3 if quick else 9
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "mortgage"
        shutil.copytree(ROOT / "examples" / "mortgage", folder, ignore=shutil.ignore_patterns("*.parquet", ".upright"))
        env = {**os.environ, "XDG_CONFIG_HOME": f"{name}/config", "XDG_STATE_HOME": f"{name}/state"}
        bare = min(cpu_seconds([sys.executable, "-c", "pass"], folder, env) for _ in range(repeats))
        help_ = min(cpu_seconds([*upright, "--help"], folder, env) for _ in range(repeats))
        train = cpu_seconds([sys.executable, "train.py", "."], folder, env)
        least = sum(cpu_seconds([sys.executable, "-c", text], folder, env) for text in _LIBRARIES)
        first = cpu_seconds([*upright, "assess"], folder, env)
        again = cpu_seconds([*upright, "assess"], folder, env)
        shutil.rmtree(folder / ".upright")
        few = cpu_seconds([*upright, "assess", *(f"--only={one}" for one in _TABULAR)], folder, env)
    return [
        row("`upright --help`, target < 0.3", help_, bare, "peer: `python -c pass`; least of several runs"),
        row("mortgage: train and assess, target < 15", train + first, train, "peer: the training alone"),
        row("mortgage: first assess, 21 checks, target < 5", first, least, f"re-scored in the sandbox; {_PEER}"),
        row("the same, its ten checks of tables and of the model's file", few, least, f"re-scored too; {_PEER}"),
        row("mortgage: assess again, all reused", again, first, "peer: the first assess"),
    ]


def row(what: str, ours: float, peer: float | None, note: str) -> dict[str, Any]:
    """One line of the results."""
    ratio = None if peer is None else ours / peer
    return {"what": what, "ours": ours, "peer": peer, "ratio": ratio, "unit": "CPU s", "note": note}

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
        first = cpu_seconds([*upright, "assess"], folder, env)
        again = cpu_seconds([*upright, "assess"], folder, env)
    return [
        row("`upright --help`, target < 0.3", help_, bare, "peer: `python -c pass`; least of several runs"),
        row("mortgage: train and assess, target < 15", train + first, train, "peer: the training alone"),
        row("mortgage: first assess, target < 5", first, None, "with re-scoring in the sandbox"),
        row("mortgage: assess again, all reused", again, first, "peer: the first assess"),
    ]


def row(what: str, ours: float, peer: float | None, note: str) -> dict[str, Any]:
    """One line of the results."""
    ratio = None if peer is None else ours / peer
    return {"what": what, "ours": ours, "peer": peer, "ratio": ratio, "unit": "CPU s", "note": note}

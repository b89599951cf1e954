"""Model files: what is caught, what is a false alarm, and CPU time, beside three scanners on our own corpora.

Each peer runs by its own command in an environment of its own, with telemetry off and a home of its own. A file counts
as flagged where a peer names an issue of it that is a warning or worse. The corpora are those of ``tests/modelfiles``:
hostile files whose loading runs code, and models as the libraries write them.
"""

import contextlib
import datetime as dt
import json
import os
import pickle
import re
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PEERS = {"picklescan": ("picklescan", "numpy"), "modelscan": ("modelscan[h5py]",), "modelaudit": ("modelaudit",)}
"""With what each needs to read our files: without numpy picklescan ends at the first array. TensorFlow is too large."""
LONGEST = 600
_ENDINGS = {
    "joblib": ".joblib", "npy": ".npy", "npz": ".npz", "torch": ".pt", "zip": ".zip", "tar": ".tar", "keras": ".keras",
    "hdf5": ".h5", "keras-h5": ".h5", "onnx": ".onnx", "gguf": ".gguf", "safetensors": ".safetensors",
    "savedmodel": ".pb",
}  # fmt: skip


def run(quick: bool) -> list[dict[str, Any]]:
    """Rows for RESULTS.md: per peer what it caught and its false alarms beside ours; then large pickles by shape."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hostile, benign = _corpora(folder, every={"hostile": 6 if quick else 2, "benign": 48 if quick else 16})
        ours = {kind: _ours(folder / kind) for kind in ("hostile", "benign")}
        for peer in PEERS:
            theirs = {kind: _theirs(peer, folder / kind, folder) for kind in ("hostile", "benign")}
            for kind, what, count in (("hostile", "caught", hostile), ("benign", "false alarms", benign)):
                (mine, cpu), (other, critical, peer_cpu, note) = ours[kind], theirs[kind]
                about = f"beside {peer}{note}"
                files = f"{what}, of {count} {kind} files, {about}"
                found.append(_row(files, len(mine), len(other), "files", _noted(other, critical, mine)))
                found.append(
                    _row(f"the same: time, {about}", cpu, peer_cpu, "CPU s", "start-up of the commands included")
                )
        found.extend(_large(folder, 20 if quick else 200))
    return found


def _row(what: str, ours: float, peer: float | None, unit: str, note: str) -> dict[str, Any]:
    ratio = ours / peer if peer else None
    return {"what": what, "ours": ours, "peer": peer, "ratio": ratio, "unit": unit, "note": note}


def _noted(other: set[str], critical: set[str], mine: set[str]) -> str:
    graded = "" if critical == other else f"; {len(critical)} of the peer's are critical, the others warnings"
    return f"{len(other - mine)} only by the peer, {len(mine - other)} only by us{graded}"


def _corpora(folder: Path, *, every: dict[str, int]) -> tuple[int, int]:
    """Writes both corpora, or every so many-th file of them (one peer needs seconds for each), and says how many.

    Each file has the ending of the format that it is, since peers go by it.
    """
    sys.path.insert(0, str(HERE.parent / "tests"))
    from modelfiles.assembler import read
    from modelfiles.benign import benign_files
    from modelfiles.hostile_archives import hostile_archives
    from modelfiles.hostile_formats import hostile_formats
    from modelfiles.hostile_pickles import DANGEROUS, hostile_pickles

    tricks = {**hostile_pickles(), **hostile_archives(), **hostile_formats()}
    hostile = {name: one.data for name, one in tricks.items() if one.verdicts == DANGEROUS}
    for kind, files in (("hostile", hostile), ("benign", benign_files())):
        (folder / kind).mkdir()
        for number, (name, data) in enumerate(list(files.items())[:: every[kind]]):
            form = read(data).format.partition("+")[0]
            ending = _ENDINGS.get(form, ".json" if data[:1] == b"{" else ".pkl")
            plain = re.sub(r"[^A-Za-z0-9]+", "-", name)
            (folder / kind / f"{number:04d}-{plain}{ending}").write_bytes(data)
    hostile_count, benign_count = (len(list((folder / kind).iterdir())) for kind in ("hostile", "benign"))
    return hostile_count, benign_count


def _ours(folder: Path) -> tuple[set[str], float]:
    """The files that are not clean (a benign file that was not examined is an alarm too); of hostile ones, flagged."""
    done, cpu = _timed(
        [str(Path(sys.executable).with_name("upright")), "scan", str(folder), "--format", "json"], folder
    )
    bad = {"dangerous", "suspicious"} | ({"not_examined"} if folder.name == "benign" else set())
    return {Path(one["path"]).name for one in json.loads(done)["files"] if one["verdict"] in bad}, cpu


def _theirs(peer: str, folder: Path, home: Path) -> tuple[set[str], set[str], float, str]:
    """The files that a peer flags, those it calls critical, its CPU seconds, and its version."""
    command = _installed(peer)
    arguments = {
        "picklescan": ["-p", str(folder)],
        "modelscan": ["scan", "-p", str(folder), "-r", "json", "-o", str(home / "modelscan.json")],
        "modelaudit": ["scan", "--format", "json", "--no-cache", "-o", str(home / "modelaudit.json"), str(folder)],
    }[peer]
    answer = home / f"{peer}.json"
    answer.unlink(missing_ok=True)
    text, cpu = _timed([str(command), *arguments], home)
    if peer != "picklescan":
        text = answer.read_text() if answer.exists() else "{}"
    version = subprocess.run(
        [command.with_name("python"), "-c", f"import importlib.metadata as m; print(m.version({peer!r}))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    flagged, critical = (set(_flagged(peer, text, folder, least)) for least in ("warning", "critical"))
    return flagged, critical, cpu, f" {version}" if text != "{}" else f" {version} (ended: no answer)"


def _flagged(peer: str, text: str, folder: Path, least: str) -> Iterator[str]:
    if peer == "picklescan":
        places = re.findall(r"^(.*?): .* FOUND$", text, re.MULTILINE)
    elif peer == "modelscan":
        places = [one["source"] for one in json.loads(text).get("issues", ())]
    else:
        issues = json.loads(text).get("issues", ())
        places = [one["location"] or "" for one in issues if one["severity"] in {least, "critical", "error"}]
    known = sorted(file.name for file in folder.iterdir())
    for place in places:
        yield from (name for name in known if name in place)


def _installed(peer: str) -> Path:
    folder = HERE / ".venvs" / peer
    if not (folder / ".ready").exists():
        uv = next((path for path in (Path(sys.executable).with_name("uv"),) if path.exists()), Path("uv"))
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "-q", "-p", folder / "bin" / "python", *PEERS[peer]], check=True)
        (folder / ".ready").touch()
    return folder / "bin" / peer


def _timed(command: list[str], home: Path) -> tuple[str, float]:
    """What a command prints and the CPU seconds of it and its children; ended after ``LONGEST`` seconds."""
    quiet = {"NO_ANALYTICS": "1", "PROMPTFOO_DISABLE_TELEMETRY": "1", "CI": "1", "HOME": str(home)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = ""
    with contextlib.suppress(subprocess.TimeoutExpired):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=LONGEST, check=False,
            env={**os.environ, **quiet},
        )  # fmt: skip
        text = done.stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return text, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _document(n: int) -> dict[str, Any]:
    """As a store of texts keeps it: 500 to 3,000 characters, every second one beyond ASCII."""
    word = "\xfcber " if n % 2 else "about "
    return {"id": n, "title": f"title {n}", "text": word * (90 + n * 37 % 410), "tags": [f"t{n % 99}", None]}


def _large(folder: Path, megabytes: int) -> Iterator[dict[str, Any]]:
    """Pickles of one shape each; ``size`` is about how many bytes a value takes."""
    import numpy as np

    shapes: dict[str, tuple[int, Callable[[int], Any]] | tuple[int, Callable[[int], Any], int]] = {
        "small dicts": (41, lambda n: {"id": n, "score": n / 7, "name": f"n{n}", "ok": True, "n": n % 7}),
        "documents": (1_950, _document),
        "short texts": (13, lambda n: f"v{n:09}"),
        "mixed numbers": (5, lambda n: (n % 200, n % 50_000, -n, n << 20)[n % 4]),
        "tuples of number, float and text beyond ASCII": (32, lambda n: (n, n / 7, f"\xfc{n}")),
        "times": (19, lambda n: dt.datetime(2020, 1, 1) + dt.timedelta(seconds=n)),  # noqa: DTZ001
        "numbers of numpy": (19, lambda n: np.float64(n / 7)),
        "numbers of numpy by protocol 2": (54, lambda n: np.float64(n / 7), 2),
    }
    for shape, (size, make, *protocol) in shapes.items():
        path = folder / "large.pkl"
        with path.open("wb") as file:
            pickle.dump([make(n) for n in range(megabytes * 1_000_000 // size)], file, *protocol)
        report, cpu = _timed(
            [str(Path(sys.executable).with_name("upright")), "scan", str(path), "--format", "json"], folder
        )
        verdict = json.loads(report)["files"][0]["verdict"]
        what = f"a pickle of {path.stat().st_size / 1e6:,.0f} MB of {shape}; target 3"
        yield _row(what, cpu, None, "CPU s", f"{verdict}; start-up of the command included")

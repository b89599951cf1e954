"""Runs garak as a program of its own and reads what it reports; none of its code is in our process.

garak is no part of any extra: with what it needs it is several GB, and its pins clash with ours. It lies in an
environment of its own and is found as ``garak`` on the path, or by ``UPRIGHT_GARAK``; never by a manifest, which may
come from somebody else. Source: garak 0.17.1, ``garak.core.yaml`` and ``generators/openai.py``.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from upright.checks.contract import Endpoint
from upright.checks.foreign import plain
from upright.checks.llm.garak_report import GarakReport
from upright.measures.errors import MeasureInputError

PROGRAM = "UPRIGHT_GARAK"
_KEY = "OPENAICOMPATIBLE_API_KEY"
_PREFIX = "found"
_LARGEST_REPORT = 256 * 2**20
_KEPT_ERRORS = 300
_WITH_US = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9, 0, 0, 0); "
    "os.getppid() == int(sys.argv[1]) or os._exit(1); os.execv(sys.argv[2], sys.argv[2:])"
)
"""On Linux the program ends when we do, however that is (prctl(2), PR_SET_PDEATHSIG)."""
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY",
              "https_proxy", "http_proxy", "no_proxy")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What garak is asked to do: probes as it names them, prompts of each probe at most, replies to each, time."""

    probes: Sequence[str]
    prompts: int
    generations: int
    most_tokens: int
    seconds: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The report, whatever of it there is; ``why`` says what went wrong, if anything did."""

    report: GarakReport
    why: str = ""


def program() -> str:
    """Where garak is.

    Raises:
        MeasureInputError: nowhere (UP-CHECK-85).
    """
    found = shutil.which(os.environ.get(PROGRAM) or "garak")
    if found is None:
        named = f"{PROGRAM} names no program that can be run" if os.environ.get(PROGRAM) else "garak is not installed"
        raise MeasureInputError(
            f"{named}; install it in an environment of its own (`uv tool install garak`) and have it on the path, or "
            f"name it by {PROGRAM}",
            code="UP-CHECK-85",
        )
    return found


def run(endpoint: Endpoint, order: Order, *, key: str | None, folder: Path) -> Ended:
    """One run, in a folder and a home of its own that are gone afterwards; past its time it is ended with all it began.

    Raises:
        MeasureInputError: there is no garak (UP-CHECK-85), or it wrote no report (-86).
    """
    where = program()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix="garak-") as name:
        place = Path(name)
        config = place / "garak.json"
        config.write_text(json.dumps(_config(endpoint, order, place)), encoding="utf-8")
        command = [where, "--config", str(config), "--spec", ",".join(order.probes), "--report_prefix", _PREFIX]
        with (place / "errors").open("wb") as errors:
            status = _finished(command, place, _environment(place, key), errors.fileno(), order.seconds)
        said = _end_of(place / "errors")
        written = place / f"{_PREFIX}.report.jsonl"
        if not written.is_file():
            why = "did not finish in time" if status is None else f"ended with {status}"
            raise MeasureInputError(
                f"garak {why} and wrote no report; it said: {said or 'nothing'}", code="UP-CHECK-86"
            )
        report = GarakReport.of(_lines(written), attempts=True)
    why = "" if status == 0 else f"garak ended with {status}" if status else f"garak was ended after {order.seconds} s"
    return Ended(report=report, why=why)


def _config(endpoint: Endpoint, order: Order, place: Path) -> dict[str, Any]:
    address = {"uri": endpoint.url, "max_tokens": order.most_tokens}
    return {
        "system": {"lite": True, "parallel_attempts": False},
        "run": {"generations": order.generations, "soft_probe_prompt_cap": order.prompts, "seed": order.seed},
        "plugins": {
            "target_type": "openai.OpenAICompatible",
            "target_name": endpoint.model,
            "generators": {"openai": {"OpenAICompatible": address}},
        },
        "reporting": {"report_dir": str(place), "confidence_interval_method": "none"},
    }


def _environment(place: Path, key: str | None) -> Mapping[str, str]:
    """A home of its own, no weights from any hub, and of ours no more than a program needs; the key, if any."""
    homes = {name: str(place / "home" / name.lower()) for name in _HOMES}
    for home in homes.values():
        Path(home).mkdir(parents=True)
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        **passed_on,
        **homes,
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "PYTHONUTF8": "1",
        _KEY: key or "none",  # garak demands one, and an address without a key ignores it
    }


_HOMES = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR")


def _finished(
    command: Sequence[str], place: Path, environment: Mapping[str, str], errors: int, seconds: int
) -> int | None:
    """How it ended; ``None`` where it was ended, with every process that it began."""
    if sys.platform == "linux":
        command = [sys.executable, "-I", "-c", _WITH_US, str(os.getpid()), *command]
    process = subprocess.Popen(
        list(command), cwd=place, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=errors, start_new_session=True,
    )  # fmt: skip
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lines(path: Path) -> Iterator[tuple[int, Any]]:
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(_LARGEST_REPORT), b""), start=1):
            if file.tell() > _LARGEST_REPORT:
                yield number, None
                return
            try:
                yield number, msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError):
                yield number, None


def _end_of(path: Path) -> str:
    """The last that it said, without the folders of this machine."""
    text = path.read_bytes()[-4_096:].decode("utf-8", "replace").strip()
    return plain(text[-_KEPT_ERRORS:], _KEPT_ERRORS)

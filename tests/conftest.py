"""What holds for every test: another time zone, an empty home for keys, and no network beyond loopback."""

import gc
import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Before pytest-django reads the settings: a server's home of the tests' own.
os.environ["DJANGO_SETTINGS_MODULE"] = "upright.site.settings"
os.environ["UPRIGHT_HOME"] = tempfile.mkdtemp(prefix="upright-home-")
os.environ["UPRIGHT_SECRET_KEY"] = "of-the-tests-" * 4
os.environ["TZ"] = "Asia/Kathmandu"
time.tzset()
for name in ("UPRIGHT_KEY_FILE", "UPRIGHT_WORKSPACE", "NO_COLOR", "FORCE_COLOR"):
    os.environ.pop(name, None)

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.load_profile("house")

ROOM = 2 * 1024**3
"""Bytes of memory that the homes of a run may take."""

_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    host = address[0] if isinstance(address, tuple) else ""
    if isinstance(address, tuple) and host not in {"127.0.0.1", "::1", "localhost"}:
        raise AssertionError(f"A test tried to reach {address!r}; tests stay on loopback.")
    _connect(self, address)


socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where homes lie: in memory where there is room, for a test waits a dozen times until its keys are on the disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < ROOM:
        yield tmp_path_factory.mktemp("homes")
        return
    with tempfile.TemporaryDirectory(prefix="upright-homes-", dir=memory, ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(autouse=True)
def _own_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys and state heads of a test never touch those of the person who runs it."""
    home = Path(tempfile.mkdtemp(prefix="home-", dir=homes))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(home / "state"))
    monkeypatch.setenv("HOME", str(home))


def pytest_configure() -> None:
    """Loads the server's apps before any module of tests names a model."""
    import django

    django.setup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with a slow test come first, whole: none of them begins when the other workers are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was loaded until here stays until the end: looking through it for garbage cost a tenth of a test's CPU."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Prints what each room's tests cost, and lists what could not run with the package that brings it."""
    spent: Counter[str] = Counter()
    reports = [report for group in terminalreporter.stats.values() for report in group if hasattr(report, "duration")]
    for report in reports:
        parts = Path(report.nodeid.partition("::")[0]).parts
        spent[parts[1] if len(parts) > 1 else parts[0]] += report.duration
    if spent:
        terminalreporter.write_sep("-", "seconds by room (summed over workers)")
        terminalreporter.write_line("  ".join(f"{room} {seconds:.0f}" for room, seconds in spent.most_common()))
    for report in _not_run(terminalreporter):
        terminalreporter.write_line(f"NOT RUN {report.nodeid}: {_reason(report)}")


def _reason(report: Any) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _not_run(terminalreporter: Any) -> Iterator[Any]:
    yield from terminalreporter.stats.get("skipped", [])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A part that could not run is not a pass, unless the person who runs it says so with ALLOW_NOT_RUN=1.

    What needs an optional extra is listed as not run too, and has a target of its own, such as `make test-torch`.
    """
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_worker = hasattr(session.config, "workerinput")
    if (
        exitstatus == 0
        and not is_worker
        and os.environ.get("ALLOW_NOT_RUN") != "1"
        and any(map(_is_missed, _not_run(reporter)))
    ):
        session.exitstatus = 1


def _is_missed(report: Any) -> bool:
    return not report.nodeid.startswith("tests/extras/")

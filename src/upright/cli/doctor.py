"""``upright doctor``: what is installed here, what this machine can do, and whether keys and log are in order."""

import importlib.metadata
import os
import platform
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright import __version__
from upright.cli.session import Session, command, single
from upright.kernel import UprightError

if TYPE_CHECKING:
    from upright.cli.screen import Screen

app = single()


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at: ``state`` is met, partly (works, with less) or failing (does not work)."""

    area: str
    what: str
    state: str
    said: str


@command(app)
def doctor(session: Session) -> int:
    """Say what is installed, what the sandbox can bound, which keys are at hand and how the log is. Changes nothing.

    Exit 1 when something that is there does not work; what is merely absent is no fault.
    """
    findings = [*_installed(), *_sandbox(), *_keys(), *_log(session)]
    document: dict[str, Any] = {
        "upright": 1,
        "version": __version__,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "findings": [
            {"area": one.area, "what": one.what, "state": _STATES[one.state], "said": one.said} for one in findings
        ],
    }

    def show(screen: "Screen") -> None:
        from upright.cli.screen import Column

        screen.title(f"Upright {__version__}", f"Python {document['python']}, {document['platform']}")
        columns = [Column("", whole=True), Column("What"), Column("State", whole=True), Column("What that means")]
        rows, area = [], ""
        for one in findings:
            rows.append((one.area if one.area != area else "", one.what, _STATES[one.state], one.said))
            area = one.area
        screen.table(columns, rows)

    session.answer(document, show)
    return 1 if any(one.state == "failing" for one in findings) else 0


_STATES = {"met": "ok", "partly": "limited", "failing": "broken", "none": "absent"}


def _installed() -> Iterable[Finding]:
    """Each extra of this distribution: whole, or with the packages it lacks."""
    from packaging.requirements import Requirement

    try:
        meta = importlib.metadata.metadata("upright")
        needs = [Requirement(text) for text in meta.get_all("Requires-Dist") or ()]
    except importlib.metadata.PackageNotFoundError:
        yield Finding("installed", "upright", "partly", "runs from a source tree that is not installed")
        return
    extras = [None, *sorted(set(meta.get_all("Provides-Extra") or ()) - {"dev"})]
    for extra in extras:
        wanted = [
            need for need in needs
            if need.name != "upright" and (need.marker is None if extra is None else _belongs(need, extra))
        ]  # fmt: skip
        lacking = [need.name for need in wanted if not _has(need)]
        what = f"extra {extra}" if extra else "base"
        if not lacking:
            yield Finding("installed", what, "met", f"all of {', '.join(need.name for need in wanted)}")
        elif extra is None:
            yield Finding("installed", what, "failing", f"lacks {', '.join(lacking)}: pip install upright")
        else:
            yield Finding("installed", what, "none", f"lacks {', '.join(lacking)}: pip install 'upright[{extra}]'")


def _belongs(need: Any, extra: str) -> bool:
    return (
        need.marker is not None and need.marker.evaluate({"extra": extra}) and not need.marker.evaluate({"extra": ""})
    )


def _has(need: Any) -> bool:
    try:
        return bool(need.specifier.contains(importlib.metadata.version(need.name), prereleases=True))
    except importlib.metadata.PackageNotFoundError:
        return False


def _sandbox() -> Iterable[Finding]:
    """What the sandbox for loading models can bound here, found by locking a child in that has nothing to do."""
    from upright.checks.sandbox import run_confined

    with tempfile.TemporaryDirectory() as scratch:
        tried = run_confined("model", {}, scratch=Path(scratch))  # an empty order: refused, but only after the locks
    if tried.status != "failed":
        yield Finding("sandbox", "loading models", "none", f"{tried.why}; what a model says cannot be recomputed here")
        return
    yield Finding("sandbox", "network, processes", "met", "refused to code in a model (seccomp, no new privileges)")
    if tried.notes:
        yield Finding("sandbox", "file reads", "partly", "; ".join(tried.notes))
    else:
        yield Finding("sandbox", "file reads", "met", "bounded to the scratch folder and Python (Landlock)")


def _keys() -> Iterable[Finding]:
    from upright.evidence.keys import KEY_FILE, ROLES, key_folder, keyring

    where = os.environ.get(KEY_FILE) or str(key_folder())
    try:
        at_hand = keyring()
    except UprightError as why:
        yield Finding("keys", where, "failing", str(why))
        return
    for role in ROLES:
        count = sum(key.role == role for key in at_hand)
        if count:
            yield Finding("keys", role, "met", f"{count} in {where}")
        else:
            yield Finding("keys", role, "none", _MAKES[role])


_MAKES = {
    "evidence": "made by the first 'upright assess'",
    "log": "made by the first 'upright assess'",
    "witness": "only for those who countersign other people's logs",
    "person": "needed to attest: upright key new person",
}


def _log(session: Session) -> Iterable[Finding]:
    from upright.cli.here import open_workspace
    from upright.cli.place import NoWorkspaceError

    try:
        workspace = open_workspace(session)
        report = workspace.verify(workspace.log_key)
    except NoWorkspaceError as why:
        if session.given is not None:
            raise
        yield Finding("log", "here", "none", why.message)
        return
    except UprightError as why:
        yield Finding("log", "here", "failing", str(why))
        return
    where = str(workspace.folder)
    if not report.is_intact:
        yield Finding("log", where, "failing", f"{len(report.problems)} problems: upright ledger verify")
        return
    yield Finding("log", where, "met", f"{report.size:,} entries, intact, {report.rollback}")

"""Imports that the worker carries out: asked for, gone on with, ended. The file is kept by its digest meanwhile."""

import os
import re
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from upright.interchange.spreadsheets import count_rows
from upright.kernel import Actor, InputError, Ref
from upright.records.identity.acting import Scope
from upright.records.identity.editing import right_of
from upright.records.identity.power import Powers
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.record import record_types
from upright.records.trail.server_log import home
from upright.records.work.models import ImportRun, Progress
from upright.records.work.running import tell
from upright.records.work.tasks import enqueue, is_queued

CARRIER = Actor.system("tasks")
_KEPT_S = 7 * 24 * 3600
_DIGEST = re.compile(r"[0-9a-f]{64}")


def ask_import(
    record_type: str,
    file: Path,
    name: str,
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    *,
    dry: bool,
    skip: bool = False,
    history: bool = False,
    actor: Actor,
    powers: Powers,
    reason: str = "",
    came_from: str = "",
) -> ImportRun:
    """Has the worker import a file, or try it; the file is kept by its digest until that is done.

    Raises:
        DeniedError: the actor may add such a record nowhere.
        InputError: no spreadsheet.
    """
    powers.must(right_of(record_types()[record_type], "add"))
    total = count_rows(file)
    digest = _keep(file)
    scope = powers.scope
    run = ImportRun(
        record_type=record_type,
        name="".join(one for one in name if one.isprintable())[:200] or "file",
        sha256=digest,
        columns=dict(columns),
        values={key: dict(one) for key, one in values.items()},
        dry=dry,
        skip=skip,
        history=history,
        reason=reason.strip(),
        asked_by=str(actor),
        scope=None if scope is None else {"rights": sorted(scope.rights), "systems": sorted(scope.systems)},
    )
    with change():
        write(run, actor=actor, action="work.import.asked", reason=reason)
        tell(run.ref, total=total, says="Waiting for the worker.", found={"token": came_from})
        enqueue(run)
    return run


def go_on(run: ImportRun, *, actor: Actor, reason: str = "") -> ImportRun:
    """Has an import that stopped or broke go on where it was; only who asked for it may.

    Raises:
        RefusedError: somebody else asked for it, it is done, or it waits for the worker already.
    """
    if str(actor) != run.asked_by:
        raise RefusedError(f"{run.ref} was asked for by somebody else, who alone goes on with it.", code="UP-RUN-02")
    if run.state == ImportRun.State.DONE or is_queued(run):
        raise RefusedError(f"{run.ref} is done, or waits for the worker already.", code="UP-RUN-03")
    if not kept(run.sha256).is_file():
        raise RefusedError(f"The file of {run.ref} is not kept any more; send it again.", code="UP-RUN-04")
    run.state, run.says = ImportRun.State.WAITING, ""
    with change():
        write(run, actor=actor, action="work.import.asked", reason=reason or "Goes on.")
        enqueue(run)
    return run


def end_import(run: ImportRun, counts: Mapping[str, int], *, says: str = "") -> ImportRun:
    """Enters what came of an import; ``says`` is why it stopped, if it did."""
    run.state = ImportRun.State.STOPPED if says else ImportRun.State.DONE
    run.says = says
    for name in ("rows", "added", "changed", "same", "refused"):
        setattr(run, name, counts[name])
    write(run, actor=CARRIER, action="work.import.ended", reason=says)
    if not says:
        kept(run.sha256).unlink(missing_ok=True)
    return run


def asker(run: ImportRun) -> tuple[Actor, Scope | None]:
    """Who asked for an import, and how far the token reached that was shown then."""
    if run.scope is None:
        return Actor(Ref.parse(run.asked_by)), None
    scope = Scope(run.asked_by, frozenset(run.scope["rights"]), frozenset(run.scope["systems"]))
    return Actor(Ref.parse(run.asked_by), "token"), scope


def may_see(run: ImportRun, actor: Actor, powers: Powers) -> bool:
    """Whether somebody may see an import: who asked for it, and whose role says so."""
    return str(actor) == run.asked_by or powers.may("work.import.read", run)


def kept(digest: str) -> Path:
    """Where the file of an import lies."""
    return home() / "imports" / digest


def is_file_kept(run: ImportRun) -> bool:
    """Whether an import could still go on."""
    return kept(run.sha256).is_file()


def progress(run: ImportRun) -> Progress:
    """How far it is."""
    return Progress.objects.filter(ref=run.ref).first() or Progress(ref=run.ref)


def _keep(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    target = kept(digest.hexdigest())
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in target.parent.iterdir():
        if _DIGEST.fullmatch(old.name) and old.stat().st_mtime < time.time() - _KEPT_S:
            old.unlink(missing_ok=True)
    if not target.is_file():
        try:
            os.link(file, target)
        except OSError as why:
            raise InputError(f"The file cannot be kept: {why.strerror}.", code="UP-IMPORT-05") from None
    os.utime(target)
    return digest.hexdigest()

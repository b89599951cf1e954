"""Checks that the server runs: where a system's repository lies, who may have them run, when a schedule is due."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from django.conf import settings

from upright.evidence import PrivateKey
from upright.kernel import Actor, InputError, Ref, parse_duration, parse_time, time_text
from upright.records.assurance.actions import enrol_key
from upright.records.assurance.evidence import current_keys
from upright.records.identity.power import DeniedError, Powers, powers_of
from upright.records.inventory.models import System
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import home, now, organisation
from upright.records.work.imports import CARRIER
from upright.records.work.models import CheckRun, CheckSchedule
from upright.records.work.running import tell
from upright.records.work.tasks import enqueue, is_queued

_DEEPEST = 3
_MOST_FOLDERS = 2_000


def manifest_of(system: System) -> Path | None:
    """The folder of a system's manifest below what the operator named in UPRIGHT_WORKSPACES; None: there is none."""
    from upright.workspace import load_manifest

    for root in map(Path, settings.UPRIGHT_WORKSPACES):
        for folder in _folders(root):
            try:
                found = load_manifest(folder)
            except InputError:
                continue
            if str(found.system.ref) == system.ref and str(found.organisation.ref) == organisation():
                return folder
    return None


def ask_check(
    system: System,
    bindings: Sequence[str] = (),
    *,
    actor: Actor,
    powers: Powers | None = None,
    reason: str = "",
    by_schedule: bool = False,
) -> CheckRun:
    """Has the worker run checks of a system's repository; all of them where no binding is named.

    Raises:
        DeniedError: the actor may not.
        RefusedError: no repository of the system lies where the server may reach it, or a run waits already.
    """
    (powers or powers_of(actor)).must("work.check_run.run", system)
    if manifest_of(system) is None:
        raise RefusedError(f"{where_to(system)}", code="UP-RUN-05")
    with change():
        waiting = CheckRun.objects.filter(about=system, state=CheckRun.State.WAITING)
        for earlier in waiting:
            if is_queued(earlier):
                raise RefusedError(f"{earlier.ref} waits or runs already; look at it again soon.", code="UP-RUN-06")
            end_check(earlier, outcome="errored", says="It broke; the worker's log says why.")
        run = CheckRun(
            about=system,
            bindings=sorted(bindings),
            by_schedule=by_schedule,
            asked_by=str(actor),
            asked_at=time_text(now()),
        )
        write(run, actor=actor, action="work.check_run.asked", reason=reason)
        tell(run.ref, says="Waiting for the worker.")
        enqueue(run)
    return run


def end_check(
    run: CheckRun,
    *,
    outcome: str,
    says: str = "",
    outcomes: Mapping[str, str] | None = None,
    taken: Mapping[str, int] | None = None,
) -> CheckRun:
    """Enters what came of a run. One that stopped is errored, whatever its checks said before."""
    run.state = CheckRun.State.STOPPED if outcomes is None else CheckRun.State.DONE
    run.outcome, run.says = outcome if outcomes is not None else "errored", says
    run.outcomes, run.taken = dict(outcomes or {}), dict(taken or {})
    return write(run, actor=CARRIER, action="work.check_run.ended", reason=says)


def run_due() -> int:
    """Asks for the checks of each schedule whose time has come; what cannot be asked for is entered as errored."""
    count = 0
    for schedule in CheckSchedule.objects.filter(is_on=True).select_related("about", "owner"):
        if not _is_due(schedule):
            continue
        actor = Actor(Ref.parse(schedule.owner.ref))
        try:
            with change():
                if not _is_due(schedule):  # another worker was first
                    continue
                ask_check(schedule.about, actor=actor, reason=f"By {schedule.ref}.", by_schedule=True)
        except (DeniedError, RefusedError) as why:
            missed = CheckRun(
                about=schedule.about, by_schedule=True, asked_by=str(actor), asked_at=time_text(now()), bindings=[]
            )
            missed.state, missed.outcome, missed.says = CheckRun.State.STOPPED, "errored", why.message
            write(missed, actor=CARRIER, action="work.check_run.ended", reason=why.message)
        count += 1
    return count


def check_key() -> PrivateKey | None:
    """The key that signs what the server's checks find; None: none was made yet."""
    found = sorted(key_folder().glob("evidence-*.pem"))
    return PrivateKey.load(found[0]) if found else None


def is_check_key_enrolled() -> bool:
    """Whether evidence by the server's own checks counts."""
    key = check_key()
    return key is not None and key.fingerprint in current_keys()


def enrol_check_key(*, actor: Actor, powers: Powers | None = None) -> int:
    """Makes the server's check key where there is none, and enrols it; gives the entry.

    Raises:
        DeniedError: the actor may enrol no key. RefusedError: it is enrolled.
    """
    (powers or powers_of(actor)).must("assurance.key.enrol")
    key = check_key()
    if key is None:
        key = PrivateKey.generate("evidence", f"{organisation().partition(':')[2]}/evidence-server")
        key.save(key_folder())
    return enrol_key(
        str(key.vkey), "evidence", actor=actor, reason="The key of checks that this server runs.", powers=powers
    )


def checks_home() -> Path:
    """Where the server keeps its own workspaces and check key; it writes nothing into a repository."""
    return home() / "checks"


def key_folder() -> Path:
    """Where the check key lies."""
    return checks_home() / "config" / "upright" / "keys"


def where_to(system: System) -> str:
    """What to do so that the server can run a system's checks."""
    named = ", ".join(settings.UPRIGHT_WORKSPACES)
    found = f"No upright.yaml of {system.ref} lies in {named}" if named else "UPRIGHT_WORKSPACES is not set"
    return (
        f"{found}, so this server cannot run its checks. Whoever runs it names in UPRIGHT_WORKSPACES the folders "
        "that hold repositories; a system's manifest lies in one of them, or up to three folders below. Until then run "
        "'upright assess' and 'upright push' in the repository."
    )


def _is_due(schedule: CheckSchedule) -> bool:
    newest = CheckRun.objects.filter(about=schedule.about).order_by("-asked_at").values_list("asked_at", flat=True)
    last = newest.first()
    return last is None or parse_time(last) + _span(schedule.every) <= now()


def _span(text: str) -> timedelta:
    return parse_duration(text)


def _folders(root: Path) -> list[Path]:
    """Folders with a manifest at or below a root, as far as links do not lead out of it."""
    found: list[Path] = []
    level, seen = [root.resolve()], 0
    for _ in range(_DEEPEST + 1):
        below: list[Path] = []
        for folder in level:
            seen += 1
            if seen > _MOST_FOLDERS or not folder.is_dir():
                continue
            if (folder / "upright.yaml").is_file():
                found.append(folder)
            else:
                below += sorted(one for one in folder.iterdir() if one.is_dir() and not one.is_symlink())
        level = [one for one in below if not one.name.startswith(".")]
    return found

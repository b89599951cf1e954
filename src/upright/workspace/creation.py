"""Making and opening a workspace's log, and the key entries in it."""

import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from upright.kernel import Clock
from upright.ledger import Log, VerifierKey, finish_restore
from upright.workspace import signers
from upright.workspace.errors import WorkspaceError
from upright.workspace.layout import Layout, state_head, write_durably
from upright.workspace.signers import key_entry, keys_of

if TYPE_CHECKING:
    from upright.evidence.keys import PrivateKey
    from upright.ledger import NewEntry
    from upright.workspace.workspace import Workspace

_OWN = "This workspace enrols its own key."


def create(folder: Path, organisation: str, *, clock: Clock, catalogue_folders: tuple[Path, ...]) -> "Workspace":
    """Makes the log of an organisation and enrols its first keys; safe against a second process doing the same.

    Raises:
        WorkspaceError: there is a workspace already (UP-WORK-06), or the id is none (UP-WORK-14).
    """
    with making(folder, organisation) as layout:
        if layout.is_there:
            raise WorkspaceError(f"{folder} is a workspace already.", code="UP-WORK-06")
        return _create(layout, organisation, clock, catalogue_folders)


@contextmanager
def making(folder: Path, organisation: str) -> Iterator[Layout]:
    """Holds the folder for making a workspace in it, so that of two processes one makes it and the other finds it."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", organisation):
        raise WorkspaceError(
            f"{organisation!r} is not an organisation's id; use a-z, 0-9, '.', '_' and '-'.", code="UP-WORK-14"
        )
    if not folder.is_dir():
        raise WorkspaceError(f"{folder} is not a folder.", code="UP-WORK-14")
    layout = Layout.of(folder)
    layout.make()
    finish_restore(layout.root)
    with _alone(layout.root / "creating"):
        yield layout


def open_or_create(
    folder: Path, organisation: str, *, clock: Clock, catalogue_folders: tuple[Path, ...]
) -> "Workspace":
    """Opens the folder's workspace, or makes it; safe against a second process doing the same.

    Raises:
        WorkspaceError: the workspace is of another organisation (UP-WORK-07).
    """
    from upright.workspace.workspace import Workspace

    with making(folder, organisation) as layout:
        if not layout.is_there:
            return _create(layout, organisation, clock, catalogue_folders)
    found = Workspace.open(folder, clock=clock, catalogue_folders=catalogue_folders)
    if found.organisation.path != organisation:
        raise WorkspaceError(
            f"This workspace is of organisation {found.organisation.path!r}; the manifest says {organisation!r}. "
            "Correct the manifest's organisation.id, or use another folder.",
            code="UP-WORK-07",
        )
    return found


def _create(layout: Layout, organisation: str, clock: Clock, catalogue_folders: tuple[Path, ...]) -> "Workspace":
    from upright.workspace.workspace import Workspace

    layout.demand_new()
    origin = f"{organisation}/{uuid.uuid4()}"
    key = signers.new_log_key(origin)
    log = Log.create(layout.root, origin=origin, signer=key, state_head=state_head(origin), clock=clock)
    found = Workspace(folder=layout.root.parent, log=log, clock=clock, catalogue_folders=catalogue_folders)
    enrol_own(found, key)
    return found


def open_log(layout: Layout, clock: Clock) -> Log:
    """The folder's log, for writing where its log key is at hand, else for reading.

    Raises:
        LedgerError: the log is damaged, or stands behind what this host has seen of it.
    """
    finish_restore(layout.root)
    origin = layout.origin
    head = state_head(origin)
    log = Log.open(layout.root, signer=None, state_head=head, clock=clock)
    key = _log_key(layout, log)
    return log if key is None else Log.open(layout.root, signer=key, state_head=head, clock=clock)


def _log_key(layout: Layout, log: Log) -> "PrivateKey | None":
    found = signers.find_private(keys_of(log), "log")
    if found is not None or log.size > 0:
        return found
    known = {path.stem for path in layout.pub.glob("*.vkey")}
    return next((key for key in signers.keys_at_hand("log") if key.fingerprint in known), None)


def ensure_enrolled(workspace: "Workspace") -> None:
    """Enrols the log and evidence keys where a first run was stopped before it could."""
    if any(state.role == "evidence" for state in workspace.keys().values()):
        return
    known = {path.stem for path in workspace.layout.pub.glob("*.vkey")}
    key = next((key for key in signers.keys_at_hand("log") if key.fingerprint in known), None)
    if key is not None:
        enrol_own(workspace, key)


def enrol_own(workspace: "Workspace", log_key: "PrivateKey") -> None:
    """Enrols the key that signs the log, and an evidence key, as a log's first entries."""
    evidence = signers.evidence_key(workspace.organisation.path)
    entries = []
    for key in (log_key, evidence):
        keep_public(workspace.layout, key.vkey)
        actor = f"key:{log_key.fingerprint}"
        entries.append(key_entry(key.vkey, key.role, action="enrolled", actor=actor, reason=_OWN))
    workspace.append(entries)


def keep_public(layout: Layout, key: VerifierKey) -> None:
    """Keeps a public key as ``pub/<fingerprint>.vkey``."""
    path = layout.pub / f"{key.fingerprint}.vkey"
    if not path.exists():
        write_durably(path, f"{key}\n".encode())


def enrol(workspace: "Workspace", key: VerifierKey, role: str, *, reason: str) -> int | None:
    """Enrols a key for a role; None where it is enrolled and current already.

    A log key takes the place of the one before: the entry stands under a checkpoint that both keys sign, so its
    private half has to be at hand.

    Raises:
        WorkspaceError: the key is enrolled for another role (UP-WORK-15), or a log key is not at hand (UP-WORK-17).
    """
    state = workspace.keys().get(key.fingerprint)
    if state is not None and state.is_current:
        if state.role != role:
            raise WorkspaceError(
                f"The key {key.name} is enrolled for {state.role}; one key has one role. Make another for {role}.",
                code="UP-WORK-15",
            )
        return None
    actor = f"key:{workspace.log_key.fingerprint}"
    enrolment = key_entry(key, role, action="enrolled", actor=actor, reason=reason)
    if role == "log":
        return _hand_over(workspace, key, enrolment)
    keep_public(workspace.layout, key)
    return workspace.append([enrolment])[0]


def _hand_over(workspace: "Workspace", key: VerifierKey, enrolment: "NewEntry") -> int:
    private = next((each for each in signers.keys_at_hand("log") if each.fingerprint == key.fingerprint), None)
    if private is None:
        raise WorkspaceError(
            f"The new log key {key.name} has to sign too, and its private half is not at hand. Make one here: "
            "upright key new log.",
            code="UP-WORK-17",
        )
    old = workspace.log_key
    reason = f"Replaced by the log key {key.name}."
    retirement = key_entry(old, "log", action="retired", actor=f"key:{old.fingerprint}", reason=reason)
    return workspace.log.hand_over(private, [retirement, enrolment])[-1]


def retire(workspace: "Workspace", fingerprint: str, *, reason: str, compromised_from: int | None) -> int:
    """Retires a key, or reports that what it signed from a log index on cannot be trusted.

    Raises:
        WorkspaceError: no such key here (UP-WORK-10), retired already (UP-WORK-15), or no such index (UP-WORK-16).
    """
    fitting = [state for name, state in workspace.keys().items() if name.startswith(fingerprint)]
    if len(fitting) != 1 or not fingerprint:
        raise WorkspaceError(
            f"{fingerprint!r} fits {len(fitting) or 'no'} keys of this log. 'upright key list' shows them.",
            code="UP-WORK-10",
        )
    state = fitting[0]
    if compromised_from is None and state.retired is not None:
        raise WorkspaceError(
            f"The key {state.key.name} was retired at entry {state.retired} already.", code="UP-WORK-15"
        )
    if compromised_from is not None and not 0 <= compromised_from <= workspace.log.size:
        raise WorkspaceError(
            f"There is no entry {compromised_from}; the log has {workspace.log.size}.", code="UP-WORK-16"
        )
    if state.role == "log" and state.is_current:
        raise WorkspaceError(
            f"{state.key.name} is the key that signs this log. Enrol its successor, which retires it: "
            "upright key new log; upright key enrol log FINGERPRINT.",
            code="UP-WORK-17",
        )
    action = "retired" if compromised_from is None else "compromised"
    actor = f"key:{workspace.log_key.fingerprint}"
    made = key_entry(state.key, state.role, action=action, actor=actor, reason=reason, from_index=compromised_from)  # type: ignore[arg-type]
    return workspace.append([made])[0]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)

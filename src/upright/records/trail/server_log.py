"""Which log this server keeps: its key, its folder, its clock, and how a new database begins."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.db import transaction

from upright.evidence import PrivateKey
from upright.kernel import Clock, InputError, system_clock
from upright.records.trail import prepared
from upright.records.trail.models import LedgerLog
from upright.records.trail.store import DatabaseLog
from upright.workspace.layout import state_head
from upright.workspace.signers import key_entry

_CLOCK: ContextVar[Clock] = ContextVar("upright_clock", default=system_clock)


def now() -> datetime:
    """The server's time."""
    return _CLOCK.get()()


@contextmanager
def clock_set(clock: Clock) -> Iterator[None]:
    """Another clock while the block runs: tests, and the demo, whose past is marked as made."""
    token = _CLOCK.set(clock)
    try:
        yield
    finally:
        _CLOCK.reset(token)


def home() -> Path:
    """The folder beside the database: keys, lock, attachments."""
    return Path(settings.UPRIGHT_HOME)


def organisation() -> str:
    """The reference of the organisation that this server serves, from the log's origin."""
    return f"organisation:{_origin().partition('/')[0]}"


def organisation_index() -> str:
    """The index stream that announces what belongs to no system."""
    return f"index:{organisation()}"


def has_log() -> bool:
    """Whether this database was begun."""
    return LedgerLog.objects.exists()


def server_log() -> DatabaseLog:
    """The log of this server, ready to append.

    Raises:
        InputError: the database was not begun, or its key is not at hand.
    """
    origin = _origin()
    return DatabaseLog(_log_key(origin), origin, home(), state_head(origin), now)


def begin(name: str) -> DatabaseLog:
    """Makes the log of an empty database for the organisation ``name``, its key made, kept in the home and enrolled.

    Raises:
        LedgerError: the database has a log already.
    """
    origin = f"{name}/{uuid.uuid4()}"
    key = PrivateKey.generate("log", origin)
    key.save(home() / "keys")
    _make_seal_key(home() / "keys" / "seal.key")
    log = DatabaseLog(key, origin, home(), state_head(origin), now)
    entry = key_entry(
        key.vkey,
        "log",
        action="enrolled",
        actor="system:server",
        reason="The key that signs this log's checkpoints, made when the server was set up.",
    )
    with log.locked():
        with transaction.atomic():
            log.create()
            _, checkpoint = log.append([entry])
        log.committed(checkpoint)
    return log


def seal_key() -> bytes:
    """The secret that digests of secrets are made with: without it, the ledger's digest of a password tells nothing.

    Raises:
        InputError: it is not at hand.
    """
    return _seal_key(str(home()))


@lru_cache(maxsize=8)
def _seal_key(folder: str) -> bytes:
    path = Path(folder) / "keys" / "seal.key"
    if not path.is_file():
        raise InputError(
            f"{path} is missing, so what the ledger says of accounts cannot be compared. Bring it back from your "
            "backup.",
            code="UP-DOOR-07",
        )
    return path.read_bytes()


def _make_seal_key(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(os.urandom(32))
        stream.flush()
        os.fsync(stream.fileno())


def _origin() -> str:
    found = prepared.rows("trail.origin", lambda: LedgerLog.objects.order_by("pk").values_list("origin")[:1])
    if not found:
        raise InputError(
            "This database holds no ledger yet. 'upright serve' begins one, 'upright demo' with an example.",
            code="UP-DOOR-06",
        )
    return str(found[0][0])


def _log_key(origin: str) -> PrivateKey:
    return _loaded(str(home()), origin)


@lru_cache(maxsize=8)
def _loaded(folder: str, origin: str) -> PrivateKey:
    for path in sorted((Path(folder) / "keys").glob("log-*.pem")):
        key = PrivateKey.load(path)
        if key.name == origin:
            return key
    raise InputError(
        f"The key that signs the log {origin} is not in {folder}/keys, so nothing can be written. Bring it back from "
        "your backup.",
        code="UP-DOOR-07",
    )

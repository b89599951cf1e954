"""The keys of a workspace: made on first use, enrolled in its first entries, and what key entries say of any key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Literal

from upright.evidence.keys import PrivateKey, Role, key_folder, keyring
from upright.ledger import Recorded, VerifierKey
from upright.workspace.errors import WorkspaceError
from upright.workspace.records import body, read_body

if TYPE_CHECKING:
    from upright.ledger import Log, NewEntry

KEY = "key/1"
INDEX = "index:keys"
ACTIONS = ("identity.key.enrolled", "identity.key.retired", "identity.key.compromised")


@dataclass(frozen=True, kw_only=True, slots=True)
class KeyState:
    """What the log says of a key: valid for ``enrolled < index < retired``, and before ``compromised_from``."""

    key: VerifierKey
    role: str
    enrolled: int
    retired: int | None = None
    compromised_from: int | None = None

    @property
    def is_current(self) -> bool:
        """Whether what it signs now counts."""
        return self.retired is None and self.compromised_from is None


def key_states(entries: Iterable[Recorded]) -> dict[str, KeyState]:
    """The state of every key by fingerprint, from the log's key entries in order."""
    found: dict[str, KeyState] = {}
    for recorded in entries:
        value = read_body(recorded) if recorded.type == "key" else None
        if value is None:
            continue
        record = value["record"]
        key = VerifierKey.parse(record["vkey"])
        old = found.get(key.fingerprint)
        match value["action"]:
            case "identity.key.enrolled" if old is None or not old.is_current:
                found[key.fingerprint] = KeyState(key=key, role=record["role"], enrolled=recorded.index)
            case "identity.key.retired" if old is not None:
                found[key.fingerprint] = _with(old, retired=recorded.index)
            case "identity.key.compromised" if old is not None:
                found[key.fingerprint] = _with(old, compromised_from=int(record["from_index"]))
    return found


def keys_of(log: "Log") -> dict[str, KeyState]:
    """The state of every key of a log; reads the streams of keys and nothing else."""
    streams = (log.stream(ref) for ref in log.streams() if ref.startswith("key:"))
    return key_states(sorted(chain.from_iterable(streams), key=lambda entry: entry.index))


def _with(old: KeyState, *, retired: int | None = None, compromised_from: int | None = None) -> KeyState:
    return KeyState(
        key=old.key,
        role=old.role,
        enrolled=old.enrolled,
        retired=old.retired if retired is None else retired,
        compromised_from=old.compromised_from if compromised_from is None else compromised_from,
    )


def key_entry(
    key: VerifierKey,
    role: str,
    *,
    action: Literal["enrolled", "retired", "compromised"],
    actor: str,
    reason: str,
    from_index: int | None = None,
) -> "NewEntry":
    """The ledger entry that enrols, retires or reports a key."""
    from upright.workspace.records import entry

    record: dict[str, object] = {"role": role, "vkey": str(key)}
    if from_index is not None:
        record["from_index"] = from_index
    value = body(
        schema=KEY,
        ref=f"key:{key.fingerprint}",
        action=f"identity.key.{action}",
        actor=actor,
        reason=reason,
        record=record,
    )
    return entry(value, index=INDEX, kind="key")


def new_log_key(origin: str) -> PrivateKey:
    """The log key that CI was handed, else a new one of this log's own, kept in the key folder."""
    import os

    from upright.evidence.keys import KEY_FILE

    handed = keyring("log") if os.environ.get(KEY_FILE) else ()
    if handed:
        return handed[0]
    return _made("log", origin)


def evidence_key(organisation: str) -> PrivateKey:
    """The first evidence key at hand; a new one where there is none yet."""
    found = keyring("evidence")
    if found:
        return found[0]
    import uuid

    return _made("evidence", f"{organisation}/evidence-{uuid.uuid4().hex[:8]}")


def find_private(states: Mapping[str, KeyState], role: Role) -> PrivateKey | None:
    """A private key at hand whose public side is enrolled for ``role`` and still current, or None."""
    current = {fingerprint for fingerprint, state in states.items() if state.role == role and state.is_current}
    return next((key for key in keys_at_hand(role) if key.fingerprint in current), None)


def demand_writable(log: "Log") -> None:
    """Returns nothing if the log's key is at hand.

    Raises:
        WorkspaceError: it is not, so the workspace can be read here and not written (UP-WORK-08).
    """
    if not log.is_writable:
        raise WorkspaceError(
            f"The key that signs this log is not at hand (looked in {key_folder()}), so it can be read here and not "
            "written. Bring the key back from your backup, or point UPRIGHT_KEY_FILE to it; "
            "'upright posture' and 'upright gate --at TIME' only read.",
            code="UP-WORK-08",
        )


def keys_at_hand(role: Role) -> tuple[PrivateKey, ...]:
    """The keyring's; of log keys also those in the key folder, since a CI file need not bring one."""
    found = list(keyring(role))
    if role == "log":
        known = {key.fingerprint for key in found}
        folder = sorted(key_folder().glob("log-*.pem")) if key_folder().is_dir() else []
        found += [key for key in map(PrivateKey.load, folder) if key.fingerprint not in known]
    return tuple(found)


def person_key(text: str) -> PrivateKey:
    """A person's key by file, fingerprint (or its start) or name.

    Raises:
        WorkspaceError: none or several fit.
    """
    from pathlib import Path

    if text.endswith(".pem") or ("/" in text and Path(text).is_file()):
        return PrivateKey.load(Path(text))
    found = [
        key for key in keyring("person") if key.fingerprint.startswith(text) or key.name in {text, f"person/{text}"}
    ]
    if len(found) != 1:
        what = "no person's key" if not found else f"{len(found)} persons' keys"
        raise WorkspaceError(
            f"{text!r} fits {what} here. 'upright key list' shows them; 'upright key new person' makes one.",
            code="UP-WORK-10",
        )
    return found[0]


def _made(role: Role, name: str) -> PrivateKey:
    key = PrivateKey.generate(role, name)
    key.save(key_folder())
    return key

"""Private keys: Ed25519, one file each, readable by their owner alone (contracts, section 5).

A file is a PEM of PKCS #8 with one label line above each block, which PEM readers skip (RFC 7468, section 5.2):
``upright-key: <role> <name>``. Roles: evidence, log, witness, person. A person's key is named ``person/<uuid>``.
"""

import base64
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, get_args

from upright.evidence.strict_json import EvidenceError
from upright.kernel import sha256_hex

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from upright.ledger import VerifierKey

Role = Literal["evidence", "log", "witness", "person"]
ROLES: tuple[Role, ...] = get_args(Role)
KEY_FILE = "UPRIGHT_KEY_FILE"
MAX_FILE = 64 * 1024

_BLOCK = re.compile(
    r"^upright-key: (\S+) (\S+)\r?\n-----BEGIN PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END PRIVATE KEY-----\r?$",
    re.MULTILINE,
)
_PERSON = re.compile(r"person/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# PKCS #8 of an Ed25519 key is these 16 bytes and the 32 of its seed (RFC 8410, section 7).
_PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
_SEED = 32


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An Ed25519 key with its role and name; a kernel ``Signer``. Its secret is in no text form of it."""

    role: Role
    name: str
    _seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise EvidenceError(f"{self.role!r} is not a role; there are {', '.join(ROLES)}.", code="UP-EVIDENCE-20")
        if not self.name or "+" in self.name or any(c.isspace() or not c.isprintable() for c in self.name):
            raise EvidenceError(
                f"{self.name!r} cannot name a key; expected a text without spaces and '+'.", code="UP-EVIDENCE-20"
            )
        if self.role == "person" and not _PERSON.fullmatch(self.name):
            raise EvidenceError(
                f"{self.name!r} cannot name a person's key; expected person/<uuid>.", code="UP-EVIDENCE-20"
            )
        if len(self._seed) != _SEED:
            raise EvidenceError(
                f"An Ed25519 seed has {_SEED} bytes; this one has {len(self._seed)}.", code="UP-EVIDENCE-20"
            )

    @classmethod
    def generate(cls, role: Role, name: str) -> Self:
        """A new key from the system's random numbers."""
        return cls(role, name, os.urandom(_SEED))

    @classmethod
    def from_seed(cls, role: Role, name: str, seed: bytes) -> Self:
        """The key that these 32 secret bytes make (RFC 8032, section 5.1.5)."""
        return cls(role, name, seed)

    @property
    def public_key(self) -> bytes:
        """The 32 public bytes."""
        return self._key().public_key().public_bytes_raw()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public bytes, 64 hex digits."""
        return sha256_hex(self.public_key)

    @property
    def vkey(self) -> "VerifierKey":
        """The public side, as a C2SP verifier key."""
        from upright.ledger import VerifierKey

        return VerifierKey(self.name, self.public_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of ``message``."""
        return self._key().sign(message)

    def to_pem(self) -> str:
        """The labelled PEM block, secret included; for ``save`` and for a file that CI is given."""
        body = base64.b64encode(_PKCS8 + self._seed).decode("ascii")
        lines = "\n".join(body[i : i + 64] for i in range(0, len(body), 64))
        return (
            f"upright-key: {self.role} {self.name}\n-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
        )

    def save(self, folder: Path) -> Path:
        """Writes ``<role>-<fingerprint>.pem``, mode 0600, into ``folder``, made with mode 0700; never over a file.

        Raises:
            EvidenceError: UP-EVIDENCE-22 the folder is open to others; -23 the file is there, or cannot be written.
        """
        path = folder / f"{self.role}-{self.fingerprint}.pem"
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _demand_private(folder, "0700")
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
            with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
                file.write(self.to_pem())
                file.flush()
                os.fsync(file.fileno())
        except OSError as why:
            raise EvidenceError(
                f"The key cannot be written to {path}: {why.strerror}. Nothing was overwritten.",
                code="UP-EVIDENCE-23",
            ) from None
        return path

    @staticmethod
    def load(path: Path) -> "PrivateKey":
        """Reads a key file that ``save`` wrote.

        Raises:
            EvidenceError: UP-EVIDENCE-21 not one labelled key, -22 open to others, -24 not readable.
        """
        _demand_private(path, "0600")
        found = _read(path)
        if len(found) != 1:
            raise _not_keys(path, f"{len(found)} keys", "one")
        return found[0]

    def _key(self) -> "Ed25519PrivateKey":
        return _of_seed(self._seed)


@lru_cache(maxsize=16)
def _of_seed(seed: bytes) -> "Ed25519PrivateKey":
    """Made once: the public half costs as much as a signature, and a log asks for it at each append."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed)


def key_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """``$XDG_CONFIG_HOME/upright/keys``; a relative or empty XDG_CONFIG_HOME counts as ``~/.config`` (XDG 0.8)."""
    given = environ.get("XDG_CONFIG_HOME", "")
    base = Path(given) if given and Path(given).is_absolute() else Path("~/.config").expanduser()
    return base / "upright" / "keys"


def keyring(role: Role | None = None, *, environ: Mapping[str, str] = os.environ) -> tuple[PrivateKey, ...]:
    """The keys at hand, of one role or all, ordered by fingerprint: those of UPRIGHT_KEY_FILE, else of the folder.

    The file alone counts where it is given: a CI job signs with what it was handed, not with what lies around.

    Raises:
        EvidenceError: a key file that cannot be read, is open to others, or holds something else.
    """
    given = environ.get(KEY_FILE)
    if given:
        found = _read(Path(given))
        if not found:
            raise _not_keys(Path(given), "no labelled key", "a block under 'upright-key: <role> <name>'")
    else:
        folder = key_folder(environ)
        found = [PrivateKey.load(path) for path in sorted(folder.glob("*.pem"))] if folder.is_dir() else []
    return tuple(sorted((k for k in found if role in {None, k.role}), key=lambda k: k.fingerprint))


def _read(path: Path) -> list[PrivateKey]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as why:
        raise EvidenceError(f"The key file {path} cannot be read: {why.strerror}.", code="UP-EVIDENCE-24") from None
    if len(data) > MAX_FILE:
        raise _not_keys(path, f"more than {MAX_FILE:,} bytes", "a key file")
    text = data.decode("ascii", "replace")
    found = [_block(path, match) for match in _BLOCK.finditer(text)]
    if text.count("-----BEGIN") != len(found):
        raise _not_keys(path, f"{text.count('-----BEGIN')} PEM blocks, {len(found)} labelled", "each labelled")
    return found


def _block(path: Path, match: "re.Match[str]") -> PrivateKey:
    role: Any = match.group(1)
    try:
        der = base64.b64decode("".join(match.group(3).split()), validate=True)
    except ValueError:
        der = b""
    if der[: len(_PKCS8)] != _PKCS8:
        raise _not_keys(path, "a block that is not an Ed25519 key", "PKCS #8 of an Ed25519 key (RFC 8410)")
    return PrivateKey(role, match.group(2), der[len(_PKCS8) :])


def _demand_private(path: Path, mode: str) -> None:
    if os.name != "posix":
        return
    try:
        found = path.stat().st_mode
    except OSError as why:
        raise EvidenceError(f"The key file {path} cannot be read: {why.strerror}.", code="UP-EVIDENCE-24") from None
    if stat.S_IMODE(found) & 0o077:
        raise EvidenceError(
            f"{path} is open to others: found mode {stat.S_IMODE(found):04o}, expected {mode}. "
            f"If nobody else has used it: chmod {mode} {path}",
            code="UP-EVIDENCE-22",
        )


def _not_keys(path: Path, found: str, expected: str) -> EvidenceError:
    return EvidenceError(f"{path} is not a key file: found {found}; expected {expected}.", code="UP-EVIDENCE-21")

"""Digests that tie a name to what it names (contracts, section 3). All are SHA-256, 64 lower-case hex digits."""

import fnmatch
import hashlib
import math
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from upright.evidence.strict_json import EvidenceError
from upright.kernel import canonical_bytes, sha256_hex

if TYPE_CHECKING:
    from upright.evidence.statement import Hold, Input

_CHUNK = 1 << 20
_GLOB = frozenset("*?[")
_SUM_SIZE = 2**256


def digest_path(path: Path | str, base: Path) -> "tuple[str, Hold]":
    """The digest of a file, a folder or a glob below ``base``, and its hold, ``bytes``.

    A file is its bytes. A folder or a glob is SHA-256(JCS([[path, digest], …])) over its regular files, sorted by
    path, ``/`` between parts; paths are relative to the folder, or to ``base`` for a glob. Hidden files count.

    Raises:
        EvidenceError: UP-EVIDENCE-30 nothing there; -31 a link that leaves ``base``, a link to a folder, or
            something that is neither file nor folder; -32 a file that cannot be read.
    """
    text = str(path)
    whole = Path(path) if Path(path).is_absolute() else base / path
    if _GLOB & set(text) and not whole.exists():
        found = sorted(_files(base, text), key=lambda pair: pair[0].encode("utf-8", "surrogatepass"))
        return _digest_list(found, base, text), "bytes"
    mode = _mode(whole)
    if stat.S_ISREG(mode):
        return _digest_file(whole), "bytes"
    if not stat.S_ISDIR(mode):
        raise _unfit(whole, "it is neither a file nor a folder")
    within = sorted(_walk(whole, whole), key=lambda pair: pair[0].encode("utf-8", "surrogatepass"))
    return _digest_list(within, base, text), "bytes"


def digest_value(value: Any) -> str:
    """The digest of a JSON value: SHA-256 of its canonical bytes; for records and declared things.

    >>> digest_value({"ref": "organisation:meridian"})[:16]
    '0319aa9fec510432'
    """
    return sha256_hex(canonical_bytes(value))


def digest_endpoint(url: str, *, model: str, version: str) -> "tuple[str, Hold]":
    """The digest of a hosted model as declared, hold ``declared``; of the URL neither user, query nor fragment count.

    Raises:
        EvidenceError: UP-EVIDENCE-33, the text is not an http or https URL.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EvidenceError(
            "This endpoint is not an http or https URL with a host; expected one such as https://host/v1.",
            code="UP-EVIDENCE-33",
        )
    port = f":{parts.port}" if parts.port else ""
    shown = f"{parts.scheme}://{parts.hostname}{port}{parts.path}"
    return digest_value({"model": model, "url": shown, "version": version}), "declared"


def table_snapshot(schema: Sequence[tuple[str, str]], query: str, rows: Iterable[Sequence[Any]]) -> "tuple[str, Hold]":
    """The digest of a table that has no bytes of its own; hold ``snapshot``.

    Covers the column names and types in order, the query text, the number of rows, and the sum modulo 2**256 of the
    SHA-256 of each row, so the order in which a database returns rows does not matter and a row twice counts twice.
    A row is hashed as a JSON list of its values in column order; a float that is not finite is hashed by its name.
    """
    total = count = 0
    encode = msgspec.json.Encoder(enc_hook=str, decimal_format="string").encode
    for row in rows:
        plain = [repr(v) if isinstance(v, float) and not math.isfinite(v) else v for v in row]
        total += int.from_bytes(hashlib.sha256(encode(plain)).digest(), "big")
        count += 1
    described = {
        "query": query,
        "rows": count,
        "schema": [list(pair) for pair in schema],
        "sum": f"{total % _SUM_SIZE:064x}",
    }
    return digest_value(described), "snapshot"


def setup_digest(check: str, version: str, options: Mapping[str, Any], inputs: "Sequence[Input]") -> str:
    """What a run was made of: SHA-256(JCS) of check, version, options and inputs; neither seed nor limits.

    Two runs with one setup measure the same thing, so a pass with the setup of a failure does not replace it.
    """
    parts = sorted((i.ref, i.digest, i.hold, i.from_ or "", i.to or "") for i in inputs)
    return digest_value(
        {"check": check, "inputs": [list(part) for part in parts], "options": dict(options), "version": version}
    )


def _files(base: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    parts = Path(pattern).parts
    if Path(pattern).is_absolute() or ".." in parts:
        raise _unfit(base / pattern, "a glob stays below its folder")
    fixed = base.joinpath(*_before_glob(parts))
    if not fixed.is_dir():
        return
    for name, file in _walk(fixed, base):
        if _matches(tuple(name.split("/")), parts):
            yield name, file


def _before_glob(parts: tuple[str, ...]) -> tuple[str, ...]:
    for position, part in enumerate(parts):
        if _GLOB & set(part):
            return parts[:position]
    return parts


def _matches(name: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    if not pattern:
        return not name
    if pattern[0] == "**":
        return any(_matches(name[i:], pattern[1:]) for i in range(len(name) + 1))
    return bool(name) and fnmatch.fnmatchcase(name[0], pattern[0]) and _matches(name[1:], pattern[1:])


def _walk(folder: Path, base: Path) -> Iterator[tuple[str, Path]]:
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        path = Path(entry.path)
        if entry.is_symlink() and not path.resolve().is_relative_to(base.resolve()):
            raise _unfit(path, "it is a link that leaves its folder")
        mode = _mode(path)
        if stat.S_ISDIR(mode):
            if entry.is_symlink():
                raise _unfit(path, "it is a link to a folder")
            yield from _walk(path, base)
        elif stat.S_ISREG(mode):
            yield path.relative_to(base).as_posix(), path
        else:
            raise _unfit(path, "it is neither a file nor a folder")


def _digest_list(found: list[tuple[str, Path]], base: Path, text: str) -> str:
    if not found:
        raise EvidenceError(f"{text!r} names no file below {base.name or base}.", code="UP-EVIDENCE-30")
    return digest_value([[name, _digest_file(file)] for name, file in found])


def _digest_file(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError as why:
        raise EvidenceError(f"{path.name} cannot be read: {why.strerror}.", code="UP-EVIDENCE-32") from None
    return digest.hexdigest()


def _mode(path: Path) -> int:
    try:
        return path.stat().st_mode
    except OSError as why:
        raise EvidenceError(
            f"{path} is not there ({why.strerror}); expected a file or a folder.", code="UP-EVIDENCE-30"
        ) from None


def _unfit(path: Path, why: str) -> EvidenceError:
    return EvidenceError(f"{path} cannot be given a digest: {why}. Name regular files only.", code="UP-EVIDENCE-31")

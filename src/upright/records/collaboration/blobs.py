"""Bytes kept by their digest beside the database: written once, read whole or not at all."""

import os
import re
import tempfile
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from upright.interchange.archives import refuse_bomb
from upright.kernel import InputError
from upright.records.trail.server_log import home

LARGEST = 50 << 20
_HEAD = 4096
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
)
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|svg|script|\?xml|body|iframe)", re.IGNORECASE)


class FileRefusedError(InputError):
    """A file that is not taken as an attachment; nothing of it was kept."""


def media_type(head: bytes) -> str:
    """What a file is by its first bytes, never by its name; what is not known is just bytes.

    >>> media_type(b"%PDF-1.7"), media_type(b"<svg onload=alert(1)>")
    ('application/pdf', 'application/octet-stream')
    """
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if _MARKUP.search(head) or b"\0" in head:
        return "application/octet-stream"
    try:
        head.decode()
    except UnicodeDecodeError as why:
        if why.start < len(head) - 4:
            return "application/octet-stream"
    return "text/plain"


def keep(chunks: Iterable[bytes], *, largest: int = LARGEST) -> tuple[str, int, str]:
    """Keeps a file; gives its digest, size and media type. The same bytes are kept once.

    Raises:
        FileRefusedError: empty, or larger than is taken.
        ArchiveError: a zip that nobody should unpack.
    """
    folder = home() / "blobs"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size, head = sha256(), 0, b""
    handle, name = tempfile.mkstemp(dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            for chunk in chunks:
                size += len(chunk)
                if size > largest:
                    raise FileRefusedError(f"The file is larger than {largest >> 20} MiB.", code="UP-FILE-04")
                digest.update(chunk)
                head += chunk[: _HEAD - len(head)]
                stream.write(chunk)
            if not size:
                raise FileRefusedError("The file is empty.", code="UP-FILE-04")
            kind = media_type(head)
            if kind == "application/zip":
                refuse_bomb(stream)
            stream.flush()
            os.fsync(stream.fileno())
        target = blob(digest.hexdigest())
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)
        _sync(target.parent)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size, kind


def _sync(folder: Path) -> None:
    """A loss of power does not take the name back that a row is about to give."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def blob(digest: str) -> Path:
    """Where the bytes of a digest are kept."""
    return home() / "blobs" / digest[:2] / digest


def open_blob(digest: str) -> bytes:
    """The bytes of a digest, held to it.

    Raises:
        FileRefusedError: they are gone, or are not those bytes any more.
    """
    path = blob(digest)
    data = path.read_bytes() if path.is_file() else b""
    if sha256(data).hexdigest() != digest:
        raise FileRefusedError(
            f"The bytes of {digest[:12]}… are missing or were changed behind the server. Bring blobs/ back from your "
            "backup.",
            code="UP-FILE-05",
        )
    return data

"""Streams: which there are, who announced them, and which entries belong to them; read from leaves and index bodies.

Leaf 0 opens ``index:root``. Index streams announce streams: a body {ref, stream, salt} before the stream's n = 0.
"""

from collections.abc import Callable

import msgspec

from upright.kernel import canonical_bytes
from upright.ledger.errors import DamageError
from upright.ledger.leaves import Columns, stream_id
from upright.ledger.openings import Opening
from upright.ledger.values import ERASABLE

ROOT = "index:root"
INDEX = "index:"


class Announcement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an index entry says: this ref stands in leaves as this stream, by this salt (both in hex).

    ``epoch`` stands only in leaf 0 of a restored log, which announces ``index:root`` itself.
    """

    ref: str
    stream: str
    salt: str
    epoch: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class Stream(msgspec.Struct, kw_only=True):
    """One stream: its entries by index in the log, in order; ``index`` is the ref of the stream that announced it."""

    ref: str
    id: str
    salt: bytes
    index: str
    entries: list[int] = []
    opened: int = 0


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure entry's body names: the entry whose body is gone. Other keys say why and what is kept."""

    entry: int


_ANNOUNCEMENT = msgspec.json.Decoder(Announcement)
_ERASURE = msgspec.json.Decoder(Erasure)


def announcement_body(ref: str, salt: bytes, epoch: dict[str, object] | None = None) -> bytes:
    """The canonical body of an index entry."""
    value: dict[str, object] = {"ref": ref, "stream": stream_id(salt, ref), "salt": salt.hex()}
    return canonical_bytes(value if epoch is None else value | {"epoch": epoch})


class Streams:
    """All streams of a log up to a size. Grows by ``extend``; refuses what breaks the rules of announcing."""

    def __init__(self) -> None:
        self.size = 0
        self.last_time = ""
        self.by_ref: dict[str, Stream] = {}
        self.by_id: dict[str, Stream] = {}
        self.erased: dict[int, int] = {}
        """Entries whose body is erased -> the entry that says so."""
        self._unknown: dict[bytes, int] = {}

    @property
    def unannounced(self) -> int:
        """How many streams no opened index names: none in a whole log, others' streams in a pack of a part."""
        return len(self._unknown)

    def extend(self, leaves: Columns, opening_of: Callable[[int], Opening | None]) -> None:
        """Takes in the next leaves; ``opening_of`` is asked for openings of index and erasure entries only.

        Raises:
            DamageError: an announcement or an erasure is unreadable or breaks a rule.
        """
        for stream_bytes, type_ in zip(leaves.stream, leaves.type, strict=True):
            index, self.size = self.size, self.size + 1
            if not stream_bytes:
                continue  # a leaf that a verification could not read
            stream = self.by_id.get(stream_bytes.decode())
            if stream is None and index == 0:
                stream = self._root(opening_of(0))
            if stream is None:
                self._unknown[stream_bytes] = self._unknown.get(stream_bytes, 0) + 1
                continue
            stream.entries.append(index)
            if stream.ref.startswith(INDEX):
                opening = opening_of(index)
                if opening is not None and index:
                    self._announce(read_announcement(opening), stream.ref, index)
            elif type_ == b"erasure":
                self._erase(stream, opening_of(index), index)
        if leaves.time:
            self.last_time = leaves.time[-1].decode()

    def _root(self, opening: Opening | None) -> Stream:
        said = None if opening is None else read_announcement(opening)
        if said is None or said.ref != ROOT:
            raise _wrong(0, "leaf 0 to open index:root", "nothing" if said is None else said.ref)
        return self._add(said, ROOT, 0)

    def _announce(self, said: Announcement, index_ref: str, index: int) -> None:
        if index_ref == ROOT and not said.ref.startswith(INDEX):
            raise _wrong(index, "index:root to announce index streams only", said.ref)
        if index_ref != ROOT and said.ref.startswith(INDEX):
            raise _wrong(index, "index streams to be announced by index:root only", f"{said.ref} in {index_ref}")
        if said.ref in self.by_ref or said.stream in self.by_id:
            raise _wrong(index, "each stream to be announced once", f"{said.ref} a second time")
        if said.stream.encode() in self._unknown:
            raise _wrong(index, "a stream to be announced before its first entry", f"{said.ref} after it")
        self._add(said, index_ref, index)

    def _add(self, said: Announcement, index_ref: str, index: int) -> Stream:
        salt = _unhex(said.salt, index)
        expected = stream_id(salt, said.ref)
        if said.stream != expected:
            raise _wrong(index, f"stream {expected} for {said.ref}", said.stream)
        stream = Stream(ref=said.ref, id=said.stream, salt=salt, index=index_ref)
        self.by_ref[stream.ref] = self.by_id[stream.id] = stream
        return stream

    def _erase(self, stream: Stream, opening: Opening | None, index: int) -> None:
        if opening is None:
            return
        erased = read_erasure(opening)
        if erased not in stream.entries or erased == index:
            raise _wrong(index, "an erasure to name an earlier entry of its own stream", f"entry {erased}")
        self.erased[erased] = index


def read_announcement(opening: Opening) -> Announcement:
    """The announcement that an index entry carries.

    Raises:
        DamageError: its body is not one.
    """
    try:
        return _ANNOUNCEMENT.decode(opening.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise _wrong(opening.index, "an announcement {ref, stream, salt}", str(why)) from None


def read_erasure(opening: Opening) -> int:
    """The index of the entry that an erasure entry names.

    Raises:
        DamageError: its body names none.
    """
    try:
        return _ERASURE.decode(opening.body).entry
    except (msgspec.DecodeError, UnicodeDecodeError) as why:
        raise _wrong(opening.index, "an erasure that names an entry", str(why)) from None


def may_be_erased(type_: str, ref: str) -> bool:
    """Only records and evidence hold what a person may ask to be removed; everything else carries the log itself."""
    return type_ in ERASABLE and not ref.startswith(INDEX)


def _unhex(text: str, index: int) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise _wrong(index, "a salt in hex", text) from None


def _wrong(index: int, expected: str, got: str) -> DamageError:
    return DamageError(f"Entry {index}: expected {expected}, got {got}.", code="UP-LEDGER-23")

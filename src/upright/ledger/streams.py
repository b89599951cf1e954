"""Streams: which there are, who announced them, and which entries belong to them; read from leaves and index bodies.

Leaf 0 opens ``index:root``. Index streams announce streams: a body {ref, stream, salt} before the stream's n = 0.
"""

from bisect import bisect_left
from collections.abc import Callable

import msgspec

from upright.kernel import canonical_bytes
from upright.ledger.errors import DamageError
from upright.ledger.leaves import Columns, place, stream_id
from upright.ledger.openings import Opening
from upright.ledger.values import ERASABLE

ROOT = "index:root"
INDEX = "index:"
FIRST = place(0, None)


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
    is_index: bool = False
    entries: list[int] = []

    def next_place(self) -> tuple[int, int | None]:
        """Number and predecessor of the entry that comes next."""
        return len(self.entries), self.entries[-1] if self.entries else None


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure entry's body names: the entry whose body is gone. Other keys say why and what is kept."""

    entry: int


_ANNOUNCEMENT = msgspec.json.Decoder(Announcement)
_ERASURE = msgspec.json.Decoder(Erasure)


def announcement_body(ref: str, salt: bytes, epoch: dict[str, object] | None = None) -> bytes:
    """The canonical body of an index entry."""
    value: dict[str, object] = {"ref": ref, "stream": stream_id(salt, ref), "salt": salt.hex()}
    return canonical_bytes(value if epoch is None else value | {"epoch": epoch})


Report = Callable[[str, int, str, str], None]
"""Is told of a broken rule: code, entry, what was expected, what is there. May raise, or note it and go on."""


def refuse(code: str, entry: int, expected: str, got: str) -> None:
    """Raises: for readers, a log that breaks a rule is not read on."""
    raise DamageError(f"Entry {entry}: expected {expected}, got {got}. Run `upright ledger verify`.", code=code)


class Streams:
    """All streams of a log up to a size. Grows by ``extend``, which tells ``report`` of every broken rule."""

    def __init__(self, report: Report = refuse) -> None:
        self.size = 0
        self.last_time = ""
        self.by_ref: dict[str, Stream] = {}
        self.by_id: dict[bytes, Stream] = {}
        self.erased: dict[int, int] = {}
        """Entries whose body is erased -> the entry that says so."""
        self.unannounced: dict[bytes, Stream] = {}
        """Streams that no opened index names: none in a whole log, others' streams in a pack of a part."""
        self._report = report

    def extend(self, leaves: Columns, opening_of: Callable[[int], Opening | None]) -> None:
        """Takes in the next leaves; ``opening_of`` is asked for openings of index and erasure entries only."""
        by_id = self.by_id
        for index, (id_, got) in enumerate(zip(leaves.stream, leaves.place, strict=True), self.size):
            stream = by_id.get(id_)
            if stream is None:
                if not id_:
                    continue  # a leaf that a verification could not read
                stream = self._unknown(id_, index, opening_of)
            entries = stream.entries
            expected = b'%d,"prev":%d' % (len(entries), entries[-1]) if entries else FIRST
            if got != expected:
                self._report("UP-LEDGER-58", index, f'"n":{expected.decode()}', f'"n":{got.decode()}')
            entries.append(index)
            if stream.is_index and index:
                self._announcement(opening_of, stream, index)
        if b"erasure" in leaves.type:
            for index, type_ in enumerate(leaves.type, self.size):
                if type_ == b"erasure":
                    self._erasure(leaves.stream[index - self.size], opening_of, index)
        self.size += len(leaves.stream)
        if leaves.time:
            self.last_time = leaves.time[-1].decode()

    def _unknown(self, id_: bytes, index: int, opening_of: Callable[[int], Opening | None]) -> Stream:
        """The stream of a leaf whose stream is not announced (yet): leaf 0 announces its own."""
        if index == 0:
            try:
                opening = opening_of(0)
                if opening is not None:
                    self._add(read_announcement(opening), ROOT, 0)
            except DamageError as why:
                if self._report is refuse:
                    raise
                self._report("UP-LEDGER-60", 0, "leaf 0 to open index:root", why.message)
            root = self.by_id.get(id_)
            if root is not None and root.ref == ROOT:
                return root
            self._report("UP-LEDGER-60", 0, "leaf 0 to open index:root", "another stream")
        return self.unannounced.setdefault(id_, Stream(ref="", id=id_.decode(), salt=b"", index=""))

    def _announcement(self, opening_of: Callable[[int], Opening | None], index_of: Stream, index: int) -> None:
        try:
            opening = opening_of(index)
            if opening is None:
                return
            said = read_announcement(opening)
            wrong = self._is_wrong(said, index_of.ref)
            if wrong:
                self._report("UP-LEDGER-60", index, *wrong)
            else:
                self._add(said, index_of.ref, index)
        except DamageError as why:
            if self._report is refuse:
                raise
            self._report("UP-LEDGER-60", index, "an announcement", why.message)

    def announce(self, opening: Opening, index_ref: str) -> Stream:
        """Takes in the stream that an index entry announces.

        Raises:
            DamageError: it announces none, or one that may not be announced here; nothing has changed then.
        """
        said = read_announcement(opening)
        wrong = self._is_wrong(said, index_ref)
        if wrong:
            raise _wrong(opening.index, *wrong)
        return self._add(said, index_ref, opening.index)

    def add(self, stream: Stream) -> None:
        """Takes in a stream that is announced as it should be."""
        self.by_ref[stream.ref] = self.by_id[stream.id.encode()] = stream

    def erase(self, stream: Stream, opening: Opening) -> None:
        """Takes in what an erasure entry of a stream erases.

        Raises:
            DamageError: it names no earlier entry of its own stream.
        """
        index, erased = opening.index, read_erasure(opening)
        at = bisect_left(stream.entries, erased)
        if erased >= index or at == len(stream.entries) or stream.entries[at] != erased:
            raise _wrong(index, "an erasure to name an earlier entry of its own stream", f"entry {erased}")
        self.erased[erased] = index

    def withdraw(self, stream: Stream) -> None:
        """Takes the newest announcement back."""
        del self.by_ref[stream.ref], self.by_id[stream.id.encode()]

    def took(self, count: int, last_time: bytes) -> None:
        """Counts entries that were added to their streams one by one."""
        self.size += count
        self.last_time = last_time.decode()

    def _is_wrong(self, said: Announcement, index_ref: str) -> tuple[str, str] | None:
        if (index_ref == ROOT) != said.ref.startswith(INDEX):
            return "index:root, and only it, to announce index streams", f"{said.ref} in {index_ref}"
        if said.ref in self.by_ref or said.stream.encode() in self.by_id:
            return "each stream to be announced once", f"{said.ref} a second time"
        if said.stream.encode() in self.unannounced:
            return "a stream to be announced before its first entry", f"{said.ref} after it"
        return None

    def _add(self, said: Announcement, index_ref: str, index: int) -> Stream:
        salt = _unhex(said.salt, index)
        expected = stream_id(salt, said.ref)
        if said.stream != expected:
            raise _wrong(index, f"stream {expected} for {said.ref}", said.stream)
        stream = Stream(ref=said.ref, id=said.stream, salt=salt, index=index_ref, is_index=said.ref.startswith(INDEX))
        self.add(stream)
        return stream

    def _erasure(self, id_: bytes, opening_of: Callable[[int], Opening | None], index: int) -> None:
        stream = self.by_id.get(id_)
        try:
            opening = None if stream is None else opening_of(index)
            if opening is not None and stream is not None:
                self.erase(stream, opening)
        except DamageError as why:
            if self._report is refuse:
                raise
            self._report("UP-LEDGER-60", index, "an erasure", why.message)


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

"""Reading a log: entries, streams, proofs. The same for a workspace's log and for the one in a pack."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import DamageError, LedgerError
from upright.ledger.hashes import HashTiles
from upright.ledger.layout import TILE_WIDTH
from upright.ledger.leaves import Leaf, body_digest, columns, parse_leaf, split_entry_tile
from upright.ledger.notes import VerifierKey
from upright.ledger.openings import Opening
from upright.ledger.source import Source
from upright.ledger.streams import Stream, Streams, refuse
from upright.ledger.tree import consistency_from, inclusion_from, root_from
from upright.ledger.values import Recorded, Report
from upright.ledger.verify import verify


class View:
    """What a reader sees of a log as of its checkpoint. Bytes beyond the checkpoint do not exist for it."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._streams = Streams()
        self._hashes = HashTiles(source)
        self._seen = Checkpoint.parse(source.checkpoint())

    @property
    def source(self) -> Source:
        """The files that this log is read from."""
        return self._source

    @property
    def origin(self) -> str:
        """``<organisation>/<uuid>``: which log this is."""
        return self._seen.origin

    @property
    def size(self) -> int:
        """How many entries the log has, as of its checkpoint."""
        return self._seen.size

    @property
    def checkpoint(self) -> str:
        """The signed checkpoint as text."""
        return str(self._seen)

    def root(self, size: int | None = None) -> bytes:
        """Root over the first ``size`` entries (all, if None).

        Raises:
            LedgerError: the log has fewer entries.
        """
        return root_from(self._hashes.as_of(self.size), self._within(size))

    def prove(self, index: int, size: int | None = None) -> list[bytes]:
        """Inclusion proof of an entry in the tree of the first ``size`` entries (all, if None)."""
        return inclusion_from(self._hashes.as_of(self.size), index, self._within(size))

    def consistency(self, old_size: int, size: int | None = None) -> list[bytes]:
        """Proof that the log as of ``size`` (all, if None) extends what it was at ``old_size``."""
        return consistency_from(self._hashes.as_of(self.size), old_size, self._within(size))

    def leaf(self, index: int) -> bytes:
        """The bytes of a leaf, as they are hashed into the tree.

        Raises:
            LedgerError: no such entry.
        """
        self._demand(index)
        tile, at = divmod(index, TILE_WIDTH)
        width = self._width(tile)
        return self._source.leaves(tile, width)[0][at]

    def salt(self, index: int) -> bytes:
        """The salt of an entry's body digest: with it, a stranger who has leaf and body can hold one to the other."""
        self._demand(index)
        opening = self._source.opening(index, self.size)
        return b"" if opening is None else opening.salt

    def streams(self) -> Mapping[str, int]:
        """Every announced stream and how many entries it has, in the order of announcement."""
        known = self._known()
        return MappingProxyType({ref: len(stream.entries) for ref, stream in known.by_ref.items()})

    def index_of(self, ref: str) -> str | None:
        """The index stream that announced a stream, or None where there is no such stream."""
        stream = self._known().by_ref.get(ref)
        return None if stream is None else stream.index

    def stream(self, ref: str) -> tuple[Recorded, ...]:
        """All entries of a stream, in order; none where no such stream is announced.

        Raises:
            DamageError: an entry is not what the log committed to.
        """
        stream = self._known().by_ref.get(ref)
        if stream is None:
            return ()
        found = (self._recorded(index, parse_leaf(self.leaf(index)), stream) for index in stream.entries)
        return tuple(entry for entry in found if entry is not None)

    def entry(self, index: int) -> Recorded:
        """One entry.

        Raises:
            LedgerError: no such entry, or a pack of a part that does not open it.
            DamageError: it is not what the log committed to.
        """
        leaf = parse_leaf(self.leaf(index))
        stream = self._known().by_id.get(leaf.stream.encode())
        found = None if stream is None else self._recorded(index, leaf, stream)
        if found is None:
            raise LedgerError(f"Entry {index} is not opened here.", code="UP-LEDGER-31")
        return found

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[Recorded]:
        """Entries ``start`` to ``stop`` - 1 in order; a pack of a part gives those that it opens.

        Announcements of streams are among them (``Recorded.is_announcement``).

        Raises:
            DamageError: an entry is not what the log committed to.
        """
        stop = self.size if stop is None else min(stop, self.size)
        known = self._known()
        for tile in range(start // TILE_WIDTH, -(-stop // TILE_WIDTH)):
            width = self._width(tile)
            leaves, _data = self._source.leaves(tile, width)
            first = tile * TILE_WIDTH
            for index in range(max(start, first), min(stop, first + width)):
                leaf = parse_leaf(leaves[index - first])
                stream = known.by_id.get(leaf.stream.encode())
                found = None if stream is None else self._recorded(index, leaf, stream)
                if found is not None:
                    yield found

    def verify(self, trust: VerifierKey | None = None, *, since: str | None = None) -> Report:
        """Reads everything and says exactly what differs from what the log committed to; ``upright.ledger.verify``."""
        return verify(self._source, trust=trust, since=since)

    def _recorded(self, index: int, leaf: Leaf, stream: Stream) -> Recorded | None:
        erased = self._streams.erased.get(index)
        opening = self._source.opening(index, self.size)
        if opening is None:
            return None
        body = None if erased is not None else opening.body
        if body is not None:
            demand_body(opening, leaf, stream)
        return Recorded(
            index=index,
            time=leaf.time,
            late=leaf.late,
            type=leaf.type,
            ref=stream.ref,
            n=leaf.n,
            prev=leaf.prev,
            media_type=opening.media_type,
            body=body,
        )

    def _known(self) -> Streams:
        """Streams up to the present size; what was read once is not read again."""
        while self._streams.size < self.size:
            tile, done = divmod(self._streams.size, TILE_WIDTH)
            width = self._width(tile)
            data = self._source.entry_tile(tile, width)
            for leaf in split_entry_tile(data, done)[0]:
                data = data[2 + len(leaf) :]
            found = columns(data, width - done)
            if found is None:
                path = self._source.layout.relative(self._source.entries_path(tile, width))
                raise DamageError(
                    f"{path}: a leaf is not in canonical form; run `upright ledger verify` to see which.",
                    code="UP-LEDGER-20",
                )
            try:
                self._streams.extend(found, lambda index: self._source.opening(index, self.size))
            except BaseException:
                self._streams = Streams()  # half taken in: after Ctrl-C or damage, the next reading begins anew
                raise
            for stream in () if self._source.is_partial else self._streams.unannounced.values():
                refuse("UP-LEDGER-60", stream.entries[0], "an entry of an announced stream", f"stream {stream.id}")
        return self._streams

    def _width(self, tile: int) -> int:
        return min(TILE_WIDTH, self.size - tile * TILE_WIDTH)

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise LedgerError(
                f"The log has {self.size} entries, so there is no state of it at {size}.", code="UP-LEDGER-30"
            )
        return size

    def _demand(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise LedgerError(f"There is no entry {index}; the log has {self.size}.", code="UP-LEDGER-30")


def demand_body(opening: Opening, leaf: Leaf, stream: Stream) -> None:
    """Returns nothing if an opening is that of its leaf.

    Raises:
        DamageError: another ref, or a body, salt or media type that the leaf did not commit to.
    """
    if opening.ref != stream.ref:
        raise DamageError(
            f"Entry {opening.index}: expected an opening of {stream.ref}, got one of {opening.ref}.",
            code="UP-LEDGER-26",
        )
    got = body_digest(opening.media_type, opening.salt, opening.body)
    if got != leaf.body:
        raise DamageError(
            f"Entry {opening.index} ({stream.ref}): its body, salt or media type was changed: expected {leaf.body}, "
            f"got {got}. Run `upright ledger verify`.",
            code="UP-LEDGER-27",
        )

"""The ledger's own reader over the database: the same proofs and the same verification as of a folder."""

from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db.models import QuerySet, Subquery

from upright.ledger import DamageError
from upright.ledger.layout import HASH_BYTES, TILE_WIDTH, Layout
from upright.ledger.leaves import entry_tile
from upright.ledger.openings import Fields, Opening
from upright.ledger.source import keep
from upright.records.trail import prepared
from upright.records.trail.models import HashTile, LedgerEntry, LedgerLog

_LEVEL = 1 << 40
_KEPT = 16
Row = tuple[int, bytes, str, bytes | None, bytes, str, bytes]
_COLUMNS = ("index", "leaf", "ref", "stream_salt", "salt", "media_type", "body")


def tile_key(level: int, n: int) -> int:
    """The primary key of a hash tile."""
    return level * _LEVEL + n


class DatabaseSource:
    """A ``ledger.Source``. A row that is missing reads as an empty leaf, so that verification names its entry.

    ``layout`` is the folder beside the database that holds public keys; paths of entries and tiles exist as names only.
    """

    is_partial = False

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._rows: OrderedDict[int, dict[int, Row]] = OrderedDict()

    def checkpoint(self) -> str:
        """The text of the checkpoint, read anew."""
        return self.end()[0]

    def end(self) -> tuple[str, int, bytes]:
        """The text of the checkpoint; index and leaf of the newest row, -1 and empty where there is none."""
        found = prepared.rows("trail.end", _end)
        if not found:
            raise DamageError(
                "There is no ledger in this database. 'upright manage begin' makes it.", code="UP-LEDGER-43"
            )
        text, index, leaf = found[0]
        return (text, -1, b"") if index is None else (text, index, bytes(leaf))

    def hash_tile(self, level: int, n: int, width: int) -> bytes:
        """The first ``width`` hashes of a tile."""
        found = HashTile.objects.filter(key=tile_key(level, n)).values_list("hashes", flat=True).first()
        data = b"" if found is None else bytes(found)
        if len(data) < width * HASH_BYTES:
            raise DamageError(
                f"trail_hashtile {level}/{n}: expected {width * HASH_BYTES} bytes, got {len(data)}.",
                code="UP-LEDGER-24",
            )
        return data[: width * HASH_BYTES]

    def entry_tile(self, n: int, width: int) -> bytes:
        """The first ``width`` leaves of an entry tile, with their length prefixes."""
        return self.leaves(n, width)[1]

    def leaves(self, n: int, width: int) -> tuple[list[bytes], bytes]:
        """The first ``width`` leaves of an entry tile."""
        rows, first = self._tile(n, width), n * TILE_WIDTH
        found = [rows[index][1] if index in rows else b"" for index in range(first, first + width)]
        return found, entry_tile(found)

    def opening(self, index: int, size: int) -> Opening | None:
        """The opening of one entry."""
        n = index // TILE_WIDTH
        row = self._tile(n, min(TILE_WIDTH, size - n * TILE_WIDTH)).get(index)
        if row is None:
            raise DamageError(f"trail_ledgerentry {index}: there is no such row.", code="UP-LEDGER-22")
        return Opening(index, row[2], row[3], row[4], row[5], row[6])

    def fields(self, first: int, count: int, size: int) -> Iterator[Fields | None]:
        """Openings of ``count`` entries from ``first`` on, within one entry tile; None where the row is missing."""
        n = first // TILE_WIDTH
        rows = self._tile(n, min(TILE_WIDTH, size - n * TILE_WIDTH))
        for index in range(first, first + count):
            row = rows.get(index)
            yield None if row is None else (row[3], row[4], row[2], row[5], row[6])

    def raw_openings(self, first: int, count: int, size: int) -> tuple[bytes, int, list[int]] | None:  # noqa: ARG002
        """None: rows are no bytes in a row."""
        return None

    def entries_path(self, n: int, width: int) -> Path:  # noqa: ARG002 (a protocol's signature)
        """How a problem names where an entry stands."""
        return self.layout.folder / "trail_ledgerentry"

    def tile_path(self, level: int, n: int, width: int) -> Path:  # noqa: ARG002 (a protocol's signature)
        """How a problem names a hash tile."""
        return self.layout.folder / "trail_hashtile" / f"{level}" / f"{n}"

    def openings_path(self, index: int) -> Path:  # noqa: ARG002 (a protocol's signature)
        """How a problem names where an opening stands."""
        return self.layout.folder / "trail_ledgerentry"

    def beside(self, layout: Layout) -> "DatabaseSource":
        """Sealed logs before this one; a database keeps none."""
        raise DamageError(f"{layout.folder.name}: a database keeps one log.", code="UP-LEDGER-25")

    def forget(self) -> None:
        """Drops what was kept from earlier reads."""
        self._rows.clear()

    def _tile(self, n: int, width: int) -> dict[int, Row]:
        kept = self._rows.get(n)
        if kept is not None and len(kept) >= width:
            return kept
        first = n * TILE_WIDTH
        query = LedgerEntry.objects.filter(index__gte=first, index__lt=first + width).values_list(*_COLUMNS)
        rows = {row[0]: _plain(row) for row in query}
        keep(self._rows, n, rows, _KEPT)
        return rows


def _end() -> QuerySet[Any, Any]:
    newest = LedgerEntry.objects.order_by("-index")
    columns = {"newest": Subquery(newest.values("index")[:1]), "newest_leaf": Subquery(newest.values("leaf")[:1])}
    return LedgerLog.objects.order_by("pk").annotate(**columns).values_list("checkpoint", *columns)[:1]


def _plain(row: Row) -> Row:
    """PostgreSQL hands out memoryviews."""
    index, leaf, ref, stream_salt, salt, media_type, body = row
    stream = None if stream_salt is None else bytes(stream_salt)
    return index, bytes(leaf), ref, stream, bytes(salt), media_type, bytes(body)

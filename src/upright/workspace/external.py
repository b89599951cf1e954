"""Tables behind an address: their digest is a snapshot of schema, query, row count and rows (contracts, section 3)."""

import contextlib
import tempfile
from pathlib import Path

from upright.checks.contract import Hold, TableSource
from upright.kernel import Ref, UprightError
from upright.workspace.errors import ManifestError

_BATCH = 10_000


def digest_url(url: str, ref: Ref) -> tuple[str, Hold]:
    """Reads every row of a table at an Ibis URL with ``?table=NAME`` once, and digests what it read.

    Raises:
        ManifestError: no table named, or the address cannot be read (the message never repeats the address).
    """
    from upright.checks.tables import Tables
    from upright.evidence.subjects import table_snapshot

    source = TableSource(ref=ref, path=url, digest="0" * 64, hold="snapshot")
    try:
        with (
            tempfile.TemporaryDirectory(prefix="upright-") as scratch,
            contextlib.closing(Tables(Path(scratch))) as tables,
        ):
            table = tables.open(source)
            schema = [(name, str(kind)) for name, kind in table.schema().items()]
            batches = table.to_pyarrow_batches(chunk_size=_BATCH)
            rows = (tuple(row.values()) for batch in batches for row in batch.to_pylist())
            return table_snapshot(schema, f"every row of {ref.path}", rows)
    except UprightError:
        raise
    except Exception as why:  # noqa: BLE001 - a driver may raise anything, and its text may repeat the secrets
        raise ManifestError(
            f"{ref}: the table at the external address cannot be read ({type(why).__name__}). "
            "Check the address, the network and the credentials in the environment.",
            code="UP-MAN-24",
        ) from None

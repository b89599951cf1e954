"""Tables behind an address: their digest is a snapshot of schema, query, row count and rows (contracts, section 3)."""

from upright.checks.contract import Hold
from upright.workspace.errors import ManifestError

_BATCH = 10_000


def digest_url(url: str) -> tuple[str, Hold]:
    """Connects to an Ibis URL with ``?table=NAME``, reads every row once and digests what it read.

    Raises:
        ManifestError: no table named, or the address cannot be reached (the message never repeats the address).
    """
    import ibis

    from upright.evidence.subjects import table_snapshot

    address, _, name = url.partition("?table=")
    if not name or "&" in name:
        raise ManifestError(
            "An address of a table ends in ?table=NAME; expected for instance duckdb://file.db?table=decisions.",
            code="UP-MAN-24",
        )
    try:
        table = ibis.connect(address).table(name)
        schema = [(column, str(kind)) for column, kind in table.schema().items()]
        with table.to_pyarrow_batches(chunk_size=_BATCH) as batches:
            rows = (tuple(row.values()) for batch in batches for row in batch.to_pylist())
            return table_snapshot(schema, f"table {name}", rows)
    except ManifestError:
        raise
    except Exception as why:  # noqa: BLE001 - a driver may raise anything, and its text may repeat the secrets
        raise ManifestError(
            f"The table {name!r} at the external address cannot be read ({type(why).__name__}). "
            "Check the address, the network and the credentials in the environment.",
            code="UP-MAN-24",
        ) from None

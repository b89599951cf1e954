"""The proof that an entry stands in the log, to keep and to check without this server."""

from typing import Any

from upright.kernel import InputError
from upright.ledger import leaf_hash
from upright.ledger.view import View
from upright.records.trail.history import entries_of
from upright.records.trail.server_log import server_log


def proof(ref: str, entry: int, *, view: View | None = None) -> dict[str, Any]:
    """What shows without this server that an entry stands in the log: leaf, path to the root, signed checkpoint.

    Raises:
        InputError: the entry is none of this record's.
    """
    mine = {one.index: one for one in entries_of(ref)}
    if entry not in mine:
        raise InputError(f"Entry {entry} is none of {ref}; its history lists those that are.", code="UP-DESK-03")
    body = mine[entry].body
    view = view or server_log().view()
    return {
        "ref": ref,
        **inclusion(view, entry),
        "media_type": mine[entry].media_type,
        "body": None if body is None else body.decode(),
        "body_salt": None if body is None else view.salt(entry).hex(),
        "checkpoint": view.checkpoint,
        "how_to_check": "RFC 9162, section 2.1.3.2: hash the leaf, fold the path, compare with the checkpoint's root; "
        "'body' in the leaf is the digest of salt and body (contracts, section 4).",
    }


def inclusion(view: View, entry: int) -> dict[str, Any]:
    """That an entry stands in the log, and nothing of what it holds: its leaf is digests, a number and a time."""
    leaf = view.leaf(entry)
    return {
        "index": entry,
        "size": view.size,
        "leaf": leaf.decode(),
        "leaf_hash": leaf_hash(leaf).hex(),
        "path": [one.hex() for one in view.prove(entry)],
        "root": view.root().hex(),
    }

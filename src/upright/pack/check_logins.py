"""What people decided by log-in, as a pack shows it: how many, by whom, and what of it rests on the maker's word.

The entry of such a record is proved like any other: that it stands in the log, since when, unchanged. That the server
let the person in, and demanded the second one, nothing in a pack shows; so it is said, and counted.
"""

from collections.abc import Sequence

import msgspec

from upright.ledger import Recorded
from upright.pack.findings import HOSTILE_SHAPES, Findings

_MARK = b'"evidence":{'


def check_logins(entries: Sequence[Recorded], findings: Findings) -> None:
    """Says what was approved by log-in, and names approvals by somebody who never acted in their record's stream."""
    acted: dict[str, set[str]] = {}
    approved: dict[str, tuple[int, set[str]]] = {}
    for entry in entries:
        if entry.type != "record" or entry.body is None or entry.is_announcement:
            continue
        try:
            body = msgspec.json.decode(entry.body)
            actor = str(body.get("actor") or "")
            said = body.get("evidence") if _MARK in entry.body else None
        except HOSTILE_SHAPES:
            continue  # gathering Facts refuses what it cannot read
        acted.setdefault(entry.ref, set()).add(actor)
        approved.pop(entry.ref, None)
        if isinstance(said, dict) and said.get("state") == "approved" and isinstance(said.get("persons"), list):
            approved[entry.ref] = (entry.index, {str(one) for one in said["persons"]})
    attested = {ref: found for ref, found in approved.items() if found[1]}
    if attested:
        persons = set().union(*(found[1] for found in attested.values()))
        findings.asserted.append(
            f"attested by login: {len(attested)} records by {len(persons)} persons; that each of them was logged in "
            "and had the right is the word of who keeps this server"
        )
    for ref, (index, named) in sorted(attested.items()):
        if named.isdisjoint(acted[ref]):
            findings.not_checked.append(
                f"entry {index} ({ref}) names {', '.join(sorted(named))}, who never acted in it: it was brought in by "
                f"{', '.join(sorted(acted[ref]))}"
            )

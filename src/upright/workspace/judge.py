"""From the log to judgement: Facts as of a moment, and what posture and gate say of them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from upright.kernel import canonical_bytes, plain_bytes, sha256_hex
from upright.ledger import NewEntry, Recorded
from upright.workspace.errors import WorkspaceError
from upright.workspace.layout import Layout, write_durably
from upright.workspace.records import CATALOGUE, body, entry, newest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from upright.catalogue import Catalogue
    from upright.kernel import Ref
    from upright.posture import Posture

_COUNTS = ("of", "met", "partly", "failing", "stale", "unknown", "not_applicable")


def load_catalogue(folders: "Sequence[Path]") -> "Catalogue":
    """Our own catalogue, or with folders laid over it."""
    from upright.catalogue import Catalogue

    return Catalogue.load(folders)


def keep_catalogue(layout: Layout, catalogue: "Catalogue") -> str:
    """Keeps a catalogue whole, and its parts by the digests that Facts name; returns the whole one's digest."""
    whole = plain_bytes(catalogue.frozen())
    digest = sha256_hex(whole)
    for name, data in {digest: whole, **catalogue.parts()}.items():
        path = layout.catalogues / f"{name}.json"
        if not path.exists():
            write_durably(path, data)
    return digest


def catalogue_entry(digest: str, organisation: "Ref", actor: str) -> NewEntry:
    """The record that says which catalogue is in force from here on."""
    value = body(
        schema=CATALOGUE,
        ref=f"catalogue:{organisation.path}",
        action="catalogue.edition.adopted",
        actor=actor,
        reason="The edition that this Upright and its overlays bring.",
        record={"frozen": digest},
    )
    return entry(value, index=f"index:{organisation}")


def catalogue_in_force(layout: Layout, stream: "Iterable[Recorded]") -> "Catalogue | None":
    """The catalogue that the newest such record names, read back from where it is kept; None before the first.

    Raises:
        WorkspaceError: it is not kept here any more, or was changed (UP-WORK-05).
    """
    from upright.catalogue import Catalogue

    found = newest(stream, CATALOGUE)
    if found is None:
        return None
    digest = found["record"]["frozen"]
    path = layout.catalogues / f"{digest}.json"
    data = path.read_bytes() if path.is_file() else b""
    if (got := sha256_hex(data)) != digest:
        raise WorkspaceError(
            f"The catalogue in force then, {path.name}, is missing or was changed: expected sha256:{digest}, "
            f"got {'nothing' if not data else 'sha256:' + got}. Restore the file from a pack or a backup.",
            code="UP-WORK-05",
        )
    return Catalogue.thaw(msgspec.json.decode(data))


def posture_json(posture: "Posture", catalogue: "Catalogue") -> dict[str, dict[str, Any]]:
    """Counts by framework as ``assess`` prints them (contracts, section 10)."""
    found = {}
    for name, framework in posture.frameworks.items():
        counts: dict[str, Any] = {"status": framework.status}
        counts |= {count: getattr(framework, count) for count in _COUNTS}
        counts |= {
            "at": posture.at,
            "facts": f"sha256:{posture.facts}",
            "catalogue": f"sha256:{catalogue.digests[name]}",
        }
        found[name] = counts
    return found


def verdict_entry(purpose: str, scope: str, content: Mapping[str, Any]) -> NewEntry:
    """A verdict (assess, gate, pack, snapshot) about a scope, as the ledger holds it."""
    value = {"schema": "verdict/1", "purpose": purpose, "scope": scope, **content}
    return NewEntry(
        type="verdict",
        ref=f"verdict:{purpose}:{scope}",
        media_type="application/json",
        body=canonical_bytes(value),
        index="index:verdicts",
    )


def same_verdict(recorded: Recorded | None, new: NewEntry) -> bool:
    """Whether the newest verdict says the same; when it was said, and from which Facts, does not count."""
    if recorded is None or recorded.body is None:
        return False
    old, now = msgspec.json.decode(recorded.body), msgspec.json.decode(new.body)
    for value in (old, now):
        for key in ("at", "facts"):
            value.pop(key, None)
    return bool(old == now)


def strictest_freshness(catalogue: "Catalogue", kinds: tuple[str, ...]) -> timedelta | None:
    """The shortest ``fresh_for`` that any ask has for one of these kinds; None where none of them ages."""
    from upright.kernel import parse_duration

    texts = [
        ask.fresh_for
        for requirement in catalogue.requirements.values()
        for ask in requirement.asks
        if ask.fresh_for is not None and set(ask.kinds) & set(kinds)
    ]
    return min((parse_duration(text) for text in texts), default=None)

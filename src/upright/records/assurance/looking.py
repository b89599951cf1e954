"""How kept postures stand to the log, in few queries: which hold, and the newest entry that each would rest on."""

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.db.models import Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Concat

from upright.kernel import Ref
from upright.records.assurance.models import PostureRow
from upright.records.inventory.models import System
from upright.records.trail.models import LedgerLog, LedgerStream
from upright.records.trail.prepared import raw_rows
from upright.records.trail.server_log import organisation_index

KEYS = "index:keys"
_FEW = 200  # beyond, one look over all indexes costs less than naming them
MOST_WITH_DOCUMENTS = 4
_SCOPE, _OWN, _SHARED, _MOMENT = "system:any-at-all", "index:any-at-all", "index:of-all-of-them", "any-moment-at-all"
"""Stand in the text of the query for one system's values."""


class Look(NamedTuple):
    """How a kept posture stands to the log: the entry it is as of (-1: none holds), the newest, its system's newest.

    ``document`` is the kept posture and ``gathered`` the Facts that it was judged by, where they came along.
    """

    scope: str
    entry: int
    facts: str
    newest: int
    own: int
    document: bytes = b""
    gathered: bytes = b""

    @property
    def is_fresh(self) -> bool:
        """Nothing is new since."""
        return self.entry == self.newest


def look_at_one(scope: str, shared: str, edition: str, moment: str) -> Look:
    """One system, with its document and its Facts, in one query.

    Args:
        scope: of the system.
        shared: the organisation's reference; empty: it is asked for.
        edition: the digest that a kept posture has to be of.
        moment: as of which it has to hold.
    """
    put = {
        _SCOPE: scope,
        _OWN: _index_of(scope),
        _SHARED: f"index:{shared}" if shared else organisation_index(),
        _MOMENT: moment,
    }
    found = raw_rows(("look at one", edition), lambda: _one(edition), put)
    own, common, keys, entry, facts, document, gathered = found[0] if found else (None,) * 7
    of_own = _or_none_yet(own)
    return Look(
        scope,
        _or_none_yet(entry),
        facts or "",
        max(of_own, _or_none_yet(common), _or_none_yet(keys)),
        of_own,
        bytes(document or b""),
        bytes(gathered or b""),
    )


def _one(edition: str) -> QuerySet[Any, Any]:
    kept = _holding(edition, _MOMENT).filter(scope=_SCOPE)
    held = {f"held_{name}": Subquery(kept.values(name)) for name in ("newest", "facts", "document", "gathered")}
    ends = {"own": _end(_OWN), "shared": _end(_SHARED), "keys": _end(KEYS)}
    return LedgerLog.objects.annotate(**ends, **held).order_by("pk").values_list(*ends, *held)[:1]


def _or_none_yet(entry: int | None) -> int:
    return -1 if entry is None else entry


def looks_at(wanted: list[str], shared: str, edition: str, moment: str) -> dict[str, Look]:
    """Two queries, however many systems; of few the document comes along."""
    newest = newest_entries(wanted, shared)
    rows = _holding(edition, moment)
    if len(wanted) <= _FEW:
        rows = rows.filter(scope__in=wanted)
    whole = ["document"] if len(wanted) <= MOST_WITH_DOCUMENTS else []
    kept = {row[0]: row[1:] for row in rows.values_list("scope", "newest", "facts", *whole)}
    found = {}
    for scope in wanted:
        own, common = newest[scope]
        entry, facts, *document = kept.get(scope, (-1, ""))
        found[scope] = Look(scope, entry, facts, max(own, common), own, *map(bytes, document))
    return found


def with_looks(systems: QuerySet[System], index: str, edition: str, moment: str) -> QuerySet[System]:
    """Systems, each with what ``looks_at`` finds of it, in their own query: ends of indexes, and what is kept.

    Args:
        systems: which.
        index: of the organisation.
        edition: the digest that a kept posture has to be of.
        moment: as of which it has to hold.
    """
    here = OuterRef("ref")  # as a range: an equality goes by the key, to rows between which the documents lie
    kept = _holding(edition, moment).filter(scope__gte=here, scope__lte=here)
    return systems.annotate(
        own=_end(Concat(Value("index:"), OuterRef("ref"))),
        shared=_end(Value(index)),
        keys=_end(Value(KEYS)),
        entry=Subquery(kept.values("newest")),
        facts=Subquery(kept.values("facts")),
    )


def newest_entries(systems: list[str], shared: str = "") -> Mapping[str, tuple[int, int]]:
    """By system the newest entry of its own index, and that of the organisation and the keys."""
    indexes = {system: _index_of(system) for system in systems}
    others = [f"index:{shared}" if shared else organisation_index(), KEYS]
    rows = LedgerStream.objects.all()  # an index stream is announced by the root alone, which nobody asks for here
    if len(indexes) <= _FEW:
        rows = rows.filter(index_ref__in=[*indexes.values(), *others])
    ends = dict(rows.values_list("index_ref").annotate(end=Max("newest")).order_by())
    common = max(ends.get(one, -1) for one in others)
    return {system: (ends.get(index, -1), common) for system, index in indexes.items()}


def _holding(edition: str, moment: str) -> QuerySet[PostureRow]:
    """Those of an edition that hold at a moment."""
    return PostureRow.objects.filter(catalogue=edition, at__lte=moment, until__gt=moment)


def _end(index: Any) -> Subquery:
    """The newest entry of an index, within another query."""
    return Subquery(LedgerStream.objects.filter(index_ref=index).order_by("-newest").values("newest")[:1])


@functools.lru_cache(maxsize=4096)
def _index_of(system: str) -> str:
    """The index that lists a system's streams."""
    return f"index:{Ref.parse(system).bare}"

"""Judging ahead: a worker keeps the posture of every system ready, so that no page has to wait for it."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from django.db.models import Min
from msgspec.structs import replace

from upright.records.assurance.judging import Reading, edition_digest, judged, look, read_by_posture
from upright.records.assurance.looking import KEYS, Look
from upright.records.assurance.models import PostureRow
from upright.records.inventory.models import System
from upright.records.trail.models import LedgerStream
from upright.records.trail.server_log import organisation_index

_TOGETHER = 25


def judge_ahead(stopped: Callable[[], bool] = lambda: False) -> int:
    """Judges every system that something is new for or that aged; gives how many.

    What is new but cannot be in any Facts (a person, a role, a comment) costs no judging: what was found is still true.
    Nor does an entry of the organisation that leaves a system's Facts as they were (it speaks of another system): that
    is seen by their digest. Those that changed themselves come first.
    """
    behind = [one for one in look(System.objects.values_list("ref", flat=True)).values() if not one.is_fresh]
    if not behind:
        return 0
    shared = _newest_read([organisation_index(), KEYS])
    same, changed = _parted(behind, shared)
    _still_true(same)
    count = 0
    rest = iter(sorted(changed, key=lambda one: (one.own <= one.entry, one.scope)))
    reading = Reading()
    while (some := list(islice(rest, _TOGETHER))) and not stopped():
        as_before = _as_before(some, reading)
        _still_true(as_before)
        count += len(judged((one for one in some if one not in as_before), reading))
    return count


def _as_before(looks: Iterable[Look], reading: Reading) -> list[Look]:
    """Those whose Facts hold what they held when they were judged; their moment apart, which ``until`` answers for.

    A system that has an entry of its own is judged anew: its stage, which the gate asks for, is no part of Facts.
    """
    asked = [one for one in looks if one.own <= one.entry]
    rows = PostureRow.objects.filter(scope__in=[one.scope for one in asked], catalogue=edition_digest())
    judged_at = dict(rows.values_list("scope", "at"))
    return [
        one
        for one in asked
        if one.scope in judged_at and replace(reading.facts(one.scope), at=judged_at[one.scope]).digest() == one.facts
    ]


def next_to_age() -> str:
    """When the first kept posture ages; empty where none is kept."""
    found = PostureRow.objects.filter(catalogue=edition_digest()).aggregate(first=Min("until"))
    return str(found["first"] or "")


def _parted(behind: Iterable[Look], shared: int) -> tuple[list[Look], list[Look]]:
    """Those whose kept posture nothing new can touch, and the others."""
    same: list[Look] = []
    changed: list[Look] = []
    for one in behind:
        is_same = shared <= one.entry and one.entry >= 0 and (one.own <= one.entry or _own(one) <= one.entry)
        (same if is_same else changed).append(one)
    return same, changed


def _own(one: Look) -> int:
    return _newest_read([f"index:{one.scope}"])


def _newest_read(indexes: list[str]) -> int:
    """The newest entry under these indexes that Facts may rest on."""
    rows = LedgerStream.objects.filter(index_ref__in=indexes).values_list("ref", "newest")
    return max((newest for ref, newest in rows if ref.startswith(read_by_posture())), default=-1)


def _still_true(same: Iterable[Look]) -> None:
    """What was found holds as of the newest entry too."""
    for (entry, newest), scopes in _by_place(same):
        PostureRow.objects.filter(scope__in=scopes, newest=entry).update(newest=newest)


def _by_place(same: Iterable[Look]) -> Iterator[tuple[tuple[int, int], list[str]]]:
    found: dict[tuple[int, int], list[str]] = {}
    for one in same:
        found.setdefault((one.entry, one.newest), []).append(one.scope)
    yield from found.items()

"""What an ask demands of evidence besides its kind: mode, age, hold, and whether an attestation will do."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from upright.kernel import NumberError, as_decimal, parse_duration, parse_time, time_text
from upright.posture.facts import BoundCheck, Hold, Item

HOLDS: Mapping[str, int] = {"bytes": 3, "snapshot": 2, "declared": 1}
CLOCK_LEEWAY = timedelta(minutes=5)


class Demand(NamedTuple):
    """The conditions under which a result counts for an ask."""

    done: bool = False
    fresh_for: str | None = None
    min_hold: Hold | None = None
    attested: bool = False
    reproduced: bool = False


def oldest_end(at: str, fresh_for: str | None) -> str:
    """The earliest end, as a recorded time, of evidence that is still fresh at ``at``; "" where none ages.

    >>> oldest_end("2026-01-31T00:00:00.000Z", "P30D")
    '2026-01-01T00:00:00.000Z'
    """
    if fresh_for is None:
        return ""
    try:
        return time_text(parse_time(at) - parse_duration(fresh_for))
    except OverflowError:
        return ""


def is_clock_ahead(item: Item) -> bool:
    """Whether the run claims to have ended more than five minutes after it was recorded."""
    if item.ended <= item.recorded:
        return False
    try:
        return parse_time(item.ended) - parse_time(item.recorded) > CLOCK_LEEWAY
    except OverflowError:
        return True


def is_held(hold: Hold, min_hold: Hold | None) -> bool:
    """Whether a hold is firm enough; ``window`` matches only itself, and any hold will do where none is asked for.

    >>> is_held("snapshot", "declared"), is_held("declared", "bytes"), is_held("window", "declared")
    (True, False, False)
    """
    if min_hold is None or hold == min_hold:
        return True
    return HOLDS.get(hold, 0) > HOLDS.get(min_hold, len(HOLDS) + 1)


def holds_of_subject(item: Item) -> tuple[Hold, ...]:
    """The holds of the inputs that are the item's subject; empty where the subject is not among them."""
    subject, inputs = item.subject, item.inputs
    if len(inputs) == 1:  # nearly always
        return (inputs[0].hold,) if inputs[0].ref == subject else ()
    return tuple([given.hold for given in inputs if given.ref == subject])


def is_as_approved(item: Item, bound: BoundCheck | None) -> bool:
    """Whether a check ran as its approved binding says: same subject and options, limits the same or stricter."""
    return (
        bound is not None
        and bound.approved_index is not None
        and item.binding == bound.id
        and item.subject == bound.subject
        and item.options == bound.options
        and (not bound.limits or is_as_strict(item.limits, bound.limits))
    )


def is_as_strict(limits: Mapping[str, Mapping[str, str]], approved: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether every approved limit is there, the same or stricter; a missing limit is looser than any.

    >>> is_as_strict({"auc": {"at_least": "0.80"}}, {"auc": {"at_least": "0.7"}})
    True
    >>> is_as_strict({}, {"auc": {"at_least": "0.7"}})
    False
    """
    return all(
        _is_bound_as_strict(bound, limits.get(measure, {}).get(bound), wanted)
        for measure, bounds in approved.items()
        for bound, wanted in bounds.items()
    )


def _is_bound_as_strict(bound: str, found: str | None, wanted: str) -> bool:
    if found is None:
        return False
    if found == wanted:
        return True
    try:
        left, right = as_decimal(found), as_decimal(wanted)
    except NumberError:
        return False
    if bound == "at_least":
        return left >= right
    return left <= right if bound == "at_most" else left == right

"""References of new records, given under the log's lock, so that no number is given twice."""

import re

from upright.kernel import InputError, Ref
from upright.records.trail import prepared
from upright.records.trail.models import LedgerStream, RefCounter
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_NOT_A_NAME = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 60
_COUNTED = re.compile(r"([a-z][a-z0-9-]*:\d{4})-(\d{4,9})")


class Numbers:
    """The counters that a change moves: each read once, written once, under the lock."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def next(self, name: str) -> int:
        """The next number of a counter such as ``risk:2026``."""
        self._last[name] = self._read(name) + 1
        return self._last[name]

    def move_to(self, name: str, number: int) -> None:
        """A number that came from elsewhere was given: counting goes on after it."""
        self._last[name] = max(self._read(name), number)

    def _read(self, name: str) -> int:
        if name not in self._last:
            found = RefCounter.objects.filter(name=name).values_list("last", flat=True).first()
            self._last[name] = found or 0
        return self._last[name]

    def store(self) -> None:
        """Writes the counters that moved."""
        if self._last:
            RefCounter.objects.bulk_create(
                [RefCounter(name=name, last=last) for name, last in self._last.items()],
                update_conflicts=True,
                unique_fields=["name"],
                update_fields=["last"],
            )


def give_ref(record: Record, numbers: Numbers) -> str:
    """``type:name`` out of the field that names it, else ``type:year-number``; needs the lock and a transaction.

    Raises:
        InputError: the name is taken, or was once: a reference never names two things.
    """
    kind, own = record.ref_type, record.own_ref()
    if own is not None:
        return own
    if record.named_by is None:
        name = f"{kind}:{now().year}"
        return f"{name}-{numbers.next(name):04d}"
    ref = f"{kind}:{slug(str(getattr(record, record.named_by)))}"
    _demand_never_given(ref)
    return ref


def demand_claimable(record: Record) -> str:
    """The reference that a new record would have where it brings one or is named; empty where one is counted.

    Raises:
        InputError: it is of another type, not this record's own, or was given before.
    """
    own = record.own_ref()
    ref = record.ref or own
    if not ref:
        if record.named_by is None:
            return ""
        ref = f"{record.ref_type}:{slug(str(getattr(record, record.named_by)))}"
    if Ref.parse(ref).type != record.ref_type or own not in {None, ref}:
        raise InputError(f"{ref} is not the reference of a {record.ref_type}.", code="UP-DOOR-05")
    _demand_never_given(ref)
    return ref


def _demand_never_given(ref: str) -> None:
    stand_in = "any"  # no reference is without a colon
    if prepared.raw_rows(
        "trail.given", lambda: LedgerStream.objects.filter(ref=stand_in).values("ref"), {stand_in: ref}
    ):
        raise InputError(f'"{ref}" is taken, now or in the past; give another name.', code="UP-DOOR-05")


def claim_ref(record: Record, numbers: Numbers) -> str:
    """The reference that a new record brings from elsewhere; counting goes on after it.

    Raises:
        InputError: it cannot be this record's.
    """
    ref = demand_claimable(record)
    counted = _COUNTED.fullmatch(ref)
    if record.named_by is None and counted is not None:
        numbers.move_to(counted[1], int(counted[2]))
    return ref


def slug(text: str) -> str:
    """A text as the path of a reference.

    Raises:
        InputError: nothing of it can stand in one.

    >>> slug("Mortgage lending (EU)")
    'mortgage-lending-eu'
    """
    found = _NOT_A_NAME.sub("-", text.strip().lower())[:_LONGEST].strip("-.")
    if not found:
        raise InputError(f"{text!r} holds no letter a-z or digit that a reference could be made of.", code="UP-DOOR-05")
    return found

"""One series of evidence, walked in the order of the ledger to the state of its cell (contracts, section 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from upright.posture.conditions import Demand, holds_of_subject, is_as_approved, is_clock_ahead, is_held
from upright.posture.facts import BoundCheck, Item, Stream

OK, NONE, OLD, BAD = 1, 2, 4, 8
STATES = 15
MARKED_FAILED = 16  # old, and what is old is a failure
UNSETTLED = 32  # a gap, or an open item newer than the head

Class = Literal["failed", "passed", "open", "doubtful", "note"]
State = Literal["ok", "old", "bad", "open", "none"]
LINKING_KINDS = frozenset({"nonconformity", "risk-treatment-plan"})


@dataclass(frozen=True, slots=True)
class Weighed:
    """An item with all about it that no ask changes.

    ``weight`` is its class before an ask's own conditions; ``is_current`` whether all it looked at is as it was,
    which nobody can say of an unknown digest; ``why_open`` names the condition it misses.
    """

    item: Item
    weight: Class
    is_current: bool
    holds: tuple[str, ...]
    is_record: bool
    is_past_review: bool
    is_linked: bool
    why_open: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a series stands under a demand. ``reason`` is a word that ``explain`` turns into a sentence."""

    state: State
    flags: int
    reason: str
    head: Item | None = None
    newest_open: Item | None = None
    findings: int = 0

    @property
    def bits(self) -> int:
        """The state as a bit, with the flags that an ``any_of`` looks at."""
        return _BITS[self.state] | self.flags

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the head and of a newer open item."""
        return tuple(one.id for one in (self.head, self.newest_open) if one is not None)


_BITS: Mapping[State, int] = {"ok": OK, "old": OLD, "bad": BAD, "open": NONE, "none": NONE}


class Scales:
    """Weighs items: everything that is as of ``at`` and the same for every ask."""

    def __init__(
        self,
        *,
        at: str,
        day: str,
        digests: Mapping[str, str | None],
        bound: Mapping[str, BoundCheck],
        links: frozenset[str],
    ) -> None:
        self.at = at
        self.day = day
        self.digests = digests
        self.bound = bound
        self.links = links

    def weigh(self, item: Item, stream: Stream) -> Weighed:
        """The item's class, before an ask's own conditions."""
        weight, why = self._classify(item, stream)
        return Weighed(
            item=item,
            weight=weight,
            is_current=all(
                given.hold == "window" or self.digests.get(given.ref) == given.digest for given in item.inputs
            ),
            holds=holds_of_subject(item),
            is_record=item.record_state is not None,
            is_past_review=item.review_by is not None and item.review_by < self.day,
            is_linked=bool(item.done_by) and not self.links.isdisjoint(item.done_by),
            why_open=why,
        )

    def _classify(self, item: Item, stream: Stream) -> tuple[Class, str]:
        if item.source == "erasure" or item.record_state in {"draft", "superseded"}:
            return "note", "draft"
        failed = item.record_state == "rejected" or (item.result == "failed" and item.record_state != "withdrawn")
        doubt = _doubt(item)
        if doubt:
            # What stood as a failure before it was withdrawn, or before its key was called compromised, still holds
            # back what it held back (decision 0071); a failure that never stood does not.
            stood = failed and doubt in {"withdrawn", "compromised"}
            return ("doubtful" if stood else "open"), doubt
        if failed:
            return "failed", ""
        if item.record_state == "withdrawn":
            return "open", "withdrawn"
        if item.result != "passed":
            return "open", item.result
        missed = self._missed(item, stream)
        return ("open", missed) if missed else ("passed", "")

    def _missed(self, item: Item, stream: Stream) -> str:
        if not holds_of_subject(item) or item.subject != stream.subject:
            return "other-subject"
        if item.source == "check" and not is_as_approved(item, self.bound.get(stream.id)):
            return "not-as-approved"
        return ""


def _doubt(item: Item) -> str:
    if item.withdrawn_by is not None:
        return "withdrawn"
    if item.signer == "compromised":
        return "compromised"
    if item.signer not in {"enrolled", "login"}:
        return "unattributed"
    return "clock-ahead" if is_clock_ahead(item) else ""


def in_order(items: Sequence[Item]) -> list[Item]:
    """Items by ledger index, each evidence id once: at its first index with a signer that counts, else at its first.

    A later entry of the same id adds nothing: signing again makes no new evidence.
    """
    ordered = sorted(items, key=lambda one: (one.index, one.n))
    chosen: dict[str, int] = {}
    for position, item in enumerate(ordered):
        first = chosen.get(item.id)
        counts = item.signer in {"enrolled", "login"}
        if first is None or (counts and ordered[first].signer not in {"enrolled", "login"}):
            chosen[item.id] = position
    return [ordered[position] for position in sorted(chosen.values())]


def has_gap(stream: Stream, items: Sequence[Item]) -> bool:
    """Whether the numbers of the items are not exactly 0 … entries - 1."""
    return len(items) != stream.entries or {item.n for item in items} != set(range(stream.entries))


class Walk:
    """The walk through one series. ``failure`` and ``passed`` are never both set: one of them is the head."""

    def __init__(self, kind: str, demand: Demand) -> None:
        self.kind = kind
        self.demand = demand
        self.failure: Weighed | None = None
        self.passed: Weighed | None = None
        self.doubtful: Weighed | None = None
        self.newest_open: Weighed | None = None
        self.why_open = ""
        self.noted = False

    def take(self, weighed: Weighed) -> None:
        """The next item in ledger order."""
        weight = weighed.weight
        if weight == "note":
            self.noted = True
        elif weight == "failed":
            self.failure, self.passed, self.doubtful, self.newest_open = weighed, None, None, None
        elif weight == "passed":
            self._take_pass(weighed)
        else:
            if weight == "doubtful":
                self.doubtful = weighed
            self._take_open(weighed, weighed.why_open)

    def _take_pass(self, weighed: Weighed) -> None:
        missed = self._missed(weighed)
        if missed:
            self._take_open(weighed, missed)
        elif self.doubtful is not None and is_held_back(weighed, self.doubtful):
            self._take_open(weighed, "held-back")
        elif self.failure is None or not is_held_back(weighed, self.failure):
            self.passed, self.failure, self.doubtful, self.newest_open = weighed, None, None, None

    def _take_open(self, weighed: Weighed, why: str) -> None:
        self.newest_open, self.why_open = weighed, why

    def _missed(self, weighed: Weighed) -> str:
        demand, item = self.demand, weighed.item
        if self.kind not in item.kinds:
            return "other-kind"
        if not all(is_held(hold, demand.min_hold) for hold in weighed.holds):  # type: ignore[arg-type]
            return "hold"
        if item.source in {"attestation", "imported"} and not demand.attested:
            return "not-measured"
        if demand.reproduced and item.reproduced != "yes":
            return "not-reproduced"
        if "window" in weighed.holds and demand.fresh_for is None:
            return "window"
        return ""

    def end(self, *, gap: bool, oldest: str) -> Cell:
        """The state of the cell; ``oldest`` is the earliest end that is still fresh."""
        if self.failure is not None:
            return self._end_failed(self.failure, gap, oldest)
        if self.passed is not None:
            return self._end_passed(self.passed, gap, oldest, flags=0, findings=self.passed.item.open_findings)
        newest = None if self.newest_open is None else self.newest_open.item
        flags = UNSETTLED if gap or newest is not None else 0
        if newest is None and not self.noted and not gap:
            return Cell("none", 0, "none")
        return Cell("open", flags, "gap" if gap else self.why_open or "draft", newest_open=newest)

    def _end_failed(self, failure: Weighed, gap: bool, oldest: str) -> Cell:
        newer = None if self.newest_open is None else self.newest_open.item
        flags = UNSETTLED if gap or newer is not None else 0
        if not failure.is_current:
            return Cell("old", flags | MARKED_FAILED, "changed-failed", failure.item, newer)
        if self.demand.done and failure.is_linked and not self._missed(failure):
            found = max(1, failure.item.open_findings)
            return self._end_passed(failure, gap, oldest, flags=MARKED_FAILED, findings=found)
        return Cell("bad", flags, "failed", failure.item, newer, failure.item.open_findings)

    def _end_passed(self, head: Weighed, gap: bool, oldest: str, *, flags: int, findings: int) -> Cell:
        newer = None if self.newest_open is None else self.newest_open.item
        unsettled = UNSETTLED if gap or newer is not None else 0
        aged = _aged(head, oldest)
        if aged:
            # Age and changed bytes come first: an open item must not turn what is stale into something milder.
            return Cell("old", flags | unsettled, aged, head.item, newer, findings)
        if unsettled:
            return Cell("open", unsettled, "gap" if gap else self.why_open, head.item, newer, findings)
        return Cell("ok", 0, "done" if flags else "passed", head.item, None, findings)


def _aged(head: Weighed, oldest: str) -> str:
    if not head.is_current:
        return "changed"
    if head.is_past_review:
        return "past-review"
    return "aged" if head.item.ended < oldest else ""


def is_held_back(passed: Weighed, failure: Weighed) -> bool:
    """Whether a pass does not replace the failure before it.

    It ended no later; or it is the same setup again, whatever the seed; or it is about other bytes while the failure is
    about today's. Of records a later version decides: there is no setup, and one may be filed with the other.
    """
    both_records = passed.is_record and failure.is_record
    earlier = passed.item.ended < failure.item.ended
    if earlier or (not both_records and passed.item.ended == failure.item.ended):
        return True
    if passed.item.setup and passed.item.setup == failure.item.setup:
        return True
    return failure.is_current and not passed.is_current


def effective_links(items: Sequence[Item], day: str) -> frozenset[str]:
    """Ids of nonconformities and treatments that are approved, passing, not withdrawn and within their review date."""
    return frozenset(
        item.id
        for item in items
        if item.record_state == "approved"
        and item.result == "passed"
        and not LINKING_KINDS.isdisjoint(item.kinds)
        and not _doubt(item)
        and (item.review_by is None or item.review_by >= day)
    )

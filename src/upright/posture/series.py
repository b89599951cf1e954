"""One series of evidence, walked in the order of the ledger to the state of its cell (contracts, section 7)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from upright.posture.conditions import Demand, holds_of_subject, is_as_approved, is_clock_ahead, is_held
from upright.posture.days import authority_day
from upright.posture.facts import BoundCheck, Hold, Item, Stream

OK, NONE, OLD, BAD = 1, 2, 4, 8
STATES = 15
MARKED_FAILED = 16  # old, and what is old is a failure
UNSETTLED = 32  # a gap, or an open item newer than the head

Class = Literal["failed", "passed", "open", "doubtful", "note"]
State = Literal["ok", "old", "bad", "open", "none"]
Link = Literal["none", "lapsed", "effective"]
LINKING_KINDS = frozenset({"nonconformity", "risk-treatment-plan"})


class Weighed(NamedTuple):
    """An item with all about it that no ask changes.

    ``weight`` is its class before an ask's own conditions; ``is_current`` whether all it looked at is as it was,
    which nobody can say of an unknown digest; ``link`` whether a nonconformity or treatment stands behind a failure;
    ``why_open`` names the condition it misses.
    """

    item: Item
    weight: Class
    is_current: bool
    holds: tuple[Hold, ...]
    is_record: bool
    is_past_review: bool
    link: Link = "none"
    why_open: str = ""


class Cell(NamedTuple):
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
        if self.newest_open is None:
            return () if self.head is None else (self.head.id,)
        return (self.newest_open.id,) if self.head is None else (self.head.id, self.newest_open.id)


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
        links: "Links",
    ) -> None:
        self.at = at
        self.day = day
        self.digests = digests
        self.bound = bound
        self.links = links

    def weigh(self, item: Item, stream: Stream) -> Weighed:
        """The item's class, before an ask's own conditions."""
        weight, why = self._classify(item, stream)
        is_current = True
        for given in item.inputs:
            if given.hold != "window" and self.digests.get(given.ref) != given.digest:
                is_current = False
        return Weighed(
            item,
            weight,
            is_current,
            holds_of_subject(item),
            item.record_state is not None,
            item.review_by is not None and item.review_by < self.day,
            self._link(item, stream) if item.done_by else "none",
            why,
        )

    def _classify(self, item: Item, stream: Stream) -> tuple[Class, str]:
        if item.source == "erasure":
            return "note", "draft"
        if item.record_state in {"draft", "superseded"}:
            # Drafts belong beside records. Between the runs of a check one is noise, and noise settles nothing.
            return ("open" if stream.id.startswith("binding:") else "note"), "draft"
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

    def _link(self, item: Item, stream: Stream) -> Link:
        """A failure stands for work that is done only where a pass in its place would count."""
        if self._missed(item, stream):
            return "none"
        if not self.links.effective.isdisjoint(item.done_by):
            return "effective"
        return "none" if self.links.lapsed.isdisjoint(item.done_by) else "lapsed"

    def _missed(self, item: Item, stream: Stream) -> str:
        if not holds_of_subject(item) or item.subject != stream.subject:
            return "other-subject"
        is_of_binding = item.source == "check" or stream.id.startswith("binding:")
        if is_of_binding and not is_as_approved(item, self.bound.get(stream.id)):
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
    if len(items) < 2:
        return list(items)
    ordered = sorted(items, key=lambda one: (one.index, one.n))
    if len({item.id for item in items}) == len(items):
        return ordered
    chosen: dict[str, int] = {}
    for position, item in enumerate(ordered):
        first = chosen.get(item.id)
        counts = item.signer in {"enrolled", "login"}
        if first is None or (counts and ordered[first].signer not in {"enrolled", "login"}):
            chosen[item.id] = position
    return [ordered[position] for position in sorted(chosen.values())]


def has_gap(stream: Stream, items: Sequence[Item]) -> bool:
    """Whether the numbers of the items are not exactly 0 … entries - 1."""
    if len(items) != stream.entries:
        return True
    if len(items) == 1:
        return items[0].n != 0
    return sorted([item.n for item in items]) != list(range(stream.entries))


class Walk:
    """The walk through one series. ``failure`` and ``passed`` are never both set: one of them is the head.

    ``holding`` are the failures since the last pass that counted, ``failed_setups`` the setups of all of them ever:
    each holds a pass back, not only the newest (decision 0071).
    """

    def __init__(self, kind: str, demand: Demand) -> None:
        self.kind = kind
        self.demand = demand
        self.failure: Weighed | None = None
        self.passed: Weighed | None = None
        self.holding: list[Weighed] = []
        self.failed_setups: set[str] = set()
        self.newest_open: Weighed | None = None
        self.why_open = ""
        self.noted = False

    def take(self, weighed: Weighed) -> None:
        """The next item in ledger order."""
        weight = weighed.weight
        if weight == "passed":
            self._take_pass(weighed)
        elif weight == "failed":
            self.failure, self.passed, self.newest_open = weighed, None, None
            self._hold(weighed)
        elif weight == "note":
            self.noted = True
        else:
            if weight == "doubtful":
                self._hold(weighed)
            self._take_open(weighed, weighed.why_open)

    def _hold(self, failure: Weighed) -> None:
        self.holding.append(failure)
        if failure.item.setup:
            self.failed_setups.add(failure.item.setup)

    def _take_pass(self, weighed: Weighed) -> None:
        missed = missed_by(weighed, self.kind, self.demand)
        if missed:
            self._take_open(weighed, missed)
        elif weighed.item.setup in self.failed_setups or any(is_held_back(weighed, one) for one in self.holding):
            if self.failure is None:
                self._take_open(weighed, "held-back")
        else:
            self.passed, self.failure, self.newest_open = weighed, None, None
            self.holding.clear()

    def _take_open(self, weighed: Weighed, why: str) -> None:
        self.newest_open, self.why_open = weighed, why

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
        if self.demand.done and failure.link != "none" and not missed_by(failure, self.kind, self.demand):
            found = max(1, failure.item.open_findings)
            if failure.link == "lapsed":
                return Cell("old", flags | MARKED_FAILED, "lapsed", failure.item, newer, found)
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


def missed_by(weighed: Weighed, kind: str, demand: Demand) -> str:
    """The condition of an ask that a pass misses; "" where it meets them all."""
    item = weighed.item
    if kind not in item.kinds:
        return "other-kind"
    if demand.min_hold is not None:
        for hold in weighed.holds:
            if not is_held(hold, demand.min_hold):
                return "hold"
    if item.source in {"attestation", "imported"} and not demand.attested:
        return "not-measured"
    if demand.reproduced and item.reproduced != "yes":
        return "not-reproduced"
    if "window" in weighed.holds and demand.fresh_for is None:
        return "window"
    return ""


def cell_of_one(passed: Weighed, kind: str, demand: Demand, oldest: str) -> Cell:
    """What a walk over this one pass alone ends in."""
    missed = missed_by(passed, kind, demand)
    if missed:
        return Cell("open", UNSETTLED, missed, None, passed.item)
    aged = _aged(passed, oldest)
    findings = passed.item.open_findings
    return (
        Cell("old", 0, aged, passed.item, None, findings)
        if aged
        else Cell("ok", 0, "passed", passed.item, None, findings)
    )


def _aged(head: Weighed, oldest: str) -> str:
    if not head.is_current:
        return "changed"
    if head.is_past_review:
        return "past-review"
    return "aged" if head.item.ended < oldest else ""


def is_held_back(passed: Weighed, failure: Weighed) -> bool:
    """Whether a pass does not replace a failure before it.

    It ended no later; or it is about other bytes while the failure is about today's. Of records a later version
    decides, and one may be filed with the other.
    """
    both_records = passed.is_record and failure.is_record
    if passed.item.ended < failure.item.ended or (not both_records and passed.item.ended == failure.item.ended):
        return True
    return failure.is_current and not passed.is_current


class Links(NamedTuple):
    """Ids of the nonconformities and treatments that count, and of those whose review date has passed since."""

    effective: frozenset[str]
    lapsed: frozenset[str]


def links_of(items: Iterable[Item], day: str) -> Links:
    """Nonconformities and treatments that are approved, passing and not withdrawn, by their review date.

    One that was past its review date when it was recorded was never effective, so it has not lapsed either.
    """
    effective, lapsed = set(), set()
    for item in items:
        if LINKING_KINDS.isdisjoint(item.kinds):
            continue
        if item.record_state != "approved" or item.result != "passed" or _doubt(item):
            continue
        if item.review_by is None or item.review_by >= day:
            effective.add(item.id)
        elif item.review_by >= authority_day(item.recorded):
            lapsed.add(item.id)
    return Links(frozenset(effective), frozenset(lapsed))

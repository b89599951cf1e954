"""What needs who looks: decisions that wait and may be taken, what is due or past, failing evidence, tasks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When
from django.urls import reverse
from django.utils.translation import get_language, gettext

from upright.desk.description import registered
from upright.desk.moves import offers
from upright.desk.visible import visible
from upright.gate import Missing
from upright.records.assurance.overview import Summary
from upright.records.collaboration import due
from upright.records.collaboration.models import Task
from upright.records.identity.compiled import rows_of
from upright.records.identity.models import Delegation, RoleAssignment
from upright.records.identity.power import APPROVING, needs_confirmation
from upright.records.operations.models.voices import Voice
from upright.records.trail.record import Record
from upright.records.trail.server_log import now
from upright.web.due import lines as due_lines
from upright.web.due import sources as due_sources
from upright.web.in_scope import InScope
from upright.web.naming import nameable
from upright.web.requests import Request
from upright.web.sentences import within
from upright.web.values import hanging_address

WAITING = frozenset({"proposed", "in-review", "in_review", "waiting", "requested", "submitted", "reported"})
_SOON = timedelta(days=14)
_MOST = 12
_IN_DAYS = 3
_TRIED = 6
_TO_ACCEPT = "to accept"
_CONFIRM = "identity.role.confirm"


@dataclass(frozen=True, kw_only=True)
class Need:
    """One line: what to do about what, until when; ``status`` says which sign stands before it."""

    title: str
    address: str
    says: str
    due: date | None = None
    status: str = ""

    @property
    def is_late(self) -> bool:
        """Whether its day is today or past."""
        return self.due is not None and self.due <= now().date()


@dataclass(frozen=True, kw_only=True)
class Needs:
    """The first lines of what waits for somebody, how many more there are, and how many of all are due soon."""

    lines: list[Need]
    more: int
    soon: int


def needs(request: Request, systems: Iterable[InScope], found: Mapping[str, Summary], most: int) -> Needs:
    """What waits for somebody, the nearest date first, then what fails, then what is stale, then what has no date.

    Of what fails only the lines that are shown are made: there may be thousands.
    """
    lines = sorted(
        [*_powers(request), *_tasks(request), *_dated(request), *_decisions(request)],
        key=lambda one: one.due or date.max,
    )
    dated = [one for one in lines if one.due]
    alarms = [
        (found[one.ref], one.name, alarm)
        for one in systems
        if one.is_mine and one.ref in found
        for alarm in found[one.ref].alarms
    ]
    worst = [one for status in ("failing", "stale") for one in alarms if one[2].status == status]
    shown = [*dated, *(_alarm(*one) for one in worst[:most]), *(one for one in lines if not one.due)][:most]
    soon = sum((one.due - now().date()).days <= _IN_DAYS for one in dated if one.due)
    return Needs(lines=shown, more=max(0, len(lines) + len(worst) - most), soon=soon)


def to_accept(request: Request) -> list[RoleAssignment | Delegation]:
    """Roles and delegations that were given to who looks and do not count before they accept them."""
    roles, lent = _unaccepted(request)
    return [
        *roles.select_related("unit")[:_TRIED],
        *lent.select_related("unit", "giver", "receiver")[:_TRIED],
    ]


def _unaccepted(request: Request) -> "tuple[QuerySet[Any, Any], QuerySet[Any, Any]]":
    mine = str(request.actor)
    return (
        _open(RoleAssignment).filter(person__ref=mine, accepted_at__isnull=True),
        _open(Delegation).filter(receiver__ref=mine, accepted_at__isnull=True),
    )


def _unconfirmed(request: Request, model: type[Record]) -> "QuerySet[Any, Any]":
    """What others granted where who looks may confirm; of roles those that approve, as the others need nobody."""
    units = request.powers.units(_CONFIRM)
    rows = _open(model).filter(confirmed_by="", unit__in=units).exclude(granted_by=str(request.actor))
    return rows.filter(role__in=APPROVING) if model is RoleAssignment else rows


def _what_waits(request: Request) -> set[str]:
    """Of what kinds of power some waits, in one query: mostly there is none."""

    def build() -> "QuerySet[Any, Any] | None":
        parts = [(_TO_ACCEPT, one) for one in _unaccepted(request)]
        if request.powers.may(_CONFIRM):
            parts += [(model.ref_type, _unconfirmed(request, model)) for model in (RoleAssignment, Delegation)]
        first, *others = [rows.order_by().annotate(_of=Value(name)).values_list("_of") for name, rows in parts]
        found: QuerySet[Any, Any] = first.union(*others)
        return found

    asked = ("power that waits", str(request.actor), now().date())
    return {str(row[0]) for row in rows_of(asked, request.powers, build)}


def _powers(request: Request) -> Iterator[Need]:
    """Power that is mine to accept, or that waits until I confirm what somebody else granted."""
    waits = _what_waits(request)
    for given in to_accept(request) if _TO_ACCEPT in waits else ():
        yield Need(
            title=gettext("Accept: %(record)s") % {"record": given},
            address=reverse("account_waiting"),
            says=gettext("It is yours to accept; until then it does not count."),
        )
    for model in (RoleAssignment, Delegation):
        if model.ref_type not in waits:
            continue
        people = ("person",) if model is RoleAssignment else ("giver", "receiver")
        rows = _unconfirmed(request, model).select_related("unit", *people).order_by("-pk")
        for given in islice(filter(needs_confirmation, rows), _TRIED):
            if _may_confirm(request, given):
                yield Need(
                    title=gettext("Confirm: %(record)s") % {"record": given},
                    address=reverse("web:record", args=[given.ref]),
                    says=gettext("For %(person)s. It counts once a second person has confirmed it.")
                    % {"person": given.person},
                )


def _may_confirm(request: Request, given: RoleAssignment | Delegation) -> bool:
    moves = offers(registered()[given.ref_type], given, actor=request.actor, powers=request.powers)
    return any(one.name == "confirm" and not one.why_not for one in moves)


def _open(model: type[Record]) -> "QuerySet[Any, Any]":
    """What neither ended nor ran out."""
    still = Q(ends__isnull=True) | Q(ends__gte=now().date())
    found: QuerySet[Any, Any] = model._default_manager.filter(Q(ended_at__isnull=True), still)
    return found


def _tasks(request: Request) -> Iterator[Need]:
    tasks = Task.objects.filter(assignee__ref=str(request.actor), state=Task.State.OPEN)
    wanted = list(tasks.order_by(F("due").asc(nulls_last=True), "pk")[:_MOST])
    records = records_of(request, {one.about for one in wanted})
    for task in wanted:
        if record := records.get(task.about):
            yield Need(
                title=task.title,
                address=hanging_address(task.about, "h-tasks"),
                says=gettext("Task about %(what)s: %(record)s")
                % {"what": registered()[record.ref_type].noun, "record": record},
                due=task.due,
            )


def _dated(request: Request) -> Iterator[Need]:
    """What somebody answers for that is due, to be reviewed or past within two weeks; tasks have lines of their own."""
    today = now().date()
    who = str(request.actor)

    def build() -> Any:
        return due.listed(due_sources(request), today, who=who, until=today + _SOON)[:_MOST]

    found = rows_of(("due", who, today), request.powers, build)
    rows = [one for one in map(due.due_of, found) if one.kind != "task"]
    for one in due_lines(request, rows, today):
        yield Need(title=one.title, address=one.address, says=one.says, due=one.day)


def _waiting(model: type[Record]) -> frozenset[str]:
    """The states in which a record waits for a decision; what somebody said waits from when it is received."""
    return WAITING | {Voice.State.RECEIVED} if issubclass(model, Voice) else WAITING


def _after(model: type[Record]) -> Case | Value:
    """Which waits before which: what is urgent, what one person asks of another, what else was said."""
    return Case(When(is_urgent=True, then=Value(0)), default=Value(2)) if issubclass(model, Voice) else Value(1)


def _decisions(request: Request) -> Iterator[Need]:
    """What waits for a decision that who looks may take: the verbs say so themselves."""

    def build() -> "QuerySet[Any, Any] | None":
        return _union(
            [
                visible(one.model, request.powers)
                .filter(Q(state__in=_waiting(one.model)))
                .order_by()
                .annotate(_after=_after(one.model))
                .values_list("_after", "ref")
                for one in registered().values()
                if one.moves and _has_state(one.model) and request.powers.may(one.right("read"))
            ]
        )

    found = [str(row[1]) for row in rows_of("decisions", request.powers, build)]
    records = records_of(request, set(found))
    for ref in found:
        record = records.get(ref)
        if record is None:
            continue
        described = registered()[record.ref_type]
        may = [
            one
            for one in offers(described, record, actor=request.actor, powers=request.powers)
            if not one.why_not and one.name.partition("_")[0] not in _UNDECIDED
        ]
        if may:
            word = gettext(getattr(record, "get_state_display", lambda: "Waiting")())
            yield Need(
                title=gettext("Decide: %(record)s") % {"record": record},
                address=reverse("web:record", args=[ref]),
                says=gettext("%(what)s, %(state)s. You may: %(verbs)s")
                % {
                    "what": described.title,
                    "state": within(word),
                    "verbs": ", ".join(within(one.title) for one in may),
                },
                due=_answered_by(record),
            )


def _answered_by(record: Record) -> date | None:
    """Until when what somebody said is answered; what they call urgent is late from its first day on."""
    if not isinstance(record, Voice):
        return None
    return record.received.date() if record.is_urgent else record.due


_UNDECIDED = frozenset({"withdraw", "reopen", "drop", "return", "end", "cancel"})


def _alarm(one: Summary, name: str, missing: Missing) -> Need:
    word = gettext("%(what)s fails") if missing.status == "failing" else gettext("%(what)s is going or gone stale")
    return Need(
        title=word % {"what": missing.what},
        address=reverse("web:record", args=[one.scope]) + "#measured",
        says=gettext("Evidence of %(name)s. It keeps the gate to %(stage)s shut")
        % {"name": name, "stage": stage_word(one.gate.stage)}
        if one.gate
        else "",
        status=missing.status,
    )


def stage_word(stage: str) -> str:
    """A life-cycle stage as a reader says it."""
    if (get_language() or "en") != "en":
        return gettext(stage.replace("-", " "))
    return (
        stage.replace("-", " and ", 1)
        if stage in _PAIRS
        else stage
        if stage.startswith("re-")
        else stage.replace("-", " ")
    )


_PAIRS = frozenset({"design-development", "verification-validation", "operation-monitoring"})


@cache
def _has_state(model: type[Record]) -> bool:
    return any(one.name == "state" for one in model._meta.concrete_fields)


def _union(parts: list[QuerySet[Any, Any]]) -> "QuerySet[Any, Any] | None":
    """The first references over all types, in one query."""
    if not parts:
        return None
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return rows.order_by("_after", "ref")[:_TRIED]


def records_of(request: Request, refs: set[str]) -> dict[str, Record]:
    """The records of these references that may be read; one query for each type."""
    by: dict[str, set[str]] = {}
    for ref in refs:
        by.setdefault(ref.partition(":")[0], set()).add(ref)
    found: dict[str, Record] = {}
    for name, wanted in by.items():
        described = registered().get(name)
        if described is not None:
            found |= {one.ref: one for one in nameable(described.model, request.powers).filter(ref__in=wanted)}
    return found

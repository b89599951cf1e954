"""Once a day: reminders of due dates, escalation, evidence that fails or went stale, statements that hold no more.

What is told bears a mark of what it is, so whoever runs this twice, or after a kill, tells nothing twice.
"""

import logging
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from upright.desk.description import registered
from upright.kernel import UprightError, time_text
from upright.records.assurance.judging import posture_of
from upright.records.collaboration.due import Due, Source, due_fields, due_of, listed, stage_of
from upright.records.collaboration.models import Task
from upright.records.collaboration.notices import Notice, Reminded, Sort, tell
from upright.records.collaboration.reactions import WAITING, ask_approvers
from upright.records.identity.editing import right_of
from upright.records.identity.models import Person, Role, RoleAssignment, Unit
from upright.records.identity.power import is_effective, rights, unit_of
from upright.records.inventory.models import System
from upright.records.risk.standing import ask_to_mend
from upright.records.trail.record import Record, find
from upright.records.trail.server_log import has_log, now

LOG = logging.getLogger("upright.worker")
HOUR = 5
"""From when on in the day, in UTC, people are reminded and digests go out."""

_AHEAD = timedelta(days=7)
_SHOWN = 12


def is_time() -> bool:
    """Whether today's reminders are still to be made."""
    moment = now()
    return moment.hour >= HOUR and not Reminded.objects.filter(day=moment.date()).exists()


def remind() -> int:
    """Reminds everybody of what today asks for; gives how many notices are new."""
    if not has_log():
        return 0
    today = now().date()
    ask_to_mend()
    told = sum(_remind_of(one) for one in _due(today)) + sum(_evidence(one) for one in _systems())
    _settle_dates(today)
    for record in _waiting():
        ask_approvers(record)
    Reminded.objects.get_or_create(day=today, defaults={"at": time_text(now())})
    return told


def leads(unit: UUID | None, but: str = "") -> list[Person]:
    """Who leads a unit: the AIMS managers of the nearest one, upwards, that has any but the person concerned."""
    here = Unit.objects.filter(pk=unit).first()
    today = now().date()
    while here is not None:
        given = RoleAssignment.objects.filter(unit=here, role=Role.AIMS_MANAGER, person__is_active=True)
        found = {
            one.person_id: one.person
            for one in given.select_related("person", "exception")
            if one.person.ref != but and is_effective(one, today)
        }
        if found:
            return sorted(found.values(), key=lambda one: one.ref)
        here = here.parent
    return []


def _due(today: date, until: date | None = None) -> list[Due]:
    sources = [
        Source(one.name, one.model._base_manager.all(), fields)
        for one in registered().values()
        if (fields := due_fields(one.model, one.due))
    ]
    sources.append(Source("task", Task.objects.all(), ("due",)))
    return [due_of(row) for row in listed(sources, today, until=until or today + _AHEAD)]


def _remind_of(one: Due) -> int:
    """Tells who answers; two weeks after the day, or where nobody answers, who leads the unit."""
    today = now().date()
    stage = stage_of(one.days(today))
    if not stage:
        return 0
    person = Person.objects.filter(ref=one.who, is_active=True).first() if one.who else None
    said = {"field": one.field, "day": one.day.isoformat(), "of": one.ref}
    told = 0
    if person is not None:
        own = "late" if stage == "lead" else stage
        told += tell(person, Sort.DUE, _about(one), f"{_key(one)}:{own}", stage=own, **said)
    if stage == "lead" or (person is None and stage in {"today", "late"}):
        mark = f"{_key(one)}:lead"
        if not Notice.objects.filter(sort=Sort.ESCALATION, mark=mark).exists():
            record = find(_about(one))
            for lead in leads(None if record is None else unit_of(record), but=one.who):
                told += tell(lead, Sort.ESCALATION, _about(one), mark, stage="lead", who=one.who, **said)
    return told


def _key(one: Due) -> str:
    return f"{one.ref}:{one.field}:{one.day.isoformat()}"


def _about(one: Due) -> str:
    """Where a reader is led: to the record that a task hangs on, else to the record itself."""
    if one.kind != "task":
        return one.ref
    return str(Task.objects.values_list("about", flat=True).get(ref=one.ref))


def _settle_dates(today: date) -> None:
    """Notices of dates that count no more, were moved, or were told again since, are settled."""
    newest = {_key(one): stage_of(one.days(today)) for one in _due(today)}
    over = []
    open_ones = Notice.objects.filter(sort__in=(Sort.DUE, Sort.ESCALATION), settled_at="")
    for pk, sort, mark in open_ones.values_list("pk", "sort", "mark").iterator(1000):
        key, _, stage = mark.rpartition(":")
        now_told = newest.get(key, "")
        own = "late" if now_told == "lead" else now_told
        if not now_told or (sort == Sort.DUE and stage != own):
            over.append(pk)
    for start in range(0, len(over), 500):
        Notice.objects.filter(pk__in=over[start : start + 500]).update(settled_at=time_text(now()))


def _systems() -> Iterator[System]:
    yield from System.objects.filter(owner__is_active=True).select_related("owner").order_by("ref")


def _evidence(system: System) -> int:
    """Tells a system's owner which requirements fail or are stale and were not when they were last told."""
    try:
        verdicts = posture_of(system.ref).verdicts
    except UprightError as why:
        LOG.warning("no posture of %s: %s", system.ref, why)
        return 0
    bad = {one.requirement: str(one.status) for one in verdicts if one.scope_ref == system.ref and _is_bad(one.status)}
    mine = Notice.objects.filter(person=system.owner, sort=Sort.EVIDENCE, about=system.ref)
    last, mark = mine.order_by("-pk").first(), now().date().isoformat()
    if last is not None and last.mark == mark:
        return 0
    known = {} if last is None else dict(last.said.get("bad", {}))
    fresh = sorted(one for one, status in bad.items() if known.get(one) != status)
    if last is not None and known != bad:
        Notice.objects.filter(pk=last.pk).update(said=last.said | {"bad": bad})
    if not bad:
        mine.filter(settled_at="").update(settled_at=time_text(now()))
    if not fresh:
        return 0
    said: dict[str, Any] = {"bad": bad, "new": fresh[:_SHOWN], "count": len(fresh)}
    return int(tell(system.owner, Sort.EVIDENCE, system.ref, mark, **said))


def _is_bad(status: str) -> bool:
    return status in {"failing", "stale"}


def _waiting() -> Iterator[Record]:
    """What waits for an approval, of every type that is approved."""
    for one in registered().values():
        fields = {field.name for field in one.model._meta.concrete_fields}
        if "state" in fields and right_of(one.model, "approve") in rights():
            rows: Any = one.model._base_manager  # what its state is called, its model says
            yield from rows.filter(state__in=WAITING).order_by("pk").iterator(500)

"""Whom an entry of the ledger is told to: comments, tasks, roles to accept, approvals that wait, imports that ended.

Each looks at the record as it stands now, so an entry that is read late tells nothing that is over.
"""

from collections.abc import Iterable
from datetime import timedelta

from upright.kernel import Actor, Ref, UprightError, parse_time
from upright.records.collaboration.due import answering
from upright.records.collaboration.models import Comment, Task
from upright.records.collaboration.notices import Notice, Sort, settle, tell
from upright.records.identity.approval import demand_approver, other_holders
from upright.records.identity.editing import right_of
from upright.records.identity.models import Delegation, Person, RoleAssignment, Unit
from upright.records.identity.power import needs_confirmation, powers_of, rights, unit_of
from upright.records.trail.history import writers
from upright.records.trail.reactions import Event, reacts_to
from upright.records.trail.record import Record, find
from upright.records.trail.server_log import now

WAITING = frozenset({"answered", "in-review", "proposed", "requested"})
"""States in which a record waits for somebody who approves it."""

_NEWS = timedelta(days=30)


@reacts_to("collaboration.comment.added")
def tell_of_comment(event: Event, _actor: Actor) -> None:
    """Who answers for the record, and who commented on it before, as far as they may read it."""
    said = Comment.objects.filter(ref=event.entry.ref).first()
    record = None if said is None else find(said.about)
    if said is None or record is None or _is_old(event):
        return
    owner = answering(record)
    refs = set(Comment.objects.filter(about=said.about).values_list("author", flat=True))
    refs |= {owner.ref} if owner is not None else set()
    for person in Person.objects.filter(ref__in=refs - {said.author}):
        if powers_of(_acts(person)).may(right_of(type(record), "read"), record):
            tell(person, Sort.COMMENT, said.about, said.ref, at=event.entry.time, by=said.author)


@reacts_to("collaboration.task.added", "collaboration.task.closed")
def tell_of_task(event: Event, _actor: Actor) -> None:
    """Who is to do it, unless they gave it to themselves; closed, it is settled."""
    task = Task.objects.filter(ref=event.entry.ref).select_related("assignee").first()
    if task is None:
        return
    by = str(event.body.get("actor", ""))
    if task.state != Task.State.OPEN:
        settle(task.about, Sort.TASK, mark=task.ref)
    elif by != task.assignee.ref:
        tell(task.assignee, Sort.TASK, task.about, task.ref, at=event.entry.time, by=by, task=task.ref)


@reacts_to("identity.*.granted", "identity.*.accepted", "identity.*.confirmed", "identity.*.ended")
def tell_of_role(event: Event, _actor: Actor) -> None:
    """Its holder, who is to accept it, and those who can confirm one that approves."""
    given = find(event.entry.ref)
    if not isinstance(given, RoleAssignment | Delegation):
        return
    is_over = given.ended_at is not None
    if is_over or given.accepted_at is not None:
        settle(given.ref, Sort.ROLE)
    else:
        tell(given.person, Sort.ROLE, given.ref, given.ref, at=event.entry.time)
    if is_over or given.confirmed_by or not needs_confirmation(given):
        settle(given.ref, Sort.APPROVAL)
        return
    but = {given.granted_by, given.person.ref}
    for ref in sorted(other_holders("identity.role.confirm", given.unit, but) - but):
        tell(Person.objects.get(ref=ref), Sort.APPROVAL, given.ref, given.ref, at=event.entry.time)


@reacts_to(
    *(
        "*.submitted",
        "*.requested",
        "*.proposed",
        "*.answered",
        "operations.*.accepted",
        "operations.stage_change.added",
        "inventory.use.added",
    ),
    *("*.approved", "*.returned", "*.withdrawn", "*.declined", "*.rejected", "*.refused", "*.made", "*.superseded"),
)
def tell_of_approval(event: Event, _actor: Actor) -> None:
    """Who may approve what waits; decided, it is settled."""
    record = find(event.entry.ref)
    if record is None:
        return
    if str(getattr(record, "state", "")) in WAITING:
        ask_approvers(record)
    else:
        settle(record.ref, Sort.APPROVAL)


@reacts_to("work.import.ended")
def tell_of_import(event: Event, _actor: Actor) -> None:
    """Who asked for it."""
    run = find(event.entry.ref)
    person = Person.objects.filter(ref=str(getattr(run, "asked_by", ""))).first()
    if run is not None and person is not None and not _is_old(event):
        state = str(getattr(run, "state", ""))
        tell(person, Sort.IMPORT, run.ref, str(event.index), at=event.entry.time, state=state)


def ask_approvers(record: Record) -> None:
    """Tells everybody who could approve a record that it waits; never its writers, and once while it waits."""
    for person in approvers(record):
        if not Notice.objects.filter(person=person, sort=Sort.APPROVAL, about=record.ref, settled_at="").exists():
            tell(person, Sort.APPROVAL, record.ref, f"v{record.version}")


def approvers(record: Record) -> Iterable[Person]:
    """Who may approve a record now, by the rule that the verb asks."""
    right = right_of(type(record), "approve")
    unit = Unit.objects.filter(pk=unit_of(record)).first()
    if right not in rights() or unit is None:
        return
    owner = answering(record)
    authors = set(writers(record.ref)) | ({owner.ref} if owner is not None else set())
    for ref in sorted(other_holders(right, unit, set())):
        try:
            demand_approver(right, record, actor=Actor(Ref.parse(ref)), authors=authors)
        except UprightError:
            continue
        yield Person.objects.get(ref=ref)


def _acts(person: Person) -> Actor:
    return Actor(Ref.parse(person.ref))


def _is_old(event: Event) -> bool:
    return parse_time(event.entry.time) < now() - _NEWS

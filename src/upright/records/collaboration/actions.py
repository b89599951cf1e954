"""What people add to a record; each verb asks for its right about that record."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePath

from upright.kernel import Actor
from upright.records.collaboration.blobs import keep
from upright.records.collaboration.models import Attachment, Comment, ImportMapping, Task
from upright.records.identity.models import Person
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.door import linked, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.reasons import says_nothing
from upright.records.trail.record import Record


def comment(about: Record, text: str, *, actor: Actor, powers: Powers | None = None) -> Comment:
    """Says something about a record.

    Raises:
        DeniedError: the actor may not comment on it.
    """
    (powers or powers_of(actor)).must("collaboration.comment.add", about)
    said = Comment(about=about.ref, text=text, author=str(actor))
    return write(said, actor=actor, action="collaboration.comment.added")


def attach(
    about: Record, name: str, chunks: Iterable[bytes], *, actor: Actor, powers: Powers | None = None
) -> Attachment:
    """Keeps a file with a record; its type is read from its bytes.

    Raises:
        DeniedError: the actor may not.
        FileRefusedError, ArchiveError: the file is not taken.
    """
    (powers or powers_of(actor)).must("collaboration.attachment.add", about)
    digest, size, kind = keep(chunks)
    plain = PurePath(name.replace("\\", "/")).name
    shown = "".join(one for one in plain if one.isprintable())[:200] or "file"
    attachment = Attachment(about=about.ref, name=shown, media_type=kind, size=size, sha256=digest, author=str(actor))
    return write(attachment, actor=actor, action="collaboration.attachment.added")


def assign(
    about: Record, title: str, *, assignee: Person, due: date | None = None, actor: Actor, powers: Powers | None = None
) -> Task:
    """Gives somebody something to do about a record.

    Raises:
        DeniedError: the actor may not.
        RefusedError: the person is not active.
    """
    (powers or powers_of(actor)).must("collaboration.task.add", about)
    if not assignee.is_active:
        raise RefusedError(
            f"{assignee} is not active, so nobody would do it. Choose another person.", code="UP-TASK-01"
        )
    task = Task(about=about.ref, title=title, assignee=assignee, due=due)
    return write(task, actor=actor, action="collaboration.task.added")


def close_task(
    task: Task, *, actor: Actor, state: str = Task.State.DONE, reason: str = "", powers: Powers | None = None
) -> Task:
    """Says that a task is done or dropped; its assignee may, and who may close tasks about the record.

    Raises:
        DeniedError: neither.
        RefusedError: it is closed, or dropped without a reason.
    """
    if task.assignee.ref != str(actor):
        (powers or powers_of(actor)).must("collaboration.task.close", linked(task.about))
    if task.state != Task.State.OPEN:
        raise RefusedError(f"{task.ref} is {task.get_state_display().lower()} already.", code="UP-TASK-02")
    if state == Task.State.DROPPED and says_nothing(reason):
        raise RefusedError("A task is dropped with a reason.", code="UP-TASK-03")
    task.state = Task.State(state)
    return write(task, actor=actor, action="collaboration.task.closed", reason=reason)


def save_mapping(
    name: str,
    record_type: str,
    columns: Mapping[str, str],
    values: Mapping[str, Mapping[str, str]],
    *,
    actor: Actor,
    powers: Powers | None = None,
) -> ImportMapping:
    """Keeps a mapping under a name; an earlier one of that name and type is changed.

    Raises:
        DeniedError: the actor may import nowhere.
    """
    (powers or powers_of(actor)).must("collaboration.import_mapping.add")
    known = ImportMapping.objects.filter(name=name, record_type=record_type).first()
    mapping = known or ImportMapping(name=name, record_type=record_type)
    mapping.columns, mapping.values = dict(columns), {key: dict(one) for key, one in values.items()}
    verb = "added" if known is None else "changed"
    return write(mapping, actor=actor, action=f"collaboration.import_mapping.{verb}")

"""Whether a statement of applicability in force still holds: what speaks against it becomes a task of its owner."""

from collections.abc import Iterable

from upright.kernel import Actor
from upright.records.collaboration.models import Task
from upright.records.risk.applicability import Conflict, conflicts
from upright.records.risk.models import StatementOfApplicability
from upright.records.trail.door import write

ACTOR = Actor.system("reminders")
_TITLE = "Mend in the next version: "
_MOST = 8


def ask_to_mend() -> int:
    """Gives the owner of each statement in force one task that names what speaks against it; how many are new.

    What was approved stays as it is. A task that was closed is not given again for the same; one about something that
    speaks against the statement no more, or not alone, is closed.
    """
    told = 0
    for statement in StatementOfApplicability.objects.select_related("owner", "unit").order_by("ref"):
        is_live = statement.state == StatementOfApplicability.State.APPROVED
        mine = Task.objects.filter(about=statement.ref, title__startswith=_TITLE)
        if not is_live and not mine.filter(state=Task.State.OPEN).exists():
            continue
        found = conflicts(statement) if is_live else []
        title = _title(found) if found else ""
        for one in mine.filter(state=Task.State.OPEN).exclude(title=title):
            one.state = Task.State.DONE
            write(one, actor=ACTOR, action="collaboration.task.closed", reason="It is mended, or is more than this.")
        if title and not mine.filter(title=title).exists():
            task = Task(about=statement.ref, title=title, assignee=statement.owner)
            why = " ".join(one.words for one in found[:_MOST])
            write(task, actor=ACTOR, action="collaboration.task.added", reason=f"Since its approval: {why}")
            told += 1
    return told


def _title(found: Iterable[Conflict]) -> str:
    """What speaks against it, by control or record."""
    names = list(dict.fromkeys(one.control or one.ref for one in found))
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{_TITLE}{', '.join(names[:_MOST])}{more}"[: Task._meta.get_field("title").max_length]

"""Whether a statement of applicability in force still holds: what speaks against it is recorded, and becomes a task."""

from collections.abc import Iterable
from datetime import date
from functools import cache

from upright.kernel import Actor, parse_time
from upright.records.collaboration.models import Task
from upright.records.risk.against import Conflict, asked_of, sources
from upright.records.risk.applicability import conflicts
from upright.records.risk.known import annex_a
from upright.records.risk.models import StatementOfApplicability
from upright.records.risk.models.applicability import NEEDS
from upright.records.trail.door import write
from upright.records.trail.errors import ConflictError
from upright.records.trail.history import steps
from upright.records.trail.models import LedgerEntry

ACTOR = Actor.system("reminders")
_TITLE = "Mend in the next version: "
_MOST = 8
_MOST_KEPT = 40
_HELD = (".approved", ".reconfirmed")
_READ = (
    *NEEDS,
    *("risk", "treatment", "risk-criteria", "impact-assessment", "objective", "obligation"),
    *("control", "statement-of-applicability", "soa-row", "system", "unit"),
    *("model", "dataset", "resource", "use", "customer"),
    *("workspace-system", "binding"),
)
"""What ``conflicts`` reads besides proof; a test counts the tables that it asks."""


@cache
def rests_on() -> tuple[str, ...]:
    """What references begin with of all that a statement rests on: these, and whatever is proof of a control."""
    kinds = {kind for control in annex_a() for asked in asked_of(control) for kind in asked.kinds}
    types = {*_READ, *(model.ref_type for model in sources(kinds))}
    return tuple(f"{one}:" for one in sorted(types))


def may_have_changed(since: int) -> bool:
    """Whether an entry after this one is of a record that a statement rests on."""
    beginnings = rests_on()
    later = LedgerEntry.objects.filter(index__gt=since).values_list("ref", flat=True)
    return any(ref.startswith(beginnings) for ref in later.iterator(1000))


def hold_to_records() -> int:
    """Records of each statement in force what speaks against it now, or that nothing does any more; how many changed.

    It is looked at anew as a whole, so whoever runs this twice, late or after a kill finds the same. What was approved
    stays as it was; posture reads what stands against it in the entry (decision 0272).
    """
    changed = 0
    for statement in StatementOfApplicability.objects.filter(state=StatementOfApplicability.State.APPROVED):
        changed += _hold(statement, conflicts(statement))
    return changed


def _hold(statement: StatementOfApplicability, found: list[Conflict]) -> bool:
    words = [one.words for one in found[:_MOST_KEPT]]
    if len(found) > _MOST_KEPT:
        words.append(f"And {len(found) - _MOST_KEPT} more.")
    if words == statement.against:
        return False
    statement.against, statement.holds_since = words, _held_since(statement.ref)
    done = "contradicted" if words else "upheld"
    reason = "\n".join(words[:_MOST]) or "Nothing speaks against it any more."
    try:
        write(statement, actor=ACTOR, action=f"risk.statement_of_applicability.{done}", reason=reason)
    except ConflictError:  # somebody wrote it meanwhile: the next look finds what stands then
        return False
    return True


def _held_since(ref: str) -> date | None:
    """The day on which a person last said that it holds."""
    held = [one.time for one in steps(ref) if one.action.endswith(_HELD)]
    return parse_time(held[-1]).date() if held else None


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
        if is_live:
            _hold(statement, found)
        title = _title(found) if found else ""
        for one in mine.filter(state=Task.State.OPEN).exclude(title=title):
            one.state = Task.State.DONE
            write(one, actor=ACTOR, action="collaboration.task.closed", reason="It is mended, or is more than this.")
        if title and not mine.filter(title=title).exists():
            task = Task(about=statement.ref, title=title, assignee=statement.owner)
            why = "\n".join(one.words for one in found[:_MOST])
            write(task, actor=ACTOR, action="collaboration.task.added", reason=why)
            told += 1
    return told


def _title(found: Iterable[Conflict]) -> str:
    """What speaks against it, by control or record."""
    names = list(dict.fromkeys(one.control or one.ref for one in found))
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"{_TITLE}{', '.join(names[:_MOST])}{more}"[: Task._meta.get_field("title").max_length]

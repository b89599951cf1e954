"""How a notice reads and where it leads, in the reader's language and by the reader's rights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from upright.desk.description import registered
from upright.desk.values import label
from upright.desk.visible import visible
from upright.records.collaboration.models import Task
from upright.records.collaboration.notices import Notice, Sort
from upright.records.identity.models import Delegation, Person, RoleAssignment
from upright.records.identity.power import Powers
from upright.records.trail.record import record_types
from upright.records.work.models import ImportRun
from upright.web.values import hanging_address


@dataclass(frozen=True, kw_only=True)
class Line:
    """A notice as the inbox and the digest show it."""

    pk: int
    title: str
    says: str
    address: str
    at: str
    is_read: bool
    is_settled: bool
    day: date | None


def lines(notices: Iterable[Notice], powers: Powers) -> list[Line]:
    """Notices in words; the title of a record that may no longer be read is not given. One query a type."""
    found = list(notices)
    titles = _titles({one.about for one in found}, powers, str(powers.actor))
    people = {ref for one in found for ref in (one.said.get("by"), one.said.get("who")) if ref}
    names = dict(Person.objects.filter(ref__in=people).values_list("ref", "name"))
    tasks = dict(
        Task.objects.filter(ref__in={one.said.get("task", one.said.get("of", "")) for one in found}).values_list(
            "ref", "title"
        )
    )
    return [_line(one, titles, names, tasks) for one in found]


def _titles(refs: set[str], powers: Powers, me: str) -> dict[str, str]:
    by: dict[str, set[str]] = {}
    for ref in refs:
        by.setdefault(ref.partition(":")[0], set()).add(ref)
    titles: dict[str, str] = {}
    for kind, wanted in by.items():
        described, model = registered().get(kind), record_types().get(kind)
        if described is not None:
            rows = visible(described.model, powers).filter(ref__in=wanted)
            titles |= {row.ref: str(row) for row in rows}
        if model is ImportRun:
            titles |= {row.ref: str(row) for row in ImportRun.objects.filter(ref__in=wanted, asked_by=me)}
        if model in {RoleAssignment, Delegation}:
            held = {"receiver__ref": me} if model is Delegation else {"person__ref": me}
            rows = model.objects.filter(ref__in=wanted, **held)
            titles |= {row.ref: str(row) for row in rows}
    return titles


def _line(one: Notice, titles: Mapping[str, str], names: Mapping[str, str], tasks: Mapping[str, str]) -> Line:
    title = titles.get(one.about)
    task = tasks.get(one.said.get("task", one.said.get("of", "")), "")
    day = one.said.get("day")
    return Line(
        pk=one.pk,
        title=(task or title) if title is not None else gettext("A record that you may no longer read"),
        says=says(one, names, title if task and title is not None else ""),
        address="" if title is None else _address(one),
        at=one.at,
        is_read=bool(one.read_at),
        is_settled=bool(one.settled_at),
        day=date.fromisoformat(day) if isinstance(day, str) else None,
    )


def says(one: Notice, names: Mapping[str, str], of: str = "") -> str:
    """What a notice says, in one sentence."""
    said: Mapping[str, Any] = one.said
    by = names.get(said.get("by", ""), "") or gettext("Somebody")
    sentence = {
        Sort.APPROVAL: lambda: gettext("It waits for your approval."),
        Sort.TASK: lambda: gettext("%(by)s gave you this task.") % {"by": by},
        Sort.ROLE: lambda: gettext("It is yours to accept; until then it does not count."),
        Sort.COMMENT: lambda: gettext("%(by)s commented on it.") % {"by": by},
        Sort.IMPORT: lambda: _import(said),
        Sort.DUE: lambda: _due(one),
        Sort.ESCALATION: lambda: _escalation(one, names),
        Sort.EVIDENCE: lambda: _evidence(said),
        Sort.MAIL: lambda: _mail(said),
    }[Sort(one.sort)]()
    return f"{of}: {sentence}" if of else sentence


def _import(said: Mapping[str, Any]) -> str:
    return gettext("Your import is done.") if said.get("state") == "done" else gettext("Your import stopped.")


def _due(one: Notice) -> str:
    field = _field(one)
    return {
        "soon": gettext("%(field)s: the day is near."),
        "today": gettext("%(field)s: the day has come."),
        "late": gettext("%(field)s: it is overdue."),
    }[str(one.said.get("stage", "late"))] % {"field": field}


def _escalation(one: Notice, names: Mapping[str, str]) -> str:
    who = names.get(one.said.get("who", ""), "")
    if who:
        return gettext("%(field)s: overdue for two weeks, and %(who)s was reminded three times.") % {
            "field": _field(one),
            "who": who,
        }
    return gettext("%(field)s: overdue, and nobody answers for it.") % {"field": _field(one)}


def _evidence(said: Mapping[str, Any]) -> str:
    new, count = [str(name).partition(":")[2] for name in said.get("new", ())], int(said.get("count", 0))
    more = ", …" if count > len(new) else ""
    text = ngettext(
        "%(count)s requirement newly fails or is stale: %(names)s",
        "%(count)s requirements newly fail or are stale: %(names)s",
        count,
    )
    return text % {"count": count, "names": ", ".join(new) + more}


def _mail(said: Mapping[str, Any]) -> str:
    if not said.get("code"):
        return gettext(
            "The mail server hung up on an e-mail: whether it went out is not known. Remind them, or pass a link on."
        )
    return gettext("The mail server refused an e-mail for good (%(code)s). Look at the address.") % {
        "code": said["code"]
    }


def _field(one: Notice) -> str:
    model = record_types().get(str(one.said.get("of", one.about)).partition(":")[0])
    return "" if model is None else label(model, str(one.said.get("field", "")))


def _address(one: Notice) -> str:
    if one.sort == Sort.ROLE:
        return reverse("account_waiting")
    if one.sort == Sort.IMPORT:
        return reverse("web:import-run", args=[one.about])
    if one.sort == Sort.EVIDENCE:
        return reverse("web:posture", args=[one.about])
    place = {Sort.TASK: "h-tasks", Sort.COMMENT: "h-comments"}.get(Sort(one.sort), "")
    return hanging_address(one.about, place) if place else reverse("web:record", args=[one.about])

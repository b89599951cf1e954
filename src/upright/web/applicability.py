"""The Statement of Applicability as one page: each row decided in place, what stands against an approval, versions."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import registered
from upright.desk.forms import RecordForm, form_class, form_data
from upright.desk.moves import offers
from upright.desk.values import sentence
from upright.desk.visible import visible
from upright.kernel import InputError
from upright.posture import fold
from upright.records.assurance.judging import at_hand, look
from upright.records.identity.models import Person
from upright.records.inventory.models import System
from upright.records.risk.against import Conflict
from upright.records.risk.applicability import (
    RowChange,
    compare,
    conflicts,
    is_looked_at,
    order_of,
    wanted_controls,
)
from upright.records.risk.known import annex_a, catalogue
from upright.records.risk.models import Control, SoaRow, StatementOfApplicability
from upright.records.trail.server_log import now
from upright.web.naming import learn, worded
from upright.web.posture import RIGHT
from upright.web.requests import Request, text_of, the_record
from upright.web.resting import controls_of
from upright.web.sentences import said
from upright.web.values import anchor

_GIVEN = ("decision", "ground", "reason", "needed_by", "status")
_SHOWS = ("all", "included", "excluded", "mend", "changed", "systems")
_OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A row as the page shows it: its title, where posture sees the control, what stands against it."""

    row: SoaRow
    title: str
    posture: str
    address: str
    against: tuple[Conflict, ...]
    is_changed: bool
    form: RecordForm | None = None

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return anchor(self.row.ref)


@dataclass(frozen=True, kw_only=True)
class Group:
    """The rows of one objective of Annex A, or of our own controls."""

    title: str
    rows: tuple[Shown, ...]


def newest(request: Request) -> HttpResponse:
    """The statement that is worked on, else the one in force, else the list, where one is begun."""
    request.powers.must("risk.statement_of_applicability.read")
    gone = (StatementOfApplicability.State.SUPERSEDED, StatementOfApplicability.State.WITHDRAWN)
    found = visible(StatementOfApplicability, request.powers).exclude(state__in=gone).order_by("-edition").first()
    if found is None:
        return redirect("web:list", "statement-of-applicability")
    return redirect("web:soa", found.ref)


def show(request: Request, ref: str) -> HttpResponse:
    """The statement: every row, one of them open to be decided, what would refuse an approval."""
    statement = _statement(request, ref)
    form = _form(request, statement)
    status = 200
    if request.method == "POST" and form is not None:
        request.powers.must("risk.soa_row.change", form.instance)
        if _saved(request, form):
            messages.success(request, gettext("%(what)s was saved.") % {"what": form.instance})
            return redirect(reverse("web:soa", args=[ref]) + f"#{anchor(form.instance.ref)}")
        status = 400
    against = _against(request, statement)
    before = _before(statement)
    changes = [] if before is None else compare(before, statement)
    rows = _rows(request, statement, against, changes, form)
    learn(request, (ref for one in rows for ref in one.row.needed_by))
    wanted = request.GET.get("show", "all")
    described = registered()["statement-of-applicability"]
    context = {
        "statement": statement,
        "groups": _groups(_only(rows, wanted)),
        "chips": [(name, _word(name, rows), name == wanted) for name in _SHOWS],
        "conflicts": against,
        "is_in_force": statement.state == StatementOfApplicability.State.APPROVED,
        "next": _next(request, statement),
        "moves": offers(described, statement, actor=request.actor, powers=request.powers),
        "may_edit": _may_edit(request, statement),
        "before": before,
        "here": "controls",
    }
    return render(request, "web/soa.html", context, status=status)


def versions(request: Request, ref: str) -> HttpResponse:
    """How this version differs from the one before it, or from another that is named."""
    statement = _statement(request, ref)
    others = visible(StatementOfApplicability, request.powers).exclude(pk=statement.pk).order_by("-edition", "-ref")
    named = text_of(request, "with")
    before = others.filter(ref=named).first() if named else _before(statement)
    if named and before is None:
        raise Http404(f"There is no {named}, or you may not read it.")
    found = [] if before is None else compare(before, statement)
    sides = (row for one in found for row in (one.before, one.after) if row is not None)
    learn(request, (ref for row in sides for ref in row.needed_by))
    context = {
        "statement": statement,
        "before": before,
        "others": others[:50],
        "changes": [(one, said(one.what.capitalize()), _named(one.fields)) for one in found],
        "here": "controls",
    }
    return render(request, "web/soa_versions.html", context)


def _named(fields: Iterable[str]) -> str:
    """Fields of a row as its form calls them."""
    return ", ".join(said(sentence(str(SoaRow._meta.get_field(one).verbose_name))) for one in fields)  # type: ignore[union-attr]


def printed(request: Request, ref: str) -> HttpResponse:
    """The statement on paper: what is not decided, has no reason or points at nothing is marked in its place."""
    statement = _statement(request, ref)
    against = _against(request, statement)
    rows = _rows(request, statement, against, [], None)
    groups = _groups(rows)
    learn(request, (ref for each in groups for one in each.rows for ref in one.row.needed_by))
    context = {
        "statement": statement,
        "arisen": against if statement.state == StatementOfApplicability.State.APPROVED else [],
        "approver": Person.objects.filter(ref=statement.approved_by).first() or statement.approved_by,
        "groups": groups,
        "general": [one for one in against if not one.row],
        "at": now(),
        "here": "controls",
    }
    return render(request, "web/soa_printed.html", context)


def _against(request: Request, statement: StatementOfApplicability) -> list[Conflict]:
    """What speaks against it, in the reader's language and with the names of what it is about."""
    found = conflicts(statement) if is_looked_at(statement) else []
    learn(request, (one.words for one in found))
    return [replace(one, words=worded(request, said(one.words))) for one in found]


def _statement(request: Request, ref: str) -> StatementOfApplicability:
    _, record = the_record(ref, request)
    if not isinstance(record, StatementOfApplicability):
        raise Http404(f"{ref} is no statement of applicability.")
    return record


def _may_edit(request: Request, statement: StatementOfApplicability) -> bool:
    return request.powers.may("risk.soa_row.change", statement) and statement.frozen() is None


def _form(request: Request, statement: StatementOfApplicability) -> RecordForm | None:
    """The form of the row that is open; with what was sent, else as it stands."""
    ref = request.POST.get("row") or text_of(request, "row")
    row = statement.rows.select_related("system", "statement").filter(ref=ref).first() if ref else None
    if row is None or (request.method != "POST" and not _may_edit(request, statement)):
        return None
    described = registered()["soa-row"]
    data = form_data(row, described)
    if request.method == "POST":
        data |= {name: request.POST.get(name, "") for name in (*_GIVEN, "version") if name in request.POST}
        return form_class(described)(data, instance=row, powers=request.powers)
    return form_class(described)(instance=row, powers=request.powers)


def _saved(request: Request, form: RecordForm) -> bool:
    if not form.is_valid():
        return False
    try:
        form.write(actor=request.actor, reason=request.POST.get("why", ""), powers=request.powers)
    except (ValidationError, InputError) as why:
        form.refuse(why)
        return False
    return True


def _rows(
    request: Request,
    statement: StatementOfApplicability,
    against: Iterable[Conflict],
    changes: Iterable[RowChange],
    form: RecordForm | None,
) -> list[Shown]:
    titles = wanted_controls(statement.unit)
    by_row: dict[str, list[Conflict]] = {}
    for one in against:
        by_row.setdefault(one.row, []).append(one)
    changed = {(one.control, one.system) for one in changes}
    seen = _postures(request)
    rows = list(statement.rows.select_related("system", "statement"))
    controls = controls_of(rows, request)
    return [
        Shown(
            row=row,
            title=titles.get(row.control, ""),
            posture=_posture(seen, row),
            address=_leads_to(row, controls.get(row.ref)),
            against=tuple(by_row.get(row.ref, ())),
            is_changed=(row.control, None if row.system is None else row.system.ref) in changed,
            form=form if form is not None and form.instance.pk == row.pk else None,
        )
        for row in sorted(rows, key=lambda one: (order_of(one.control), one.ref))
    ]


def _postures(request: Request) -> dict[str, dict[str, Any]]:
    """By system, by control, the statuses that posture sees of it there and in the organisation."""
    if not request.powers.may(RIGHT):
        return {}
    systems = list(visible(System, request.powers).values_list("ref", flat=True))
    found: dict[str, dict[str, Any]] = {}
    for ref, kept in at_hand(look(systems).values()).items():
        for one in kept.verdicts:
            found.setdefault(ref, {}).setdefault(one.requirement, []).append(one.status)
    return found


def _posture(seen: dict[str, dict[str, Any]], row: SoaRow) -> str:
    name = f"iso42001:{row.control}"
    systems = list(seen) if row.system is None else [row.system.ref]
    statuses = [status for ref in systems for status in seen.get(ref, {}).get(name, ())]
    return fold(statuses) if statuses else ""


def _leads_to(row: SoaRow, control: Control | None) -> str:
    """The control as it is carried out; where nothing is written about that, what asks for it."""
    if control is None and row.control in annex_a():
        at = {"at": f"iso42001:{row.control}"} | ({} if row.system is None else {"system": row.system.ref})
        return f"{reverse('web:controls')}?{urlencode(at)}"
    return reverse("web:record", args=[row.ref if control is None else control.ref])


def _before(statement: StatementOfApplicability) -> StatementOfApplicability | None:
    found = StatementOfApplicability.objects.filter(pk=statement.supersedes_id).first()
    return found if isinstance(found, StatementOfApplicability) else None


def _next(request: Request, statement: StatementOfApplicability) -> StatementOfApplicability | None:
    """The version that is worked on to follow this one."""
    return visible(StatementOfApplicability, request.powers).filter(supersedes_id=statement.pk).first()


def _only(rows: list[Shown], wanted: str) -> list[Shown]:
    match wanted:
        case "included" | "excluded":
            return [one for one in rows if one.row.decision == wanted or one.form]
        case "mend":
            return [one for one in rows if one.against or one.form]
        case "changed":
            return [one for one in rows if one.is_changed or one.form]
        case "systems":
            return [one for one in rows if one.row.system_id is not None or one.form]
    return rows


def _word(name: str, rows: list[Shown]) -> str:
    words = {
        "all": gettext("All"),
        "included": gettext("Included"),
        "excluded": gettext("Excluded"),
        "mend": gettext("To mend"),
        "changed": gettext("Changed since the version before"),
        "systems": gettext("For one system"),
    }
    return f"{words[name]} {len(_only([one for one in rows if one.form is None or name == 'all'], name))}"


def _groups(rows: Iterable[Shown]) -> list[Group]:
    titles = {one.id: one.title for one in catalogue().frameworks["iso42001"].groups}
    found: dict[str, list[Shown]] = {}
    for one in rows:
        is_own = one.row.control not in annex_a()
        found.setdefault(_OWN if is_own else ".".join(one.row.control.split(".")[:2]), []).append(one)
    return [
        Group(
            title=gettext("Our own controls") if name == _OWN else f"{name} {said(titles.get(name, ''))}".strip(),
            rows=tuple(own),
        )
        for name, own in found.items()
    ]

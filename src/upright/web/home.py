"""Home, and what a field that links to a record offers."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateformat import format as dated
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from upright.desk.description import registered
from upright.desk.values import day, sentence
from upright.desk.visible import visible
from upright.gate import Missing
from upright.records.assurance.overview import Summary, summed_up
from upright.records.trail.record import record_types
from upright.records.trail.server_log import now
from upright.web.frame import ledger_of
from upright.web.in_scope import InScope, in_scope
from upright.web.needs import needs, stage_word, to_accept
from upright.web.posture import MOST_COMPARED, behind, compared, said_of, severity_word
from upright.web.recent import recent, with_names
from upright.web.requests import Request
from upright.web.steps import best_step
from upright.web.visits import Visits, visited

_MOST = 8
_MOST_TASKS = 20
_NEWEST = 8
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, kw_only=True)
class SystemRow:
    """A system on the home page: its gate in words, its class, what stands open."""

    system: InScope
    stage: str
    gate: str
    says: str
    severity: str
    because: str
    open: int
    may_run: bool


def home(request: Request) -> HttpResponse:
    """What needs me, posture, the best next step, the systems, what happened since I was last here."""
    visits = Visits.read(request.COOKIES.get("visits", ""))
    systems = in_scope(request)
    ledger = ledger_of(request)
    found = summed_up({one.ref: one.look for one in systems if one.look is not None}, ledger.of if ledger else "")
    first = systems[:_MOST]
    waits = needs(request, systems, found, _MOST)
    frameworks = compared(systems, found)
    before = visits.before if visits else 0
    newest = recent(request.powers, _NEWEST)
    happened = [one for one in newest if one.entry >= before]
    answer = render(
        request,
        "web/home.html",
        {
            "systems": [_row(one, found.get(one.ref)) for one in first],
            "total": len(systems),
            "may_run": _serves_workspaces() and any(one.may_run for one in first),
            "may_add": _may_add(request, "system"),
            "may_add_risk": _may_add(request, "risk"),
            "has_role": bool(request.powers.held),
            "waits_for_me": to_accept(request) if not request.powers.held else (),
            "happened": with_names(request, happened or newest),
            "is_news": bool(happened) and visits is not None,
            "since": visits.at if visits else None,
            "needs": waits.lines,
            "more": waits.more,
            "soon": waits.soon,
            "may_propose": _may_add(request, "use-proposal"),
            "is_new": not any(one.counts.met for one in frameworks),
            "frameworks": frameworks,
            "behind": behind(found.values()),
            "is_compared": len(systems) <= MOST_COMPARED,
            "step": best_step(request, systems, found),
            "today": f"{dated(now(), 'l')} {day(now())}",
            "here": "home",
        },
    )
    answer.set_cookie(
        "visits",
        str(visited(visits, ledger.size if ledger else 0)),
        max_age=_YEAR,
        path=settings.SESSION_COOKIE_PATH,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return answer


def _may_add(request: Request, name: str) -> bool:
    return name in registered() and request.powers.may(registered()[name].right("add"))


def _row(system: InScope, found: Summary | None) -> SystemRow:
    gate = found.gate if found else None
    missing = gate.missing if gate else ()
    return SystemRow(
        system=system,
        stage=sentence(stage_word(system.stage)),
        gate=gate.answer if gate else "",
        says=_says(found, missing),
        severity=severity_word(found.severity if found else "", is_open=bool(found and found.open_questions)),
        because=ngettext("%(count)s question open", "%(count)s questions open", len(found.open_questions))
        % {"count": len(found.open_questions)}
        if found and found.open_questions
        else "",
        open=len(missing),
        may_run=_serves_workspaces() and system.may_run,
    )


def _says(found: Summary | None, missing: Iterable[Missing]) -> str:
    if found is not None and found.is_behind:
        if not found.is_judged:
            return gettext("unknown until it is judged, which is under way")
        told = said_of(missing) if found.gate else gettext("no gate ahead")
        entry = number_format(found.entry, force_grouping=True)
        return gettext("%(told)s, as of entry %(entry)s; being judged again") % {"told": told, "entry": entry}
    return said_of(missing) if found and found.gate else gettext("last stage, or no evidence yet")


def _serves_workspaces() -> bool:
    """Whether the server may be asked for checks; that no repository of a system lies there, the answer says."""
    return bool(settings.UPRIGHT_WORKSPACES)


def choices(request: Request, name: str) -> HttpResponse:
    """Records of a type whose name or reference holds what was typed into a field that links to it."""
    model = record_types().get(name)
    words = str(next(iter(request.GET.values()), ""))[:100].replace("\0", "")
    if model is None:
        raise Http404(f"There is no record type {name!r}.")
    fields = [one for one in ("ref", "name", "title") if one in {field.name for field in model._meta.concrete_fields}]
    rows = visible(model, request.powers)
    for word in words.split():
        found = Q()
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(found)
    return render(request, "web/parts/choices.html", {"rows": rows.order_by("pk")[:_MOST_TASKS]})

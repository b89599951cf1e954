"""The list of a type: filters as chips, sort, columns, paging, bulk actions."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from upright.desk.description import Move, RecordType
from upright.desk.forms import form_class
from upright.desk.listing import PER_PAGE, Page, Wanted, all_columns, option_word, options, page, unread, wanted
from upright.desk.moves import move_named, offer
from upright.desk.values import is_number, label
from upright.records.trail.fields import RefField
from upright.web import bulk as bulks
from upright.web.naming import names_of
from upright.web.places import clause_title
from upright.web.requests import Request, given, is_fragment, the_type
from upright.web.values import rows_html

_YEAR = 365 * 24 * 3600


def show(request: Request, name: str) -> HttpResponse:
    """One page of a list; a fragment of it for htmx."""
    described = the_type(name, request)
    asked = _asked(request, described)
    found = page(described, asked, request.powers)
    context = {
        "described": described,
        "asked": asked,
        "found": found,
        "body": rows_html(described, found.rows, asked.columns, _names(request, described, found, asked)),
        "heads": [_head(described, asked, one) for one in asked.columns],
        "chips": [
            {
                "label": label(described.model, key),
                "word": option_word(described, key, value, found.rows),
                "without": asked.without(key),
            }
            for key, value in asked.filters.items()
        ],
        "unread": unread(described, asked),
        "is_narrowed": bool(asked.filters or asked.search),
        "columns": [(one, label(described.model, one), one in asked.columns) for one in all_columns(described)],
        "last": min(found.first + asked.per, found.total),
        "ways": _ways(asked, found),
        "per": [(one, asked.address(per=one), one == asked.per) for one in PER_PAGE],
        "may_add": request.powers.may(described.right("add")),
        "may_change": request.powers.may(described.right("change")) or bool(described.moves),
        "query": asked.address(page=asked.page),
        "no_search": asked.address(search=""),
        "here": described.place,
    }
    if not found.total and not context["is_narrowed"]:
        context["clause"] = clause_title(described.clause)
    answer = render(request, "web/parts/list.html" if is_fragment(request) else "web/list.html", context)
    if "column" in request.GET:
        answer.set_cookie(
            f"columns-{name}",
            "+".join(asked.columns),
            max_age=_YEAR,
            path=settings.SESSION_COOKIE_PATH,
            httponly=True,
            samesite="Lax",
            secure=request.is_secure(),
        )
    return answer


def _names(request: Request, described: RecordType, found: Page, asked: Wanted) -> Mapping[str, str]:
    """What the references in the cells are called; no query where a list shows none."""
    fields = {one.name for one in described.model._meta.concrete_fields if isinstance(one, RefField)}
    shown = [name for name in asked.columns if name in fields]
    return names_of(request, (str(getattr(row, name)) for row in found.rows for name in shown)) if shown else {}


def choose_filter(request: Request, name: str) -> HttpResponse:
    """What a list can be narrowed by, with the values there are."""
    described = the_type(name, request)
    asked = _asked(request, described)
    filters = [
        {
            "name": one,
            "label": label(described.model, one),
            "now": asked.filters.get(one, ""),
            "options": options(described, one, request.powers),
        }
        for one in described.filters
    ]
    context = {"described": described, "asked": asked, "filters": filters, "here": described.place}
    return render(request, "web/parts/filters.html" if is_fragment(request) else "web/filters.html", context)


def bulk(request: Request, name: str) -> HttpResponse:
    """Asks what is to be done with the selected records, then does it to all of them or none."""
    described = the_type(name, request)
    refs = request.POST.getlist("ref") if request.method == "POST" else []
    if not refs:
        messages.error(request, gettext("Nothing was selected."))
        return redirect("web:list", name)
    reason = request.POST.get("reason", "")
    chosen = bulks.choose(described, refs, actor=request.actor, powers=request.powers, reason=reason)
    act = request.POST.get("act", "")
    form = form_class(described)(request.POST if act else None, powers=request.powers)
    refused = None
    if act:
        try:
            count = _do(described, chosen, act, request)
        except bulks.BulkRefusedError as why:
            refused = why
        else:
            messages.success(
                request, gettext("%(count)s of %(all)s changed.") % {"count": count, "all": len(chosen.rows)}
            )
            return redirect(reverse("web:list", args=[name]))
    context = {
        "described": described,
        "rows": chosen.rows,
        "fields": [form[one] for one in bulks.settable(described)],
        "moves": [_bulk_move(described, one, chosen, request) for one in described.moves],
        "refused": refused,
        "reason": reason,
        "here": described.place,
    }
    return render(request, "web/bulk.html", context, status=400 if refused else 200)


def _do(described: RecordType, chosen: bulks.Chosen, act: str, request: Request) -> int:
    kind, _, what = act.partition(":")
    if kind == "move":
        move = move_named(described, what)
        asked = _bulk_move(described, move, chosen, request, is_sent=True)["form"]
        if not asked.is_valid():
            wrong = next(f"{asked[name].label}: {' '.join(errors)}" for name, errors in asked.errors.items())
            raise bulks.BulkRefusedError(f"{wrong} Nothing was changed.", code="UP-DESK-05")
        more = {key: value for key, value in asked.cleaned_data.items() if value not in (None, "")}
        return bulks.move_all(chosen, move, **more)
    return bulks.set_field(chosen, what, request.POST.get(what, ""))


def _bulk_move(
    described: RecordType, move: Move, chosen: bulks.Chosen, request: Request, *, is_sent: bool = False
) -> dict[str, Any]:
    """A move as the page for many offers it: its name, and a form of what else it asks, the same for all."""
    offered = offer(described, move, chosen.rows[0], actor=chosen.actor, powers=chosen.powers)
    form = type("BulkMoveForm", (forms.Form,), dict(offered.fields))
    sent = request.POST if is_sent or request.POST.get("act") == f"move:{offered.name}" else None
    return {"name": offered.name, "title": offered.title, "form": form(sent, prefix=f"move-{offered.name}")}


def _asked(request: Request, described: RecordType) -> Wanted:
    kept = request.COOKIES.get(f"columns-{described.name}", "")
    return wanted(described, given(request), kept.split("+") if kept else ())


def _ways(asked: Wanted, found: Page) -> list[dict[str, str]]:
    """To the first, previous, next and last page: a name, a word, and the address, empty where one is there already."""
    if found.pages == 1:
        return []
    here, last = found.number, found.pages
    ways = (
        ("first", gettext("First"), 1, here > 1),
        ("prev", gettext("Previous"), here - 1, here > 1),
        ("next", gettext("Next"), here + 1, here < last),
        ("last", gettext("Last"), last, here < last),
    )
    return [
        {"name": name, "word": word, "address": asked.address(page=to) if leads else ""}
        for name, word, to, leads in ways
    ]


def _head(described: RecordType, asked: Wanted, name: str) -> dict[str, Any]:
    order = asked.order or described.columns[0]
    is_now = order.removeprefix("-") == name
    is_down = is_now and order.startswith("-")
    return {
        "label": label(described.model, name),
        "sort": "" if not is_now else "descending" if is_down else "ascending",
        "address": asked.address(order=name if is_down or not is_now else f"-{name}"),
        "is_number": is_number(described.model, name),
    }

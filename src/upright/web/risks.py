"""Risks: where they stand as a matrix, a click on a cell shows those in it, and the record types of the place."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F
from django.http import HttpResponse
from django.shortcuts import render

from upright.desk.description import registered
from upright.desk.visible import visible
from upright.records.risk.models import Risk
from upright.web.home import shelves
from upright.web.requests import Request

LIKELIHOODS = ("rare", "unlikely", "possible", "likely", "almost certain")
IMPACTS = ("negligible", "minor", "moderate", "major", "severe")
_MOST = 100
_SHADES = ((15, "3"), (8, "2"), (0, "1"))
_SIDES = {"now": ("likelihood", "impact"), "after": ("residual_likelihood", "residual_impact")}


def show(request: Request) -> HttpResponse:
    """The matrix of what is not closed, as rated now or after treatment, and the risks of the cell that is chosen."""
    side = request.GET.get("side", "now")
    likelihood_field, impact_field = _SIDES.get(side, _SIDES["now"])
    rows = visible(Risk, request.powers).exclude(state="closed")
    system = request.GET.get("system", "")
    if system:
        rows = rows.filter(system__ref=system)
    counted: Counter[tuple[int, int]] = Counter()
    for likelihood, impact, count in (
        rows.order_by()
        .values(likelihood_field, impact_field)
        .annotate(of=Count("pk"))
        .values_list(likelihood_field, impact_field, "of")
    ):
        if likelihood and impact:
            counted[likelihood, impact] = count
    chosen = _cell(request)
    listed = rows.select_related("system", "owner").order_by(
        (F(likelihood_field) * F(impact_field)).desc(nulls_last=True), "ref"
    )
    if chosen:
        listed = listed.filter(**{likelihood_field: chosen[0], impact_field: chosen[1]})
    kept = {"side": side if side in _SIDES and side != "now" else "", "system": system}
    return render(
        request,
        "web/risks.html",
        {
            "matrix": _matrix(counted, chosen, kept),
            "impacts": list(enumerate(IMPACTS, 1)),
            "total": sum(counted.values()),
            "chosen": f"{LIKELIHOODS[chosen[0] - 1]} and {IMPACTS[chosen[1] - 1]}" if chosen else "",
            "all": _address(kept),
            "side": side,
            "sides": [
                (one, word, _address(kept | {"side": one}))
                for one, word in (("now", "Now"), ("after", "After treatment"))
            ],
            "rows": listed[:_MOST],
            "most": _MOST,
            "may_add": "risk" in registered() and request.powers.may(registered()["risk"].right("add")),
            "shelves": shelves(request, "risks"),
            "here": "risks",
        },
    )


def _matrix(
    counted: Counter[tuple[int, int]], chosen: tuple[int, int] | None, kept: dict[str, str]
) -> list[dict[str, Any]]:
    """Five rows, the likeliest on top; each cell with how many, its shade, and where a click leads."""
    found = []
    for likelihood in range(5, 0, -1):
        cells = []
        for impact in range(1, 6):
            here = (likelihood, impact)
            cells.append(
                {
                    "count": counted[here],
                    "level": next(shade for least, shade in _SHADES if likelihood * impact >= least),
                    "address": _address(kept | {"likelihood": str(likelihood), "impact": str(impact)}),
                    "is_chosen": here == chosen,
                    "says": f"{counted[here]} {LIKELIHOODS[likelihood - 1]} and {IMPACTS[impact - 1]}",
                }
            )
        found.append({"number": likelihood, "word": LIKELIHOODS[likelihood - 1], "cells": cells})
    return found


def _cell(request: Request) -> tuple[int, int] | None:
    given = [request.GET.get(name, "") for name in ("likelihood", "impact")]
    return (int(given[0]), int(given[1])) if all(one in {"1", "2", "3", "4", "5"} for one in given) else None


def _address(kept: dict[str, str]) -> str:
    return f"?{urlencode({name: one for name, one in kept.items() if one})}"

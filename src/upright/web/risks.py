"""The register of risks: a matrix whose cells filter, the lines below it, and the same to print."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from upright.desk.visible import visible
from upright.records.inventory.models import System
from upright.records.risk.models import Risk, RiskCriteria
from upright.records.risk.models.criteria import LEVELS, criteria_for_all
from upright.records.risk.queries import BASES, lines, matrix, rated, untreated, worst_first
from upright.records.trail.server_log import now
from upright.web.places import shelves
from upright.web.register import Register
from upright.web.requests import Request, text_of
from upright.web.sentences import said

LIKELIHOODS = (
    gettext_lazy("rare"), gettext_lazy("unlikely"), gettext_lazy("possible"), gettext_lazy("likely"),
    gettext_lazy("almost certain"),
)  # fmt: skip
IMPACTS = (
    gettext_lazy("negligible"), gettext_lazy("minor"), gettext_lazy("moderate"), gettext_lazy("major"),
    gettext_lazy("severe"),
)  # fmt: skip
"""The words of the axes: of likelihood where no criteria say others, of impact since each scale has its own."""
_SHOWN, _PRINTED = 50, 2000
_READ = (
    "ref", "title", "state", "concerns", "reopened_because", "likelihood", "impact", "current_likelihood",
    "current_impact", "residual_likelihood", "residual_impact", "system__name", "owner__name",
    "criteria__individuals_line", "criteria__society_line", "criteria__organisation_line",
)  # fmt: skip
"""What the register says of a risk."""
_WORDS = {
    "inherent": gettext_lazy("No control counted"),
    "current": gettext_lazy("As things stand"),
    "residual": gettext_lazy("After treatment"),
}
_SHOWS = {
    "above": gettext_lazy("Above criteria"),
    "untreated": gettext_lazy("No treatment"),
    "reopened": gettext_lazy("To be rated again"),
}


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A cell of the matrix: how many, in which band, and the address that shows those."""

    likelihood: int
    impact: int
    count: int
    band: int
    address: str
    says: str
    is_now: bool


def register(request: Request) -> HttpResponse:
    """Open risks by likelihood and impact, and the register; a cell shows its own."""
    asked = _asked(request)
    everything = visible(Risk, request.powers).exclude(state=Risk.State.CLOSED)
    system = System.objects.filter(ref=asked["system"]).first() if asked["system"] else None
    if system is not None:
        everything = everything.filter(system=system)
    criteria = criteria_for_all()
    counts = matrix(everything, asked["by"])
    chosen = _chosen(everything, asked)
    shown = worst_first(chosen, asked["by"], _SHOWN).select_related("system", "owner", "criteria").only(*_READ)
    count = _count(chosen, counts, asked)
    return render(
        request,
        "web/risks.html",
        {
            "criteria": criteria,
            "rows": _grid(counts, asked, criteria),
            "words": list(enumerate(IMPACTS, start=1)),
            "bands": _bands(criteria),
            "bases": [(name, word, _address(asked, by=name), name == asked["by"]) for name, word in _WORDS.items()],
            "shows": [
                (word, _address(asked, show="" if name == asked["show"] else name), name == asked["show"])
                for name, word in _SHOWS.items()
            ],
            "asked": asked,
            "system": system,
            "all": _address(asked, show="", likelihood="", impact=""),
            "without_system": _address(asked, system=""),
            "lines": Register().body(lines(shown)),
            "count": count,
            "more": max(0, count - _SHOWN),
            "may_add": request.powers.may("risk.risk.add"),
            "shelves": shelves(request, "risks"),
            "here": "risks",
        },
    )


def printed(request: Request) -> HttpResponse:
    """The register on paper: every risk that is not closed, with what is missing marked in place."""
    risks = visible(Risk, request.powers).exclude(state=Risk.State.CLOSED)
    criteria = criteria_for_all()
    return render(
        request,
        "web/risks_printed.html",
        {
            "lines": lines(worst_first(risks, "current", _PRINTED).select_related("system", "owner", "criteria")),
            "more": max(0, risks.count() - _PRINTED),
            "criteria": criteria,
            "at": now(),
            "here": "risks",
        },
    )


def _asked(request: Request) -> dict[str, str]:
    """What an address asks for; what it cannot mean is nothing."""
    found = {name: text_of(request, name) for name in ("by", "show", "likelihood", "impact", "system")}
    cells = {str(level) for level in range(1, LEVELS + 1)}
    if found["by"] not in BASES:
        found["by"] = "current"
    if found["show"] not in _SHOWS:
        found["show"] = ""
    if not {found["likelihood"], found["impact"]} <= cells:
        found["likelihood"] = found["impact"] = ""
    return found


def _chosen(risks: QuerySet[Any], asked: dict[str, str]) -> QuerySet[Any]:
    found = rated(risks, asked["by"])
    if asked["likelihood"]:
        found = found.filter(at_likelihood=int(asked["likelihood"]), at_impact=int(asked["impact"]))
    if asked["show"] == "above":
        found = _above(rated(found, "current"))
    elif asked["show"] == "untreated":
        found = untreated(found)
    elif asked["show"] == "reopened":
        found = found.exclude(reopened_because="")
    return found


def _count(chosen: QuerySet[Any], counts: Mapping[tuple[int | None, int | None], int], asked: dict[str, str]) -> int:
    """How many are chosen: the matrix has counted them already where only a cell was."""
    if asked["show"]:
        return chosen.count()
    if asked["likelihood"]:
        return counts.get((int(asked["likelihood"]), int(asked["impact"])), 0)
    return sum(counts.values())


def _above(risks: QuerySet[Any]) -> QuerySet[Any]:
    """Above the line that is drawn for whom they concern; without criteria nobody can say that they are not."""
    over = Q(criteria__isnull=True)
    for concerns in Risk.Concerns.values:
        over |= Q(concerns=concerns, at_level__gt=F(f"criteria__{concerns}_line"))
    return risks.filter(over)


def _grid(
    counts: Mapping[tuple[int | None, int | None], int], asked: dict[str, str], criteria: RiskCriteria | None
) -> list[dict[str, Any]]:
    found = []
    for likelihood in range(LEVELS, 0, -1):
        word = LIKELIHOODS[likelihood - 1] if criteria is None else criteria.likelihood[likelihood - 1].lower()
        cells = []
        for impact in range(1, LEVELS + 1):
            is_now = (asked["likelihood"], asked["impact"]) == (str(likelihood), str(impact))
            at = {name: "" if is_now else str(one) for name, one in (("likelihood", likelihood), ("impact", impact))}
            cells.append(
                Cell(
                    likelihood=likelihood,
                    impact=impact,
                    count=counts.get((likelihood, impact), 0),
                    band=_band(criteria, likelihood * impact),
                    address=_address(asked, **at),
                    says=gettext("%(word)s and %(impact)s, at likelihood %(likelihood)s, impact %(at)s")
                    % {"word": word, "impact": IMPACTS[impact - 1], "likelihood": likelihood, "at": impact},
                    is_now=is_now,
                )
            )
        found.append({"likelihood": likelihood, "word": word, "cells": cells})
    return found


def _band(criteria: RiskCriteria | None, level: int) -> int:
    if criteria is None:
        return 1
    return min(3, 1 + sum(1 for upper, _ in criteria.bands if level > upper))


def _bands(criteria: RiskCriteria | None) -> list[tuple[int, str]]:
    """What each shade means: up to which level whose it is to accept."""
    if criteria is None:
        return []
    found, least = [], 1
    for number, (upper, role) in enumerate(criteria.bands, start=1):
        found.append(
            (
                min(3, number),
                gettext("%(least)s to %(upper)s, accepted by %(role)s")
                % {"least": least, "upper": upper, "role": said(role.label)},
            )
        )
        least = upper + 1
    return found


def _address(asked: dict[str, str], **more: str) -> str:
    return "?" + urlencode({name: value for name, value in {**asked, **more}.items() if value})

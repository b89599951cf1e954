"""What frameworks cost in a year, shown before one is adopted; and how long the law wants what kept."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from upright.desk.description import registered
from upright.desk.values import sentence
from upright.records.governance.models import FrameworkInUse, RetentionClass
from upright.records.governance.retention import legal_periods, without_class
from upright.records.governance.upkeep import upkeep
from upright.records.identity.controlled import Controlled
from upright.records.inventory.models import DataSet, Model, Supplier, System
from upright.web.frame import catalogue
from upright.web.requests import Request
from upright.web.sentences import said


def show(request: Request) -> HttpResponse:
    """Every framework: in use or not, and what it takes or would add, for what the inventory holds now."""
    request.powers.must("governance.framework_in_use.read")
    there = _subjects(request)
    used = set(_in_use(request))
    edition = catalogue()
    rows: list[dict[str, Any]] = []
    for name, framework in edition.frameworks.items():
        rows.append(
            {
                "title": said(framework.title),
                "in_use": name in used,
                "alone": upkeep(edition, name, there),
                "added": upkeep(edition, name, there, beside=used - {name}),
                "address": f"{reverse('web:add', args=['framework-in-use'])}?{urlencode({'framework': name})}",
            }
        )
    context = {
        "rows": rows,
        "subjects": there,
        "used": used,
        "periods": _periods(),
        "without_class": _without_class(request),
        "may_adopt": request.powers.may("governance.framework_in_use.add"),
        "may_keep": request.powers.may("governance.retention_class.add"),
        "here": "organisation",
    }
    return render(request, "web/upkeep.html", context)


def _subjects(request: Request) -> Mapping[str, int]:
    units = request.powers.units("inventory.system.read")
    return {
        "organisation": 1,
        "system": System.objects.filter(unit__in=units).count(),
        "model": Model.objects.filter(system__unit__in=units).count(),
        "dataset": DataSet.objects.filter(system__unit__in=units).count(),
        "supplier": Supplier.objects.filter(unit__in=units).count(),
    }


def _in_use(request: Request) -> list[str]:
    units = request.powers.units("governance.framework_in_use.read")
    rows = FrameworkInUse.objects.filter(unit__in=units, state=Controlled.State.APPROVED)
    return list(rows.values_list("framework", flat=True))


def _without_class(request: Request) -> list[dict[str, str]]:
    units = request.powers.units("governance.retention_class.read")
    given = {"starts": RetentionClass.Start.ENDED, "disposal": RetentionClass.Disposal.ERASE}
    return [
        {
            "title": said(sentence(registered()[name].plural) if name in registered() else title),
            "address": f"{reverse('web:add', args=['retention-class'])}?{urlencode(given | {'applies_to': name})}",
        }
        for name, title in without_class(RetentionClass.objects.filter(unit__in=units))
    ]


def _periods() -> list[dict[str, Any]]:
    known = set(RetentionClass.objects.values_list("title", flat=True))
    found = []
    for one in legal_periods():
        given = {
            "title": one.what,
            "starts": RetentionClass.Start.OUTSIDE,
            "period": one.period,
            "basis": one.basis,
            "disposal": RetentionClass.Disposal.ELSEWHERE,
        }
        address = f"{reverse('web:add', args=['retention-class'])}?{urlencode(given)}"
        found.append({"period": one, "is_there": one.what in known, "address": address})
    return found

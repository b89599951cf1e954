"""Two statements side by side: each number of both with its interval, and by how much it changed."""

from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from upright.desk.values import localised, sentence
from upright.evidence.statement import Measurement, Predicate
from upright.web.filed import predicates, readable
from upright.web.plots import interval, of_whom
from upright.web.requests import Request
from upright.web.sentences import measure


def compare(request: Request, newer: int, older: int) -> HttpResponse:
    """What changed first, then what only one of them measured; what is the same is folded."""
    rows = readable(request).filter(Q(index=newer) | Q(index=older))
    found = {row.index: (row, said) for row, said in predicates(rows)}
    if newer not in found or older not in found:
        raise Http404("One of the two statements is not there, or you may not read it.")
    (left_row, left), (right_row, right) = found[newer], found[older]
    lines = _lines(left, right)
    return render(
        request,
        "web/compare.html",
        {
            "newer": left_row,
            "older": right_row,
            "lines": sorted((one for one in lines if not one["is_same"]), key=_is_one_sided),
            "same": [one for one in lines if one["is_same"]],
            "is_one_stream": left_row.stream == right_row.stream,
            "inputs_changed": _inputs(left) != _inputs(right),
            "limits_changed": left.limits != right.limits,
            "here": "evidence",
        },
    )


def _lines(left: Predicate, right: Predicate) -> list[dict[str, Any]]:
    at_left = {_key(one): one for one in left.measurements}
    at_right = {_key(one): one for one in right.measurements}
    return [
        {
            "name": sentence(measure(key[0])),
            "of": key[1],
            "left": at_left.get(key),
            "right": at_right.get(key),
            "left_says": interval(at_left[key]) if key in at_left else "",
            "right_says": interval(at_right[key]) if key in at_right else "",
            "change": _change(at_left.get(key), at_right.get(key)),
            "may_be_chance": _may_be_chance(at_left.get(key), at_right.get(key)),
            "is_same": at_left.get(key) == at_right.get(key),
        }
        for key in dict.fromkeys((*at_left, *at_right))
    ]


def _is_one_sided(line: dict[str, Any]) -> bool:
    return line["left"] is None or line["right"] is None


def _key(one: Measurement) -> tuple[str, str]:
    return one.name, of_whom(one)


def _change(left: Measurement | None, right: Measurement | None) -> str:
    if left is None or right is None or left.value is None or right.value is None:
        return gettext("not comparable")
    change = Decimal(left.value) - Decimal(right.value)
    return "0" if not change else localised(f"{change:+.3f}").replace("-", "\u2212")


def _may_be_chance(left: Measurement | None, right: Measurement | None) -> bool:
    """Whether two numbers that differ have intervals that overlap; unknown ends are none that keep them apart."""
    if left is None or right is None or None in {left.value, right.value} or left.value == right.value:
        return False
    if left.low is None or left.high is None or right.low is None or right.high is None:
        return True
    return Decimal(left.low) <= Decimal(right.high) and Decimal(right.low) <= Decimal(left.high)


def _inputs(said: Predicate) -> list[tuple[str, str]]:
    return sorted((one.ref, one.digest) for one in said.inputs)

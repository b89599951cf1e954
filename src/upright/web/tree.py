"""The tree of a framework: groups with their requirements; its leaves made here, of which a page has dozens."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from upright.posture import fold
from upright.posture.posture import Status
from upright.records.inventory.models import System
from upright.web.frame import catalogue
from upright.web.posture import short
from upright.web.sentences import said
from upright.web.templatetags.upright import sign

if TYPE_CHECKING:
    from upright.catalogue import Requirement

_HERE = mark_safe(' aria-current="true"')
_NUMBERED = frozenset({"iso42001", "nist-ai-rmf"})
"""Frameworks whose groups have numbers that people call them by."""


@dataclass(frozen=True, kw_only=True)
class Branch:
    """A group of the tree: its requirements with their statuses, folded; ``leaves`` are its list items."""

    id: str
    title: str
    status: str
    met: int
    of: int
    leaves: SafeString
    is_open: bool


def tree(
    system: System,
    shown: Iterable["Requirement"],
    statuses: Mapping[str, Status],
    chosen: "Requirement",
    *,
    narrowed_to: str = "",
) -> list[Branch]:
    """The groups of what is shown, in the catalogue's order.

    Args:
        system: whose statuses they are; every leaf leads to it.
        shown: requirements of one framework.
        statuses: of each; one that is not there is unknown.
        chosen: the requirement that the page is about; its group stands open.
        narrowed_to: the status that was filtered by, which opens every group; empty: none.
    """
    by: dict[str, list[Requirement]] = {}
    for one in shown:
        by.setdefault(one.group, []).append(one)
    titles = {one.id: one.title for one in catalogue().frameworks[chosen.framework].groups}
    query = format_html("&amp;system={}", system.ref)
    if narrowed_to:
        query = format_html("{}&amp;status={}", query, narrowed_to)
    branches = []
    for group, requirements in by.items():
        own: list[Status] = [statuses.get(one.id, "unknown") for one in requirements]
        branches.append(
            Branch(
                id=group if chosen.framework in _NUMBERED else "",
                title=titles.get(group, group),
                status=fold(own),
                met=own.count("met"),
                of=len(own) - own.count("not_applicable"),
                leaves=_leaves(zip(requirements, own, strict=True), query, chosen),
                is_open=bool(narrowed_to) or group == chosen.group,
            )
        )
    return branches


def _leaves(found: Iterable[tuple["Requirement", Status]], query: SafeString, chosen: "Requirement") -> SafeString:
    page = reverse("web:controls")
    return format_html_join(
        "",
        '<li><a href="{}?at={}{}"{}>{}<span class="id">{}</span><span>{}</span></a></li>',
        (
            (
                page,
                quote(one.id),
                query,
                _HERE if one.id == chosen.id else "",
                sign(status),
                one.display or one.local,
                said(one.title),
            )
            for one, status in found
        ),
    )


def pairs(system: System | None, links: Iterable[Mapping[str, Any]]) -> SafeString:
    """What other requirements say of the same, each with its status: items of a list, of which a page has hundreds."""
    page = reverse("web:controls")
    query = format_html("&amp;system={}", system.ref) if system else ""
    return format_html_join(
        "",
        '<li>{}<span><a href="{}?at={}{}">{}</a> {} <span class="faint">{}</span></span></li>',
        (
            (
                sign(one["status"]),
                page,
                quote(one["to"]),
                query,
                short(one["to"]),
                said(one["title"]),
                said(one.get("strength", "")),
            )
            for one in links
        ),
    )


def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """What a list to choose from offers: values with their words."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if value == chosen else "", words) for value, words in choices),
    )


_SELECTED = mark_safe(" selected")

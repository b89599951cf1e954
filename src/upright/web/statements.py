"""The list of statements as HTML, made here rather than by a template: fifty rows of seven cells, each in words."""

from collections.abc import Iterable, Mapping
from functools import cache
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from upright.desk.values import sentence
from upright.records.assurance.evidence import fresh_until
from upright.records.assurance.models import EvidenceRow
from upright.records.trail.server_log import now
from upright.web.filed import kinds_of
from upright.web.frame import catalogue
from upright.web.sentences import said
from upright.web.templatetags.upright import day_of, display, status, when


@cache
def asked_by() -> Mapping[str, tuple[str, ...]]:
    """By kind of evidence the requirements that ask for it, in catalogue order."""
    found: dict[str, list[str]] = {}
    for one in catalogue().requirements.values():
        for kind in one.kinds:
            found.setdefault(kind, []).append(one.id)
    return {kind: tuple(ids) for kind, ids in found.items()}


class Statements:
    """The lines of a page; what they say again (words, a day, a moment) is found out once.

    Args:
        names: of the systems that may be seen, by reference; what is not there is the organisation's.
        newest: by stream, its newest entry.
    """

    def __init__(self, names: Mapping[str, str], newest: Mapping[str, int]) -> None:
        self._names, self._newest, self._now = names, newest, now()
        self._start = reverse("web:statement", args=[0]).removesuffix("0/")
        heads = (gettext("Result"), gettext("About"), gettext("Ended"), gettext("Fresh until"), gettext("Source"))
        self._result, self._about, self._ended, self._fresh, self._source = map(escape, heads)
        self._answers = escape(gettext("Answers"))
        self._later = f'<span class="sub">{escape(gettext("a newer run follows"))}</span>'
        self._unchanged = f'<span class="faint">{escape(gettext("while unchanged"))}</span>'
        self._moments: dict[str, str] = {}
        self._until: dict[tuple[str, tuple[str, ...]], str] = {}

    def body(self, rows: Iterable[EvidenceRow]) -> SafeString:
        """The rows of the table; empty where there is none."""
        return mark_safe("".join(map(self._row, rows)))  # noqa: S308 (each part is escaped)

    def _row(self, one: EvidenceRow) -> str:
        kinds = sentence(kinds_of(one))
        title = one.binding or kinds
        sub = f'<span class="sub">{escape(kinds)}</span>' if kinds != sentence(title.replace("-", " ")) else ""
        system = self._names.get(one.system, gettext("The organisation"))
        later = "" if self._newest.get(one.stream) == one.index else self._later
        about = f'{escape(system)}<span class="sub">{escape(display(one.subject))}</span>'
        answers = len({asked for kind in one.kinds for asked in asked_by().get(kind, ())})
        return (
            f'<tr><th scope="row"><a href="{self._start}{one.index}/">{escape(title)}</a>{sub}</th>'
            f'<td data-label="{self._result}">{status(one.result)}{later}</td>'
            f'<td data-label="{self._about}">{about}</td>'
            f'<td data-label="{self._ended}" class="n">{self._moment(one.ended)}</td>'
            f'<td data-label="{self._fresh}" class="n">{self._freshness(one)}</td>'
            f'<td data-label="{self._source}">{escape(said(one.source))}</td>'
            f'<td data-label="{self._answers}" class="n">{answers}</td></tr>\n'
        )

    def _moment(self, ended: str) -> str:
        if ended not in self._moments:
            self._moments[ended] = when(ended)
        return self._moments[ended]

    def _freshness(self, one: EvidenceRow) -> str:
        key = (one.ended, tuple(one.kinds))
        if key not in self._until:
            until = fresh_until(one)
            if until is None:
                self._until[key] = self._unchanged
            elif until < self._now:
                self._until[key] = f'{status("stale")}<span class="sub">{when(until.date())}</span>'
            else:
                self._until[key] = day_of(until)
        return self._until[key]

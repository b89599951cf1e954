"""The lines of the register of risks as HTML, made here rather than by a template: three hundred cells."""

from collections.abc import Iterable
from html import escape

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from upright.desk.values import sentence
from upright.records.risk.models import Risk
from upright.records.risk.queries import Line
from upright.web.sentences import said
from upright.web.templatetags.upright import when


class Register:
    """What each line says again, found out once: words in the reader's language, the heads that a narrow page shows."""

    def __init__(self) -> None:
        self._start = reverse("web:record", args=["x:y"]).removesuffix("x:y/")
        heads = (gettext("State"), gettext("System"), gettext("No control"), gettext("Now"), gettext("After"))
        self._state, self._system, self._inherent, self._now, self._after = map(escape, heads)
        self._above = f'<span class="sub">{escape(gettext("above criteria"))}</span>'
        self._organisation = f'<span class="faint">{escape(gettext("organisation"))}</span>'
        self._unrated = f'<span class="faint">{escape(gettext("not rated"))}</span>'
        words = (gettext("Accepted"), gettext("In treatment"), gettext("Open"))
        self._accepted, self._treated, self._open = map(escape, words)

    def body(self, lines: Iterable[Line]) -> SafeString:
        """The rows of the table."""
        return mark_safe("".join(map(self._row, lines)))  # noqa: S308 (each part is escaped)

    def _row(self, one: Line) -> str:
        risk, ref = one.risk, escape(one.risk.ref)
        system = self._organisation if risk.system is None else escape(risk.system.name)
        residual = self._unrated if not risk.residual else str(risk.residual)
        return (
            f'<tr><th scope="row"><a href="{self._start}{ref}/">{escape(risk.title)}</a>'
            f'<span class="sub">{ref}, {escape(str(risk.owner))}</span></th>'
            f'<td data-label="{self._state}">{self._stands(one)}{self._above if risk.is_above else ""}</td>'
            f'<td data-label="{self._system}">{system}</td>'
            f'<td class="n" data-label="{self._inherent}">{risk.level}</td>'
            f'<td class="n" data-label="{self._now}">{risk.current}{_otherwise(one)}</td>'
            f'<td class="n" data-label="{self._after}">{residual}</td></tr>\n'
        )

    def _stands(self, one: Line) -> str:
        if one.risk.state == Risk.State.ACCEPTED:
            until = ""
            if one.acceptance:
                until = format_html('<span class="sub">{} {}</span>', gettext("until"), when(one.acceptance.until))
            return f"{self._accepted}{until}"
        if one.missing:
            return escape(sentence(said(one.missing[0])))
        return self._treated if one.treatments else self._open


def _otherwise(one: Line) -> str:
    """How others rate it as things stand."""
    levels = ", ".join(str(rating.level) for rating in one.differs)
    return f'<span class="sub">{escape(gettext("rated"))} {levels} {escape(gettext("too"))}</span>' if levels else ""

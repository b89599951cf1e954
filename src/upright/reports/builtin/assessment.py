"""The assessment report: one HTML file that needs no network and no script, for screen and for paper."""

import re
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2

from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.language import gettext, ngettext, read_in, reader
from upright.reports.parts.checks import check_views
from upright.reports.parts.gates import gate_view, stage_words
from upright.reports.parts.sources import cautions, checkpoint_view, evidence_views
from upright.reports.parts.verdicts import framework_views, verdicts_of
from upright.reports.registry import Report

_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def html_report(dossier: Dossier) -> str:
    """The report as one HTML document; in the language it names; the same gives the same text.

    Whatever a name or a reason holds, it is shown as text: everything is escaped, and characters that reorder or hide
    text are written out. A content security policy in the document forbids scripts and any request.
    """
    with read_in(dossier.language):
        return _page(dossier)


def _page(dossier: Dossier) -> str:
    gate = gate_view(dossier)
    checkpoint = checkpoint_view(dossier)
    page = _environment().get_template("assessment.html.j2")
    return page.render(
        css=_raw(_asset("report.css")),
        signs=_raw(_asset("signs.svg")),
        running=_raw(css_string(f"{dossier.title} \u00b7 Upright \u00b7 {_checkpoint(checkpoint.size)}")),
        page_of=_raw(_page_of()),
        language=reader().language,
        dossier=dossier,
        facts=dossier.facts,
        facts_digest=dossier.facts.digest(),
        system=_system(dossier),
        gate=gate,
        checks=check_views(dossier),
        frameworks=framework_views(dossier),
        statuses=_statuses(dossier),
        evidence=evidence_views(dossier),
        checkpoint=checkpoint,
        cautions=cautions(dossier),
    )


def css_string(text: str) -> str:
    r"""A CSS string whose every character outside letters and digits is escaped, so that it can end nothing.

    >>> css_string('a"</style>')
    '"a\\000022\\00003c\\00002fstyle\\00003e"'
    """
    return '"' + "".join(one if one.isascii() and one.isalnum() else f"\\{ord(one):06x}" for one in text) + '"'


def _checkpoint(size: str) -> str:
    return gettext("checkpoint %(size)s") % {"size": size}


def _page_of() -> str:
    """What a page's foot is made of in CSS: ``counter(page) " of " counter(pages)``."""
    return f"counter(page) {css_string(gettext(' of '))} counter(pages)"


def _render(dossier: Dossier) -> bytes:
    return html_report(dossier).encode("utf-8")


REPORT = Report(
    name="assessment",
    title="What was measured, where that leaves each framework, and how to check it",
    media_type="text/html",
    suffix=".html",
    render=_render,
)


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "day": words.day,
        "minute": words.minute,
        "number": words.number,
        "short": words.short,
        "words": words.words,
        "stage": stage_words,
        "capital": words.sentence,
        "count": words.count,
        "visible": _visible,
    }
    environment.globals["sign"] = words.sign
    return environment


def _template(name: str) -> str:
    return (files("upright.reports") / "templates" / name).read_text("utf-8")


def _asset(name: str) -> str:
    return (files("upright.reports") / "assets" / name).read_text("utf-8")


def _raw(text: str) -> Any:
    """Text of our own that is not escaped: the sheet, the signs, and a CSS string made by ``css_string``."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704 - never given text from a Dossier that css_string has not escaped


def _visible(value: Any) -> Any:
    """Writes out control characters and marks that reorder text, wherever a template prints."""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return _INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", value)
    return value


def _system(dossier: Dossier) -> dict[str, str]:
    """Ref and traits of the system, from the Facts."""
    for subject in dossier.facts.subjects:
        if subject.type == "system" and dossier.system in {None, subject.ref}:
            return {
                "ref": subject.ref,
                "stage": "",
                **{str(key): str(value) for key, value in sorted(subject.traits.items())},
            }
    return {"ref": dossier.facts.scope, "stage": ""}


def _statuses(dossier: Dossier) -> dict[str, str]:
    """Requirement id to its status, the worst where it is judged in several scopes."""
    order = ("failing", "stale", "partly", "unknown", "met", "not_applicable")
    found: dict[str, str] = {}
    for verdict in verdicts_of(dossier):
        known = found.get(verdict.requirement)
        if known is None or order.index(verdict.status) < order.index(known):
            found[verdict.requirement] = verdict.status
    return found

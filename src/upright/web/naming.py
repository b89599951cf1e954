"""References within what we say, as the names that people gave, with a link; what may not be read keeps its reference.

Verbs, judgement, ledger and API name records by reference. A page reads them back here, after ``sentences``.
"""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_lazy

from upright.desk.description import registered
from upright.desk.values import linked_fields
from upright.desk.visible import visible
from upright.records.identity.power import Powers
from upright.records.trail.record import Record
from upright.web.frame import catalogue
from upright.web.posture import short
from upright.web.sentences import kind, said
from upright.web.values import record_address

NAME = re.compile(r"(?<![\w:/@.\"-])([a-z][a-z0-9-]*):([A-Za-z0-9_][A-Za-z0-9._/-]*)(?![\w@/-])")
"""A reference, or a requirement's id; one in quotation marks is spoken of as a text."""
_KIND = re.compile(r"(?<![\w:/@.\"`-])[a-z]+(?:-[a-z0-9.]+)+(?![\w:/@\"`-])")
_COMMAND = re.compile(r"(`[^`]*`)")
_CODE = re.compile(r"`([^`<>\n]{1,80})`")
_MOST = 64
_PARTS = {
    "system:bootstrap": gettext_lazy("Upright (set-up)"),
    "system:identity-provider": gettext_lazy("Upright (identity provider)"),
    "system:login": gettext_lazy("Upright (log-in)"),
    "system:mailer": gettext_lazy("Upright (e-mail)"),
    "system:manage": gettext_lazy("Upright (command line)"),
    "system:outsider": gettext_lazy("somebody outside, by a link"),
    "system:reactions": gettext_lazy("Upright (reactions)"),
    "system:reminders": gettext_lazy("Upright (reminders)"),
    "system:restore": gettext_lazy("Upright (restore)"),
    "system:server": gettext_lazy("Upright (server)"),
    "system:somebody": gettext_lazy("somebody who gave no name"),
    "system:tasks": gettext_lazy("Upright (imports)"),
}
"""The parts of the server that act by themselves (``Actor.system``); no AI system acts, so none is mistaken for one."""


def named(request: HttpRequest | None, text: str, organisation: object = "") -> SafeString:
    """A sentence of ours in the reader's language, as HTML: who reads it is "You", records are named and linked.

    ``organisation`` is what the organisation is called; it is asked for its text only where it is named.
    """
    words = "".join(part if part[:1] == "`" else _KIND.sub(_kind_in_words, part) for part in _COMMAND.split(said(text)))
    return _linked(request, words, organisation, str(getattr(request, "actor", "")))


def _kind_in_words(place: re.Match[str]) -> str:
    """A kind of evidence by its words; German has them already, and what is no kind of the catalogue stays."""
    name = place[0].rstrip(".")
    return kind(name) + place[0][len(name) :] if name in catalogue().kinds else place[0]


def linked(request: HttpRequest | None, text: str) -> SafeString:
    """What somebody wrote, as HTML: the records that it names are named and linked, and nothing else is touched."""
    return _linked(request, text, "", "")


def _linked(request: HttpRequest | None, words: str, organisation: object, reader: str) -> SafeString:
    learn(request, (words,))
    known = _known(request)
    parts, at = [], 0
    for place in NAME.finditer(words):
        ref = place[0].rstrip("./-")
        parts.append(escape(words[at : place.start()]))
        parts.append(gettext("You") if ref == reader and place.start() == 0 else _shown(ref, known, organisation))
        at = place.start() + len(ref)
    return coded("".join((*parts, escape(words[at:]))))


def worded(request: HttpRequest, text: str) -> str:
    """What stands within a link already: the records that it names by their names, as text."""
    learn(request, (text,))
    known = _known(request)
    return NAME.sub(lambda place: _in_words(place[0], known), text)


def _in_words(found: str, known: Mapping[str, str]) -> str:
    ref = found.rstrip("./-")
    return (known.get(ref) or ref) + found[len(ref) :]


def names_of(request: HttpRequest, refs: Iterable[str]) -> Mapping[str, str]:
    """What these references are called, as far as who reads may read them."""
    wanted = set(refs)
    learn(request, wanted)
    known = _known(request)
    return {ref: known[ref] for ref in wanted if known.get(ref)}


def who(actor: str, names: Mapping[str, str]) -> str:
    """Who acted: a person by name as far as it is known, a part of the server by what it does."""
    return names.get(actor) or str(_PARTS.get(actor, actor))


def coded(html: str) -> SafeString:
    """HTML in which what stands between backticks is code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", html))  # noqa: S308 (it was escaped before)


def learn(request: HttpRequest | None, texts: Iterable[str]) -> None:
    """Reads the names of what several sentences mention, one query a type, so that each of them asks for none."""
    powers = getattr(request, "powers", None)
    if powers is None:
        return
    known = _known(request)
    refs = {place[0].rstrip("./-") for text in texts for place in NAME.finditer(text)} - known.keys()
    wanted: dict[str, list[str]] = {}
    for ref in sorted(refs)[:_MOST]:
        if (kind := ref.partition(":")[0]) in registered():
            wanted.setdefault(kind, []).append(ref)
    for kind, some in wanted.items():
        known |= dict.fromkeys(some, "")
        known |= {one.ref: str(one) for one in nameable(registered()[kind].model, powers).filter(ref__in=some)}
    if within := [known[ref] for some in wanted.values() for ref in some if NAME.search(known[ref])]:
        learn(request, within)  # a name may name another record, such as the system that a role is about


def nameable(model: type[Record], powers: Powers) -> QuerySet[Any]:
    """The rows of a type that may be read, each with the records that it is called after: a rating by its risk."""
    return with_namesakes(visible(model, powers))


def with_namesakes(rows: QuerySet[Any]) -> QuerySet[Any]:
    """These rows, each with what it is called after."""
    return rows.select_related(*linked_fields(rows.model, [one.name for one in rows.model._meta.concrete_fields]))


def know(request: HttpRequest, *records: Record) -> None:
    """What a page has read already needs no query."""
    _known(request).update({one.ref: str(one) for one in records})


def _known(request: HttpRequest | None) -> dict[str, str]:
    if request is None:
        return {}
    known: dict[str, str] = request.__dict__.setdefault("named", {})
    return known


def _shown(ref: str, known: dict[str, str], organisation: object) -> str:
    if ref.partition(":")[0] in catalogue().frameworks:
        return escape(short(ref))
    if ref.startswith("organisation:"):
        return escape(str(organisation) or ref)
    name = NAME.sub(lambda place: _in_words(place[0], known), known.get(ref, ""))
    return format_html('<a href="{}">{}</a>', record_address(ref), name) if name else escape(ref)

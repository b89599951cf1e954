"""The best next step in words: which evidence, about what, how many requirements it would move, and where to begin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from upright.desk.description import RecordType, registered
from upright.posture import Step
from upright.records.assurance.overview import Summary, weight
from upright.records.governance.kinds import SPECIALISED, SPECIALISED_DOCUMENTS, document_kinds, kept_kinds
from upright.web.frame import catalogue
from upright.web.requests import Request
from upright.web.sentences import kind as kind_name
from upright.web.sentences import said


@dataclass(frozen=True, kw_only=True)
class Suggested:
    """A step as a page says it; ``which`` leads to the requirements it would move."""

    title: str
    says: str
    verb: str
    address: str
    requirements: tuple[str, ...]
    system: str


class Called(Protocol):
    """A system, as far as a step speaks of it."""

    @property
    def ref(self) -> str: ...

    @property
    def name(self) -> str: ...


def best_step(request: Request, systems: Iterable[Called], found: Mapping[str, Summary]) -> Suggested | None:
    """The step that would move most requirements over the systems that somebody may see."""
    steps = [(one.best, ref) for ref, one in found.items() if one.best is not None]
    if not steps:
        return None
    step, ref = max(steps, key=lambda pair: weight(pair[0]))
    return told(request, step, next(one for one in systems if one.ref == ref))


def told(request: Request, step: Step, system: Called) -> Suggested:
    """A step in words, with what somebody may do about it."""
    kind = catalogue().kinds[step.kind]
    of = system.name if step.scope == system.ref else gettext("the organisation")
    name = kind_name(step.kind)
    verb = {
        "failing": gettext("put right %(kind)s for %(of)s"),
        "stale": gettext("renew %(kind)s for %(of)s"),
        "unknown": gettext("provide %(kind)s for %(of)s"),
    }[step.state]
    what, address = begin(request, step.kind, system.ref)
    frameworks = len({one.partition(":")[0] for one in step.moves})
    moved = ngettext("%(count)s requirement", "%(count)s requirements", len(step.moves)) % {"count": len(step.moves)}
    within = ngettext("%(count)s framework", "%(count)s frameworks", frameworks) % {"count": frameworks}
    return Suggested(
        title=verb % {"kind": name, "of": of},
        says=gettext("Would move %(requirements)s in %(frameworks)s from %(state)s. %(meaning)s")
        % {"requirements": moved, "frameworks": within, "state": said(step.state), "meaning": said(kind.meaning)},
        verb=what,
        address=address,
        requirements=step.moves,
        system=system.ref,
    )


def begin(request: Request, kind: str, system: str) -> tuple[str, str]:
    """What to do about a missing kind of evidence, and where: a record is written, a check is bound."""
    known = catalogue().kinds.get(kind)
    described = producer(kind)
    if described is not None and described.is_typed and request.powers.may(described.right("add")):
        start: dict[str, str] = {}
        for name in ("kind", "subtype"):
            if name in described.fields and is_choice(described, name, kind):
                start[name] = kind
        if known is None or "system" in known.subject:
            start |= {name: system for name in ("system", "about") if name in described.fields}
        address = reverse("web:add", args=[described.name])
        return described.adding, f"{address}?{urlencode(start)}" if start else address
    if described is not None:
        return gettext("Open %(title)s") % {"title": described.nouns}, reverse("web:list", args=[described.name])
    how = "check" if known is not None and known.produced_by == "check" else "attest"
    return (gettext("How to bind the check") if how == "check" else gettext("How to attest it")), reverse(
        "web:kind", args=[kind]
    )


def producer(kind: str) -> RecordType | None:
    """The record type that evidence of a kind comes from; None for what is measured or attested."""
    types = registered()
    own = {**SPECIALISED, **SPECIALISED_DOCUMENTS}.get(kind) or kind.partition(".")[0]
    if own in types:
        return types[own]
    if kind in dict(kept_kinds()):
        return types.get("kept-record")
    return types.get("document") if kind in dict(document_kinds()) else None


def is_choice(described: RecordType, name: str, value: str) -> bool:
    """Whether a field of a type may hold a value."""
    field: Any = described.model._meta.get_field(name)
    return value in {one for one, _ in field.flatchoices}

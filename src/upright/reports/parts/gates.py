"""The gate as a reader meets it: the answer as a sentence, and every reason, the worst first, the same ones once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from upright.reports import words
from upright.reports.dossier import Dossier
from upright.reports.language import gettext, gettext_noop, ngettext, said
from upright.reports.parts.reasons import gists

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.evidence import Statement
    from upright.gate import GateAnswer, Missing
    from upright.posture import Facts

_WORST_FIRST = ("prohibited", "failing", "stale", "partly", "undetermined", "unknown", "met")
_SINCE = "The duty has applied since"
_OPEN = "Whether it applies is open: "


@dataclass(frozen=True)
class MissingView:
    """What keeps a gate shut for one and the same reason.

    Attributes:
        what: ids of requirements, kinds or bindings.
        title: of the requirement where it is one alone.
        why: why it is asked for, or the question that is open. details: what was found, sentence by sentence.
    """

    what: tuple[str, ...]
    title: str
    status: str
    why: str
    details: tuple[str, ...]


@dataclass(frozen=True)
class GateView:
    """The gate's answer."""

    answer: str
    sentence: str
    missing: tuple[MissingView, ...]
    waivers: tuple[str, ...]


def gate_view(dossier: Dossier) -> GateView | None:
    """The gate to the next stage; ``None`` where there is no next stage."""
    if dossier.gate is None:
        return None
    return view_of(dossier.gate, dossier.facts, dossier.catalogue, dossier.bodies)


def view_of(
    gate: "GateAnswer", facts: "Facts", catalogue: "Catalogue", bodies: "Mapping[str, Statement]", *, most: int = 3
) -> GateView:
    """An answer with what each reason rests on: for a check its own reasons, for a requirement ``most`` sentences."""
    found: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}
    for one in gate.missing:
        details = _details(one, gate, facts, catalogue, bodies, most)
        found.setdefault((one.status, one.why, details), []).append(one.what)
    rows = [
        MissingView(tuple(what), said(_title(catalogue, what)), status, said(why), details)
        for (status, why, details), what in found.items()
    ]
    return GateView(
        gate.answer,
        gate_sentence(gate.answer, gate.stage, [one.status for one in gate.missing], waived=len(gate.waivers)),
        tuple(sorted(rows, key=lambda row: _rank(row.status))),
        tuple(
            gettext("%(requirement)s is waived until %(day)s, approved by %(approver)s. A waiver changes no status.")
            % {"requirement": one.requirement, "day": words.day(one.until), "approver": one.approver}
            for one in gate.waivers
        ),
    )


def gate_sentence(answer: str, stage: str, statuses: Sequence[str], *, waived: int = 0) -> str:
    """The answer in one sentence.

    >>> gate_sentence("deny", "deployment", ["unknown", "failing", "unknown"])
    'The system may not go to deployment: 1 failing, 2 unknown.'
    >>> gate_sentence("allow", "deployment", [], waived=1)
    'The system may go to deployment: everything that stage asks for is met, but for 1 that is waived.'
    """
    where = stage_words(stage)
    if answer == "allow":
        if not waived:
            return gettext("The system may go to %(stage)s: everything that stage asks for is met.") % {"stage": where}
        return ngettext(
            "The system may go to %(stage)s: everything that stage asks for is met, but for %(count)s that is waived.",
            "The system may go to %(stage)s: everything that stage asks for is met, but for %(count)s that are waived.",
            waived,
        ) % {"stage": where, "count": waived}
    counts = {status: statuses.count(status) for status in sorted(set(statuses), key=_rank)}
    found = ", ".join(f"{count} {said(status.replace('_', ' '))}" for status, count in counts.items())
    if not found:
        return gettext("The system may not go to %(stage)s.") % {"stage": where}
    return gettext("The system may not go to %(stage)s: %(found)s.") % {"stage": where, "found": found}


def stage_words(stage: str) -> str:
    """A life-cycle stage in words.

    >>> stage_words("verification-validation")
    'verification and validation'
    """
    return said(_STAGES.get(stage, stage.replace("-", " ")))


_STAGES = {
    "verification-validation": gettext_noop("verification and validation"),
    "design-development": gettext_noop("design and development"),
    "operation-monitoring": gettext_noop("operation and monitoring"),
    "re-evaluation": "re-evaluation",
}


def _rank(status: str) -> int:
    return _WORST_FIRST.index(status) if status in _WORST_FIRST else len(_WORST_FIRST)


def _title(catalogue: "Catalogue", what: Sequence[str]) -> str:
    known = catalogue.requirements.get(what[0]) if len(what) == 1 else None
    return known.title if known else ""


def _at_most(sentences: tuple[str, ...], most: int) -> tuple[str, ...]:
    """The first few sentences; ``explain`` and the list of requirements have all of them."""
    found = tuple(said(one) for one in sentences if not one.startswith(_SINCE))
    if len(found) <= most:
        return found
    return (*found[:most], gettext("And %(count)s more.") % {"count": len(found) - most})


def _details(
    one: "Missing",
    gate: "GateAnswer",
    facts: "Facts",
    catalogue: "Catalogue",
    bodies: "Mapping[str, Statement]",
    most: int,
) -> tuple[str, ...]:
    if one.why.startswith(_OPEN):
        return ()
    if one.what in catalogue.requirements:
        from upright.posture import explain

        return _at_most(tuple(explain(facts, catalogue, one.what, gate.system).sentences[1:]), most)
    streams = {bound.stream for bound in facts.bindings if (bound.id, bound.system) == (one.what, gate.system)}
    items = sorted((item for item in facts.items if item.stream in streams), key=lambda item: item.index)
    body = bodies.get(items[-1].id) if items else None
    if body is None:
        return ()
    return tuple(f"{str(gist).rstrip('.')}." for gist in gists(body.predicate) if gist.outcome != "passed")

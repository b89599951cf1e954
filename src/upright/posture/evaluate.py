"""``evaluate``: from Facts and the catalogue they name to posture."""

from typing import TYPE_CHECKING

from upright.posture.facts import Facts
from upright.posture.judge import Judge
from upright.posture.plan import Plan
from upright.posture.posture import Posture

if TYPE_CHECKING:
    from upright.catalogue import Catalogue

_last: "list[tuple[Facts, Catalogue, Judge]]" = []
_plans: "list[tuple[Catalogue, frozenset[str], Plan]]" = []


def evaluator(facts: Facts, catalogue: "Catalogue") -> Judge:
    """The judge of these Facts. The last one is kept, so that a report may explain verdict after verdict.

    Raises:
        FactsError: the Facts were made for other rules, or name another catalogue.
    """
    for known, edition, judge in _last:
        if known is facts and edition is catalogue:
            return judge
    judge = Judge(facts, catalogue, plan=_plan(catalogue, frozenset(facts.catalogue)))
    _last[:] = [(facts, catalogue, judge)]
    return judge


def _plan(catalogue: "Catalogue", frameworks: frozenset[str]) -> Plan:
    """The plan of these frameworks. The last one is kept: other Facts are mostly judged by the same catalogue."""
    for edition, names, plan in _plans:
        if edition is catalogue and names == frameworks:
            return plan
    plan = Plan(catalogue, frameworks)
    _plans[:] = [(catalogue, frameworks, plan)]
    return plan


def evaluate(facts: Facts, catalogue: "Catalogue") -> Posture:
    """Where each requirement stands, for each system and the organisation (contracts, section 7).

    Pure: the same Facts and catalogue give the same posture on any machine, at any time.

    Raises:
        FactsError: the Facts were made for other rules (UP-POST-02), or name another catalogue (UP-POST-04).
    """
    return evaluator(facts, catalogue).posture()

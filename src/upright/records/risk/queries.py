"""The register of risks as pages and prints show it: counts by likelihood and impact, one line for each risk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, QuerySet
from django.db.models.functions import Coalesce

from upright.records.risk.models import Rating, Risk, RiskAcceptance, Treatment

BASES: Mapping[str, tuple[Any, Any]] = {
    "inherent": (F("likelihood"), F("impact")),
    "current": (Coalesce("current_likelihood", "likelihood"), Coalesce("current_impact", "impact")),
    "residual": (F("residual_likelihood"), F("residual_impact")),
}
"""What is counted, and which rating that is; as things stand it is the inherent one where nobody rated otherwise."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One risk of the register: its treatments, what was accepted, who rates it differently, what is missing."""

    risk: Risk
    treatments: tuple[Treatment, ...]
    acceptance: RiskAcceptance | None
    ratings: tuple[Rating, ...]
    missing: tuple[str, ...]

    @property
    def differs(self) -> tuple[Rating, ...]:
        """Ratings as things stand that are not the risk's own."""
        own = self.risk.current
        return tuple(one for one in self.ratings if one.basis == Rating.Basis.CURRENT and one.level != own)


def rated(risks: QuerySet[Risk], basis: str) -> QuerySet[Any]:
    """The risks with ``at_likelihood``, ``at_impact`` and ``at_level`` by one basis."""
    likelihood, impact = BASES[basis]
    return risks.annotate(at_likelihood=likelihood, at_impact=impact).annotate(
        at_level=F("at_likelihood") * F("at_impact")
    )


def matrix(risks: QuerySet[Risk], basis: str) -> Mapping[tuple[int, int], int]:
    """How many risks lie at each likelihood and impact; one query. Those not rated on that basis are in no cell."""
    rows = rated(risks.order_by(), basis).values_list("at_likelihood", "at_impact").annotate(count=Count("pk"))
    return {(at, impact): count for at, impact, count in rows if at is not None and impact is not None}


def untreated(risks: QuerySet[Any]) -> QuerySet[Any]:
    """Those that nobody chose a way for."""
    gone = (Treatment.State.REPLACED, Treatment.State.INEFFECTIVE)
    return risks.exclude(pk__in=Treatment.objects.exclude(state__in=gone).values("risk"))


def lines(risks: Iterable[Risk]) -> list[Line]:
    """The register's lines, in the order given; three queries however many there are."""
    rows = list(risks)
    treatments = _by_risk(Treatment.objects.filter(risk__in=rows).select_related("owner").order_by("ref"))
    accepted = RiskAcceptance.objects.filter(risk__in=rows, state=RiskAcceptance.State.ACCEPTED).order_by("ref")
    acceptances = _by_risk(accepted)
    ratings = _by_risk(Rating.objects.filter(risk__in=rows).order_by("ref"))
    found = []
    for risk in rows:
        mine = tuple(treatments.get(risk.pk, ()))
        given = acceptances.get(risk.pk, [])
        found.append(
            Line(
                risk=risk,
                treatments=mine,
                acceptance=given[-1] if given else None,
                ratings=tuple(ratings.get(risk.pk, ())),
                missing=_missing(risk, mine),
            )
        )
    return found


def _missing(risk: Risk, treatments: tuple[Treatment, ...]) -> tuple[str, ...]:
    """What the standard asks of a risk and this one has not (6.1.2, 6.1.3, 8.2)."""
    found = []
    if risk.criteria is None:
        found.append("no criteria to hold it against")
    if risk.reopened_because:
        found.append("to be rated again")
    stand = [one for one in treatments if one.state not in {Treatment.State.REPLACED, Treatment.State.INEFFECTIVE}]
    if not stand and risk.is_above is not False:
        found.append("no treatment chosen")
    if stand and risk.residual is None:
        found.append("no residual rating")
    return tuple(found)


def _by_risk(rows: Iterable[Any]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for one in rows:
        found.setdefault(one.risk_id, []).append(one)
    return found

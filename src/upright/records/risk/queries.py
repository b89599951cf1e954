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


def matrix(risks: QuerySet[Risk], basis: str) -> Mapping[tuple[int | None, int | None], int]:
    """How many risks lie at each likelihood and impact; those not rated on that basis under None. One query.

    It counts by the columns as the index ``risk_of_a_unit_by_rating`` has them, so no row of the table is read.
    """
    names = ["unit", "state", "current_likelihood", "likelihood", "current_impact", "impact"]
    if basis == "residual":
        names += ["residual_likelihood", "residual_impact"]
    found: dict[tuple[int | None, int | None], int] = {}
    for *columns, count in risks.order_by().values_list(*names).annotate(count=Count("*")):
        at = _at(dict(zip(names, columns, strict=True)), basis)
        found[at] = found.get(at, 0) + count
    return found


def _at(row: Mapping[str, Any], basis: str) -> tuple[int | None, int | None]:
    """``BASES`` of one row."""
    if basis == "residual":
        return row["residual_likelihood"], row["residual_impact"]
    if basis == "current" and row["current_likelihood"] is not None:
        return row["current_likelihood"], row["current_impact"]
    return row["likelihood"], row["impact"]


def worst_first(risks: QuerySet[Any], basis: str, most: int) -> QuerySet[Any]:
    """The first of these risks in the order of the register: the highest level first, those not rated last.

    References alone are sorted, which the index holds; whole rows are read of those that are shown.
    """
    order = (F("at_level").desc(nulls_last=True), "ref")
    first = rated(risks, basis).order_by(*order).values("ref")[:most]
    return rated(Risk.objects.filter(ref__in=first), basis).order_by(*order)


def untreated(risks: QuerySet[Any]) -> QuerySet[Any]:
    """Those that nobody chose a way for."""
    gone = (Treatment.State.REPLACED, Treatment.State.INEFFECTIVE)
    return risks.exclude(pk__in=Treatment.objects.exclude(state__in=gone).values("risk"))


def lines(risks: Iterable[Risk]) -> list[Line]:
    """The register's lines, in the order given; three queries however many there are."""
    rows = list(risks)
    keys = [one.pk for one in rows]
    treatments = _by_risk(Treatment.objects.filter(risk__in=keys).select_related("owner").order_by("ref"))
    accepted = RiskAcceptance.objects.filter(risk__in=keys, state=RiskAcceptance.State.ACCEPTED).order_by("ref")
    acceptances = _by_risk(accepted)
    ratings = _by_risk(Rating.objects.filter(risk__in=keys).order_by("ref"))
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

"""Approving criteria: a new edition opens every risk again that was held against another one (6.1.2)."""

from django.db.models import Max

from upright.kernel import Actor
from upright.records.identity.controlled import approve
from upright.records.identity.power import Powers
from upright.records.risk.actions.reopening import reopen_risk_because
from upright.records.risk.applicability import units_below
from upright.records.risk.models import Risk, RiskCriteria
from upright.records.risk.models.criteria import criteria_for
from upright.records.trail.door import change


def approve_risk_criteria(
    criteria: RiskCriteria, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> RiskCriteria:
    """Approve these criteria as the next edition; every risk under them that was held against others is open again."""
    newest = RiskCriteria.objects.aggregate(newest=Max("edition"))["newest"] or 0
    with change():
        criteria.edition = newest + 1
        approve(criteria, actor=actor, reason=reason, powers=powers)
        why = f"Edition {criteria.edition} of the criteria is in force ({criteria.ref}); rate it by that."
        risks = Risk.objects.filter(unit__in=list(units_below(criteria.unit))).exclude(state=Risk.State.CLOSED)
        for risk in risks.select_related("unit", "owner", "system"):
            in_force = criteria_for(risk.unit)
            if in_force is not None and in_force.pk == criteria.pk:
                reopen_risk_because(risk, why, actor=actor)
    return criteria

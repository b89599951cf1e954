"""Which verbs add the types that have rules of their own."""

from upright.records.identity.editing import added_by
from upright.records.risk import actions
from upright.records.risk.models import Rating, Risk, RiskAssessment, StatementOfApplicability, Treatment


def name_adders() -> None:
    """For forms, routes and imports: there is no other way to add one."""
    added_by(Risk, actions.add_risk)
    added_by(Rating, actions.add_rating)
    added_by(Treatment, actions.add_treatment)
    added_by(RiskAssessment, actions.add_risk_assessment)
    added_by(StatementOfApplicability, actions.add_statement_of_applicability)

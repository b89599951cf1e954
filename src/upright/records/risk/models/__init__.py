"""Risks and opportunities, impact, controls, what applies, what is waived: the tables of this app."""

from upright.records.risk.models.applicability import SoaRow, StatementOfApplicability
from upright.records.risk.models.controls import Control, ControlEvaluation
from upright.records.risk.models.criteria import OpportunityCriteria, RiskCriteria
from upright.records.risk.models.impacts import ChangeReview, ImpactAssessment
from upright.records.risk.models.risks import Opportunity, Rating, Risk, ThreatDecision
from upright.records.risk.models.treating import RiskAcceptance, RiskAssessment, Treatment
from upright.records.risk.models.waivers import Waiver

__all__ = [
    "ChangeReview",
    "Control",
    "ControlEvaluation",
    "ImpactAssessment",
    "Opportunity",
    "OpportunityCriteria",
    "Rating",
    "Risk",
    "RiskAcceptance",
    "RiskAssessment",
    "RiskCriteria",
    "SoaRow",
    "StatementOfApplicability",
    "ThreatDecision",
    "Treatment",
    "Waiver",
]

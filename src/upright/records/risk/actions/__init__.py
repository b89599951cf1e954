"""The verbs of this app, and the rules that the standard imposes on them."""

from upright.records.risk.actions.applicability import (
    add_statement_of_applicability,
    begin_new_version,
    propose_rows,
)
from upright.records.risk.actions.assessing import approve_assessment, reconfirm_assessment
from upright.records.risk.actions.controls import draw_sample
from upright.records.risk.actions.criteria import approve_risk_criteria
from upright.records.risk.actions.mitigating import propose_mitigation
from upright.records.risk.actions.opportunities import (
    close_change_review,
    drop_opportunity,
    pursue_opportunity,
    realise_opportunity,
)
from upright.records.risk.actions.risks import (
    accept_risk,
    add_rating,
    add_risk,
    add_risk_assessment,
    add_treatment,
    approve_treatment,
    close_risk,
    confirm_treatment,
    finish_treatment,
    rate_residual,
    rate_risk,
    reconfirm_treatment,
    reject_treatment,
    reopen_risk,
)
from upright.records.risk.actions.threats import dismiss_threat, suggest_threats, take_up_threat

__all__ = [
    "accept_risk",
    "add_rating",
    "add_risk",
    "add_risk_assessment",
    "add_statement_of_applicability",
    "add_treatment",
    "approve_assessment",
    "approve_risk_criteria",
    "approve_treatment",
    "begin_new_version",
    "close_change_review",
    "close_risk",
    "confirm_treatment",
    "dismiss_threat",
    "draw_sample",
    "drop_opportunity",
    "finish_treatment",
    "propose_mitigation",
    "propose_rows",
    "pursue_opportunity",
    "rate_residual",
    "rate_risk",
    "realise_opportunity",
    "reconfirm_assessment",
    "reconfirm_treatment",
    "reject_treatment",
    "reopen_risk",
    "suggest_threats",
    "take_up_threat",
]

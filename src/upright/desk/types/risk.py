"""How risks, their treatment and what was accepted of them look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.controlled import approve, give_back, reconfirm, revise, submit, withdraw
from upright.records.risk import actions
from upright.records.risk.models import (
    Opportunity,
    OpportunityCriteria,
    Rating,
    Risk,
    RiskAcceptance,
    RiskAssessment,
    RiskCriteria,
    ThreatDecision,
    Treatment,
)

_ASSESSED = (submit, actions.approve_assessment, give_back, revise, actions.reconfirm_assessment, withdraw)

register(
    RecordType(
        model=Risk,
        place="risks",
        clause="iso42001:6.1.2",
        purpose="What can go wrong with AI systems, for people, society and us, and what is done about it.",
        columns=("title", "state", "system", "concerns", "likelihood", "impact", "owner"),
        filters=("state", "system", "concerns", "owner", "unit", "likelihood", "impact", "threat"),
        search=("title", "source", "consequence", "ref"),
        sections={
            "About": ("title", "system", "unit", "owner", "concerns"),
            "What could happen": ("source", "threat", "consequence", "impact_assessment"),
            "Rating": ("likelihood", "impact", "residual_likelihood", "residual_impact", "review_by"),
        },
        moves=(
            actions.rate_risk,
            actions.rate_residual,
            actions.accept_risk,
            actions.propose_mitigation,
            actions.close_risk,
            actions.reopen_risk,
        ),
    )
)
register(
    RecordType(
        model=Treatment,
        place="risks",
        clause="iso42001:6.1.3",
        purpose="What is done about risks, by whom and until when, and whether it worked.",
        columns=("plan", "state", "risk", "option", "due", "owner"),
        filters=("state", "option", "owner", "risk"),
        search=("plan", "ref"),
        sections={
            "About": ("risk", "option", "plan", "controls", "answers", "replaces"),
            "Who and when": ("owner", "due"),
        },
        moves=(
            actions.approve_treatment,
            actions.finish_treatment,
            actions.confirm_treatment,
            actions.reconfirm_treatment,
            actions.reject_treatment,
        ),
    )
)
register(
    RecordType(
        model=RiskAcceptance,
        place="risks",
        clause="iso42001:6.1.3",
        purpose="Which residual risks were accepted, by whom with which authority, until when.",
        columns=("risk", "state", "level", "accepted_by", "accepted_as", "until"),
        filters=("state", "accepted_as", "risk"),
        search=("ref", "accepted_by"),
        sections={"About": ("risk", "level", "author", "accepted_by", "accepted_as", "until", "criteria")},
        is_typed=False,
    )
)
register(
    RecordType(
        model=Rating,
        place="risks",
        clause="iso42001:8.2",
        purpose="What each person rated a risk; two may differ, and both stay.",
        columns=("risk", "basis", "likelihood", "impact", "rated_by"),
        filters=("risk", "basis"),
        search=("note", "ref"),
        sections={"About": ("risk", "basis", "likelihood", "impact", "note")},
    )
)
register(
    RecordType(
        model=RiskAssessment,
        place="risks",
        clause="iso42001:8.2",
        purpose="Dated runs of the risk assessment: the day, the people, the risks, the criteria they rest on.",
        columns=("title", "state", "system", "run_on", "owner", "review_by"),
        filters=("state", "system", "unit", "owner"),
        search=("title", "outcome", "ref"),
        sections={
            "About": ("title", "system", "unit", "owner", "run_on"),
            "What was assessed": ("people", "risks", "affected", "outcome"),
            "Review": ("supersedes", "review_by"),
        },
        moves=(actions.suggest_threats, *_ASSESSED),
    )
)
register(
    RecordType(
        model=RiskCriteria,
        place="risks",
        clause="iso42001:6.1.2",
        purpose="Scales in words, the line of acceptance, and who accepts what lies above it.",
        columns=("title", "state", "edition", "unit", "owner", "review_by"),
        filters=("state", "unit"),
        search=("title", "ref"),
        sections={
            "About": ("title", "unit", "owner"),
            "Scales": ("likelihood", "organisation", "individuals", "society"),
            "Acceptance": ("organisation_line", "individuals_line", "society_line", "accepts", "triggers"),
            "Review": ("supersedes", "review_by"),
        },
        moves=(submit, actions.approve_risk_criteria, give_back, revise, reconfirm, withdraw),
    )
)
register(
    RecordType(
        model=OpportunityCriteria,
        place="risks",
        clause="iso42001:6.1.1",
        purpose="Scales for opportunities, and from where on one is worth a decision.",
        columns=("title", "state", "line", "unit", "review_by"),
        filters=("state", "unit"),
        search=("title", "ref"),
        sections={"About": ("title", "unit", "owner"), "Scales": ("likelihood", "gain", "line", "review_by")},
        moves=(submit, approve, give_back, revise, reconfirm, withdraw),
    )
)
register(
    RecordType(
        model=Opportunity,
        place="risks",
        clause="iso42001:6.1.1",
        purpose="What could be gained with AI, and the action planned for it.",
        columns=("title", "state", "system", "likelihood", "gain", "due", "owner"),
        filters=("state", "system", "unit", "owner"),
        search=("title", "benefit", "ref"),
        sections={
            "About": ("title", "system", "unit", "owner", "benefit"),
            "Rating": ("likelihood", "gain", "criteria"),
            "Action": ("action", "due"),
        },
        moves=(actions.pursue_opportunity, actions.realise_opportunity, actions.drop_opportunity),
    )
)
register(
    RecordType(
        model=ThreatDecision,
        place="risks",
        clause="iso42001:6.1.2",
        purpose="Which catalogued threats were taken up as risks of a system, which were not, and why.",
        columns=("threat", "decision", "system", "risk"),
        filters=("decision", "system"),
        search=("threat", "reason", "ref"),
        sections={"About": ("system", "threat", "decision", "reason", "risk")},
        moves=(actions.take_up_threat, actions.dismiss_threat),
    )
)

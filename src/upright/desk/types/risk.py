"""How risks look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.risk.actions import (
    accept_risk,
    approve_treatment,
    close_risk,
    confirm_treatment,
    finish_treatment,
    reopen_risk,
)
from upright.records.risk.models import Risk, Treatment

register(
    RecordType(
        model=Risk,
        place="risks",
        clause="iso42001:6.1.2",
        purpose="What can go wrong with AI systems, for people, society and us, and what is done about it.",
        columns=("title", "state", "system", "concerns", "likelihood", "impact", "owner"),
        filters=("state", "system", "concerns", "owner", "unit", "likelihood", "impact"),
        search=("title", "source", "consequence", "ref"),
        sections={
            "About": ("title", "system", "unit", "owner", "concerns"),
            "What could happen": ("source", "consequence"),
            "Rating": ("likelihood", "impact", "residual_likelihood", "residual_impact", "review_by"),
        },
        moves=(accept_risk, close_risk, reopen_risk),
    )
)
register(
    RecordType(
        model=Treatment,
        place="risks",
        clause="iso42001:6.1.3",
        purpose="What is done about risks, by whom and until when, and whether it worked.",
        columns=("plan", "state", "risk", "option", "due", "owner"),
        filters=("state", "option", "owner"),
        search=("plan", "ref"),
        sections={"About": ("risk", "option", "plan"), "Who and when": ("owner", "due")},
        moves=(approve_treatment, finish_treatment, confirm_treatment),
    )
)

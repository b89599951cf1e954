"""How use, oversight and information look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.controlled import MOVES
from upright.records.operations.actions.outside import (
    accept_outside_answer,
    refuse_outside_answer,
    remind_outsider,
    withdraw_outside_request,
)
from upright.records.operations.actions.oversight import acknowledge_alarm, handle_alarm
from upright.records.operations.actions.requests import (
    accept_evidence_request,
    answer_evidence_request,
    decline_evidence_request,
    settle_access_review,
    settle_information_delivery,
)
from upright.records.operations.actions.use import decline_use_proposal, take_up_use_proposal
from upright.records.operations.models import (
    AccessReview,
    Alarm,
    DataUseRequest,
    DecisionReview,
    EvidenceRequest,
    InformationDelivery,
    IntendedUse,
    Monitor,
    OutsideRequest,
    OversightAssignment,
    UsageReview,
    UseApproval,
    UseProposal,
    UserInformation,
)

_WHO = ("unit", "owner", "review_by", "supersedes")

register(
    RecordType(
        model=UseProposal,
        adds="Propose an AI use",
        place="systems",
        clause="iso42001:A.9.2",
        purpose="What colleagues would use AI for, told in two minutes and answered.",
        columns=("title", "state", "service", "unit", "proposed_by"),
        filters=("state", "unit", "personal_data"),
        search=("title", "purpose", "service", "ref"),
        sections={
            "Idea": ("title", "purpose", "service", "unit"),
            "Touches": ("people", "personal_data"),
            "Answer": ("state", "proposed_by", "became"),
        },
        moves=(take_up_use_proposal, decline_use_proposal),
    )
)
register(
    RecordType(
        model=IntendedUse,
        place="systems",
        clause="iso42001:A.9.4",
        purpose="What systems are meant for, by whom and where, and what they are not for.",
        columns=("ref", "state", "system", "owner", "review_by"),
        filters=("state", "system", "unit", "owner"),
        search=("purpose", "not_for", "ref"),
        sections={"Use": ("system", "purpose", "users", "settings", "not_for"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=UseApproval,
        place="systems",
        clause="iso42001:A.9.2",
        purpose="Decisions that systems may be used, under which conditions and until when.",
        columns=("ref", "state", "system", "owner", "review_by"),
        filters=("state", "system", "unit", "owner"),
        search=("scope", "ref"),
        sections={"Use": ("system", "scope", "conditions"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=UsageReview,
        place="monitoring",
        clause="iso42001:A.9.4",
        purpose="How systems are really used, against what they are meant for.",
        columns=("ref", "system", "reviewed_on", "deviations", "reviewer"),
        filters=("system", "reviewer"),
        search=("sample", "action", "ref"),
        sections={"Review": ("system", "reviewed_on", "reviewer", "sample"), "Found": ("deviations", "action")},
    )
)
register(
    RecordType(
        model=OversightAssignment,
        place="monitoring",
        clause="iso42001:A.9.2",
        purpose="Who looks over which system, trained for it and free to override it.",
        columns=("overseer", "state", "system", "trained_on", "review_by"),
        filters=("state", "system", "overseer", "unit"),
        search=("authority", "ref"),
        sections={"Oversight": ("system", "overseer", "trained_on", "authority", "support"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=DecisionReview,
        place="monitoring",
        clause="iso42001:A.9.2",
        purpose="What overseers made of proposals: agreed, overrode, stopped, and why.",
        columns=("decision", "outcome", "system", "reviewer"),
        filters=("outcome", "system", "reviewer"),
        search=("decision", "proposed", "why", "ref"),
        sections={"Decision": ("system", "decision", "proposed", "seen"), "Outcome": ("outcome", "why", "reviewer")},
    )
)
register(
    RecordType(
        model=Monitor,
        place="monitoring",
        clause="iso42001:A.6.2.6",
        purpose="What is watched in operation, against which limit, how often, and who acts.",
        columns=("measure", "state", "system", "limit", "every_days", "owner"),
        filters=("state", "system", "owner"),
        search=("measure", "binding", "ref"),
        sections={
            "Watched": ("system", "measure", "limit", "subject", "binding", "every_days", "acts"),
            "Who and when": _WHO,
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Alarm,
        place="monitoring",
        clause="iso42001:A.6.2.6",
        purpose="What went off or was seen, who looks after it and how it ended.",
        columns=("what", "state", "system", "monitor"),
        filters=("state", "system", "monitor"),
        search=("what", "handled", "ref"),
        sections={"Alarm": ("system", "monitor", "what"), "Ended": ("state", "evidence", "handled")},
        moves=(acknowledge_alarm, handle_alarm),
    )
)
register(
    RecordType(
        model=UserInformation,
        place="systems",
        clause="iso42001:A.8.2",
        purpose="What users are told of systems: purpose, limits, oversight, whom to ask.",
        columns=("ref", "state", "system", "label", "release", "review_by"),
        filters=("state", "system", "unit"),
        search=("purpose", "limits", "label", "ref"),
        sections={
            "Told": ("system", "label", "release", "purpose", "limits", "oversight", "contact"),
            "Who and when": _WHO,
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=InformationDelivery,
        place="systems",
        clause="iso42001:A.8.2",
        purpose="That users got the information in force, with what shows it.",
        columns=("ref", "information", "reached_percent", "checked_on"),
        filters=("information", "system"),
        search=("how", "proof", "ref"),
        sections={"Delivery": ("information", "reached_percent", "how", "proof", "checked_on")},
        moves=(settle_information_delivery,),
    )
)
register(
    RecordType(
        model=AccessReview,
        place="monitoring",
        clause="gdpr:GDPR-5-f",
        purpose="Who may reach data and models, looked at again by somebody else.",
        columns=("ref", "system", "reviewed_on", "withdrawn", "reviewer"),
        filters=("system", "reviewer"),
        search=("left", "ref"),
        sections={
            "Review": ("system", "reviewed_on", "reviewer", "groups", "encryption"),
            "Found": ("withdrawn", "left"),
        },
        moves=(settle_access_review,),
    )
)
register(
    RecordType(
        model=DataUseRequest,
        place="systems",
        clause="iso42001:A.7.3",
        purpose="Requests to use data for a purpose, with the ground and the safeguards.",
        columns=("ref", "state", "dataset", "owner", "review_by"),
        filters=("state", "dataset", "unit"),
        search=("purpose", "ground", "ref"),
        sections={"Use": ("dataset", "purpose", "ground", "safeguards"), "Who and when": _WHO},
        moves=MOVES,
    )
)
register(
    RecordType(
        model=EvidenceRequest,
        adds="Ask for evidence",
        place="evidence",
        clause="iso42001:9.1",
        purpose="Evidence that somebody is asked for by a day; an answer counts once it was looked at.",
        columns=("what", "state", "asked_of", "due", "about"),
        filters=("state", "asked_of"),
        search=("what", "answer", "ref"),
        sections={
            "Asked": ("what", "about", "asked_of", "due"),
            "Answer": ("state", "asked_by", "answer", "evidence"),
        },
        moves=(answer_evidence_request, accept_evidence_request, decline_evidence_request),
    )
)
register(
    RecordType(
        model=OutsideRequest,
        adds="Ask somebody outside for evidence",
        place="evidence",
        clause="iso42001:9.1",
        purpose="Evidence asked of somebody without an account, by a link; what they send counts once it is reviewed.",
        columns=("what", "state", "name", "due", "delivery", "responsible"),
        filters=("state", "delivery", "unit", "responsible"),
        search=("what", "name", "answer", "ref"),
        sections={
            "Asked": ("what", "kind", "about", "name", "address", "due", "unit", "responsible"),
            "Sent": ("state", "delivery", "messages"),
            "Answer": ("answered_on", "is_late", "answer", "refused_because", "evidence"),
        },
        moves=(remind_outsider, withdraw_outside_request, accept_outside_answer, refuse_outside_answer),
    )
)

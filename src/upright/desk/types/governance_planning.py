"""How principles, objectives, changes, decisions of the leadership and resources look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.models import AiPrinciple, ChangePlan, LeadershipDecision, Objective, ResourcePlan
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=AiPrinciple,
        place="organisation",
        clause="iso42001:5.2",
        purpose="The principles for AI, and what people do or leave because of them.",
        columns=("title", "state", "objective", "policy", "owner"),
        filters=("state", "objective", "policy", "unit", "owner"),
        search=("title", "meaning", "ref"),
        sections={
            "About": ("title", "objective", "meaning", "policy"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Objective,
        place="improvement",
        clause="iso42001:6.2",
        purpose="What the organisation wants to reach with AI, measured.",
        columns=("title", "state", "kind", "measure", "target", "due", "owner"),
        filters=("state", "kind", "about", "unit", "owner", "due"),
        search=("title", "measure", "ref"),
        sections={
            "About": ("title", "kind", "about"),
            "Measured by": ("measure", "target", "due", "how"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=ChangePlan,
        place="organisation",
        clause="iso42001:6.3",
        purpose="Changes of the management system, planned before they are made.",
        columns=("title", "state", "planned_for", "owner", "review_by"),
        filters=("state", "unit", "owner", "planned_for"),
        search=("title", "purpose", "effects", "ref"),
        sections={
            "About": ("title", "purpose", "effects"),
            "How and when": ("resources", "planned_for"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=LeadershipDecision,
        place="organisation",
        clause="iso42001:5.1",
        purpose="What top management decided about AI, and what it gave for it.",
        columns=("title", "state", "decided_on", "owner", "review_by"),
        filters=("state", "unit", "owner", "decided_on"),
        search=("title", "decision", "ref"),
        sections={
            "About": ("title", "decision", "resources", "decided_on"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=ResourcePlan,
        place="organisation",
        clause="iso42001:7.1",
        purpose="People, money and tools for a year.",
        columns=("year", "state", "budget", "owner", "review_by"),
        filters=("state", "unit", "owner"),
        search=("budget", "people", "ref"),
        sections={
            "About": ("year", "budget", "people", "tools"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)

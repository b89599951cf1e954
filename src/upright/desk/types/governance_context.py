"""How issues, parties, scope, processes, roles, frameworks and duties look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.models import (
    AiRole,
    ContextAnalysis,
    ContextIssue,
    FrameworkInUse,
    InterestedParty,
    Obligation,
    ProcessDefinition,
    ScopeStatement,
)
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=ContextIssue,
        place="organisation",
        clause="iso42001:4.1",
        purpose="What outside and inside the organisation bears on its AI, for better or worse.",
        columns=("title", "side", "is_climate", "owner", "closed_on"),
        filters=("side", "is_climate", "unit", "owner"),
        search=("title", "bearing", "ref"),
        sections={
            "About": ("title", "side", "bearing", "is_climate"),
            "Who and when": ("unit", "owner", "closed_on"),
        },
    )
)
register(
    RecordType(
        model=ContextAnalysis,
        place="organisation",
        clause="iso42001:4.1",
        purpose="The yearly look at all issues together, with the decision whether climate change is one of them.",
        columns=("title", "state", "analysed_on", "climate_relevant", "owner", "review_by"),
        filters=("state", "unit", "owner", "review_by"),
        search=("title", "ref"),
        sections={
            "About": ("title", "purposes", "analysed_on"),
            "Climate": ("climate_relevant", "climate_reason"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=InterestedParty,
        place="organisation",
        clause="iso42001:4.2",
        purpose="Who is affected or has a say, what they need, and what becomes of it.",
        columns=("name", "state", "is_handled", "owner", "review_by"),
        filters=("state", "is_handled", "unit", "owner"),
        search=("name", "how", "ref"),
        sections={
            "About": ("name", "needs"),
            "What becomes of it": ("is_handled", "how"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=ScopeStatement,
        place="organisation",
        clause="iso42001:4.3",
        purpose="What the management system covers and what not, and which frameworks apply; by two persons.",
        columns=("title", "state", "owner", "review_by"),
        filters=("state", "unit", "owner"),
        search=("title", "text", "excluded", "ref"),
        sections={
            "About": ("title", "text"),
            "What is covered": ("covers", "systems", "excluded", "frameworks"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=ProcessDefinition,
        place="organisation",
        clause="iso42001:4.4",
        purpose="The processes of the management system: owner, inputs, outputs, and how one sees that they run.",
        columns=("name", "state", "feeds", "owner", "review_by"),
        filters=("state", "unit", "owner"),
        search=("name", "inputs", "outputs", "ref"),
        sections={
            "About": ("name", "inputs", "outputs", "feeds"),
            "How it is seen to run": ("criteria",),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=AiRole,
        place="organisation",
        clause="iso42001:4.1",
        purpose="Which roles the organisation has towards each AI system: it decides which duties apply.",
        columns=("about", "state", "roles", "owner", "review_by"),
        filters=("state", "about", "unit", "owner"),
        search=("about", "why", "ref"),
        sections={
            "About": ("about", "roles", "why"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=FrameworkInUse,
        place="organisation",
        clause="iso42001:4.3",
        purpose="Which standards, laws and voluntary frameworks a unit holds itself to, since when and why.",
        columns=("framework", "state", "unit", "since", "owner"),
        filters=("framework", "state", "unit", "owner"),
        search=("framework", "reason", "ref"),
        sections={
            "About": ("framework", "reason", "since"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Obligation,
        place="organisation",
        clause="iso42001:4.2",
        purpose="What law, contracts and own promises demand, and who answers for it.",
        columns=("title", "state", "source", "due", "owner", "review_by"),
        filters=("state", "unit", "owner"),
        search=("title", "source", "demands", "ref"),
        sections={
            "About": ("title", "source", "demands", "due"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)

"""How controlled documents and objectives look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.models import Document, KeptRecord, Objective
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=Document,
        place="organisation",
        clause="iso42001:7.5.2",
        purpose="Policies and procedures that are in force, who approved them and when they are looked at again.",
        columns=("title", "state", "subtype", "owner", "review_by"),
        filters=("state", "subtype", "unit", "owner"),
        search=("title", "text", "ref"),
        sections={
            "About": ("title", "subtype", "unit", "owner"),
            "Content": ("text", "supersedes", "review_by"),
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
        columns=("title", "measure", "target", "due", "owner"),
        filters=("unit", "owner"),
        search=("title", "measure", "ref"),
        sections={"About": ("title", "measure", "target", "how"), "Who and when": ("unit", "owner", "due")},
    )
)
register(
    RecordType(
        model=KeptRecord,
        place="evidence",
        clause="iso42001:7.5.3",
        purpose="What was done or decided, kept as evidence of one kind, with the fields that kind asks for.",
        columns=("title", "state", "kind", "about", "owner", "review_by"),
        filters=("state", "kind", "unit", "owner"),
        search=("title", "kind", "about", "ref"),
        sections={
            "About": ("title", "kind", "about", "unit", "owner"),
            "What it says": ("data", "conclusion"),
            "Until when": ("supersedes", "review_by"),
        },
        moves=MOVES,
    )
)

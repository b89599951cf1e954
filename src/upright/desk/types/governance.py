"""How documents and kept records look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.actions import acknowledge, fill, issue, take_template
from upright.records.governance.models import Acknowledgement, Document, KeptRecord
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=Document,
        place="organisation",
        clause="iso42001:7.5.2",
        purpose="Policies, procedures and plans in force: who approved them, who read them, when they are reviewed.",
        columns=("title", "state", "subtype", "about", "owner", "review_by"),
        filters=("state", "subtype", "about", "unit", "owner", "review_by"),
        search=("title", "text", "address", "ref"),
        sections={
            "About": ("title", "subtype", "about", "unit", "owner"),
            "Content": ("text", "deviations"),
            "Kept elsewhere": ("address", "edition", "sha256", "approved_elsewhere"),
            "Document control": ("distribution", "supersedes", "review_by"),
        },
        moves=(*MOVES, acknowledge, take_template, fill, issue),
    )
)
register(
    RecordType(
        model=Acknowledgement,
        place="organisation",
        clause="iso42001:7.3",
        purpose="Who read which approved version of a document, and when.",
        columns=("document", "person", "read_on", "at_version"),
        filters=("document", "person", "read_on"),
        search=("ref",),
        sections={"What was read": ("document", "person", "read_on", "at_version", "digest")},
        is_typed=False,
    )
)
register(
    RecordType(
        model=KeptRecord,
        place="evidence",
        clause="iso42001:7.5.3",
        purpose="What was done or decided, kept as evidence of one kind, with the fields that kind asks for.",
        columns=("title", "state", "kind", "about", "owner", "review_by"),
        filters=("state", "kind", "about", "unit", "owner", "review_by"),
        search=("title", "kind", "about", "ref"),
        sections={
            "About": ("title", "kind", "about", "unit", "owner"),
            "What it says": ("data", "conclusion"),
            "Until when": ("supersedes", "review_by"),
        },
        moves=MOVES,
    )
)

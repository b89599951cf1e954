"""How retention classes, holds, disposals and clauses served elsewhere look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.disposing import approve_disposal, lift_hold, refuse_disposal
from upright.records.governance.models import LegalHold, RecordDisposal, RetentionClass, ServedClause
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=RetentionClass,
        place="organisation",
        clause="iso42001:7.5.3",
        purpose="How long what is kept, from which event, on what basis, and how it is disposed of.",
        columns=("title", "state", "applies_to", "starts", "period", "disposal", "review_by"),
        filters=("state", "applies_to", "starts", "disposal", "unit", "owner"),
        search=("title", "basis", "ref"),
        sections={
            "About": ("title", "applies_to"),
            "How long": ("starts", "period", "basis", "by_law", "disposal"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=LegalHold,
        place="organisation",
        clause="iso42001:7.5.3",
        purpose="What must not be disposed of while a dispute, an inquiry or an order lasts.",
        columns=("title", "lifted_on", "owner", "unit"),
        filters=("unit", "owner", "lifted_on"),
        search=("title", "reason", "ref"),
        sections={"About": ("title", "reason", "covers"), "Who": ("unit", "owner")},
        moves=(lift_hold,),
    )
)
register(
    RecordType(
        model=RecordDisposal,
        place="organisation",
        clause="iso42001:7.5.3",
        purpose="Whose data are erased, because a period is over or somebody asked, and who approved it.",
        columns=("record", "state", "ground", "retention_class", "due", "erased_entries"),
        filters=("state", "ground", "retention_class", "unit"),
        search=("record", "why", "ref"),
        sections={"About": ("record", "ground", "retention_class", "asked_on", "why"), "Where": ("unit",)},
        moves=(approve_disposal, refuse_disposal),
    )
)
register(
    RecordType(
        model=ServedClause,
        place="organisation",
        clause="iso42001:4.4",
        purpose="Records that serve ISO/IEC 27001, ISO/IEC 27701 or ISO 9001 too, so that nothing is written twice.",
        columns=("record", "standard", "clause", "note"),
        filters=("standard", "record", "unit"),
        search=("record", "clause", "note", "ref"),
        sections={"About": ("record", "standard", "clause", "note"), "Where": ("unit",)},
    )
)

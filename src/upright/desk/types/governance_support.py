"""How competence, awareness and communication look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.governance.models import Awareness, Communication, CommunicationPlan, Competence
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=Competence,
        place="organisation",
        clause="iso42001:7.2",
        purpose="What tasks ask of people, what those hold, with proof, and whether what was done about a gap worked.",
        columns=("person", "state", "task", "is_effective", "review_by"),
        filters=("state", "person", "unit", "owner", "is_effective"),
        search=("task", "needs", "holds", "ref"),
        sections={
            "About": ("person", "task", "needs"),
            "What is held": ("holds", "gap", "is_effective"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Awareness,
        place="organisation",
        clause="iso42001:7.3",
        purpose="What made people aware of the policy and of their part in it, and how many it reached.",
        columns=("activity", "state", "held_on", "invited", "reached", "owner"),
        filters=("state", "unit", "owner", "held_on"),
        search=("activity", "ref"),
        sections={
            "About": ("activity", "topics", "held_on"),
            "Whom it reached": ("invited", "reached"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=CommunicationPlan,
        place="organisation",
        clause="iso42001:7.4",
        purpose="What is communicated, when, to whom, how, and by whom.",
        columns=("what", "state", "when", "to", "owner", "review_by"),
        filters=("state", "unit", "owner"),
        search=("what", "to", "ref"),
        sections={
            "About": ("what", "when", "to", "how"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Communication,
        place="organisation",
        clause="iso42001:7.4",
        purpose="What was communicated, to whom and when; of a policy, that it was made known.",
        columns=("what", "state", "document", "sent_on", "owner"),
        filters=("state", "document", "plan", "unit", "owner", "sent_on"),
        search=("what", "channel", "ref"),
        sections={
            "About": ("what", "document", "plan"),
            "To whom and how": ("audiences", "channel", "sent_on"),
            "Document control": ("unit", "owner", "supersedes", "review_by"),
        },
        moves=MOVES,
    )
)

"""How people, units and power look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.actions import accept, confirm, end, end_sessions, open_account
from upright.records.identity.leaving import deactivate, reactivate
from upright.records.identity.models import ApprovalException, Delegation, Invitation, Person, RoleAssignment, Unit

register(
    RecordType(
        model=Unit,
        place="organisation",
        clause="iso42001:4.3",
        purpose="The organisation, its legal entities and units: power held in one reaches all that lies under it.",
        columns=("name", "kind", "parent", "jurisdictions"),
        filters=("kind", "parent"),
        search=("name", "ref"),
        sections={"About": ("name", "kind", "parent", "jurisdictions")},
        external_id="name",
    )
)
register(
    RecordType(
        model=Person,
        place="organisation",
        clause="iso42001:5.3",
        purpose="Everybody who decides, answers for something or is informed; an account lets them log in.",
        columns=("name", "email", "unit", "is_active"),
        filters=("unit", "is_active"),
        search=("name", "email"),
        sections={"About": ("name", "email", "unit")},
        moves=(open_account, end_sessions, deactivate, reactivate),
        external_id="email",
    )
)
register(
    RecordType(
        model=RoleAssignment,
        place="organisation",
        clause="iso42001:5.3",
        purpose="Who holds which role where, who granted it, who confirmed it, and since when its holder accepted it.",
        columns=("person", "role", "unit", "starts", "ends", "granted_by", "confirmed_by", "accepted_at", "flag"),
        filters=("person", "role", "unit"),
        search=("ref",),
        sections={"Role": ("person", "role", "unit"), "Time": ("starts", "ends")},
        moves=(accept, confirm, end),
    )
)
register(
    RecordType(
        model=Delegation,
        place="organisation",
        clause="iso42001:5.3",
        purpose="Rights that one person lends another for a time: holidays, or an outsider who approves.",
        columns=("giver", "receiver", "unit", "starts", "ends", "confirmed_by", "accepted_at", "flag"),
        filters=("giver", "receiver", "unit"),
        search=("ref",),
        sections={"Who": ("giver", "receiver", "unit"), "What": ("rights",), "Time": ("starts", "ends")},
        moves=(accept, confirm, end),
    )
)
register(
    RecordType(
        model=ApprovalException,
        place="organisation",
        clause="iso42001:5.3",
        purpose="Where one person alone can approve: for how long that is accepted. It shows wherever it was used.",
        columns=("person", "unit", "starts", "ends", "granted_by", "ended_at"),
        filters=("person", "unit"),
        search=("ref",),
        sections={"Who": ("person", "unit"), "Time": ("starts", "ends")},
        moves=(end,),
    )
)
register(
    RecordType(
        model=Invitation,
        place="organisation",
        clause="iso42001:9.2.2",
        purpose="External auditors who may read, where, and until when.",
        columns=("person", "unit", "purpose", "starts", "ends"),
        filters=("person", "unit"),
        search=("purpose", "ref"),
        sections={"Who": ("person", "unit"), "Why": ("purpose",), "Time": ("starts", "ends")},
    )
)

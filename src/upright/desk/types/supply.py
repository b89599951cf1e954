"""How suppliers' and customers' records look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.identity.controlled import MOVES
from upright.records.operations.actions.supply import (
    acknowledge_responsibility_matrix,
    confirm_supplier_review,
    deliver_information_owed,
    judge_change_notice,
    judge_customer_requirement,
    reconfirm_responsibility_matrix,
    record_their_acknowledgement,
    reopen_customer_requirement,
    reopen_supplier_review,
)
from upright.records.operations.models import (
    ChangeNotice,
    CustomerRequirement,
    InformationOwed,
    ResponsibilityMatrix,
    SupplierAssessment,
    SupplierReview,
)

register(
    RecordType(
        model=SupplierAssessment,
        place="organisation",
        clause="iso42001:A.10.3",
        purpose="What suppliers were looked at for, what it came to, and when they are assessed again.",
        columns=("ref", "state", "supplier", "result", "assessed_on", "review_by"),
        filters=("state", "supplier", "result", "unit"),
        search=("looked_at", "conditions", "ref"),
        sections={
            "Assessment": ("supplier", "assessed_on", "looked_at", "result", "conditions"),
            "Who and when": ("unit", "owner", "review_by", "supersedes"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=SupplierReview,
        place="systems",
        clause="iso42001:A.10.3",
        purpose="That each supplier of a system has a current assessment; a new one opens it again.",
        columns=("ref", "state", "system", "review_by"),
        filters=("state", "system"),
        search=("note", "ref"),
        sections={"Review": ("system", "note"), "Confirmed": ("state", "rows", "review_by", "confirmed_by")},
        moves=(confirm_supplier_review, reopen_supplier_review),
    )
)
register(
    RecordType(
        model=ResponsibilityMatrix,
        place="organisation",
        clause="iso42001:A.10.2",
        purpose="Who does what between us and a supplier or customer, acknowledged by both.",
        columns=("ref", "state", "system", "party", "review_by"),
        filters=("state", "system"),
        search=("party", "gaps", "ref"),
        sections={
            "Duties": ("system", "party", "duties", "gaps", "review_by"),
            "Acknowledged": ("state", "ours_by", "theirs_by", "proof"),
        },
        moves=(acknowledge_responsibility_matrix, record_their_acknowledgement, reconfirm_responsibility_matrix),
    )
)
register(
    RecordType(
        model=ChangeNotice,
        place="organisation",
        clause="iso42001:A.10.3",
        purpose="What suppliers announce to change, and what that means here.",
        columns=("ref", "state", "supplier", "received_on", "effective_on"),
        filters=("state", "supplier"),
        search=("what", "effect", "ref"),
        sections={"Notice": ("supplier", "what", "received_on", "effective_on"), "Judged": ("state", "effect")},
        moves=(judge_change_notice,),
    )
)
register(
    RecordType(
        model=CustomerRequirement,
        place="organisation",
        clause="iso42001:A.10.4",
        purpose="What customers expect of our AI, and what meets it.",
        columns=("requirement", "state", "customer", "review_by"),
        filters=("state", "customer"),
        search=("requirement", "met_by", "ref"),
        sections={"Requirement": ("customer", "requirement", "met_by", "review_by"), "Judged": ("state", "judged_by")},
        moves=(judge_customer_requirement, reopen_customer_requirement),
    )
)
register(
    RecordType(
        model=InformationOwed,
        place="organisation",
        clause="iso42001:A.8.5",
        purpose="Information about AI systems that is owed by a day, and its delivery.",
        columns=("ref", "owed_to", "what", "due", "delivered_on"),
        filters=("customer", "unit"),
        search=("owed_to", "what", "ref"),
        sections={"Owed": ("owed_to", "customer", "unit", "what", "due"), "Delivered": ("delivered_on", "proof")},
        moves=(deliver_information_owed,),
    )
)

"""How proposals of bindings, the intake and origins look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.actions import approve_bindings, link_statement, refuse_statement, reject_bindings
from upright.records.assurance.models import BindingApproval, Intake, Origin
from upright.records.assurance.snapshots import PostureSnapshot

register(
    RecordType(
        model=BindingApproval,
        place="evidence",
        clause="iso42001:9.1",
        purpose="Checks that a repository wants to be measured by: in force once somebody else approves them.",
        columns=("ref", "state", "about", "bindings", "proposed_by", "decided_by"),
        filters=("state", "about"),
        search=("ref", "proposed_by"),
        sections={"Proposed": ("about", "manifest", "bindings", "changes", "proposed_by", "state", "decided_by")},
        moves=(approve_bindings, reject_bindings),
        is_typed=False,
    )
)
register(
    RecordType(
        model=Intake,
        place="evidence",
        clause="iso42001:9.1",
        purpose="Statements that came by push and fit nothing yet; they count only once somebody links them.",
        columns=("ref", "state", "claims", "why", "origin"),
        filters=("state", "claims"),
        search=("evidence", "claims", "origin"),
        sections={"Came in": ("evidence", "claims", "origin", "why", "state", "pushed_by", "decided_by")},
        moves=(link_statement, refuse_statement),
        is_typed=False,
    )
)
register(
    RecordType(
        model=Origin,
        place="evidence",
        clause="iso42001:7.5.3",
        purpose="Logs that evidence is pushed from, and how far each is known.",
        columns=("origin", "size"),
        search=("origin",),
        sections={"Log": ("origin", "log_key", "size")},
        is_typed=False,
    )
)
register(
    RecordType(
        model=PostureSnapshot,
        place="reports",
        clause="iso42001:9.1",
        purpose="What posture was on a day, by counts; computed from the evidence, never typed.",
        columns=("ref", "scope", "day", "facts"),
        filters=("scope", "unit"),
        search=("ref", "scope"),
        sections={"Snapshot": ("scope", "unit", "day", "at", "counts", "facts", "catalogue")},
        is_typed=False,
    )
)

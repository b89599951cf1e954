"""How audits and certificates look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.assurance.audit_actions import (
    cancel_audit,
    receive_audit,
    reinstate_certificate,
    report_audit,
    start_audit,
    suspend_certificate,
    withdraw_certificate,
)
from upright.records.assurance.auditing import (
    Audit,
    AuditFinding,
    AuditInterview,
    AuditorAssignment,
    AuditProgramme,
    AuditSample,
    Certificate,
)
from upright.records.identity.controlled import MOVES

register(
    RecordType(
        model=AuditProgramme,
        place="improvement",
        clause="iso42001:9.2.2",
        purpose="Which audits a cycle holds, so that every clause and included control is audited, and why so often.",
        columns=("title", "state", "starts", "ends", "owner", "review_by"),
        filters=("state", "owner", "unit"),
        search=("title", "ref"),
        sections={
            "Cycle": ("title", "starts", "ends"),
            "How often, and why": ("importance", "earlier_results"),
            "How": ("methods", "impartiality"),
            "Who and when": ("unit", "owner", "review_by", "supersedes"),
        },
        moves=MOVES,
    )
)
register(
    RecordType(
        model=Audit,
        place="improvement",
        clause="iso42001:9.2.1",
        purpose="Audits: by which criteria, of what, by whom, and who received the report.",
        columns=("title", "state", "kind", "programme", "starts", "ends"),
        filters=("state", "kind", "programme", "certificate", "unit"),
        search=("title", "scope", "ref"),
        sections={
            "Audit": ("title", "kind", "programme", "certificate", "unit"),
            "Criteria and scope": ("criteria", "scope", "clauses", "systems"),
            "When": ("starts", "ends"),
        },
        moves=(start_audit, report_audit, receive_audit, cancel_audit),
    )
)
register(
    RecordType(
        model=AuditorAssignment,
        place="improvement",
        clause="iso42001:9.2.2",
        purpose="Who audits: nobody audits own work of the last twelve months, and everybody is competent for it.",
        columns=("auditor", "is_lead", "audit"),
        filters=("audit", "auditor", "is_lead"),
        search=("ref",),
        sections={"Assignment": ("audit", "auditor", "is_lead")},
    )
)
register(
    RecordType(
        model=AuditSample,
        place="improvement",
        clause="iso42001:9.2.2",
        purpose="What auditors look at, drawn by rule and seed, so that anyone can draw it again.",
        columns=("ref", "what", "size", "population", "audit", "seed"),
        filters=("audit", "what"),
        search=("ref", "what"),
        sections={
            "Population": ("audit", "what", "system", "since", "until"),
            "Draw": ("size", "seed"),
        },
    )
)
register(
    RecordType(
        model=AuditInterview,
        place="improvement",
        clause="iso42001:9.2.2",
        purpose="Whom auditors heard, when, about what, and what was said and shown.",
        columns=("role", "held_on", "audit"),
        filters=("audit",),
        search=("role", "notes", "ref"),
        sections={"Interview": ("audit", "role", "held_on", "clauses", "notes")},
    )
)
register(
    RecordType(
        model=AuditFinding,
        place="improvement",
        clause="iso42001:9.2.2",
        purpose="What audits found, by clause and grade; major and minor ones lead to a nonconformity.",
        columns=("clause", "grade", "statement", "audit", "is_reported"),
        filters=("audit", "grade", "is_reported"),
        search=("clause", "statement", "ref"),
        sections={"Finding": ("audit", "clause", "grade", "statement", "grounds")},
    )
)
register(
    RecordType(
        model=Certificate,
        place="improvement",
        clause="iso42001:4.3",
        purpose="That the management system was certified, for what, since when, and which audits keep it so.",
        columns=("number", "state", "standard", "body", "issued_on", "expires_on"),
        filters=("state", "unit", "owner"),
        search=("number", "body", "scope", "ref"),
        sections={
            "Certificate": ("number", "standard", "body", "scope"),
            "Who and when": ("unit", "owner", "issued_on", "expires_on"),
        },
        moves=(suspend_certificate, reinstate_certificate, withdraw_certificate),
    )
)

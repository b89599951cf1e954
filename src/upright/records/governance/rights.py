"""Who may do what with documents, kept records and the plans and registers of the management system."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_WRITE = (Role.AIMS_MANAGER, Role.SYSTEM_OWNER, Role.RISK_OWNER)
_LEAD = (Role.AIMS_MANAGER,)
_PEOPLE = tuple(one for one in Role if one is not Role.EXTERNAL_AUDITOR)

_WRITTEN_BY = {
    "ai_principle": _LEAD,
    "ai_role": _WRITE,
    "awareness": _WRITE,
    "change_plan": _WRITE,
    "communication": _WRITE,
    "communication_plan": _LEAD,
    "competence": _WRITE,
    "context_analysis": _LEAD,
    "context_issue": _WRITE,
    "document": _WRITE,
    "framework_in_use": _LEAD,
    "interested_party": _WRITE,
    "kept_record": _WRITE,
    "leadership_decision": _LEAD,
    "legal_hold": _LEAD,
    "objective": _WRITE,
    "obligation": _WRITE,
    "process_definition": _WRITE,
    "resource_plan": _LEAD,
    "retention_class": _LEAD,
    "scope_statement": _LEAD,
    "served_clause": _WRITE,
}
"""By type, who writes it. What is approved is approved by an AIMS manager who neither wrote nor owns it."""

RIGHTS = {
    **{f"governance.{name}.read": _ALL for name in _WRITTEN_BY},
    **{f"governance.{name}.{verb}": roles for name, roles in _WRITTEN_BY.items() for verb in ("add", "change")},
    **{f"governance.{name}.approve": _LEAD for name in _WRITTEN_BY if name not in {"context_issue", "served_clause"}},
    **{f"governance.record_disposal.{verb}": _LEAD for verb in ("add", "change", "approve")},
    "governance.record_disposal.read": _ALL,
    "governance.document.acknowledge": _PEOPLE,
    "governance.acknowledgement.read": _ALL,
}

LAID_DOWN = (
    "ai_principle", "communication_plan", "context_analysis", "document", "framework_in_use", "objective",
    "process_definition", "retention_class", "scope_statement",
)  # fmt: skip
"""What a unit lays down for those below it, whose members read it (5.2, 6.2, 7.4, 7.5)."""

FROM_BELOW = (*(f"governance.{name}.read" for name in LAID_DOWN), "governance.document.acknowledge")

"""Who may do what with risks, impact, controls and what applies."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_WRITE = (Role.RISK_OWNER, Role.SYSTEM_OWNER, Role.AIMS_MANAGER)
_MANAGER = (Role.AIMS_MANAGER,)
_ACCEPT = (Role.RISK_OWNER, Role.AIMS_MANAGER)
_TYPES = {
    # type: who writes it, who approves it
    "risk": (_WRITE, ()),
    "rating": ((*_WRITE, Role.INTERNAL_AUDITOR, Role.OVERSEER), ()),
    "treatment": (_WRITE, _ACCEPT),
    "risk_acceptance": ((), ()),
    "risk_criteria": (_MANAGER, _MANAGER),
    "opportunity_criteria": (_MANAGER, _MANAGER),
    "risk_assessment": (_WRITE, _ACCEPT),
    "opportunity": (_WRITE, _MANAGER),
    "threat_decision": (_WRITE, ()),
    "impact_assessment": (_WRITE, _ACCEPT),
    "change_review": (_WRITE, _ACCEPT),
    "control": (_WRITE, ()),
    "control_evaluation": ((*_WRITE, Role.INTERNAL_AUDITOR), _ACCEPT),
    "statement_of_applicability": (_MANAGER, _ACCEPT),
    "soa_row": (_MANAGER, ()),
    "waiver": (_WRITE, _MANAGER),
}

RIGHTS: dict[str, tuple[Role, ...]] = {"risk.risk.accept": _ACCEPT}
for _name, (_writers, _approvers) in _TYPES.items():
    RIGHTS[f"risk.{_name}.read"] = _ALL
    if _writers:
        RIGHTS[f"risk.{_name}.add"] = RIGHTS[f"risk.{_name}.change"] = _writers
    if _approvers:
        RIGHTS[f"risk.{_name}.approve"] = _approvers

FROM_BELOW = tuple(
    f"risk.{name}.read"
    for name in ("risk_criteria", "opportunity_criteria", "control", "statement_of_applicability", "soa_row")
)
"""What a unit lays down for those below it, whose members read it (6.1)."""

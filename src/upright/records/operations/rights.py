"""Who may do what in operations."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_OWN = (Role.SYSTEM_OWNER, Role.AIMS_MANAGER)
_MANAGER = (Role.AIMS_MANAGER,)
_INSIDE = tuple(role for role in Role if role != Role.EXTERNAL_AUDITOR)
_AUDIT = (Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR)
_OVER = (Role.OVERSEER, *_OWN)

_CONTROLLED = (
    "intended_use", "use_approval", "requirement_specification", "test_report", "disposal", "oversight_assignment",
    "monitor", "user_information", "data_use_request", "supplier_assessment",
)  # fmt: skip
_WRITTEN = (
    *_CONTROLLED, "stage_change", "incident", "notice", "usage_review", "information_delivery", "supplier_review",
    "responsibility_matrix", "change_notice", "customer_requirement", "information_owed",
)  # fmt: skip
_OTHERS: dict[str, tuple[Role, ...]] = {
    "use_proposal": _INSIDE,
    "decision_review": _OVER,
    "alarm": _OVER,
    "access_review": (*_OWN, Role.INTERNAL_AUDITOR),
    "evidence_request": _AUDIT,
    "outside_request": (*_OWN, Role.INTERNAL_AUDITOR),
}
"""Types that others than owners and managers write too."""

RIGHTS: dict[str, tuple[Role, ...]] = {f"operations.{name}.read": _ALL for name in (*_WRITTEN, *_OTHERS)}
RIGHTS |= {f"operations.{name}.{verb}": _OWN for name in _WRITTEN for verb in ("add", "change")}
RIGHTS |= {f"operations.{name}.{verb}": roles for name, roles in _OTHERS.items() for verb in ("add", "change")}
RIGHTS |= {f"operations.{name}.approve": _MANAGER for name in _CONTROLLED}
RIGHTS |= {
    "operations.stage_change.approve": _OWN,
    "operations.stage_change.release": _OWN,
    "operations.incident.approve": _MANAGER,
    "operations.use_proposal.decide": _MANAGER,
    "operations.supplier_review.confirm": _OWN,
    "operations.responsibility_matrix.approve": _OWN,
    "operations.evidence_request.approve": _AUDIT,
    "operations.outside_request.approve": _AUDIT,
}
_HANDLERS = (Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR)
RIGHTS |= {f"operations.concern.{verb}": _HANDLERS for verb in ("read", "change")}
RIGHTS |= {
    f"operations.{name}.{verb}": (*_HANDLERS, Role.SYSTEM_OWNER)
    for name in ("external_report", "contested_decision")
    for verb in ("read", "change")
}

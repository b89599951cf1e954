"""Who may do what with evidence, bindings and keys."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_OWN = (Role.SYSTEM_OWNER, Role.AIMS_MANAGER)

RIGHTS = {
    "assurance.evidence.read": _ALL,
    "assurance.evidence.push": _OWN,
    "assurance.posture.read": _ALL,
    "assurance.workspace_system.read": _ALL,
    "assurance.binding_approval.read": _ALL,
    "assurance.binding_approval.decide": _OWN,
    "assurance.intake.read": _OWN,
    "assurance.intake.decide": _OWN,
    "assurance.origin.read": _ALL,
    "assurance.key.enrol": (Role.ADMINISTRATOR, Role.AIMS_MANAGER),
}

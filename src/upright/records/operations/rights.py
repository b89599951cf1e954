"""Who may do what in operations."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_OWN = (Role.SYSTEM_OWNER, Role.AIMS_MANAGER)

RIGHTS = {
    "operations.stage_change.read": _ALL,
    "operations.stage_change.add": _OWN,
    "operations.stage_change.change": _OWN,
    "operations.stage_change.approve": _OWN,
    "operations.stage_change.release": _OWN,
}

"""Who may do what with the inventory."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_OWN = (Role.SYSTEM_OWNER, Role.AIMS_MANAGER)

RIGHTS = {
    "inventory.system.read": _ALL,
    "inventory.system.add": _OWN,
    "inventory.system.change": _OWN,
}

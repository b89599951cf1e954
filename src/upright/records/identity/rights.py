"""Who may do what with persons, units and roles."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_ADMIN = (Role.ADMINISTRATOR,)

RIGHTS = {
    "identity.person.read": _ALL,
    "identity.person.add": _ADMIN,
    "identity.person.change": _ADMIN,
    "identity.unit.read": _ALL,
    "identity.unit.add": _ADMIN,
    "identity.unit.change": _ADMIN,
    "identity.role.read": _ALL,
}

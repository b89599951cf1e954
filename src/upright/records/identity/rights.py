"""Who may do what with persons, units and roles."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_ADMIN = (Role.ADMINISTRATOR,)
_MANAGER = (Role.AIMS_MANAGER,)
_GRANTS = (Role.ADMINISTRATOR, Role.AIMS_MANAGER)
_HOLDERS = tuple(role for role in Role if role not in {Role.EXTERNAL_AUDITOR, Role.MEMBER})

RIGHTS = {
    "identity.person.read": _ALL,
    "identity.person.add": _ADMIN,
    "identity.person.change": _ADMIN,
    "identity.person.deactivate": _ADMIN,
    "identity.unit.read": _ALL,
    "identity.unit.add": _ADMIN,
    "identity.unit.change": _ADMIN,
    "identity.account.add": _ADMIN,
    "identity.account.end_sessions": _ADMIN,
    "identity.role.read": _ALL,
    "identity.token.read": _ADMIN,
    "identity.token.revoke": _ADMIN,
    "identity.role.add": _GRANTS,
    "identity.role.add_administrator": _ADMIN,
    "identity.role.confirm": _MANAGER,
    "identity.role.end": _GRANTS,
    "identity.delegation.read": _ALL,
    "identity.delegation.add": _HOLDERS,
    "identity.exception.read": _ALL,
    "identity.exception.add": _MANAGER,
    "identity.invitation.read": _ALL,
    "identity.invitation.add": _GRANTS,
}

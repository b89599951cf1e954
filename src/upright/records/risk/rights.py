"""Who may do what with risks."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_WRITE = (Role.RISK_OWNER, Role.SYSTEM_OWNER, Role.AIMS_MANAGER)

RIGHTS = {
    "risk.risk.read": _ALL,
    "risk.risk.add": _WRITE,
    "risk.risk.change": _WRITE,
    "risk.risk.accept": (Role.RISK_OWNER, Role.AIMS_MANAGER),
    "risk.treatment.read": _ALL,
    "risk.treatment.add": _WRITE,
    "risk.treatment.change": _WRITE,
    "risk.treatment.approve": (Role.RISK_OWNER, Role.AIMS_MANAGER),
}

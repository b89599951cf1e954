"""Who may do what with controlled documents and objectives."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_WRITE = (Role.AIMS_MANAGER, Role.SYSTEM_OWNER, Role.RISK_OWNER)

RIGHTS = {
    "governance.document.read": _ALL,
    "governance.document.add": _WRITE,
    "governance.document.change": _WRITE,
    "governance.document.approve": (Role.AIMS_MANAGER,),
    "governance.kept_record.read": _ALL,
    "governance.kept_record.add": _WRITE,
    "governance.kept_record.change": _WRITE,
    "governance.kept_record.approve": (Role.AIMS_MANAGER,),
    "governance.objective.read": _ALL,
    "governance.objective.add": (Role.AIMS_MANAGER,),
    "governance.objective.change": (Role.AIMS_MANAGER,),
}

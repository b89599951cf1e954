"""Who may do what with the inventory."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_OWN = (Role.SYSTEM_OWNER, Role.AIMS_MANAGER)
_TYPES = (
    "system", "use", "supplier", "customer", "model", "model_version", "dataset", "resource", "process", "deployment",
    "dependency",
)  # fmt: skip

RIGHTS = {f"inventory.{name}.read": _ALL for name in _TYPES}
RIGHTS |= {f"inventory.{name}.{verb}": _OWN for name in _TYPES for verb in ("add", "change")}
RIGHTS |= {"inventory.use.decide": (Role.AIMS_MANAGER,)}

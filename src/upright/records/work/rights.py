"""Who may see what the worker does, and have reactions or checks run. Who asked for an import sees it anyway."""

from upright.records.identity.models import Role

RIGHTS = {
    "work.reaction.read": (Role.ADMINISTRATOR, Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR, Role.EXTERNAL_AUDITOR),
    "work.import.read": (Role.ADMINISTRATOR, Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR, Role.EXTERNAL_AUDITOR),
    "work.check_run.read": tuple(Role),
    "work.check_run.run": (Role.SYSTEM_OWNER, Role.AIMS_MANAGER),
    "work.check_schedule.read": tuple(Role),
    "work.check_schedule.add": (Role.SYSTEM_OWNER, Role.AIMS_MANAGER),
    "work.check_schedule.change": (Role.SYSTEM_OWNER, Role.AIMS_MANAGER),
    "work.reaction.run": (Role.ADMINISTRATOR, Role.AIMS_MANAGER),
}

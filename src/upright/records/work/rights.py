"""Who may see what the worker does, and have a reaction run again. Who asked for an import sees it without a role."""

from upright.records.identity.models import Role

RIGHTS = {
    "work.reaction.read": (Role.ADMINISTRATOR, Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR, Role.EXTERNAL_AUDITOR),
    "work.import.read": (Role.ADMINISTRATOR, Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR, Role.EXTERNAL_AUDITOR),
    "work.reaction.run": (Role.ADMINISTRATOR, Role.AIMS_MANAGER),
}

"""Who may do what with what hangs on a record; each action also asks whether the record itself may be read."""

from upright.records.identity.models import Role

_ALL = tuple(Role)
_WORKING = (Role.SYSTEM_OWNER, Role.RISK_OWNER, Role.OVERSEER, Role.AIMS_MANAGER, Role.INTERNAL_AUDITOR)

RIGHTS = {
    "collaboration.comment.read": _ALL,
    "collaboration.comment.add": tuple(role for role in Role if role != Role.EXTERNAL_AUDITOR),
    "collaboration.attachment.read": _ALL,
    "collaboration.attachment.add": _WORKING,
    "collaboration.task.read": _ALL,
    "collaboration.task.add": _WORKING,
    "collaboration.task.close": _WORKING,
    "collaboration.import_mapping.read": _ALL,
    "collaboration.import_mapping.add": _WORKING,
    "collaboration.import_mapping.change": _WORKING,
}

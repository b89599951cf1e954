"""Which verbs add the types that have rules of power."""

from upright.records.identity.actions import allow_exception, delegate, grant, invite_auditor
from upright.records.identity.editing import added_by
from upright.records.identity.models import ApprovalException, Delegation, Invitation, RoleAssignment


def name_adders() -> None:
    """For forms, routes and imports: there is no other way to add one."""
    added_by(RoleAssignment, grant)
    added_by(Delegation, delegate)
    added_by(ApprovalException, allow_exception)
    added_by(Invitation, invite_auditor)

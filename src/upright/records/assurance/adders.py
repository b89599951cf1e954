"""Which verbs add the types that have rules of their own."""

from upright.records.assurance.audit_actions import assign_auditor, draw_sample, record_finding, record_interview
from upright.records.assurance.auditing import AuditFinding, AuditInterview, AuditorAssignment, AuditSample
from upright.records.assurance.review_actions import add_decision
from upright.records.assurance.reviewing import ReviewDecision
from upright.records.identity.editing import added_by


def name_adders() -> None:
    """For forms, routes and imports: there is no other way to add one."""
    added_by(AuditorAssignment, assign_auditor)
    added_by(AuditSample, draw_sample)
    added_by(AuditInterview, record_interview)
    added_by(AuditFinding, record_finding)
    added_by(ReviewDecision, add_decision)

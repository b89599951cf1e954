"""Which verbs add the records of this app whose adding has rules."""

from upright.records.identity.editing import added_by
from upright.records.operations import models
from upright.records.operations.actions.incidents import send_notice
from upright.records.operations.actions.outside import ask_outsider
from upright.records.operations.actions.oversight import review_decision
from upright.records.operations.actions.requests import ask_evidence, deliver_information, review_access
from upright.records.operations.actions.stages import request_stage_change
from upright.records.operations.actions.use import propose_use, review_usage


def register() -> None:
    """Names them."""
    added_by(models.StageChange, request_stage_change, told=("requested_by",))
    added_by(models.Notice, send_notice)
    added_by(models.DecisionReview, review_decision)
    added_by(models.EvidenceRequest, ask_evidence, told=("asked_by",))
    added_by(models.OutsideRequest, ask_outsider)
    added_by(models.InformationDelivery, deliver_information)
    added_by(models.AccessReview, review_access)
    added_by(models.UseProposal, propose_use, told=("proposed_by",))
    added_by(models.UsageReview, review_usage)

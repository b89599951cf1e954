"""Approving assessments: what was opened again stands once somebody has approved it anew."""

from datetime import date
from typing import TypeVar

from upright.kernel import Actor
from upright.records.identity.controlled import approve, reconfirm
from upright.records.identity.power import Powers
from upright.records.risk.models import ImpactAssessment, RiskAssessment

Assessed = TypeVar("Assessed", ImpactAssessment, RiskAssessment)


def approve_assessment(
    assessment: Assessed, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Assessed:
    """Approve this assessment: never who wrote or owns any of it."""
    assessment.reopened_because = ""
    return approve(assessment, actor=actor, reason=reason, powers=powers)


def reconfirm_assessment(
    assessment: Assessed, *, review_by: date, actor: Actor, reason: str, powers: Powers | None = None
) -> Assessed:
    """Say that this still holds as it was approved, what has changed included; with the reason, not its owner."""
    assessment.reopened_because = ""
    return reconfirm(assessment, review_by=review_by, actor=actor, reason=reason, powers=powers)

"""Which verbs add the records of this app whose adding has rules."""

from upright.records.identity.editing import added_by
from upright.records.operations.actions.stages import request_stage_change
from upright.records.operations.models import StageChange


def register() -> None:
    """Names them."""
    added_by(StageChange, request_stage_change)

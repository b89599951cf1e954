"""How stage changes look on the desk."""

from upright.desk.description import RecordType, register
from upright.records.operations.actions.stages import approve_stage_change, decline_stage_change, make_stage_change
from upright.records.operations.models import StageChange

register(
    RecordType(
        model=StageChange,
        place="systems",
        clause="iso42001:A.6.2.5",
        purpose="Steps of systems through their life: requested by one, approved by another, made past the gate.",
        columns=("ref", "state", "system", "to_stage", "way", "release"),
        filters=("state", "system", "to_stage", "way"),
        search=("ref", "release", "why"),
        sections={
            "Step": ("system", "to_stage", "way", "release", "why"),
            "Decided": ("from_stage", "state", "requested_by", "approved_by", "facts"),
        },
        moves=(approve_stage_change, make_stage_change, decline_stage_change),
    )
)

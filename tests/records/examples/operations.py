"""Examples of operations."""

from records.examples.building import Builder
from upright.records.operations.models import StageChange

EXAMPLES: dict[str, Builder] = {
    "stage-change": lambda org, made: StageChange(
        system=made["system"], to_stage="design-development", why="The case is made."
    ),
}

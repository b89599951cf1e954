"""The records of operations."""

from upright.records.operations.models.stages import StageChange

__all__ = ["StageChange"]

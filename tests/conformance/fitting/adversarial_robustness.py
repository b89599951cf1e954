from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_model, table_source


def fitting(folder: Path) -> Fitting:
    """The regression, and the people that it decides on."""
    limits = {"flipped_within_budget": {"at_most": "0.9"}}
    return replace(on_a_model(folder), against=table_source(folder), limits=limits, options={"rows": 40})

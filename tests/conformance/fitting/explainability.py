from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_model, table_source


def fitting(folder: Path) -> Fitting:
    """The regression, and the people that it decides on."""
    limits = {"fidelity": {"at_least": "0.1"}}
    options = {"rows": 120, "tested": 40, "orders": 8, "explained": 3}
    return replace(on_a_model(folder), against=table_source(folder), limits=limits, options=options)

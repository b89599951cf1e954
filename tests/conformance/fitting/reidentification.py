from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_table


def fitting(folder: Path) -> Fitting:
    """Sex and region are what others know; two people of a rare sex are few, not alone."""
    limits = {"unique_share": {"at_most": "0.05"}}
    return replace(on_a_table(folder), options={"quasi_identifiers": ("sex", "region")}, limits=limits)

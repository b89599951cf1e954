from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_table, people, table_source


def fitting(folder: Path) -> Fitting:
    """Another table of the same people's kind; few rows show only large changes."""
    earlier = table_source(folder, people(600), name="earlier")
    return replace(on_a_table(folder), against=earlier, options={"smallest_change": 0.3})

from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_model, people, table_source


def fitting(folder: Path) -> Fitting:
    """The regression, the people it was trained on, and others."""
    others = table_source(folder, people().slice(200), name="others")
    training = table_source(folder, people().slice(0, 200), name="training")
    limits = {"trigger_success": {"at_most": "0.9"}}
    return replace(on_a_model(folder), training=training, against=others, limits=limits, options={"repeats": 1})

from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, on_a_model, people, table_source


def fitting(folder: Path) -> Fitting:
    """The regression, the people it was trained on, and as many others."""
    others = table_source(folder, people().slice(200), name="others")
    training = table_source(folder, people().slice(0, 200), name="training")
    limits = {"attack_auc": {"at_most": "0.9"}}
    return replace(on_a_model(folder), training=training, against=others, limits=limits, options={"shadows": 2})

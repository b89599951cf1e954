from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, model_source, table_source


def fitting(folder: Path) -> Fitting:
    """A model with a pinned list and training data; nobody has said its licence."""
    (folder / "requirements.txt").write_text(f"numpy==2.0.0 --hash=sha256:{'0' * 64}\n")
    model = replace(model_source(folder), requirements=folder / "requirements.txt")
    return Fitting(on=model, against=table_source(folder))

from pathlib import Path

from conformance.made import SYSTEM, Fitting, model_source, table_source
from upright.checks.contract import SystemSource
from upright.checks.inventory.tree import fingerprint


def fitting(folder: Path) -> Fitting:
    """A folder with a model, a table and a source, all declared."""
    model, table = model_source(folder), table_source(folder)
    (folder / "app.py").write_text("print('nothing of AI')\n")
    source = SystemSource(
        ref=SYSTEM, digest="ab" * 32, hold="declared", folder=folder, manifest="upright.yaml",
        inventory=fingerprint(folder), models=(model,), tables=(table,),
    )  # fmt: skip
    return Fitting(on=source)

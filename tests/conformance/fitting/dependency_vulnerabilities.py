import json
from dataclasses import replace
from pathlib import Path

from conformance.made import Fitting, model_source


def fitting(folder: Path) -> Fitting:
    """A pinned list in which one package has a known vulnerability, and a snapshot of two records."""
    digest = f"--hash=sha256:{'0' * 64}"
    (folder / "requirements.txt").write_text(f"made-package==1.2 {digest}\nother==3.0 {digest}\n")
    snapshot = folder / "osv"
    snapshot.mkdir()
    for name, package in (("MADE-1", "made-package"), ("MADE-2", "unrelated")):
        events = [{"introduced": "0"}, {"fixed": "2.0"}]
        affected = {
            "package": {"ecosystem": "PyPI", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": events}],
        }
        record = {"id": name, "modified": "2026-04-28T00:00:00Z", "affected": [affected]}
        (snapshot / f"{name}.json").write_text(json.dumps(record))
    model = replace(model_source(folder), requirements=folder / "requirements.txt")
    return Fitting(on=model, options={"snapshot": "osv"})

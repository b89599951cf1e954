"""Two probes, eight prompts each, by a program in garak's place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checks import scripted_garak
from checks.scripted_model import refuses, serving
from conformance.made import SYSTEM, Fitting
from upright.checks.contract import Endpoint, ModelSource
from upright.kernel import Ref


@contextmanager
def fitting(folder: Path) -> Iterator[Fitting]:
    """A hosted model that declines whatever it is asked."""
    before = os.environ.get("UPRIGHT_GARAK")
    os.environ["UPRIGHT_GARAK"] = str(scripted_garak.installed(folder / "bin"))
    try:
        with serving(refuses) as served:
            model = ModelSource(
                ref=Ref("model", f"{SYSTEM.path}/assistant"),
                path=served.url,
                digest="1" * 64,
                hold="declared",
                endpoint=Endpoint(url=served.url, model="made"),
            )
            yield Fitting(
                on=model,
                options={"probes": ("probes.one", "probes.two"), "prompts": 8},
                limits={"attack_success_rate": {"at_most": "0.5"}},
            )
    finally:
        if before is None:
            del os.environ["UPRIGHT_GARAK"]
        else:
            os.environ["UPRIGHT_GARAK"] = before

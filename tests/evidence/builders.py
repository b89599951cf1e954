"""Statements and keys for these tests."""

import json
from pathlib import Path
from typing import Any

from upright.evidence import CheckId, Input, Measurement, Predicate, PrivateKey, Reason, Statement, SubjectRef

VECTORS = Path(__file__).parents[1] / "vectors" / "evidence"
DATA = "dataset:mortgage/applications"
DIGEST = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def key(role: str = "evidence", number: int = 1) -> PrivateKey:
    name = f"person/00000000-0000-4000-8000-{number:012d}" if role == "person" else f"meridian/{role}-{number}"
    return PrivateKey.from_seed(role, name, bytes([number]) * 32)  # type: ignore[arg-type]


def predicate(**changed: Any) -> Predicate:
    settings: dict[str, Any] = {
        "source": "check",
        "kinds": ("group-fairness",),
        "system": "system:mortgage",
        "binding": "applications-fairness",
        "check": CheckId(name="group-fairness", version="1"),
        "limits": {"selection_rate_ratio": {"at_least": "0.8"}},
        "result": "failed",
        "measurements": (
            Measurement(
                name="selection_rate_ratio",
                group={"minority": "1"},
                against={"minority": "0"},
                value="0.779",
                low="0.724",
                high="0.838",
                confidence="0.95",
                n=1989,
                unit="ratio",
                method="katz",
            ),
        ),
        "reasons": (Reason(limit="x", outcome="failed", because="it is – surely"),),
        "inputs": (Input(ref=DATA, digest=DIGEST, hold="bytes"),),
        "started": "2026-03-12T09:30:00.000Z",
        "ended": "2026-03-12T09:30:01.000Z",
    }
    return Predicate(**{**settings, **changed})


def statement(**changed: Any) -> Statement:
    return Statement(subject=(SubjectRef.of(DATA, DIGEST),), predicate=predicate(**changed))

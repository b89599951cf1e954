"""Example systems that are really filed: keys, a log, a manifest, checks that ran, records that people signed.

Everything goes in through ``Workspace.assess`` and ``Workspace.attest``, once as it should be and once failed. Facts
are gathered from entries of that log alone; what was not filed is left out, as a log without it reads.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from examples.requirement_examples import Example, Filing, examples
from upright.catalogue import Catalogue
from upright.evidence import PrivateKey
from upright.ledger import Recorded
from upright.posture import Posture, evaluate, gather
from upright.workspace import Workspace, load_manifest

PEOPLE = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")
ROWS = 1_200
FEATURES = ("income", "debt", "late")
INVENTORY = ("undeclared_models", "undeclared_components", "undeclared_services", "declared_not_found")
GOOD_LIMITS: dict[str, Any] = {
    "group-fairness": {"selection_rate_difference": {"at_most": "0.25"}},
    "performance": {"auc": {"at_least": "0.6"}},
    "data-quality": {"missing_share": {"at_most": "0.05"}},
    "data-provenance": {"undeclared_parts": {"at_most": "0"}},
    "model-file-scan": {},
    "pii-scan": {"undeclared_columns": {"at_most": "0"}},
    "inventory-match": {name: {"at_most": "0"} for name in INVENTORY},
}
TOO_STRICT: dict[str, Any] = {
    "group-fairness": {"selection_rate_difference": {"at_most": "0.000001"}},
    "performance": {"auc": {"at_least": "0.999999"}},
    "data-quality": {"missing_share": {"at_most": "0.05"}, "rows": {"at_least": "1000000"}},
    "data-provenance": {"undeclared_parts": {"at_most": "0"}, "columns": {"at_most": "1"}},
    "pii-scan": {"undeclared_columns": {"at_most": "-1"}},
    "inventory-match": {name: {"at_most": "-1"} for name in INVENTORY},
}
CHANGED = ("model-file-scan", "inventory-match")  # they fail on other files than they passed on
ON = {"model-file-scan": "model:scorer", "inventory-match": "system:{system}"}
HOSTILE = b"cposix\nsystem\n(S'true'\ntR."
Evidence = Filing | str


class World:
    """One example system with a workspace of its own; ``good`` and ``bad`` are entries of each piece of evidence."""

    def __init__(self, system: str, folder: Path, catalogue: Catalogue) -> None:
        self.system, self.folder, self.catalogue = system, folder, catalogue
        self.examples = tuple(one for one in examples(catalogue) if one.system == system)
        self.good: dict[tuple[str, Evidence], int] = {}
        self.bad: dict[tuple[str, Evidence], int] = {}
        self.recorded: dict[str, int] = {}
        self.workspace = Workspace.create(folder, "meridian")
        self.people = [
            PrivateKey.generate("person", f"person/{number:08d}-0000-4000-8000-000000000000") for number in (1, 2)
        ]
        for who in self.people:
            self.workspace.enrol(who.vkey, "person", reason="Signs the examples.")
        self.checks = tuple(dict.fromkeys(check for one in self.examples for check in one.checks))
        write_data(folder, is_scored=bool(self.checks))
        for number, (name, group) in enumerate(self._profiles()):
            self._write_manifest(group[0], GOOD_LIMITS)
            manifest = load_manifest(folder)
            if number == 0:
                self._assess(self.good)
            else:
                self.workspace.record(self.workspace.observe(manifest))
            self.recorded[name] = self.workspace.log.size
            for filing in dict.fromkeys(filing for one in group for filing in (*one.first, *one.files)):
                self._file(name, filing)
        self._fail_the_checks()

    def _profiles(self) -> list[tuple[str, list[Example]]]:
        found: dict[str, list[Example]] = {}
        for one in self.examples:
            found.setdefault(_profile(one), []).append(one)
        return sorted(found.items(), key=lambda pair: -len(pair[1]))

    # --- filing ----------------------------------------------------------------------------------------------------

    def _write_manifest(self, example: Example, limits: dict[str, Any]) -> None:
        write_manifest(self.folder, example, {check: limits[check] for check in self.checks if check in limits})

    def _assess(self, into: dict[tuple[str, Evidence], int]) -> None:
        if not self.checks:
            manifest = load_manifest(self.folder)
            self.workspace.record(self.workspace.observe(manifest))
            return
        for one in self.workspace.assess(load_manifest(self.folder)).checks:
            into["", one.check] = one.index
            expected = "passed" if into is self.good else "failed"
            assert one.outcome == expected, (one.check, one.outcome, one.reasons)

    def _file(self, profile: str, filing: Filing) -> None:
        key = self._key(profile, filing)
        if key in self.good:
            return
        path = self.folder / "record.yaml"
        path.write_text(json.dumps(dict(filing.data)))
        about = filing.ref if filing.about != "system" else f"system:{self.system}"
        who = self.people[: filing.keys]
        self.good[key] = self.workspace.attest(filing.kind, about, path, who).index
        self.bad[key] = self.workspace.attest(filing.kind, about, path, who, conclusion="failed").index

    def _fail_the_checks(self) -> None:
        """Each check once more, failing: limits that the same data miss, and a model file that would run a command."""
        if not self.checks:
            return
        first = self._profiles()[0][1][0]
        self._write_manifest(first, TOO_STRICT)
        self._assess(self.bad)
        (self.folder / "model.joblib").write_bytes(HOSTILE)
        self._write_manifest(first, {"model-file-scan": {}})
        self._assess(self.bad)

    # --- reading ---------------------------------------------------------------------------------------------------

    def _key(self, profile: str, evidence: Evidence) -> tuple[str, Evidence]:
        return (profile if isinstance(evidence, Filing) and evidence.about == "system" else "", evidence)

    @cached_property
    def _entries(self) -> list[Recorded]:
        return list(self.workspace.log.entries())

    def _log(self, last: Mapping[str, int], before: int) -> Iterator[Recorded]:
        """The log with these streams of evidence alone, each up to its ``last``; system records up to ``before``."""
        for entry in self._entries:
            if entry.ref.startswith(("attestation:", "binding:")):
                kept = entry.index <= last.get(entry.ref, -1)
            else:
                kept = entry.index < before or not entry.ref.startswith("system:")
            if kept:
                yield entry

    def status(self, example: Example, evidence: Iterable[Evidence], failed: Evidence | None = None) -> str:
        """The status of the example's requirement, over system and organisation, where only this was filed."""
        profile = _profile(example)
        indices = [(self.bad if one is failed else self.good)[self._key(profile, one)] for one in evidence]
        last = {self._entries[index].ref: index for index in indices}
        before = max(indices) + 1 if failed in CHANGED else self.recorded[profile]
        return self.posture(last, before).overall[example.requirement.id]

    def posture(self, last: Mapping[str, int], before: int) -> Posture:
        facts = gather(
            self._log(last, before),
            at=self._entries[-1].time,
            scope=str(self.workspace.organisation),
            catalogue=self.catalogue,
            log="self-kept",
        )
        return evaluate(facts, self.catalogue)


def _profile(example: Example) -> str:
    return json.dumps([example.about_system, example.answers], sort_keys=True)


def write_data(folder: Path, *, is_scored: bool) -> None:
    """A small table with two groups, and the model that made its scores; where no check looks, any bytes for one."""
    rng = np.random.default_rng(5)
    group = rng.integers(0, 2, ROWS)
    inputs = rng.normal(size=(ROWS, len(FEATURES)))
    inputs[:, 1] += 0.4 * group  # so that the groups differ by more than nothing, for sure
    denied = (inputs @ [-1.0, 1.5, 0.8] + rng.normal(size=ROWS) > 0).astype("int8")
    scores = np.full(ROWS, 0.5)
    if is_scored:
        import joblib
        from sklearn.linear_model import LogisticRegression

        model = LogisticRegression().fit(inputs, denied)
        scores = model.predict_proba(inputs)[:, 1]
        joblib.dump(model, folder / "model.joblib")
    else:
        (folder / "model.joblib").write_bytes(b"weights")
    (folder / "requirements.txt").write_text("joblib\nscikit-learn\n")
    (folder / "score.py").write_text("import joblib\n\nprint(joblib.load('model.joblib'))\n")
    columns = {name: inputs[:, at] for at, name in enumerate(FEATURES)}
    columns |= {"group": np.array(["a", "b"])[group], "denied": denied, "p_denied": scores}
    pq.write_table(pa.table(columns | {"decision": (scores >= 0.5).astype("int8")}), folder / "applications.parquet")


def write_manifest(folder: Path, example: Example, limits: Mapping[str, Any]) -> None:
    """The manifest of an example's system, with these checks and their limits."""
    (folder / "answers.yaml").write_text(json.dumps(example.answers))
    manifest = {
        "upright": 1,
        "organisation": {"id": "meridian", "name": "Meridian"},
        "system": {**example.about_system, "classification": "answers.yaml"},
        "models": [
            {"id": "scorer", "path": "model.joblib", "adapter": "sklearn", "features": list(FEATURES),
             "output": "predict_proba", "positive": 1, "threshold": "0.5", "requirements": "requirements.txt"},
        ],
        "datasets": [
            {"id": "applications", "path": "applications.parquet", "role": "evaluation", "predictions_of": "scorer",
             "columns": {"label": "denied", "prediction": "decision", "score": "p_denied"},
             "protected": ["group"], "favourable": 0,
             "origin": "made for the examples", "licence": "Apache-2.0", "collected": "2026-01", "steps": ["none"]},
        ],
        "checks": {
            check: {"on": ON.get(check, "dataset:applications").format(system=example.system), "limits": bounds}
            for check, bounds in limits.items()
        },
    }  # fmt: skip
    (folder / "upright.yaml").write_text(json.dumps(manifest))

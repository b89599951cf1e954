"""A small project to assess: a table of decisions, a model trained on it, and the manifest that names both."""

import csv
import random
from pathlib import Path

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: lending
  name: Lending
  purpose: Ranks applications
    by risk, for an officer to decide.
  roles: {iso42001: [producer, user], eu-ai-act: [provider, deployer], gdpr: [controller]}
  stage: verification-validation
  modality: tabular
  personal_data: true
  traits: {profiling: yes}
  owner: person:lending-owner
  classification: answers.yaml
models:
  - {id: scorer, path: model.joblib, adapter: sklearn, features: [income, debt], output: predict_proba, positive: 1,
     threshold: "0.5"}
datasets:
  - id: applications
    path: applications.csv
    role: evaluation
    columns: {label: denied, prediction: decision}
    recorded_decisions: true
    protected: [group]
    favourable: 0
suppliers:
  - {id: bureau, name: Credit Bureau, provides: dataset:applications}
checks:
  fairness:
    check: group-fairness
    on: dataset:applications
    reference: {group: a}
    limits: {selection_rate_difference: {at_most: 0.30}}
"""

ANSWERS = "Q0: no\nQ1: yes\nQ8: [III-5-b]\nQ9: unknown\n"


def write_table(path: Path, rows: int = 800, seed: int = 1, gap: float = 0.05) -> None:
    """Decisions of two groups whose denial rates differ by ``gap``."""
    random.seed(seed)
    with path.open("w", newline="", encoding="utf-8") as stream:
        out = csv.writer(stream)
        out.writerow(["income", "debt", "group", "denied", "decision"])
        for number in range(rows):
            group = "ab"[number % 2]
            income, debt = random.uniform(1, 9), random.uniform(0, 5)
            denied = int(random.random() < 0.4 + (gap if group == "b" else 0))
            decision = denied if random.random() < 0.9 else 1 - denied
            out.writerow([f"{income:.3f}", f"{debt:.3f}", group, denied, decision])


def write_project(folder: Path, manifest: str = MANIFEST, *, model: bytes = b"not a real model") -> Path:
    """Writes the project into a folder and returns the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "applications.csv")
    (folder / "model.joblib").write_bytes(model)
    (folder / "answers.yaml").write_text(ANSWERS, encoding="utf-8")
    path = folder / "upright.yaml"
    path.write_text(manifest, encoding="utf-8")
    return path

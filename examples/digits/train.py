"""Makes the digits example: scikit-learn's 1,797 images of handwritten digits, and a small network that reads them.

Source: E. Alpaydin & C. Kaynak (1998), Optical Recognition of Handwritten Digits, UCI Machine Learning Repository
(CC BY 4.0); the copy that comes with scikit-learn, 8 x 8 pixels of 0 to 16.

Writes into the folder given (default: this one):
    train.parquet     the images that the network learnt from, with the digit
    holdout.parquet   the 40 % that it never saw, with what it says of them
    reader.joblib     the network (scikit-learn)
    reader.onnx       the same network as an ONNX graph
    reader.sig, .pub  the network's signature, and the key to check it with
    requirements.txt  what the network runs on
"""

import base64
import hashlib
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
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

SEED = 20261126
HELD_OUT = 0.4


def what_it_runs_on(names: set[str]) -> set[str]:
    """These packages and all that they need here, so that the list of pins is whole."""
    found: set[str] = set()
    while left := names - found:
        found |= left
        needed = [Requirement(line) for name in left for line in requires(name) or []]
        names |= {canonicalize_name(one.name) for one in needed if not one.marker or one.marker.evaluate({"extra": ""})}
    return found


def main(folder: Path) -> None:
    images, digits = load_digits(return_X_y=True)
    images = images / 16.0
    order = np.random.default_rng(SEED).permutation(len(digits))
    held_out = order[: round(HELD_OUT * len(digits))]
    learnt = order[len(held_out) :]

    # Strongly regularised and stopped early: it shall not learn its images by heart.
    model = MLPClassifier(
        (32,), alpha=1.0, max_iter=400, early_stopping=True, validation_fraction=0.2, random_state=SEED % 2**31
    )
    model.fit(images[learnt], digits[learnt])

    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("train", learnt), ("holdout", held_out)):
        columns = {"pixels": pa.array(list(images[rows])), "digit": pa.array(digits[rows], pa.int8())}
        if name == "holdout":
            read = model.predict(images[rows])
            columns |= {"read": pa.array(read, pa.int8()), "is_right": pa.array((read == digits[rows]).astype("int8"))}
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    joblib.dump(model, folder / "reader.joblib")
    sign(folder / "reader.joblib")
    graph = to_onnx(model, images[:1].astype(np.float32), options={id(model): {"zipmap": False}})
    (folder / "reader.onnx").write_bytes(graph.SerializeToString())
    pins = [f"{name}=={version(name)}" for name in sorted(what_it_runs_on({"joblib", "onnxruntime", "scikit-learn"}))]
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

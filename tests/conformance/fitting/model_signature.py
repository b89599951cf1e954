import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from conformance.made import Fitting, model_source


def fitting(folder: Path) -> Fitting:
    """A DSSE envelope around an in-toto statement, which needs no other package."""
    model = model_source(folder)
    key = Ed25519PrivateKey.generate()
    digest = hashlib.sha256(Path(model.path).read_bytes()).hexdigest()
    payload = json.dumps({"subject": [{"name": "model", "digest": {"sha256": digest}}]}).encode()
    kind = "application/vnd.in-toto+json"
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": kind,
        "signatures": [{"sig": base64.b64encode(key.sign(message)).decode()}],
    }
    (folder / "model.sig").write_text(json.dumps(envelope))
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return Fitting(on=replace(model, signature=folder / "model.sig"), options={"public_key": public})

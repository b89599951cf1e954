"""A log in memory: entries as ``gather`` reads them, with real statements and real signatures."""

from typing import Any

from upright.catalogue import Catalogue
from upright.evidence import (
    CheckId,
    Input,
    Predicate,
    PrivateKey,
    RecordPart,
    Statement,
    SubjectRef,
    digest_value,
    sign,
)
from upright.kernel import canonical_bytes, sha256_hex
from upright.ledger import ENVELOPE, JSON, Recorded
from upright.posture import Facts, gather

ORGANISATION, SYSTEM = "organisation:meridian", "system:mortgage"
DATA, MODEL = "dataset:mortgage/applications", "model:mortgage/scorer"
BYTES = {DATA: sha256_hex(b"rows"), MODEL: sha256_hex(b"weights")}
LIMITS = {"auc": {"at_least": "0.7"}}


def key(role: Any, number: int) -> PrivateKey:
    name = f"person/00000000-0000-4000-8000-{number:012d}" if role == "person" else f"meridian/{role}"
    return PrivateKey.from_seed(role, name, bytes([number]) * 32)


CHECKER, STRANGER, JANE, OMAR = key("evidence", 2), key("evidence", 5), key("person", 3), key("person", 4)


def person(who: PrivateKey) -> str:
    return f"person:{who.name.partition('/')[2]}"


class Journal:
    """Entries one minute apart. Every method returns the index of what it wrote; ``ids`` are evidence ids by index."""

    def __init__(self, catalogue: Catalogue, *keys: PrivateKey) -> None:
        self.catalogue = catalogue
        self.entries: list[Recorded] = []
        self.ids: dict[int, str] = {}
        for who in keys or (CHECKER, JANE, OMAR):
            self.key(who)

    def time(self, index: int) -> str:
        return f"2026-05-01T{10 + index // 60:02d}:{index % 60:02d}:00.000Z"

    @property
    def now(self) -> str:
        return self.time(len(self.entries))

    def add(self, kind: Any, ref: str, media_type: str, body: bytes | None) -> int:
        index = len(self.entries)
        mine = [one for one in self.entries if one.ref == ref]
        entry = Recorded(
            index=index, time=self.time(index), late=False, type=kind, ref=ref, n=len(mine),
            prev=mine[-1].index if mine else None, media_type=media_type, body=body,
        )  # fmt: skip
        self.entries.append(entry)
        return index

    def body(self, kind: str, ref: str, schema: str, action: str, record: dict[str, Any], **more: Any) -> int:
        value = {"schema": schema, "ref": ref, "action": action, "actor": "key:x", "reason": "because", "cause": None}
        return self.add(kind, ref, JSON, canonical_bytes({**value, "record": record, **more}))

    def key(self, who: PrivateKey, action: str = "enrolled", **more: Any) -> int:
        record = {"role": who.role, "vkey": str(who.vkey), **more}
        return self.body("key", f"key:{who.fingerprint}", "key/1", f"identity.key.{action}", record)

    def system(self, *, limits: Any = LIMITS, digests: Any = BYTES, manifest: str = "m", **more: Any) -> int:
        """A system record with one binding, ``quality``, on the data set."""
        bound = {"id": "quality", "check": "data-quality", "check_version": "1", "subject": DATA,
                 "kinds": ["data-quality"], "options": {}, "limits": limits, "default_limits": False}  # fmt: skip
        predictions = [{"to": MODEL, "role": "predictions_of"}]
        subjects = [
            {"ref": SYSTEM, "type": "system", "digest": digest_value({"ref": SYSTEM}), "hold": "declared",
             "edges": [{"to": DATA, "role": "uses"}, {"to": MODEL, "role": "uses"}]},
            {"ref": DATA, "type": "dataset", "digest": digests[DATA], "hold": "bytes", "edges": predictions},
            {"ref": MODEL, "type": "model", "digest": digests[MODEL], "hold": "bytes", "edges": []},
        ]  # fmt: skip
        about = {"ref": SYSTEM, "stage": "deployment", "modality": "tabular", "personal_data": True,
                 "roles": {"iso42001": ["producer"]}, "traits": {}, "owner": None}  # fmt: skip
        record = {
            "system": about, "organisation": ORGANISATION, "subjects": subjects, "bindings": [bound], "answers": [],
            "catalogue": dict(self.catalogue.digests), "gates": self.catalogue.gates.digest,
            "manifest": sha256_hex(manifest.encode()),
        }  # fmt: skip
        return self.body("record", SYSTEM, "workspace-system/1", "inventory.system.observed", {**record, **more})

    def run(self, result: Any = "passed", *signers: PrivateKey, **more: Any) -> int:
        whole: dict[str, Any] = {
            "source": "check", "kinds": ("data-quality",), "system": SYSTEM, "binding": "quality",
            "check": CheckId(name="data-quality", version="1"), "limits": LIMITS, "result": result,
            "inputs": (Input(ref=DATA, digest=BYTES[DATA], hold="bytes"),), "started": self.now, "ended": self.now,
            "seed": len(self.entries),
        }  # fmt: skip
        said = Statement(subject=(SubjectRef.of(DATA, BYTES[DATA]),), predicate=Predicate(**(whole | more)))
        return self.file("binding:mortgage/quality", said, *(signers or (CHECKER,)))

    def record(
        self, kind: str, about: str, data: Any, *signers: PrivateKey, state: Any = "approved", **more: Any
    ) -> int:
        said = Predicate(
            source="record", kinds=(kind,), system=None, started=self.now, ended=self.now, inputs=(),
            result={"approved": "passed", "rejected": "failed"}.get(state, "undecided"),  # type: ignore[arg-type]
            record=RecordPart(kind=kind, state=state, data=data, **more),
        )  # fmt: skip
        subject = SubjectRef.of(about, BYTES.get(about) or digest_value({"ref": about}))
        statement = Statement(subject=(subject,), predicate=said)
        return self.file(f"attestation:{about}/{kind}", statement, *(signers or (JANE,)))

    def file(self, stream: str, statement: Statement, *signers: PrivateKey) -> int:
        envelope = sign(statement, *signers)
        index = self.add("evidence", stream, ENVELOPE, envelope.to_bytes())
        self.ids[index] = envelope.id
        return index

    def facts(self, at: str | None = None, scope: str = ORGANISATION, **more: Any) -> Facts:
        return gather(self.entries, at=at or self.now, scope=scope, catalogue=self.catalogue, log="self-kept", **more)

    def item(self, index: int, at: str | None = None) -> Any:
        return next(one for one in self.facts(at).items if one.index == index)

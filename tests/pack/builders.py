"""A small organisation with a real log: keys, one system, a failed and a passed check, records of two people."""

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from upright.catalogue import Catalogue
from upright.evidence import (
    Artefact,
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
from upright.gate import answer
from upright.kernel import canonical_bytes, sha256_hex, time_text
from upright.ledger import ENVELOPE, JSON, Log, NewEntry, VerifierKey
from upright.pack import make_pack, opened_entries
from upright.posture import Facts, evaluate, gather

ORGANISATION, SYSTEM, DATA, MODEL = (
    "organisation:meridian",
    "system:mortgage",
    "dataset:mortgage/applications",
    "model:mortgage/scorer",
)
ORIGIN = "meridian/0190a1b2-0000-7000-8000-000000000001"
BYTES = {DATA: sha256_hex(b"rows"), MODEL: sha256_hex(b"weights")}
BLOB = b"a table of groups"
STAGE = "deployment"


@cache
def catalogue() -> Catalogue:
    return Catalogue.load()


def key(role: str, number: int) -> PrivateKey:
    name = {"log": ORIGIN, "evidence": "meridian/evidence"}.get(role, f"person/00000000-0000-4000-8000-{number:012d}")
    return PrivateKey.from_seed(role, name, bytes([number]) * 32)  # type: ignore[arg-type]


LOG_KEY, CHECKER, JANE, OMAR = key("log", 1), key("evidence", 2), key("person", 3), key("person", 4)


@dataclass
class Office:
    """A log that grows by one minute an entry."""

    folder: Path
    log_key: PrivateKey = LOG_KEY
    now: datetime = field(default_factory=lambda: datetime(2026, 9, 1, 9, 0, tzinfo=UTC))
    log: Log = field(init=False)

    def __post_init__(self) -> None:
        self.log = Log.create(
            self.folder / ".upright",
            origin=ORIGIN,
            signer=self.log_key,
            state_head=self.folder / "head",
            clock=lambda: self.now,
        )
        for who in (self.log_key, CHECKER, JANE, OMAR):
            self.enrol(who)
        self.record_system()

    def append(self, type_: str, ref: str, media_type: str, body: bytes, index: str) -> int:
        self.now += timedelta(minutes=1)
        entry = NewEntry(type=type_, ref=ref, media_type=media_type, body=body, index=index)
        return self.log.append([entry])[0]

    def enrol(self, who: PrivateKey) -> int:
        ref = f"key:{who.fingerprint}"
        body = {
            "schema": "key/1",
            "ref": ref,
            "action": "identity.key.enrolled",
            "actor": ref,
            "reason": "first use",
            "cause": None,
            "record": {"role": who.role, "vkey": str(who.vkey)},
        }
        return self.append("key", ref, JSON, canonical_bytes(body), "index:keys")

    def record_system(self, limit: str = "0.7") -> int:
        subjects = [
            {"ref": SYSTEM, "type": "system", "digest": digest_value({"ref": SYSTEM}), "hold": "declared"}
            | {"edges": [{"to": DATA, "role": "uses"}, {"to": MODEL, "role": "uses"}]},
            {"ref": DATA, "type": "dataset", "digest": BYTES[DATA], "hold": "bytes"}
            | {"edges": [{"to": MODEL, "role": "predictions_of"}]},
            {"ref": MODEL, "type": "model", "digest": BYTES[MODEL], "hold": "bytes", "edges": []},
        ]
        bindings = [
            _binding("performance", DATA, {"auc": {"at_least": limit}}),
            _binding("group-fairness", DATA, {"selection_rate_difference": {"at_most": "0.1"}}),
        ]
        body = {
            "schema": "workspace-system/1",
            "ref": SYSTEM,
            "action": "inventory.system.observed",
            "actor": f"key:{CHECKER.fingerprint}",
            "reason": "the manifest",
            "cause": None,
            "record": {
                "system": {
                    "ref": SYSTEM,
                    "stage": "verification-validation",
                    "modality": "tabular",
                    "personal_data": True,
                    "roles": {"iso42001": ["producer"]},
                    "traits": {},
                    "owner": None,
                },
                "organisation": ORGANISATION,
                "subjects": subjects,
                "bindings": bindings,
                "answers": [],
                "catalogue": dict(catalogue().digests),
                "gates": catalogue().gates.digest,
                "manifest": sha256_hex(limit.encode()),
            },
        }
        return self.append("record", SYSTEM, JSON, canonical_bytes(body), f"index:{SYSTEM}")

    def run(self, check: str, result: str, limits: dict[str, dict[str, str]], who: PrivateKey = CHECKER) -> int:
        moment = time_text(self.now)
        predicate = Predicate(
            source="check",
            kinds=(check,),
            system=SYSTEM,
            binding=check,
            check=CheckId(name=check, version="1"),
            limits=limits,
            result=result,  # type: ignore[arg-type]
            inputs=(Input(ref=DATA, digest=BYTES[DATA], hold="bytes"),),
            started=moment,
            ended=moment,
            artefacts=(Artefact(name="groups.csv", media_type="text/csv", size=len(BLOB), sha256=sha256_hex(BLOB)),),
        )
        envelope = sign(Statement(subject=(SubjectRef.of(DATA, BYTES[DATA]),), predicate=predicate), who)
        stream = f"binding:mortgage/{check}"
        return self.append("evidence", stream, ENVELOPE, envelope.to_bytes(), f"index:{SYSTEM}")

    def file(self, kind: str, about: str, data: dict[str, Any], *signers: PrivateKey) -> int:
        moment = time_text(self.now)
        predicate = Predicate(
            source="record",
            kinds=(kind,),
            system=None,
            result="passed",
            inputs=(),
            started=moment,
            ended=moment,
            record=RecordPart(kind=kind, state="approved", conclusion="passed", data=data),
        )
        subject = SubjectRef.of(about, digest_value({"ref": about}))
        envelope = sign(Statement(subject=(subject,), predicate=predicate), *signers)
        ref = f"attestation:{about}/{kind}"
        index = f"index:{about}" if about.startswith("system:") else f"index:{ORGANISATION}"
        return self.append("evidence", ref, ENVELOPE, envelope.to_bytes(), index)

    def facts(self, at: str | None = None, scope: str = ORGANISATION, *, partial: bool = False) -> Facts:
        entries = opened_entries(self.log, scope, partial=partial)
        return gather(
            entries,
            at=at or time_text(self.now),
            scope=scope,
            catalogue=catalogue(),
            log="partial" if partial else "self-kept",
        )

    def pack(
        self, out: Path, lie: Callable[[Facts], Facts] = lambda facts: facts, *, check: bool = False, **more: Any
    ) -> Path:
        """A pack of now; ``lie`` changes the Facts, and all that follows from Facts is computed from the lie."""
        partial, at = more.pop("partial", False), more.pop("at", None)
        scope = more.pop("scope", ORGANISATION)
        facts = lie(self.facts(at, scope, partial=partial))
        make_pack(
            self.log,
            facts=facts,
            posture=evaluate(facts, catalogue()),
            gate=answer(facts, catalogue(), system=SYSTEM, stage=STAGE),
            report_html=lambda cites: f"<html>{cites}</html>".encode(),
            catalogue=catalogue(),
            blobs={sha256_hex(BLOB): BLOB},
            out=out,
            scope=scope,
            partial=partial,
            check=check,
            **more,
        )
        return out


def office(folder: Path, log_key: PrivateKey = LOG_KEY) -> Office:
    """A system that failed on fairness after it had passed, and passes on performance."""
    made = Office(folder, log_key)
    made.run("group-fairness", "passed", {"selection_rate_difference": {"at_most": "0.1"}})
    made.run("performance", "passed", {"auc": {"at_least": "0.7"}})
    rows = [
        {"control": "A.2.2", "system": None, "included": True, "ground": None, "reason": "needed", "needed_by": ["x"]},
    ]
    soa = {"version": "1.0", "rows": rows, "approved_on": "2026-09-01"}
    made.file("statement-of-applicability", ORGANISATION, soa, JANE, OMAR)
    made.run("group-fairness", "failed", {"selection_rate_difference": {"at_most": "0.1"}})
    return made


def _binding(check: str, subject: str, limits: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": check,
        "check": check,
        "check_version": "1",
        "subject": subject,
        "kinds": [check],
        "options": {},
        "limits": limits,
        "default_limits": False,
    }


def contents(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zip_again(files: dict[str, bytes], out: Path) -> Path:
    """The files in a zip as another tool writes it: compressed, in another order."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files, reverse=True):
            archive.writestr(name, files[name])
    return out


def trust() -> VerifierKey:
    return LOG_KEY.vkey


def jsonl(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in io.BytesIO(data)]

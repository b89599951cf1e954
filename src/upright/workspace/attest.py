"""Attest: a record or attestation from a file, validated against its kind, signed by persons, filed once."""

import datetime as dt
import mimetypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from upright.evidence.dsse import sign
from upright.evidence.keys import PrivateKey, keyring
from upright.evidence.statement import Artefact, Input, Predicate, RecordPart, Result, Statement, SubjectRef
from upright.kernel import Ref, RefError, time_text
from upright.workspace.errors import AttestError
from upright.workspace.evidence_log import evidence_entry
from upright.workspace.fields import read_value
from upright.workspace.safe_yaml import Node, read_yaml, suggest
from upright.workspace.values import Filed

if TYPE_CHECKING:
    from upright.catalogue import Kind
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace

STATES = ("draft", "approved", "rejected", "superseded", "withdrawn")
CONCLUSIONS = ("passed", "failed")
_AROUND = ("state", "review_by", "conclusion", "data")
_MOST_ATTACHMENT = 256 << 20


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordFile:
    """What a file to attest says: the record's data, and around it state, review date and conclusion."""

    node: Node
    data: Mapping[str, Any]
    state: str | None = None
    review_by: str | None = None
    conclusion: str | None = None


def attest(
    workspace: "Workspace",
    kind: str,
    about: str | Ref,
    file: Path,
    keys: "Sequence[PrivateKey | str]",
    *,
    manifest: "Manifest | None" = None,
    state: str | None = None,
    review_by: str | None = None,
    conclusion: str | None = None,
    attachments: tuple[Path, ...] = (),
) -> Filed:
    """Files what ``file`` says as evidence of ``kind`` about a subject, signed by ``keys``.

    The file is YAML: the data alone, or ``state``, ``review_by``, ``conclusion`` and ``data``; arguments go before it.
    The file itself and the attachments are kept by digest. ``keys`` are persons' keys (or fingerprint, name or file of
    one): who asks first, who approves second. None given: the only one at hand.

    Raises:
        AttestError: unknown kind or subject (UP-ATT-01, -02), unfit data (-03), a key that may not sign (-04, -05),
            a link to nothing (-06), a supplier that was left out (-08).
        ManifestError: the file is not YAML, with its line.
    """
    found = workspace.catalogue().kind(kind)
    if manifest is not None:
        workspace.record(workspace.observe(manifest))
    subject = _subject(workspace, found, about)
    said = read_record_file(file)
    data = validated(found, said)
    signers = _signers(workspace, keys)
    _check_links(workspace, found.id, data)
    if found.id == "supplier-assessment":
        _check_suppliers(workspace, subject[0], data, manifest)
    record = RecordPart(
        kind=found.id,
        state=_word("state", state or said.state or "approved", STATES),
        review_by=_day(review_by or said.review_by),
        conclusion=_word("conclusion", conclusion or said.conclusion, CONCLUSIONS),
        data=dict(data),
    )
    artefacts = tuple(_keep(workspace, path) for path in (file, *attachments))
    statement = _statement(workspace, found, subject, record, artefacts)
    envelope = sign(statement, *signers)
    entry = evidence_entry(envelope, workspace.organisation)
    before = workspace.log.size
    index = workspace.append([entry])[0]
    missing = max(0, found.keys - len({key.name for key in signers}))
    return Filed(
        evidence=envelope.id,
        index=index,
        stream=entry.ref,
        is_new=index >= before,
        state="draft" if missing else record.state,
        signers=tuple(key.name for key in signers),
        missing_keys=missing,
    )


def read_record_file(file: Path) -> RecordFile:
    """Reads a file to attest: its data, and what stands around it."""
    root = read_yaml(file)
    pairs = {name: value for name, _, value in root.pairs()}
    if "data" not in pairs or not set(pairs) <= set(_AROUND):
        return RecordFile(node=root, data=read_value(root))
    around = {name: pairs[name].string() for name in _AROUND[:3] if name in pairs and not pairs[name].is_null}
    pairs["data"].pairs()
    return RecordFile(node=pairs["data"], data=read_value(pairs["data"]), **around)


def validated(kind: "Kind", said: RecordFile) -> Mapping[str, Any]:
    """The data, if it is what the kind's fields (a JSON Schema) ask for.

    Raises:
        AttestError: it is not; file, line, what was found and expected (UP-ATT-03).
    """
    import jsonschema

    schema = dict(kind.fields)
    data = _fit(said.data, schema)
    validator = jsonschema.Draft202012Validator(schema)
    problem = min(
        validator.iter_errors(data), key=lambda error: (len(error.absolute_path), str(error.message)), default=None
    )
    if problem is None:
        return cast("Mapping[str, Any]", data)
    node = _node_at(said.node, list(problem.absolute_path))
    where = ".".join(str(part) for part in problem.absolute_path)
    hint = _hint(problem)
    raise AttestError(
        f"{node.file}:{node.line}: {kind.id}{'.' + where if where else ''}: {problem.message}.{hint} "
        f"'upright catalogue kinds {kind.id}' shows its fields and an example.",
        code="UP-ATT-03",
    )


def _fit(value: Any, schema: Mapping[str, Any]) -> Any:
    """Plain YAML words as the schema means them: ``yes`` where it asks for true or false, ``2027`` where for text."""
    wanted = schema.get("type")
    if isinstance(value, Mapping):
        inner = schema.get("properties", {})
        return {key: _fit(one, inner.get(key, {})) for key, one in value.items()}
    if isinstance(value, list):
        return [_fit(one, schema.get("items", {})) for one in value]
    if wanted == "boolean" and value in ("yes", "no"):
        return value == "yes"
    if wanted == "string" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value


def _hint(problem: Any) -> str:
    if problem.validator != "additionalProperties":
        return ""
    known = problem.schema.get("properties", {})
    extra = next((key for key in problem.instance if key not in known), "")
    return suggest(str(extra), known)


def _node_at(node: Node, path: list[Any]) -> Node:
    for part in path:
        if node.kind == "list" and isinstance(part, int):
            node = node.items[part]
        elif node.kind == "mapping":
            node = next((value for key, value in node.fields if key.text == part), node)
    return node


def _subject(workspace: "Workspace", kind: "Kind", about: str | Ref) -> tuple[Ref, str, str]:
    """Ref, digest and hold of what the record is about, from the newest system record."""
    known = known_subjects(workspace)
    ref = about_ref(workspace, about)
    if ref not in known:
        raise AttestError(
            f"{ref} is not a subject of this workspace.{suggest(str(ref), map(str, known))}", code="UP-ATT-02"
        )
    if kind.subject and ref.type not in kind.subject:
        raise AttestError(
            f"{kind.id} speaks about a {' or '.join(kind.subject)}, and {ref} is a {ref.type}.", code="UP-ATT-02"
        )
    digest, hold = known[ref]
    return ref, digest, hold


def about_ref(workspace: "Workspace", about: str | Ref) -> Ref:
    """The subject that a short or full name means: ``system``, ``model:scorer``, ``dataset:mortgage/rows``.

    Raises:
        AttestError: it is not a reference (UP-ATT-02).
    """
    if isinstance(about, Ref):
        return about.bare
    if about == "organisation":
        return workspace.organisation
    if about == "system":
        return workspace.one_system()
    try:
        ref = Ref.parse(about).bare
    except RefError as why:
        raise AttestError(why.message, code="UP-ATT-02") from None
    if ref.type in {"model", "dataset"} and "/" not in ref.path:
        return Ref(ref.type, f"{workspace.one_system().path}/{ref.path}")
    return ref


def known_subjects(workspace: "Workspace") -> dict[Ref, tuple[str, str]]:
    """Digest and hold of every subject of the newest system records, and of the organisation."""
    from upright.evidence.subjects import digest_value

    organisation = workspace.organisation
    found = {organisation: (digest_value({"ref": str(organisation)}), "declared")}
    for system in workspace.systems():
        record = workspace.system_record(system) or {}
        for subject in record.get("subjects", ()):
            found[Ref.parse(subject["ref"])] = (subject["digest"], subject["hold"])
    return found


def _signers(workspace: "Workspace", keys: "Sequence[PrivateKey | str]") -> tuple[PrivateKey, ...]:
    from upright.workspace.signers import person_key

    states = workspace.keys()
    chosen = [key if isinstance(key, PrivateKey) else person_key(key) for key in keys]
    if not chosen:
        at_hand = [
            key for key in keyring("person") if (state := states.get(key.fingerprint)) is not None and state.is_current
        ]
        if len(at_hand) != 1:
            raise AttestError(
                f"{len(at_hand) or 'No'} enrolled persons' keys are at hand; name who signs with --key. "
                "'upright key new person' makes a key, 'upright key enrol' lets it count here.",
                code="UP-ATT-04",
            )
        chosen = at_hand
    if len({key.name for key in chosen}) != len(chosen) or len({key.fingerprint for key in chosen}) != len(chosen):
        raise AttestError("The same person signs twice; a second key is another person's.", code="UP-ATT-05")
    for key in chosen:
        state = states.get(key.fingerprint)
        if key.role != "person" or state is None or not state.is_current:
            why = f"has role {key.role}" if key.role != "person" else "is not enrolled here, or not any more"
            raise AttestError(
                f"The key {key.name} {why}, so what it signs would not count. Enrol it: upright key enrol "
                f"{key.fingerprint[:12]}.",
                code="UP-ATT-04",
            )
    return tuple(chosen)


def _check_links(workspace: "Workspace", kind: str, data: Mapping[str, Any]) -> None:
    """Evidence that a record names must be in this log: a link to nothing would count for nothing, silently."""
    named = list(data.get("links", ())) if kind in {"nonconformity", "risk-treatment-plan"} else []
    if kind == "withdrawal":
        named.append(data.get("evidence", ""))
    if not named:
        return
    known = {row.id for row in workspace.evidence()}
    for text in named:
        if str(text).removeprefix("sha256:") not in known:
            raise AttestError(
                f"{kind} names evidence {text}, which is not in this log. 'upright evidence list' shows the ids.",
                code="UP-ATT-06",
            )


def _check_suppliers(workspace: "Workspace", system: Ref, data: Mapping[str, Any], manifest: "Manifest | None") -> None:
    """One statement speaks for all suppliers of the system (A.10.3), so it says something of each that is declared."""
    record = workspace.system_record(system) or {}
    edges = [edge for one in record.get("subjects", ()) if one["ref"] == str(system) for edge in one["edges"]]
    names = {str(one.ref): one.name for one in manifest.suppliers} if manifest is not None else {}
    said = {str(row["supplier"]).casefold() for row in data["rows"]}
    for ref in sorted(edge["to"] for edge in edges if edge["to"].startswith("supplier:")):
        if said.isdisjoint({ref, ref.partition(":")[2], names.get(ref, ref).casefold()}):
            raise AttestError(
                f"supplier-assessment says nothing of {ref}, which the manifest declares. Add a row with "
                f"`supplier: {ref.partition(':')[2]}`.",
                code="UP-ATT-08",
            )


def _statement(
    workspace: "Workspace",
    kind: "Kind",
    subject: tuple[Ref, str, str],
    record: RecordPart,
    artefacts: tuple[Artefact, ...],
) -> Statement:
    ref, digest, hold = subject
    source: Literal["record", "attestation"] = "record" if kind.produced_by in {"record", "document"} else "attestation"
    now = time_text(workspace.clock())
    system = f"system:{ref.root}" if ref.type in {"system", "model", "dataset"} else None
    predicate = Predicate(
        source=source,
        kinds=(kind.id,),
        system=system,
        result=_result(record),
        inputs=(Input(ref=str(ref), digest=digest, hold=cast("Any", hold)),),
        started=now,
        ended=now,
        artefacts=artefacts,
        record=record,
    )
    return Statement(subject=(SubjectRef.of(ref, digest),), predicate=predicate)


def _result(record: RecordPart) -> Result:
    if record.state == "rejected" or record.conclusion == "failed":
        return "failed"
    return "passed" if record.state == "approved" else "undecided"


def _keep(workspace: "Workspace", path: Path) -> Artefact:
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _MOST_ATTACHMENT else b""
    except OSError as why:
        raise AttestError(f"{path} cannot be read: {why.strerror}.", code="UP-ATT-07") from None
    if size > _MOST_ATTACHMENT:
        raise AttestError(f"{path.name} has {size:,} bytes; an attachment has at most 256 MiB.", code="UP-ATT-07")
    media_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if path.suffix in {".yaml", ".yml"}:
        media_type = "application/yaml"
    digest = workspace.layout.put_blob(data)
    return Artefact(name=path.name, media_type=media_type, size=len(data), sha256=digest)


def _word(what: str, text: str | None, known: tuple[str, ...]) -> Any:
    if text is not None and text not in known:
        raise AttestError(f"{what} {text!r} is not known.{suggest(text, known)}", code="UP-ATT-03")
    return text


def _day(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise AttestError(f"review_by {text!r} is not a day; expected the form 2027-03-31.", code="UP-ATT-03") from None
    if day.isoformat() != text:
        raise AttestError(f"review_by {text!r} is not a day; expected the form 2027-03-31.", code="UP-ATT-03")
    return text

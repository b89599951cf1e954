"""Taking in what another tool found: as evidence marked ``imported``, about a subject that a person names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from upright.evidence.dsse import sign
from upright.evidence.statement import (
    Imported,
    Input,
    Measurement,
    NotExamined,
    Predicate,
    Reason,
    Result,
    Statement,
    SubjectRef,
)
from upright.interchange.findings import Findings, ForeignFileError, judged
from upright.kernel import Ref, read_time, sha256_hex, time_text
from upright.workspace.creation import ensure_enrolled
from upright.workspace.errors import AttestError
from upright.workspace.evidence_log import evidence_entry, evidence_rows, stream_of
from upright.workspace.safe_yaml import suggest
from upright.workspace.values import Filed

if TYPE_CHECKING:
    from upright.catalogue import Kind
    from upright.checks.judge import Judgement
    from upright.workspace.manifest import Manifest
    from upright.workspace.workspace import Workspace

_AHEAD = timedelta(minutes=5)
_OF_CASES = {"cases", "tests", "share"}
_BYTES = NotExamined(
    what="whether these are the bytes that the tool looked at",
    why="its file does not tie what it found to a digest; who imports it says what it is about",
    count=1,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportRequest:
    """What a person says of a file: what it is about, evidence of which kind, the limits, when it was made.

    ``name`` tells series of the same tool and subject apart, such as two suites. ``manifest`` is recorded first, so
    that today's subjects are known.
    """

    about: str | None = None
    kind: str | None = None
    limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ended: str | None = None
    name: str | None = None
    manifest: "Manifest | None" = None


def import_file(workspace: "Workspace", path: Path, asked: ImportRequest | None = None) -> Filed:
    """Files a signed statement as it is, and anything else that is known as imported evidence, signed by our own key.

    Raises:
        EvidenceError, BundleError: a statement that is damaged, or about another system.
        ForeignFileError: not a format that is known (UP-IMP-03), damaged (-02), or it does not say when it was made and
            nobody else does (-05).
        AttestError: no such kind or subject.
    """
    from upright.workspace.merge import import_evidence

    if _is_envelope(path):
        return import_evidence(workspace, path)
    from upright.interchange.recognise import read_findings

    return file_findings(workspace, path, read_findings(path), asked or ImportRequest())


def file_findings(workspace: "Workspace", path: Path, findings: Findings, asked: ImportRequest) -> Filed:
    """Files what was read from ``path``."""
    ensure_enrolled(workspace)
    if asked.manifest is not None:
        workspace.record(workspace.observe(asked.manifest))
    kind = _kind(workspace, findings, asked)
    ref, digest = _subject(workspace, kind, asked)
    started, ended = _times(workspace, findings, asked, path)
    judgement = judged(findings, asked.limits)
    system = Ref("system", ref.root) if ref.type in {"system", "model", "dataset"} else None
    predicate = Predicate(
        source="imported",
        kinds=(kind.id,),
        system=None if system is None else str(system),
        binding=None if system is None else _series(findings, ref, asked.name),
        options={"format": findings.format, "about": findings.about, "settings": dict(findings.settings)},
        limits={name: dict(limit) for name, limit in (asked.limits or findings.default_limits).items()},
        result=judgement.result,
        measurements=judgement.measurements,
        reasons=judgement.reasons,
        not_examined=(*judgement.not_examined, _BYTES),
        inputs=_inputs(path, findings, ref, digest),
        started=time_text(started),
        ended=time_text(ended),
        imported=Imported(tool=findings.tool, version=findings.version, sha256=_digest(path)),
    )
    statement = Statement(subject=(SubjectRef.of(ref, digest),), predicate=predicate)
    statement = _no_narrower(workspace, statement, judgement)
    envelope = sign(statement, workspace.evidence_signer())
    entry = evidence_entry(envelope, workspace.organisation)
    before = workspace.log.size
    index = workspace.append([entry])[0]
    return Filed(
        evidence=envelope.id,
        index=index,
        stream=entry.ref,
        is_new=index >= before,
        state=statement.predicate.result,
        signers=(workspace.evidence_signer().name,),
    )


def _is_envelope(path: Path) -> bool:
    from upright.interchange.reading import head_of, top_level

    if path.is_dir() or not head_of(path, 512).lstrip().startswith(b"{"):
        return False
    try:
        found = top_level(path, ("payload", "payloadType", "signatures"))
    except ForeignFileError:
        return False
    return {"payload", "signatures"} <= set(found)


def _digest(path: Path) -> str:
    from upright.evidence.subjects import digest_path

    return digest_path(path.name, path.parent)[0] if path.is_dir() else sha256_hex(path.read_bytes())


def _series(findings: Findings, ref: Ref, name: str | None) -> str:
    """The stream that a run continues: by tool and subject, or as named."""
    from upright.interchange.findings import slug

    tail = ref.path.rpartition("/")[2] if "/" in ref.path else ref.type
    chosen = slug(name) if name else f"{slug(findings.tool)}-{tail}"
    return f"import-{chosen.replace('_', '-')}"


def _kind(workspace: "Workspace", findings: Findings, asked: ImportRequest) -> "Kind":
    catalogue = workspace.catalogue()
    can = {one.id for one in catalogue.kinds.values() if one.produced_by in {"check", "log"}}
    if asked.kind is not None:
        if asked.kind not in can:
            raise AttestError(
                f"{asked.kind!r} is no kind of evidence that a tool produces.{suggest(asked.kind, can)}",
                code="UP-ATT-01",
            )
        return catalogue.kind(asked.kind)
    known = [kind for kind in findings.kinds if kind in can]
    if len(known) != 1:
        may = f"may be {' or '.join(known)}" if known else "does not say what it is evidence of"
        raise ForeignFileError(
            f"A {findings.format} {may}; name it with --kind. 'upright catalogue kinds' lists them.", code="UP-IMP-04"
        )
    return catalogue.kind(known[0])


def _subject(workspace: "Workspace", kind: "Kind", asked: ImportRequest) -> tuple[Ref, str]:
    from upright.workspace.attest import about_ref, known_subjects

    known = known_subjects(workspace)
    if asked.about is not None:
        ref = about_ref(workspace, asked.about)
        if ref not in known:
            raise AttestError(
                f"{ref} is not a subject of this workspace.{suggest(str(ref), map(str, known))}", code="UP-ATT-02"
            )
        if kind.subject and ref.type not in kind.subject:
            raise AttestError(
                f"{kind.id} speaks about a {' or '.join(kind.subject)}, and {ref} is a {ref.type}.", code="UP-ATT-02"
            )
        return ref, known[ref][0]
    fitting = [ref for ref in known if ref.type in kind.subject and ref.path.count("/") < 2]
    if len(fitting) != 1:
        names = ", ".join(map(str, sorted(fitting))) or "none of them is here; run 'upright assess' first"
        raise AttestError(
            f"{kind.id} speaks about a {' or '.join(kind.subject)}; say which with --about: {names}.", code="UP-ATT-02"
        )
    return fitting[0], known[fitting[0]][0]


def _times(workspace: "Workspace", findings: Findings, asked: ImportRequest, path: Path) -> tuple[datetime, datetime]:
    ended = findings.ended
    if ended is None and asked.ended is not None:
        ended = read_time(asked.ended)
    if ended is None:
        raise ForeignFileError(
            f"{path.name} does not say when it was made, so nobody knows whether it is fresh. Say it with --ended.",
            code="UP-IMP-05",
        )
    if ended > workspace.clock() + _AHEAD:
        raise ForeignFileError(
            f"{path.name} is dated {time_text(ended)}, which is after now. Check the clocks.", code="UP-IMP-06"
        )
    started = findings.started if findings.started is not None and findings.started <= ended else ended
    return started, ended


def _inputs(path: Path, findings: Findings, ref: Ref, digest: str) -> tuple[Input, ...]:
    """The subject as a person declares it, and for a log the window that it covers."""
    found = [Input(ref=str(ref), digest=digest, hold="declared")]
    if findings.window is not None:
        first, last = findings.window
        found.append(
            Input(
                ref=f"log:{ref.root}/imported", digest=_digest(path), hold="window", from_=time_text(first),
                to=time_text(last),
            )
        )  # fmt: skip
    return tuple(found)


def _no_narrower(workspace: "Workspace", statement: Statement, judgement: "Judgement") -> Statement:
    """A run that measures less than the failed one before it does not replace the failure: it is undecided."""
    said = statement.predicate
    keys = workspace.public_keys()
    rows = [one.statement for one in evidence_rows(workspace.log.stream(stream_of(statement)), keys) if one.statement]
    failed = next((one.predicate for one in reversed(rows) if one.predicate.result == "failed"), None)
    if failed is None or judgement.result != "passed":
        return statement
    found = {_key(one): one.n for one in said.measurements}
    less = [
        one
        for one in failed.measurements
        if one.outcome == "failed" and one.unit in _OF_CASES and found.get(_key(one), -1) < one.n
    ]
    if not less:
        return statement
    names = ", ".join(f"{one.name}{_group(one)} of {one.n}" for one in less[:3])
    because = f"the failed run of {failed.ended[:10]} measured more than this one: {names}"
    reasons = (Reason(limit="", outcome="undecided", because=because), *said.reasons)
    result: Result = "undecided"
    return structs.replace(statement, predicate=structs.replace(said, result=result, reasons=reasons))


def _key(one: Measurement) -> tuple[str, tuple[tuple[str, str], ...]]:
    return one.name, tuple(sorted(one.group.items()))


def _group(one: Measurement) -> str:
    words = ", ".join(f"{name} = {value}" for name, value in sorted(one.group.items()))
    return f" ({words})" if words else ""

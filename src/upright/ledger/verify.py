"""Verification: reads every byte that a checkpoint commits to and says exactly what differs, expected and got.

It does not raise for damage: it goes on and lists. Where a tile and the entries under it disagree, the one that leads
to the signed root is right and the other is named (``blame``).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from upright.ledger.checkpoint import Checkpoint
from upright.ledger.errors import DamageError, LedgerError, SignatureError
from upright.ledger.handover import Handovers
from upright.ledger.layout import FORMAT, Layout
from upright.ledger.notes import NoteError, VerifierKey
from upright.ledger.seals import Seals
from upright.ledger.source import FolderSource, Source, public_keys, read_bytes
from upright.ledger.statehead import demand_extends, demand_known, read_head
from upright.ledger.values import Problem, Report
from upright.ledger.walk import Walk

_MOST_READINGS = 3


def verify_folder(
    folder: Path, *, trust: VerifierKey | None = None, since: str | None = None, state_head: Path | None = None
) -> Report:
    """Verifies the log in a folder such as ``.upright``, however damaged it is; see ``verify``."""
    return verify(FolderSource(Layout(folder)), trust=trust, since=since, state_head=state_head)


def verify(
    source: Source, *, trust: VerifierKey | None = None, since: str | None = None, state_head: Path | None = None
) -> Report:
    """Checks checkpoint, tiles, entries, streams, times, openings, bodies, salts, erasures and sealed epochs.

    Args:
        source: the log's files.
        trust: the log key that the caller trusts, or one that was followed by others under both keys' signatures;
            another signer is then a problem. None: a key out of ``pub/`` is used, the report says which, and
            ``trusted`` is False.
        since: an earlier checkpoint's text that this log, or one of its sealed epochs, has to extend.
        state_head: where this host remembers the newest checkpoint.
    """
    for _ in range(_MOST_READINGS):
        report, text = _once(source, trust, since, state_head)
        try:
            if not report.problems or source.checkpoint() == text:
                break
        except DamageError:
            break
        source.forget()  # meanwhile someone appended, and perhaps erased what was just being read
    return report


def _once(
    source: Source, trust: VerifierKey | None, since: str | None, state_head: Path | None
) -> tuple[Report, str | None]:
    """One reading, and the text of the checkpoint that it was held to."""
    text = None
    head = _read_head(state_head)  # before the checkpoint, since a writer moves the checkpoint first
    try:
        text = source.checkpoint()
        checkpoint = Checkpoint.parse(text)
    except (DamageError, NoteError) as why:
        return _unreadable(source, why), text
    walk = Walk(source, checkpoint)
    handovers = Handovers(source, checkpoint, walk, public_keys(source.layout))
    problems: list[Problem] = []
    heir = None if trust is None else handovers.heir(trust)
    signers = _signers(source, checkpoint, heir, problems)
    problems += walk.problems
    problems += handovers.problems
    rollback = _head(source, checkpoint, head, state_head, walk, problems)
    seals = Seals(source, checkpoint, walk)
    problems += _small_files(source, checkpoint, seals.origins)
    problems += seals.problems
    if since is not None:
        problems += seals.demand_since(since)
    report = Report(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        streams=walk.stream_count,
        opened=walk.opened,
        erased=walk.erased,
        signatures=tuple(f"{key.name} ({key.key_id.hex()})" for key in signers),
        log_key=str(signers[0]) if signers else None,
        trusted=heir is not None and heir in signers,
        rollback=rollback,
        lost=seals.lost,
        problems=tuple(problems),
    )
    return report, text


def _unreadable(source: Source, why: DamageError | NoteError) -> Report:
    file = source.layout.relative(source.layout.checkpoint)
    problem = Problem(code="UP-LEDGER-50", file=file, expected="a signed checkpoint", got=why.message)
    return Report(
        origin="",
        size=0,
        root="",
        streams=0,
        opened=0,
        erased=0,
        signatures=(),
        log_key=None,
        trusted=False,
        rollback="rollback not checked",
        problems=(problem,),
    )


def _signers(
    source: Source, checkpoint: Checkpoint, trust: VerifierKey | None, problems: list[Problem]
) -> tuple[VerifierKey, ...]:
    try:
        return checkpoint.verify(*([trust] if trust is not None else public_keys(source.layout)))
    except SignatureError as why:
        file = source.layout.relative(source.layout.checkpoint)
        expected = f"a signature by {trust}" if trust is not None else "a signature by a key in pub/"
        problems.append(Problem(code="UP-LEDGER-51", file=file, expected=expected, got=why.message))
        return ()


def _read_head(path: Path | None) -> Checkpoint | LedgerError | None:
    try:
        return read_head(path)
    except LedgerError as why:
        return why


def _head(
    source: Source,
    checkpoint: Checkpoint,
    head: Checkpoint | LedgerError | None,
    path: Path | None,
    walk: Walk,
    problems: list[Problem],
) -> Literal["checked", "rollback not checked"]:
    if head is None:
        return "rollback not checked"
    try:
        if isinstance(head, LedgerError):
            raise head
        if str(head) != str(checkpoint):
            demand_known(head, *public_keys(source.layout))
        demand_extends(checkpoint.origin, checkpoint.size, checkpoint.root, head, walk.root(head.size))
    except LedgerError as why:
        name = "state head" if path is None else path.name
        problems.append(
            Problem(code="UP-LEDGER-52", file=name, expected="a log that extends the state head", got=why.message)
        )
    return "checked"


def _small_files(source: Source, checkpoint: Checkpoint, epochs: Sequence[tuple[Layout, str]]) -> Iterator[Problem]:
    layout = source.layout
    if isinstance(source, FolderSource):
        wanted = {layout.format: FORMAT, layout.folder / ".gitignore": "*\n", layout.origin: f"{checkpoint.origin}\n"}
        wanted |= {sealed.origin: f"{origin}\n" for sealed, origin in epochs}
        for path, expected in wanted.items():
            try:
                got = read_bytes(path)
            except DamageError as why:
                got = why.message.encode()
            if got != expected.encode():
                file = layout.relative(path)
                yield Problem(code="UP-LEDGER-66", file=file, expected=repr(expected), got=repr(got.decode("latin-1")))
    for path in sorted(path for path in layout.public_keys.glob("*") if path.suffix != ".new"):
        yield from _key_file(layout, path)


def _key_file(layout: Layout, path: Path) -> Iterator[Problem]:
    try:
        key = VerifierKey.parse(path.read_text(encoding="utf-8"))
        expected, got = f"{key.fingerprint}.vkey: {key}\n", f"{path.name}: {path.read_text(encoding='utf-8')}"
    except (NoteError, OSError, UnicodeDecodeError) as why:
        expected, got = "a verifier key", str(why)
    if expected != got:
        yield Problem(code="UP-LEDGER-66", file=layout.relative(path), expected=expected, got=got)

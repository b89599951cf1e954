"""Restore: where a log cannot go on, a new one begins, and its first entry says where the old one ended."""

import contextlib
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from upright.kernel import Clock, UprightError, parse_time
from upright.ledger import Checkpoint, Log, NoteError, Report, SignatureError, finish_restore, read_head, verify_folder
from upright.ledger import restore as begin_anew
from upright.workspace import signers
from upright.workspace.creation import enrol_own
from upright.workspace.errors import WorkspaceError
from upright.workspace.layout import Layout, state_head

if TYPE_CHECKING:
    from upright.evidence.keys import PrivateKey

_AHEAD = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True, slots=True)
class Restored:
    """A log that was continued by another.

    ``sealed`` is where the old one lies below the project folder, ``sealed_size`` its entries where its checkpoint
    could be read; ``lost`` counts entries that are known to have been and are in neither; ``problems`` are those of
    the old log that every verification will go on naming.
    """

    origin: str
    before: str
    sealed: str
    sealed_size: int | None
    lost: int | Literal["unknown"]
    log_key: str
    key_is_new: bool
    problems: int

    @property
    def exit_status(self) -> int:
        """3 where nobody can say how many entries are lost, else 0."""
        return 3 if self.lost == "unknown" else 0

    def to_json(self) -> dict[str, Any]:
        """The document of ``restore --format json``."""
        return {"upright": 1, **{name: getattr(self, name) for name in self.__slots__}}


def restore(folder: Path, *, known: str | None, clock: Clock) -> Restored:
    """Seals the log of a workspace and begins a new one of another origin, under the same key where it is at hand.

    ``known`` is a checkpoint of the old log that somebody kept; this host's state head is used too, the newer counts.
    What was recorded in the old log stays readable in its folder and travels in packs, but judges nothing any more.

    Raises:
        WorkspaceError: there is no log (UP-WORK-01), none whose organisation is known (UP-WORK-18), or it is whole and
            can go on (UP-WORK-19).
        LedgerError, SignatureError: ``known`` is no checkpoint of this log.
    """
    from upright.workspace.workspace import Workspace

    layout = Layout.of(folder)
    finish_restore(layout.root)
    if not (layout.root / "ledger").is_dir():
        layout.demand()
    before = _origin(layout)
    head = state_head(before)
    report = verify_folder(layout.root, state_head=head)
    _demand_need(layout, report, clock)
    last = _newest(_given(known), _remembered(head))
    key = _own_key(layout, last)
    origin = f"{before.partition('/')[0]}/{uuid.uuid4()}"
    signer = key or signers.new_log_key(origin)
    log = begin_anew(
        layout.root, origin=origin, signer=signer, state_head=state_head(origin), known=last, clock=clock
    )  # fmt: skip
    layout.bundles.unlink(missing_ok=True)  # states of the old log, which no bundle of the new one extends
    workspace = Workspace(folder=folder, log=log, clock=clock)
    enrol_own(workspace, signer)
    after = workspace.verify()
    sealed = max((layout.root / "ledger" / "epochs").iterdir())
    return Restored(
        origin=origin,
        before=before,
        sealed=str(sealed.relative_to(folder)),
        sealed_size=report.size if report.origin else None,
        lost=after.lost,
        log_key=str(signer.vkey),
        key_is_new=key is None,
        problems=len(after.problems),
    )


def _origin(layout: Layout) -> str:
    """By the checkpoint, which is signed; where that cannot be read, by the file beside it."""
    for name in ("checkpoint", "origin"):
        try:
            text = (layout.root / "ledger" / name).read_text(encoding="utf-8").partition("\n")[0]
        except (OSError, UnicodeDecodeError):
            continue
        organisation, _, rest = text.partition("/")
        try:
            if organisation and str(uuid.UUID(rest)) == rest:
                return text
        except ValueError:
            continue
    raise WorkspaceError(
        f"Neither ledger/checkpoint nor ledger/origin in {layout.root} says whose log this is. "
        "Bring one of them back from a backup or a pack, then restore.",
        code="UP-WORK-18",
    )


def _demand_need(layout: Layout, report: Report, clock: Clock) -> None:
    if not report.is_intact:
        return
    log = Log.open(layout.root)
    if log.size and parse_time(log.entry(log.size - 1).time) - clock() > _AHEAD:
        return
    raise WorkspaceError(
        f"The log of {log.size:,} entries is whole and can go on, so there is nothing to restore: a new log would "
        "only leave behind what this one holds. 'upright ledger verify' shows what was looked at.",
        code="UP-WORK-19",
    )


def _given(text: str | None) -> Checkpoint | None:
    return None if text is None else Checkpoint.parse(text)


def _remembered(head: Path) -> Checkpoint | None:
    """What this host saw; a state head that is damaged says nothing, so the loss is then unknown and not zero."""
    try:
        return read_head(head)
    except UprightError:
        return None


def _newest(*found: Checkpoint | None) -> Checkpoint | None:
    return max((one for one in found if one is not None), key=lambda one: one.size, default=None)


def _own_key(layout: Layout, last: Checkpoint | None) -> "PrivateKey | None":
    """The old log's key where its private half is at hand: whoever trusts it goes on trusting."""
    texts = [] if last is None else [str(last)]
    with contextlib.suppress(OSError, UnicodeDecodeError):
        texts.append((layout.root / "ledger" / "checkpoint").read_text(encoding="utf-8"))
    for key in signers.keys_at_hand("log"):
        for text in texts:
            try:
                Checkpoint.parse(text).verify(key.vkey)
            except (NoteError, SignatureError):
                continue
            return key
    return None

"""A workspace: one folder's log, keys and catalogue, and everything that a command can ask of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.kernel import Clock, Ref, read_time, system_clock, time_text
from upright.workspace import judge, records, signers
from upright.workspace.errors import WorkspaceError
from upright.workspace.evidence_log import evidence_rows, find_evidence
from upright.workspace.layout import Layout, state_head

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.evidence.keys import PrivateKey
    from upright.gate import GateAnswer
    from upright.ledger import Log, NewEntry, Recorded, Report, VerifierKey
    from upright.posture import Explanation, Facts, Posture
    from upright.reports import Dossier
    from upright.workspace.imports import ImportRequest
    from upright.workspace.manifest import Manifest
    from upright.workspace.observing import Observation
    from upright.workspace.signers import KeyState
    from upright.workspace.values import Assessment, EvidenceRow, Filed, Merged, OnEvent


@dataclass(kw_only=True)
class Workspace:
    """Open one with ``Workspace.open``, make one with ``create``; ``open_or_create`` is what ``assess`` does.

    ``catalogue_folders`` are laid over our own catalogue (``--catalogue DIR``). ``clock`` says the time.
    """

    folder: Path
    log: "Log"
    clock: Clock = system_clock
    catalogue_folders: tuple[Path, ...] = ()

    @classmethod
    def create(
        cls,
        folder: Path | str,
        organisation: str,
        *,
        clock: Clock = system_clock,
        catalogue_folders: Sequence[Path] = (),
    ) -> "Workspace":
        """Makes ``.upright/`` with a new log of this organisation (its id), and enrols the log and evidence keys.

        Raises:
            WorkspaceError: there is one already (UP-WORK-06).
        """
        from upright.workspace.creation import create

        return create(Path(folder), organisation, clock=clock, catalogue_folders=tuple(catalogue_folders))

    @classmethod
    def open(
        cls, folder: Path | str, *, clock: Clock = system_clock, catalogue_folders: Sequence[Path] = ()
    ) -> "Workspace":
        """Opens the workspace of a folder; without its log key at hand it can be read, not written.

        Raises:
            WorkspaceError: there is none, or it is foreign; LedgerError: its log is damaged or was rolled back.
        """
        from upright.workspace.creation import open_log

        layout = Layout.of(Path(folder))
        layout.demand()
        log = open_log(layout, clock)
        return cls(folder=Path(folder), log=log, clock=clock, catalogue_folders=tuple(catalogue_folders))

    @classmethod
    def open_or_create(
        cls,
        folder: Path | str,
        organisation: str,
        *,
        clock: Clock = system_clock,
        catalogue_folders: Sequence[Path] = (),
    ) -> "Workspace":
        """Opens the folder's workspace, or makes one for this organisation.

        Raises:
            WorkspaceError: the workspace belongs to another organisation (UP-WORK-07).
        """
        from upright.workspace.creation import open_or_create

        return open_or_create(Path(folder), organisation, clock=clock, catalogue_folders=tuple(catalogue_folders))

    # --- what is here ----------------------------------------------------------------------------------------------

    @cached_property
    def layout(self) -> Layout:
        """The places inside ``.upright/``."""
        return Layout.of(self.folder)

    @property
    def origin(self) -> str:
        """The log's origin, ``<organisation>/<uuid>``."""
        return self.log.origin

    @property
    def organisation(self) -> Ref:
        """``organisation:<id>``, from the log's origin."""
        return Ref("organisation", self.origin.partition("/")[0])

    @property
    def state_head(self) -> Path:
        """Where this host keeps the last checkpoint it saw of this log."""
        return state_head(self.origin)

    @property
    def log_key(self) -> "VerifierKey":
        """The public key that signs the log's checkpoints: what ``upright verify --trust`` is given."""
        current = [s.key for s in self.keys().values() if s.role == "log" and s.is_current]
        if not current:
            raise WorkspaceError("The log has no current log key. Enrol one: upright key enrol.", code="UP-WORK-08")
        return current[-1]

    def systems(self) -> tuple[Ref, ...]:
        """The systems that the log holds a record of."""
        refs = (name.removeprefix("system:") for name in self.log.streams() if name.startswith("system:"))
        return tuple(sorted(Ref("system", path) for path in refs))

    def one_system(self, given: str | Ref | None = None) -> Ref:
        """The system that was meant: the given one (``mortgage`` or ``system:mortgage``), else the only one.

        Raises:
            WorkspaceError: none, several, or not here (UP-WORK-09).
        """
        from upright.workspace.safe_yaml import suggest

        known = self.systems()
        if given is not None:
            ref = given if isinstance(given, Ref) else Ref("system", given.removeprefix("system:"))
            if ref in known:
                return ref
            raise WorkspaceError(f"There is no {ref} here.{suggest(str(ref), map(str, known))}", code="UP-WORK-09")
        if len(known) == 1:
            return known[0]
        what = "no system yet; run 'upright assess' first" if not known else f"{len(known)} systems; name one"
        raise WorkspaceError(
            f"This workspace has {what}.{' They are ' + ', '.join(map(str, known)) + '.' if known else ''}",
            code="UP-WORK-09",
        )

    def system_record(self, system: Ref) -> dict[str, Any] | None:
        """The newest recorded system record (its ``record`` part), or None."""
        return (records.newest(self.log.stream(str(system)), records.SYSTEM) or {}).get("record")

    @cached_property
    def _present_catalogue(self) -> "Catalogue":
        return judge.load_catalogue(self.catalogue_folders)

    def catalogue(self, at: str | None = None) -> "Catalogue":
        """The catalogue that this Upright brings, or with ``at`` the one in force then (else the present one)."""
        if at is None:
            return self._present_catalogue
        stream = self.log.stream(f"catalogue:{self.organisation.path}")
        then = judge.catalogue_in_force(self.layout, (e for e in stream if e.time <= at))
        return then or self._present_catalogue

    # --- observing and recording -----------------------------------------------------------------------------------

    def observe(self, manifest: "Manifest") -> "Observation":
        """Digests what the manifest names today and compares it with the log. Writes nothing.

        Raises:
            ManifestError: an unknown check or word, a file that cannot be digested.
        """
        from upright.workspace.observing import observe

        return observe(self, manifest)

    def record(self, observation: "Observation") -> tuple[int, ...]:
        """Writes the catalogue and the system record where they differ from the newest; returns the new indices."""
        from upright.workspace.observing import record

        return record(self, observation)

    def append(self, entries: "Sequence[NewEntry]") -> tuple[int, ...]:
        """Appends entries in one go.

        Raises:
            WorkspaceError: the log key is not at hand, so this workspace can only be read here (UP-WORK-08).
        """
        signers.demand_writable(self.log)
        return tuple(self.log.append(list(entries)))

    # --- judging ---------------------------------------------------------------------------------------------------

    def facts(
        self, at: str | None = None, manifest: "Manifest | None" = None, *, catalogue: "Catalogue | None" = None
    ) -> "Facts":
        """What judgement sees, as recorded up to ``at`` (default: now); a ``manifest`` shows today's bytes as well.

        ``at`` is a date or an RFC 3339 time. The past is never mixed with today's bytes: ``at`` drops ``manifest``.

        Raises:
            DamageError: an entry, or the tree over all of them, is not what the log's key signed.
        """
        from upright.ledger import demand_proved
        from upright.posture import gather

        demand_proved(self.log)
        newest = self.log.entry(self.log.size - 1).time if self.log.size else ""
        # A clock that stands behind the log must not hide the newest entries from "now".
        moment = time_text(read_time(at)) if at is not None else max(time_text(self.clock()), newest)
        observed = self.observe(manifest).body if at is None and manifest is not None else None
        return gather(
            self._entries_until(moment),
            at=moment,
            scope=str(self.organisation),
            catalogue=catalogue or self.catalogue(None if at is None else moment),
            log="self-kept",
            observed=None if observed is None else dict(observed),
        )

    def _entries_until(self, moment: str) -> "Iterable[Recorded]":
        for recorded in self.log.entries():
            if recorded.time > moment:
                return
            yield recorded

    def posture(self, at: str | None = None, manifest: "Manifest | None" = None) -> "tuple[Facts, Catalogue, Posture]":
        """Facts, the catalogue they are judged by, and the posture."""
        from upright.posture import evaluate

        catalogue = self.catalogue(None if at is None else time_text(read_time(at)))
        facts = self.facts(at, manifest, catalogue=catalogue)
        return facts, catalogue, evaluate(facts, catalogue)

    def explain(
        self, requirement: str, system: str | None = None, at: str | None = None, manifest: "Manifest | None" = None
    ) -> "Explanation":
        """Why a requirement has its status, in sentences with evidence ids."""
        from upright.posture import explain

        catalogue = self.catalogue(None if at is None else time_text(read_time(at)))
        found = catalogue.requirement(requirement)
        facts = self.facts(at, manifest, catalogue=catalogue)
        ref = None if system is None else str(self.one_system(system))
        return explain(facts, catalogue, found.id, system=ref)

    def gate(
        self, stage: str, system: str | None = None, at: str | None = None, manifest: "Manifest | None" = None
    ) -> "GateAnswer":
        """May the system go to ``stage``? Without ``at`` the manifest is recorded first and the answer is a verdict.

        Raises:
            WorkspaceError: no such stage (UP-WORK-11), or no such system (UP-WORK-09).
        """
        from upright.workspace.gates import ask_gate

        return ask_gate(self, stage, system=system, at=at, manifest=manifest)

    def dossier(
        self, system: str | None = None, at: str | None = None, manifest: "Manifest | None" = None
    ) -> "Dossier":
        """Everything a report may see."""
        from upright.workspace.dossiers import make_dossier

        return make_dossier(self, system=system, at=at, manifest=manifest)

    def pack(
        self,
        out: Path | str,
        *,
        system: str | None = None,
        manifest: "Manifest | None" = None,
        partial: bool = False,
        language: str = "en",
    ) -> Path:
        """Writes an audit pack, its report in ``language``; records the manifest first: it shows today's bytes."""
        from upright.workspace.dossiers import write_pack

        return write_pack(self, Path(out), system=system, manifest=manifest, partial=partial, language=language)

    # --- doing -----------------------------------------------------------------------------------------------------

    def assess(
        self,
        manifest: "Manifest",
        *,
        only: Sequence[str] = (),
        fresh: bool = False,
        bundle: Path | str | None = None,
        seed: int = 0,
        on_event: "OnEvent | None" = None,
    ) -> "Assessment":
        """Runs the checks of a manifest and files each one's evidence as soon as it is there.

        ``only`` are ids of bindings (empty = all); ``fresh`` runs what could be reused; ``seed`` is of everything
        random; ``bundle`` also writes what was filed for another log; ``on_event`` hears of progress.

        Raises:
            ManifestError, WorkspaceError: before anything is run. A check that crashes is an outcome, no error.
        """
        from upright.workspace.assess import assess

        return assess(self, manifest, only=tuple(only), fresh=fresh, bundle=bundle, seed=seed, on_event=on_event)

    def attest(
        self,
        kind: str,
        about: str | Ref,
        file: Path | str,
        keys: "Sequence[PrivateKey | str]" = (),
        *,
        manifest: "Manifest | None" = None,
        state: str | None = None,
        review_by: str | None = None,
        conclusion: str | None = None,
        attachments: Sequence[Path] = (),
    ) -> "Filed":
        """Files a record or attestation, signed by persons' keys; see ``attest.attest``."""
        from upright.workspace.attest import attest

        return attest(
            self, kind, about, Path(file), keys, manifest=manifest, state=state, review_by=review_by,
            conclusion=conclusion, attachments=tuple(attachments),
        )  # fmt: skip

    def import_evidence(self, file: Path | str, asked: "ImportRequest | None" = None) -> "Filed":
        """Files a signed statement made elsewhere, or what another tool found; see ``imports``."""
        from upright.workspace.imports import import_file

        return import_file(self, Path(file), asked)

    def merge(self, bundles: Sequence[Path | str], manifest: "Manifest | None" = None) -> "Merged":
        """Appends the evidence of bundles; idempotent; a fork of one origin is reported and not merged."""
        from upright.workspace.merge import merge

        return merge(self, [Path(bundle) for bundle in bundles], manifest)

    def evidence(self) -> "tuple[EvidenceRow, ...]":
        """Every evidence entry, oldest first."""
        return tuple(evidence_rows(self.log.entries(), self.public_keys()))

    def find_evidence(self, text: str) -> "EvidenceRow":
        """The evidence whose id starts with ``text`` (with or without ``sha256:``).

        Raises:
            WorkspaceError: none or several (UP-WORK-12).
        """
        return find_evidence(self.evidence(), text)

    # --- keys ------------------------------------------------------------------------------------------------------

    def keys(self) -> "dict[str, KeyState]":
        """Every key that the log knows, by fingerprint."""
        return signers.keys_of(self.log)

    def public_keys(self) -> "dict[str, VerifierKey]":
        """The public keys of ``keys``, by fingerprint."""
        return {fingerprint: state.key for fingerprint, state in self.keys().items()}

    def enrol(self, key: "VerifierKey", role: str, *, reason: str) -> int | None:
        """Enrols a key; returns its index, or None where it is enrolled already."""
        from upright.workspace.creation import enrol

        return enrol(self, key, role, reason=reason)

    def retire(self, fingerprint: str, *, reason: str, compromised_from: int | None = None) -> int:
        """Retires a key, or reports it compromised from a log index on.

        Raises:
            WorkspaceError: no such key (UP-WORK-10), or it has been retired already.
        """
        from upright.workspace.creation import retire

        return retire(self, fingerprint, reason=reason, compromised_from=compromised_from)

    def verify(self, trust: "VerifierKey | None" = None) -> "Report":
        """Reads the whole log and says what differs from what was committed to."""
        return self.log.verify(trust)

    def evidence_signer(self) -> "PrivateKey":
        """The private evidence key to sign with: an enrolled one that is at hand.

        Raises:
            WorkspaceError: none is at hand (UP-WORK-13).
        """
        found = signers.find_private(self.keys(), "evidence")
        if found is None:
            signers.demand_writable(self.log)
            raise WorkspaceError(
                "No enrolled evidence key is at hand, so nothing signed here would count. "
                "Make and enrol one: upright key new evidence; upright key enrol.",
                code="UP-WORK-13",
            )
        return found

    def actor(self) -> str:
        """Who acts in a record's body: the evidence key at hand."""
        found = signers.find_private(self.keys(), "evidence")
        return f"key:{found.fingerprint}" if found else "key:unknown"

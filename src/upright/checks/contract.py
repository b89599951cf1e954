"""What a check is given and what it gives back. Everything here is frozen, typed and free of heavy imports.

A check is a function with typed, keyword-only options that returns ``run(binding, context) -> CheckResult``.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from upright.checks.options import Option, chosen, options_of
from upright.evidence.statement import Measurement, NotExamined, Reason
from upright.kernel import Clock, Ref, system_clock

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from upright.checks.models import Models

Outcome = Literal["passed", "failed", "undecided", "errored"]
Hold = Literal["bytes", "snapshot", "declared", "window"]
Reproduced = Literal["yes", "no", "n/a"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column plays which part; ``None`` where the table has no such column."""

    label: str | None = None
    prediction: str | None = None
    score: str | None = None
    weight: str | None = None
    time: str | None = None

    def named(self) -> dict[str, str]:
        """Part to column name, for the parts that are filled."""
        return {part: name for part in _PARTS if (name := getattr(self, part)) is not None}


_PARTS = ("label", "prediction", "score", "weight", "time")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """A table of protected columns that is joined to the data while a check runs, and never put into evidence."""

    path: Path | str
    digest: str
    hold: Hold
    on: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableSource:
    """A data set as a check sees it.

    ``path`` is a file (.csv .csv.gz .jsonl .parquet .arrow), a glob as text, or an Ibis URL with ``?table=NAME``.
    ``digest`` is 64 hex digits. ``favourable`` is the value of label and prediction that is good for the person,
    as text ("0", "approved"), or several of them. ``declared`` is what the manifest says of origin, licence, steps
    (JSON, no floats).
    """

    ref: Ref
    path: Path | str
    digest: str
    hold: Hold
    columns: Columns = field(default_factory=Columns)
    favourable: str | tuple[str, ...] | None = None
    protected: tuple[str, ...] = ()
    predictions_of: Ref | None = None
    recorded_decisions: bool = False
    role: str | None = None
    people: People | None = None
    declared: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A hosted model: base address, the name it is served under, its declared version, and where the key is.

    ``key_env`` names an environment variable; the key itself is read when it is used and kept nowhere.
    """

    url: str
    model: str
    version: str = ""
    key_env: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """A model as a check sees it; nothing in it has been loaded. ``threshold`` is a decimal text.

    With an ``endpoint`` it is hosted elsewhere: there is no file, and ``digest`` is of what is declared.
    """

    ref: Ref
    path: Path | str
    digest: str
    hold: Hold
    adapter: str | None = None
    features: tuple[str, ...] = ()
    output: str | None = None
    positive: str | None = None
    threshold: str | None = None
    signature: Path | None = None
    requirements: Path | None = None
    may_load: bool = False
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supplier:
    """Who provides what, as the manifest declares it."""

    ref: Ref
    name: str
    provides: tuple[Ref, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSource:
    """A whole system as a check sees it: what is declared of it, and the folder that it lies in.

    ``digest`` is of what is declared of the system; ``inventory`` is of the declared parts together with what the
    folder tells, so that evidence ages with either. ``manifest`` names the file that declares, from the folder.
    """

    ref: Ref
    digest: str
    hold: Hold
    folder: Path
    manifest: str
    inventory: str
    models: tuple[ModelSource, ...] = ()
    tables: tuple[TableSource, ...] = ()
    suppliers: tuple[Supplier, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotJudged:
    """A group that is too small to judge and that the binding says so of, with the reason; it is shown."""

    group: Mapping[str, str]
    reason: str


Source = TableSource | ModelSource | SystemSource
"""What a check can be bound to."""

Limits = Mapping[str, Mapping[str, str]]
"""``{"auc": {"at_least": "0.7"}}``: by measure, ``at_least`` and ``at_most`` as decimal texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A check bound to a subject with limits (one entry under ``checks:`` of the manifest).

    ``on`` is what is measured, ``against`` a baseline or reference, ``training`` the rows that a model was trained on,
    ``model`` the model that ``on.predictions_of`` names. ``traits`` tells the check what the manifest says of the
    system (``personal_data: "yes"``, ``stage: …``).
    """

    id: str
    system: Ref
    check: str
    on: Source
    against: TableSource | ModelSource | None = None
    training: TableSource | None = None
    model: ModelSource | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    strata: tuple[str, ...] = ()
    not_judged: tuple[NotJudged, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)

    def sources(self) -> "tuple[tuple[str, Source | None], ...]":
        """Everything that it names, by the part that it plays."""
        return (("on", self.on), ("against", self.against), ("training", self.training), ("model", self.model))

    @property
    def subject(self) -> Ref:
        """What the statement will be about."""
        return self.on.ref

    @property
    def ref(self) -> Ref:
        """``binding:<system>/<id>``, which also names the ledger stream of its evidence."""
        return Ref("binding", f"{self.system.path}/{self.id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a check may reach besides its binding.

    ``open_table`` gives an Ibis table of a source, opened once (see ``checks.tables.Tables``). ``models`` loads each
    model once, in a sandboxed child; without it each use has a child of its own (``checks.models.opened``), within
    the limits ``sandbox``. ``progress(done, of)`` may be called by a long check. ``resume`` is a folder that
    outlives the run, where a long check keeps what it would be costly to do again.
    """

    seed: int
    scratch: Path
    open_table: Callable[[TableSource], "Table"]
    clock: Clock = system_clock
    sandbox: Any = None
    models: "Models | None" = None
    resume: Path | None = None
    progress: Callable[[int, int], None] = lambda _done, _of: None

    def seed_of(self, binding: Binding) -> int:
        """A 53-bit seed of this binding's own, so that adding a check never changes another's numbers."""
        told = f"upright/seed/1 {self.seed} {binding.ref}".encode()
        return int.from_bytes(hashlib.sha256(told).digest()[:7], "big") >> 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtefactBytes:
    """A file that a check made, such as a metadata document; kept by digest."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraInput:
    """Something more that was read, besides the binding's own sources, as an input of the evidence.

    ``from_`` and ``to`` (recorded times) belong to hold ``window``: what has no digest of today and ages instead.
    """

    ref: Ref
    digest: str
    hold: Hold
    from_: str | None = None
    to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check answers: one of four results, with everything it stands on."""

    result: Outcome
    measurements: tuple[Measurement, ...] = ()
    reasons: tuple[Reason, ...] = ()
    not_examined: tuple[NotExamined, ...] = ()
    artefacts: tuple[ArtefactBytes, ...] = ()
    reproduced: Reproduced = "n/a"
    inputs: tuple[ExtraInput, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """What re-scoring a sample with the named model said (``checks.rescore.reproduce(binding, context)``).

    ``yes``: every row agreed. ``no`` with ``mismatched`` rows: the table is not that model's, which fails the
    check. ``no`` with ``why`` alone: could not re-score (missing library, file not scanned clean, no sandbox).
    """

    reproduced: Reproduced
    rows: int = 0
    mismatched: int = 0
    why: str = ""


Run = Callable[[Binding, Context], CheckResult]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """A check as the registry knows it.

    ``measures`` are the names that limits may speak of; empty = any. ``default_limits`` hold where the binding
    has none. ``uses_predictions``: the runner re-scores a sample where the table names its model.
    """

    name: str
    version: str
    kinds: tuple[str, ...]
    about: tuple[str, ...]
    make: Callable[..., Run]
    measures: tuple[str, ...] = ()
    default_limits: Limits = field(default_factory=dict)
    uses_predictions: bool = False

    @property
    def options(self) -> Mapping[str, Option]:
        """Name, type and default of each option."""
        return options_of(self.make)

    @property
    def about_text(self) -> str:
        """First paragraph of the docstring."""
        return " ".join((self.make.__doc__ or "").strip().partition("\n\n")[0].split())

    def configure(self, options: Mapping[str, Any]) -> Run:
        """The check with its options.

        Raises:
            OptionError: an unknown option, or a value of another type.
        """
        return self.make(**chosen(self.name, self.options, options))

    def limits_of(self, binding: Binding) -> Limits:
        """The binding's limits, else the ones in the nature of the check."""
        return binding.limits or self.default_limits


def check(
    name: str,
    *,
    version: str,
    kinds: Sequence[str],
    about: Sequence[str] = ("dataset",),
    measures: Sequence[str] = (),
    default_limits: Limits | None = None,
    uses_predictions: bool = False,
) -> Callable[[Callable[..., Run]], CheckSpec]:
    """Makes a check of a function with typed, keyword-only options that returns ``run(binding, context)``.

    Raises:
        OptionError: an option has no type, no default, or a type that a manifest cannot hold.
    """

    def made(make: Callable[..., Run]) -> CheckSpec:
        options_of(make)
        return CheckSpec(
            name=name,
            version=version,
            kinds=tuple(kinds),
            about=tuple(about),
            make=make,
            measures=tuple(measures),
            default_limits=default_limits or {},
            uses_predictions=uses_predictions,
        )

    return made

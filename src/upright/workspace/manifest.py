"""What ``upright.yaml`` says, as frozen values; paths checked, numbers as decimal strings, names as references."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.kernel import Ref
from upright.workspace.errors import ManifestError

MODALITIES = ("tabular", "text", "image", "audio", "video", "llm", "agent")
DATASET_ROLES = ("training", "evaluation", "production", "reference")
COLUMNS = ("label", "prediction", "score", "weight", "time")
BOUNDS = ("at_least", "at_most")


@dataclass(frozen=True, kw_only=True, slots=True)
class OrganisationPart:
    """Who answers for the system."""

    id: str
    name: str

    @property
    def ref(self) -> Ref:
        """``organisation:<id>``."""
        return Ref("organisation", self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemPart:
    """The AI system: what it is for, in which stage, under which roles."""

    id: str
    name: str
    purpose: str
    stage: str
    modality: str
    roles: Mapping[str, tuple[str, ...]]
    personal_data: bool | None
    traits: Mapping[str, str]
    owner: str | None
    classification: str | None
    answers: Mapping[str, str | tuple[str, ...]]

    @property
    def ref(self) -> Ref:
        """``system:<id>``."""
        return Ref("system", self.id)


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelPart:
    """A model file, or the address of a hosted model, and what is needed to ask it."""

    id: str
    ref: Ref
    path: str
    adapter: str | None
    features: tuple[str, ...]
    output: str | None
    positive: str | None
    threshold: str | None
    signature: str | None
    requirements: str | None
    may_load: bool
    served_as: str | None = None
    version: str | None = None
    key_env: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleTable:
    """Protected columns that live in another table: joined while measuring, never part of evidence."""

    path: str
    on: str
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetPart:
    """A table, and which of its columns mean what."""

    id: str
    ref: Ref
    path: str
    role: str | None
    columns: Mapping[str, str | None]
    predictions_of: Ref | None
    recorded_decisions: bool
    protected: tuple[str, ...]
    people: PeopleTable | None
    favourable: str | tuple[str, ...] | None
    declared: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class SupplierPart:
    """Someone who provides a model, data or a service to the system."""

    id: str
    ref: Ref
    name: str
    provides: tuple[Ref, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckPart:
    """A check bound to a subject, with its limits."""

    id: str
    check: str
    on: Ref
    against: Ref | None
    training: Ref | None
    options: Mapping[str, Any]
    limits: Mapping[str, Mapping[str, str]]
    reference: Mapping[str, str]
    strata: tuple[str, ...]
    not_judged: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """A whole ``upright.yaml``: ``folder`` is where its paths start, ``sha256`` the digest of its bytes."""

    path: Path
    folder: Path
    sha256: str
    allow_external: bool
    organisation: OrganisationPart
    system: SystemPart
    models: tuple[ModelPart, ...]
    datasets: tuple[DatasetPart, ...]
    suppliers: tuple[SupplierPart, ...]
    checks: tuple[CheckPart, ...]
    lines: Mapping[str, int] = field(repr=False)

    @property
    def model_by_ref(self) -> Mapping[Ref, ModelPart]:
        """Models by ``model:<system>/<id>``."""
        return {model.ref: model for model in self.models}

    @property
    def dataset_by_ref(self) -> Mapping[Ref, DatasetPart]:
        """Data sets by ``dataset:<system>/<id>``."""
        return {dataset.ref: dataset for dataset in self.datasets}

    def wrong(self, place: str, message: str, *, code: str) -> ManifestError:
        """An error about a dotted place such as ``checks.performance.limits``, with the file and line it came from."""
        where = place
        while where and where not in self.lines:
            where = where.rpartition(".")[0]
        line = self.lines.get(where, 1)
        return ManifestError(f"{self.path.name}:{line}: {message}", code=code)

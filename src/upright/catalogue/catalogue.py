"""The catalogue: every framework, kind, gate, threat and crosswalk, by id."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import msgspec

from upright.catalogue import loading
from upright.catalogue.reading import CatalogueError
from upright.catalogue.types import Framework, Gates, Kind, Requirement, Trait
from upright.catalogue.types import plain as as_plain
from upright.kernel import plain_bytes, sha256_hex, without_collecting

FROZEN_VERSION = 1


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A life-cycle stage: its meaning, and the words of ``threats.yaml`` that mean the same."""

    id: str
    meaning: str
    threat_stages: tuple[str, ...] = ()


class Catalogue:
    """What the frameworks ask, as data. Pure to use; ``load`` reads files, ``thaw`` does not."""

    def __init__(
        self,
        *,
        frameworks: Mapping[str, Framework],
        kinds: Mapping[str, Kind],
        gates: Gates,
        stages: Sequence[Stage],
        traits: Mapping[str, Trait],
        layers: loading.Layers | None = None,
    ) -> None:
        self.frameworks: Mapping[str, Framework] = MappingProxyType(dict(frameworks))
        self.kinds: Mapping[str, Kind] = MappingProxyType(dict(kinds))
        self.gates = gates
        self.stage_list: tuple[Stage, ...] = tuple(stages)
        self.traits: Mapping[str, Trait] = MappingProxyType(dict(traits))
        self._layers = layers

    @classmethod
    def load(cls, extra: Sequence[Path] = ()) -> Self:
        """Our own data, read once a process; with the folders ``extra`` laid over it (``--catalogue DIR``), read anew.

        Raises:
            CatalogueError: a file is missing or wrong; the message names file and line.
        """
        return cls._load(tuple(extra)) if extra else cls._own()

    @classmethod
    @cache
    def _own(cls) -> Self:
        return cls._load(())

    @classmethod
    def _load(cls, extra: tuple[Path, ...]) -> Self:
        with without_collecting():
            return cls._read(loading.Layers(extra))

    @classmethod
    def _read(cls, layers: loading.Layers) -> Self:
        document = layers.document("stages.yaml")
        stages = [
            loading.convert(document, value, Stage, "stages", n)
            for n, value in enumerate(loading.read_list(document, "stages"))
        ]
        return cls(
            frameworks={name: loading.read_framework(layers, name) for name in layers.framework_ids()},
            kinds=loading.read_kinds(layers),
            gates=loading.read_gates(layers),
            stages=stages,
            traits=loading.read_traits(layers),
            layers=layers,
        )

    @property
    def stages(self) -> tuple[str, ...]:
        """The life-cycle stages in order, from inception to retirement."""
        return tuple(stage.id for stage in self.stage_list)

    @cached_property
    def requirements(self) -> Mapping[str, Requirement]:
        """Every requirement of every framework, by full id (``iso42001:A.5.4``)."""
        return MappingProxyType({r.id: r for f in self.frameworks.values() for r in f.requirements})

    def requirement(self, name: str) -> Requirement:
        """A requirement by id; the display form (``nist-ai-rmf:GOVERN 1.1``) is read too.

        Raises:
            CatalogueError: there is none; the message suggests near ones.
        """
        found = self.requirements.get(name) or self.requirements.get(name.replace(" ", "-"))
        if found is None:
            near = suggestion(name, self.requirements)
            raise CatalogueError(f"There is no requirement {name!r}.{near}", code="UP-CAT-08")
        return found

    def kind(self, name: str) -> Kind:
        """A kind of evidence by id.

        Raises:
            CatalogueError: there is none; the message suggests near ones.
        """
        found = self.kinds.get(name)
        if found is None:
            near = suggestion(name, self.kinds)
            raise CatalogueError(f"There is no kind of evidence {name!r}.{near}", code="UP-CAT-08")
        return found

    @cached_property
    def asked_by(self) -> Mapping[str, tuple[str, ...]]:
        """For each kind, the ids of the requirements that ask for it: what evidence of that kind speaks to."""
        speaks: dict[str, list[str]] = {kind: [] for kind in self.kinds}
        for requirement in self.requirements.values():
            for kind in requirement.kinds:
                speaks.setdefault(kind, []).append(requirement.id)
        return MappingProxyType({kind: tuple(ids) for kind, ids in speaks.items()})

    def speaks_to(self, kinds: Iterable[str]) -> tuple[str, ...]:
        """The requirements that ask for any of ``kinds``, in catalogue order."""
        wanted = {requirement for kind in kinds for requirement in self.asked_by.get(kind, ())}
        return tuple(requirement for requirement in self.requirements if requirement in wanted)

    @property
    def digests(self) -> Mapping[str, str]:
        """Framework id to the digest of its frozen form, as Facts carry it."""
        return {name: framework.digest for name, framework in self.frameworks.items()}

    def frozen(self) -> dict[str, Any]:
        """All that judgement needs, as plain JSON; ``thaw`` reads it back on a machine without these files."""
        return {
            "v": FROZEN_VERSION,
            "frameworks": {name: loading.write_framework(f) for name, f in self.frameworks.items()},
            "kinds": [as_plain(kind) for kind in self.kinds.values()],
            "gates": loading.write_gates(self.gates),
            "stages": [as_plain(stage) for stage in self.stage_list],
            "traits": [as_plain(trait) for trait in self.traits.values()],
        }

    @classmethod
    def thaw(cls, plain: Mapping[str, Any]) -> Self:
        """The catalogue from its frozen form; digests are computed anew from what is there.

        Raises:
            CatalogueError: not a frozen catalogue, or one of another version.
        """
        if plain.get("v") != FROZEN_VERSION:
            raise CatalogueError(
                f"Frozen catalogue has version {plain.get('v')!r}, not {FROZEN_VERSION}. Use the Upright that made it.",
                code="UP-CAT-06",
            )
        try:
            kinds = msgspec.convert(plain["kinds"], list[Kind])
            traits = msgspec.convert(plain["traits"], list[Trait])
            return cls(
                frameworks={name: loading.thaw_framework(f) for name, f in plain["frameworks"].items()},
                kinds={kind.id: kind for kind in kinds},
                gates=loading.gates_with_digest(msgspec.convert({**plain["gates"], "digest": ""}, Gates)),
                stages=msgspec.convert(plain["stages"], list[Stage]),
                traits={trait.id: trait for trait in traits},
            )
        except (msgspec.ValidationError, KeyError, TypeError, AttributeError) as why:
            raise CatalogueError(f"Not a frozen catalogue: {why}.", code="UP-CAT-06") from None

    def parts(self) -> dict[str, bytes]:
        """Each framework and the gates as canonical bytes, by their SHA-256: what a workspace or a pack keeps.

        Raises nothing; the digests equal ``framework.digest`` and ``gates.digest``.
        """
        bodies = [plain_bytes(loading.write_framework(f)) for f in self.frameworks.values()]
        bodies.append(plain_bytes(loading.write_gates(self.gates)))
        return {sha256_hex(body): body for body in bodies}

    def _document(self, name: str) -> Any:
        if self._layers is None or self._layers.find(name) is None:
            return None
        return self._layers.document(name).value

    @cached_property
    def threats(self) -> tuple[Mapping[str, Any], ...]:
        """The threats, as their file writes them; empty in a thawed catalogue, since no judgement needs them."""
        value = self._document("threats.yaml")
        return tuple(value["threats"]) if value else ()

    @property
    def about_threats(self) -> Mapping[str, Any]:
        """How far the threats are confirmed, and the cautions that a reader must know."""
        value = self._document("threats.yaml")
        return value.get("meta", {}) if value else {}

    @cached_property
    def crosswalks(self) -> Mapping[str, Mapping[str, Any]]:
        """Crosswalks by id, shown beside requirements; they never make posture. Empty in a thawed catalogue."""
        found: dict[str, Mapping[str, Any]] = {}
        for name in self.frameworks:
            value = self._document(f"{name}/crosswalk.yaml")
            for crosswalk in value["crosswalks"] if value else ():
                found[crosswalk["id"]] = crosswalk
        return MappingProxyType(found)


def suggestion(name: str, known: Iterable[str]) -> str:
    """`` Did you mean "x"?`` for a near miss, else nothing."""
    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{near[0]}"?' if near else ""

"""From a manifest to what can be measured: bindings with sources tied to today's bytes, and the graph of subjects."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.checks.contract import (
    Binding,
    Columns,
    Endpoint,
    Hold,
    ModelSource,
    NotJudged,
    People,
    Source,
    Supplier,
    SystemSource,
    TableSource,
)
from upright.evidence.subjects import digest_endpoint, digest_path, digest_value
from upright.kernel import Ref, UprightError
from upright.workspace.manifest import CheckPart, DatasetPart, Manifest, ModelPart
from upright.workspace.paths import is_glob, is_url

if TYPE_CHECKING:
    from upright.catalogue import Catalogue


@dataclass(frozen=True, kw_only=True, slots=True)
class Edge:
    """``role`` is ``uses`` (system to model, data set, supplier), ``predictions_of`` or ``provided_by``."""

    to: Ref
    role: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """Something that evidence can be about, with its digest of today; ``type`` is the ref's."""

    ref: Ref
    digest: str
    hold: Hold
    edges: tuple[Edge, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the system record carries it."""
        return {
            "ref": str(self.ref),
            "type": self.ref.type,
            "digest": self.digest,
            "hold": self.hold,
            "edges": [{"to": str(edge.to), "role": edge.role} for edge in self.edges],
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A manifest tied to bytes: one binding per check, and every subject once, in the order of their refs."""

    manifest: Manifest
    bindings: tuple[Binding, ...]
    subjects: tuple[Subject, ...]


def resolve(manifest: Manifest, catalogue: "Catalogue | None" = None) -> Resolved:
    """Digests what the manifest names and binds its checks.

    With a ``catalogue``, the stage, the roles' frameworks and the traits must be words it knows.

    Raises:
        ManifestError: an unknown check, option, limit, stage, framework or trait; a file that cannot be digested.
    """
    demand_known(manifest, catalogue)
    found = _Resolver(manifest)
    models, tables = resolved_sources(manifest)
    sources: dict[Ref, TableSource | ModelSource] = {**models, **tables}
    systems = {}
    if any(check.on == manifest.system.ref for check in manifest.checks):
        systems = {manifest.system.ref: found.system(models, tables)}
    bindings = tuple(found.binding(check, {**sources, **systems}, models, tables) for check in manifest.checks)
    subjects = found.subjects(sources) + tuple(part for one in systems.values() for part in parts_of(one)[1:])
    return Resolved(manifest=manifest, bindings=bindings, subjects=tuple(sorted(subjects, key=lambda one: one.ref)))


def demand_known(manifest: Manifest, catalogue: "Catalogue | None" = None) -> None:
    """Returns nothing if every check, option, limit and (with a catalogue) word of the manifest is known.

    Raises:
        ManifestError: one is not; the nearest that is, is named.
    """
    if catalogue is not None:
        _known_words(manifest, catalogue)
    for check in manifest.checks:
        _known_check(manifest, check)


def resolved_sources(manifest: Manifest) -> tuple[dict[Ref, ModelSource], dict[Ref, TableSource]]:
    """The models and data sets of a manifest, tied to today's bytes; no check is bound.

    Raises:
        ManifestError: a file that cannot be digested.
    """
    found = _Resolver(manifest)
    models = {model.ref: found.model(model) for model in manifest.models}
    return models, {dataset.ref: found.table(dataset) for dataset in manifest.datasets}


def system_digest(manifest: Manifest) -> str:
    """The digest of ``system:<id>`` as a subject: what an impact assessment is about, so neither stage nor bindings.

    Who supplies what is part of it where anything is supplied: another supplier opens what was assessed before.
    """
    system = manifest.system
    said: dict[str, Any] = {
        "ref": str(system.ref),
        "purpose": system.purpose,
        "roles": {framework: sorted(roles) for framework, roles in system.roles.items()},
        "modality": system.modality,
        "personal_data": system.personal_data,
        "traits": dict(system.traits),
        "answers": [list(pair) for pair in answer_rows(manifest)],
    }
    if manifest.suppliers:
        said["suppliers"] = sorted([str(one.ref), *sorted(map(str, one.provides))] for one in manifest.suppliers)
    return digest_value(said)


def answer_rows(manifest: Manifest) -> list[tuple[str, Any]]:
    """The classification answers, sorted by question; an answer of several options is a list."""
    rows = sorted(manifest.system.answers.items())
    return [(question, list(value) if isinstance(value, tuple) else value) for question, value in rows]


def input_digests(binding: Binding) -> dict[Ref, str]:
    """Today's digest of everything that a run of this binding may read, by the ref that evidence names it by."""
    found: dict[Ref, str] = {}
    for _, source in binding.sources():
        if source is not None:
            found |= {subject.ref: subject.digest for subject in parts_of(source)}
    return found


def parts_of(source: Source) -> list[Subject]:
    """A source, and what lies beside it that checks read: a people table, a signature, a list, a whole folder."""
    found = [Subject(ref=source.ref, digest=source.digest, hold=source.hold)]
    if isinstance(source, SystemSource):
        inventory = Ref("inventory", source.ref.path)
        return [*found, Subject(ref=inventory, digest=source.inventory, hold="bytes")]
    beside: dict[str, Path | None] = {}
    if isinstance(source, ModelSource):
        beside = {"signature": source.signature, "requirements": source.requirements}
    elif source.people is not None:
        people = source.people
        found.append(
            Subject(ref=Ref(source.ref.type, f"{source.ref.path}/people"), digest=people.digest, hold=people.hold)
        )
    for name, path in beside.items():
        if path is not None:
            digest, hold = _digest_beside(name, path)
            found.append(Subject(ref=Ref(source.ref.type, f"{source.ref.path}/{name}"), digest=digest, hold=hold))
    return found


def _digest_beside(name: str, path: Path) -> tuple[str, Hold]:
    if name == "requirements" and path.is_file():
        from upright.checks.supply.requirements import digest_of_list

        return digest_of_list(path), "bytes"
    return digest_path(path, path.parent)


class _Resolver:
    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest

    def digest(self, path: str, place: str, ref: Ref) -> tuple[str, Hold]:
        if is_url(path):
            from upright.workspace.external import digest_url

            return digest_url(path, ref)
        try:
            return digest_path(path, self.manifest.folder)
        except UprightError as why:
            raise self.manifest.wrong(place, why.message, code=why.code) from None

    def where(self, path: str) -> Path | str:
        if is_url(path):
            return path
        whole = self.manifest.folder / path
        return str(whole) if is_glob(path) and not whole.exists() else whole

    def model(self, part: ModelPart) -> ModelSource:
        digest, hold = self.digest_model(part)
        is_hosted = is_url(part.path)
        return ModelSource(
            ref=part.ref,
            path=self.where(part.path),
            digest=digest,
            hold=hold,
            adapter=part.adapter,
            features=part.features,
            output=part.output,
            positive=part.positive,
            threshold=part.threshold,
            signature=Path(self.where(part.signature)) if part.signature else None,
            requirements=Path(self.where(part.requirements)) if part.requirements else None,
            may_load=part.may_load,
            endpoint=Endpoint(
                url=part.path, model=part.served_as or part.id, version=part.version or "", key_env=part.key_env
            )
            if is_hosted
            else None,
        )

    def digest_model(self, part: ModelPart) -> tuple[str, Hold]:
        if is_url(part.path):
            return digest_endpoint(part.path, model=part.served_as or part.id, version=part.version or "")
        return self.digest(part.path, f"models.{part.id}", part.ref)

    def table(self, part: DatasetPart) -> TableSource:
        digest, hold = self.digest(part.path, f"datasets.{part.id}", part.ref)
        people = None
        if part.people is not None:
            people_digest, people_hold = self.digest(part.people.path, f"datasets.{part.id}.protected", part.ref)
            people = People(
                path=self.where(part.people.path),
                digest=people_digest,
                hold=people_hold,
                on=part.people.on,
                columns=part.people.columns,
            )
        return TableSource(
            ref=part.ref,
            path=self.where(part.path),
            digest=digest,
            hold=hold,
            columns=Columns(**part.columns),
            favourable=part.favourable,
            protected=part.protected,
            predictions_of=part.predictions_of,
            recorded_decisions=part.recorded_decisions,
            role=part.role,
            people=people,
            declared=part.declared,
        )

    def system(self, models: dict[Ref, ModelSource], tables: dict[Ref, TableSource]) -> SystemSource:
        from upright.checks.inventory.tree import fingerprint

        manifest = self.manifest
        suppliers = tuple(Supplier(ref=one.ref, name=one.name, provides=one.provides) for one in manifest.suppliers)
        parts: list[ModelSource | TableSource] = [*models.values(), *tables.values()]
        declared = [[str(one.ref), one.digest] for one in parts]
        declared += [[str(one.ref), one.name, *sorted(map(str, one.provides))] for one in suppliers]
        told = fingerprint(manifest.folder, without=frozenset({manifest.path.name}))
        return SystemSource(
            ref=manifest.system.ref, digest=system_digest(manifest), hold="declared", folder=manifest.folder,
            manifest=manifest.path.name, inventory=digest_value({"declared": sorted(declared), "folder": told}),
            models=tuple(models.values()), tables=tuple(tables.values()), suppliers=suppliers,
        )  # fmt: skip

    def binding(
        self,
        check: CheckPart,
        sources: Mapping[Ref, Source],
        models: dict[Ref, ModelSource],
        tables: dict[Ref, TableSource],
    ) -> Binding:
        on = sources[check.on]
        against = None if check.against is None else sources[check.against]
        assert not isinstance(against, SystemSource)  # the manifest's reader refuses it
        named = on.predictions_of if isinstance(on, TableSource) else None
        return Binding(
            id=check.id,
            system=self.manifest.system.ref,
            check=check.check,
            on=on,
            against=against,
            training=None if check.training is None else tables[check.training],
            model=None if named is None else models[named],
            options=check.options,
            limits=check.limits,
            reference=check.reference,
            strata=check.strata,
            not_judged=tuple(NotJudged(group=one["group"], reason=one["reason"]) for one in check.not_judged),
            traits=self._traits(),
        )

    def _traits(self) -> dict[str, str]:
        system = self.manifest.system
        traits = dict(system.traits)
        traits["stage"] = system.stage
        traits["modality"] = system.modality
        if system.personal_data is not None:
            traits["personal_data"] = "yes" if system.personal_data else "no"
        return traits

    def subjects(self, sources: dict[Ref, TableSource | ModelSource]) -> tuple[Subject, ...]:
        manifest = self.manifest
        suppliers = {supplier.ref for supplier in manifest.suppliers}
        uses = tuple(Edge(to=ref, role="uses") for ref in sorted([*sources, *suppliers]))
        organisation = manifest.organisation.ref
        found = [
            Subject(ref=organisation, digest=digest_value({"ref": str(organisation)}), hold="declared"),
            Subject(ref=manifest.system.ref, digest=system_digest(manifest), hold="declared", edges=uses),
        ]
        for ref, source in sources.items():
            first, *beside = parts_of(source)
            found += [replace(first, edges=self._edges(ref, source)), *beside]
        for supplier in manifest.suppliers:
            said = {
                "ref": str(supplier.ref), "name": supplier.name, "provides": sorted(map(str, supplier.provides)),
            }  # fmt: skip
            found.append(Subject(ref=supplier.ref, digest=digest_value(said), hold="declared"))
        return tuple(sorted(found, key=lambda subject: subject.ref))

    def _edges(self, ref: Ref, source: TableSource | ModelSource) -> tuple[Edge, ...]:
        edges = [Edge(to=s.ref, role="provided_by") for s in self.manifest.suppliers if ref in s.provides]
        if isinstance(source, TableSource) and source.predictions_of is not None:
            edges.append(Edge(to=source.predictions_of, role="predictions_of"))
        return tuple(sorted(edges, key=lambda edge: (edge.role, edge.to)))


def _known_check(manifest: Manifest, check: CheckPart) -> None:
    from upright.checks.registry import UnknownCheckError, checks, find_check
    from upright.workspace.safe_yaml import suggest

    try:
        spec = find_check(check.check)
    except UnknownCheckError:
        raise manifest.wrong(
            f"checks.{check.id}.check",
            f"there is no check {check.check!r}.{suggest(check.check, checks())}",
            code="UP-MAN-40",
        ) from None
    try:
        spec.configure(check.options)
    except UprightError as why:
        raise manifest.wrong(f"checks.{check.id}.options", why.message, code=why.code) from None
    if check.on.type not in spec.about:
        raise manifest.wrong(
            f"checks.{check.id}.on",
            f"{check.check} examines a {' or '.join(spec.about)}; {check.on.type}:… is none.",
            code="UP-MAN-41",
        )
    unknown = next((name for name in check.limits if spec.measures and name not in spec.measures), None)
    if unknown is not None:
        raise manifest.wrong(
            f"checks.{check.id}.limits.{unknown}",
            f"{check.check} does not measure {unknown!r}.{suggest(unknown, spec.measures)}",
            code="UP-MAN-42",
        )


def _known_words(manifest: Manifest, catalogue: "Catalogue") -> None:
    from upright.workspace.safe_yaml import suggest

    system = manifest.system
    if system.stage not in catalogue.stages:
        raise manifest.wrong(
            "system.stage", f"{system.stage!r} is no life-cycle stage.{suggest(system.stage, catalogue.stages)}",
            code="UP-MAN-15",
        )  # fmt: skip
    for framework in system.roles:
        if framework not in catalogue.frameworks:
            raise manifest.wrong(
                f"system.roles.{framework}",
                f"there is no framework {framework!r}.{suggest(framework, catalogue.frameworks)}",
                code="UP-MAN-15",
            )
    for trait in system.traits:
        if catalogue.traits and trait not in catalogue.traits:
            raise manifest.wrong(
                f"system.traits.{trait}",
                f"no framework asks about a trait {trait!r}.{suggest(trait, catalogue.traits)}",
                code="UP-MAN-15",
            )

"""Reads ``upright.yaml`` strictly: an unknown key, a missing file or a path that leaves the folder is an error."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

from upright.kernel import Ref, sha256_hex
from upright.workspace.answers import read_answers
from upright.workspace.errors import ManifestError
from upright.workspace.fields import Fields, read_id, read_number, read_ref, read_texts, read_value, read_word
from upright.workspace.manifest import (
    BOUNDS,
    COLUMNS,
    DATASET_ROLES,
    MODALITIES,
    CheckPart,
    DatasetPart,
    Manifest,
    ModelPart,
    OrganisationPart,
    PeopleTable,
    SupplierPart,
    SystemPart,
)
from upright.workspace.paths import checked_endpoint, checked_path, checked_url, is_url
from upright.workspace.safe_yaml import Node, parse_yaml, read_bytes, suggest

Part = TypeVar("Part", ModelPart, DatasetPart, SupplierPart, CheckPart)

_TOP = ("upright", "organisation", "system", "models", "datasets", "suppliers", "checks", "allow_external")
_SYSTEM = (
    "id", "name", "purpose", "roles", "stage", "modality", "personal_data", "traits", "owner", "classification",
)  # fmt: skip
_REQUIRED = {"organisation": ("id",), "system": ("id", "purpose", "stage", "modality")}
_MODEL = (
    "id", "path", "adapter", "features", "output", "positive", "threshold", "signature", "requirements", "may_load",
    "served_as", "version", "key_env",
)  # fmt: skip
_DECLARED = ("origin", "licence", "collected", "steps", "croissant")
_DATASET = (
    "id", "path", "role", "columns", "predictions_of", "recorded_decisions", "protected", "favourable", *_DECLARED,
)  # fmt: skip
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_CHECK = ("check", "on", "against", "training", "options", "limits", "reference", "strata", "not_judged")


def load_manifest(path: Path | str) -> Manifest:
    """Reads and checks a manifest and the answers file that it names; opens no table and no model.

    Args:
        path: the file, or the folder that holds ``upright.yaml``.

    Raises:
        ManifestError: with file, line, what was expected and what to do (codes UP-MAN-nn).
    """
    given = Path(path)
    file = given / "upright.yaml" if given.is_dir() else given
    data = read_bytes(file)
    return _Reader(file, data).manifest()


class _Reader:
    def __init__(self, file: Path, data: bytes) -> None:
        self.file, self.data = file, data
        self.folder = file.parent
        self.root = parse_yaml(data, name=file.name)
        self.lines: dict[str, int] = {}
        self.external = False
        self.system = ""

    def fields(self, node: Node, what: str, place: str, known: Iterable[str]) -> Fields:
        return Fields(node, what, place=place, known=known, lines=self.lines)

    def manifest(self) -> Manifest:
        top = self.fields(self.root, "the manifest", "", _TOP)
        if (version := top.text("upright")) != "1":
            raise top.need("upright").wrong(
                f"this manifest is written for format {version!r}; this Upright reads format 1.", code="UP-MAN-18"
            )
        _all_answered(self.root)
        self.external = top.flag("allow_external")
        organisation = self._organisation(top.need("organisation"))
        system = self._system(top.need("system"))
        self.system = system.id
        models = self._list(top, "models", self._model)
        datasets = self._list(top, "datasets", self._dataset)
        modelled = {model.ref for model in models}
        known = modelled | {dataset.ref for dataset in datasets}
        self._known_models(datasets, modelled)
        suppliers = self._list(top, "suppliers", self._supplier)
        checks = self._checks(top)
        manifest = Manifest(
            path=self.file, folder=self.folder, sha256=sha256_hex(self.data), allow_external=self.external,
            organisation=organisation, system=system, models=models, datasets=datasets, suppliers=suppliers,
            checks=checks, lines=self.lines,
        )  # fmt: skip
        _all_known(manifest, known | {system.ref})
        return manifest

    def _organisation(self, node: Node) -> OrganisationPart:
        fields = self.fields(node, "organisation", "organisation", ("id", "name"))
        return OrganisationPart(id=fields.id("id"), name=fields.text_or_none("name") or fields.id("id"))

    def _system(self, node: Node) -> SystemPart:
        fields = self.fields(node, "system", "system", _SYSTEM)
        answers: dict[str, str | tuple[str, ...]] = {}
        classification = None
        if fields.has("classification"):
            classification = checked_path(fields.need("classification"), self.folder)
            answers = read_answers(self.folder / classification, name=classification)
        return SystemPart(
            id=fields.id("id"),
            name=fields.text_or_none("name") or fields.id("id"),
            purpose=" ".join(fields.text("purpose").split()),
            stage=fields.text("stage"),
            modality=read_word(fields.need("modality"), MODALITIES),
            roles=fields.map("roles", read_texts),
            personal_data=fields.flag_or_none("personal_data"),
            traits={name: value for name, value in fields.map("traits", _yes_no).items() if value != "unknown"},
            owner=_owner(fields),
            classification=classification,
            answers=answers,
        )

    def _model(self, node: Node, place: str) -> ModelPart:
        fields = self.fields(node, "a model", place, _MODEL)
        model_id = fields.id("id")
        is_hosted = is_url(fields.need("path").string())
        _endpoint_keys(fields, is_hosted=is_hosted)
        return ModelPart(
            id=model_id,
            ref=Ref("model", f"{self.system}/{model_id}"),
            path=checked_endpoint(fields.need("path")) if is_hosted and self.external else self._path(fields, "path"),
            adapter=fields.text_or_none("adapter"),
            features=fields.texts("features"),
            output=fields.text_or_none("output"),
            positive=fields.text_or_none("positive"),
            threshold=fields.number("threshold"),
            signature=self._path(fields, "signature") if fields.has("signature") else None,
            requirements=self._path(fields, "requirements") if fields.has("requirements") else None,
            may_load=fields.flag("may_load"),
            served_as=fields.text_or_none("served_as"),
            version=fields.text_or_none("version"),
            key_env=fields.text_or_none("key_env"),
        )

    def _dataset(self, node: Node, place: str) -> DatasetPart:
        fields = self.fields(node, "a data set", place, _DATASET)
        dataset_id = fields.id("id")
        protected, people = self._protected(fields, place)
        columns = self._columns(fields, place)
        model = Ref("model", f"{self.system}/{fields.id('predictions_of')}") if fields.has("predictions_of") else None
        if model and fields.flag("recorded_decisions"):
            raise node.wrong(
                f"data set {dataset_id!r} says both predictions_of and recorded_decisions; who made them? Keep one.",
                code="UP-MAN-30",
            )
        return DatasetPart(
            id=dataset_id,
            ref=Ref("dataset", f"{self.system}/{dataset_id}"),
            path=self._path(fields, "path"),
            role=fields.one_of("role", DATASET_ROLES),
            columns=columns,
            predictions_of=model,
            recorded_decisions=fields.flag("recorded_decisions"),
            protected=protected,
            people=people,
            favourable=fields.text_or_texts("favourable"),
            declared=self._declared(fields),
        )

    def _columns(self, fields: Fields, place: str) -> dict[str, str | None]:
        if not fields.has("columns"):
            return {}
        inner = self.fields(fields.need("columns"), "columns", f"{place}.columns", COLUMNS)
        columns = {name: inner.text_or_none(name) for name in COLUMNS}
        named = [name for name in columns.values() if name is not None]
        twice = next((name for name in named if named.count(name) > 1), None)
        if twice is not None:
            raise fields.need("columns").wrong(
                f"column {twice!r} has two meanings here; a column means one thing.", code="UP-MAN-31"
            )
        if (columns["prediction"] or columns["score"]) and not (
            fields.has("predictions_of") or fields.flag("recorded_decisions")
        ):
            raise fields.need("columns").wrong(
                "there is a prediction or score, but nothing says whose. Add `predictions_of: <model id>`, or "
                "`recorded_decisions: true` where they were recorded as they were made.",
                code="UP-MAN-30",
            )
        return columns

    def _protected(self, fields: Fields, place: str) -> tuple[tuple[str, ...], PeopleTable | None]:
        if not fields.has("protected") or fields.need("protected").kind != "mapping":
            return fields.texts("protected"), None
        inner = self.fields(fields.need("protected"), "protected", f"{place}.protected", ("table", "on", "columns"))
        names = read_texts(inner.need("columns"))
        return names, PeopleTable(path=self._path(inner, "table"), on=inner.text("on"), columns=names)

    def _declared(self, fields: Fields) -> dict[str, Any]:
        declared: dict[str, Any] = {name: fields.text(name) for name in _DECLARED[:3] if fields.has(name)}
        if fields.has("steps"):
            declared["steps"] = list(fields.texts("steps"))
        if fields.has("croissant"):
            declared["croissant"] = self._path(fields, "croissant")
        return declared

    def _supplier(self, node: Node, place: str) -> SupplierPart:
        fields = self.fields(node, "a supplier", place, ("id", "name", "provides"))
        supplier_id = fields.id("id")
        provides: tuple[Ref, ...] = ()
        if fields.has("provides"):
            asked = fields.need("provides")
            nodes = asked.entries() if asked.kind == "list" else (asked,)
            provides = tuple(read_ref(item, self.system, ("model", "dataset", "system")) for item in nodes)
        return SupplierPart(
            id=supplier_id, ref=Ref("supplier", supplier_id), name=fields.text_or_none("name") or supplier_id,
            provides=provides,
        )  # fmt: skip

    def _checks(self, top: Fields) -> tuple[CheckPart, ...]:
        if not top.has("checks"):
            return ()
        found = []
        for binding, key, node in top.need("checks").pairs():
            self.lines[f"checks.{binding}"] = key.line
            found.append(self._check(read_id(key), node))
        return tuple(found)

    def _check(self, binding: str, node: Node) -> CheckPart:
        place = f"checks.{binding}"
        fields = self.fields(node, f"check {binding!r}", place, _CHECK)
        subjects = ("dataset", "model")
        against = read_ref(fields.need("against"), self.system, subjects) if fields.has("against") else None
        return CheckPart(
            id=binding,
            check=fields.text_or_none("check") or binding,
            on=read_ref(fields.need("on"), self.system, (*subjects, "system")),
            against=against,
            training=read_ref(fields.need("training"), self.system, ("dataset",)) if fields.has("training") else None,
            options=fields.map("options", read_value),
            limits=fields.map("limits", _limit),
            reference=fields.map("reference", lambda value: value.string()),
            strata=fields.texts("strata"),
            not_judged=tuple(_not_judged(item) for item in fields.need("not_judged").entries())
            if fields.has("not_judged") else (),
        )  # fmt: skip

    def _path(self, fields: Fields, name: str) -> str:
        node = fields.need(name)
        if not is_url(node.string()):
            return checked_path(node, self.folder)
        if not self.external:
            raise node.wrong(
                f"{node.text!r} lies outside the manifest's folder. If that is meant, add `allow_external: true`.",
                code="UP-MAN-21",
            )
        return checked_url(node)

    def _list(self, top: Fields, name: str, read: Callable[[Node, str], Part]) -> tuple[Part, ...]:
        if not top.has(name):
            return ()
        found: dict[str, Part] = {}
        for number, node in enumerate(top.need(name).entries()):
            part = read(node, f"{name}.{number}")
            if part.id in found:
                raise node.wrong(f"{name} has the id {part.id!r} twice; ids must differ.", code="UP-MAN-11")
            self.lines[f"{name}.{part.id}"] = node.line
            found[part.id] = part
        return tuple(found.values())

    def _known_models(self, datasets: Iterable[DatasetPart], models: set[Ref]) -> None:
        for dataset in datasets:
            if dataset.predictions_of is not None and dataset.predictions_of not in models:
                name = dataset.predictions_of.path.partition("/")[2]
                line = self.lines[f"datasets.{dataset.id}"]
                raise ManifestError(
                    f"{self.file.name}:{line}: data set {dataset.id!r} says its predictions come from model {name!r}, "
                    f"which is not among models.{suggest(name, (m.path.partition('/')[2] for m in models))}",
                    code="UP-MAN-32",
                )


def _endpoint_keys(fields: Fields, *, is_hosted: bool) -> None:
    """A file has no address to ask, and a hosted model no file to load."""
    for name in ("served_as", "version", "key_env") if not is_hosted else ("signature", "requirements", "may_load"):
        if fields.has(name):
            what = "a hosted model, whose path is an address" if not is_hosted else "a model file"
            raise fields.need(name).wrong(f"{name} is for {what}; take it out.", code="UP-MAN-33")
    if fields.has("key_env") and not _VARIABLE.fullmatch(fields.text("key_env")):
        raise fields.need("key_env").wrong(
            "key_env names an environment variable, such as MODEL_API_KEY; never write the key itself here.",
            code="UP-MAN-34",
        )


def _all_known(manifest: Manifest, known: set[Ref]) -> None:
    named = [(f"checks.{c.id}.on", c.on) for c in manifest.checks]
    named += [(f"checks.{c.id}.against", c.against) for c in manifest.checks if c.against is not None]
    named += [(f"checks.{c.id}.training", c.training) for c in manifest.checks if c.training is not None]
    named += [(f"suppliers.{s.id}", ref) for s in manifest.suppliers for ref in s.provides if ref.type != "system"]
    for place, ref in named:
        if ref not in known:
            short = f"{ref.type}:{ref.path.rpartition('/')[2]}"
            shorts = [f"{k.type}:{k.path.rpartition('/')[2]}" for k in known]
            raise manifest.wrong(
                place, f"{short!r} is not among the models and datasets of this manifest.{suggest(short, shorts)}",
                code="UP-MAN-32",
            )  # fmt: skip


def _all_answered(root: Node) -> None:
    """Names every required key that still stands empty, as ``upright init`` leaves them, in one error."""
    empty = []
    for name, _, value in root.pairs():
        if value.kind != "mapping" or name not in _REQUIRED:
            continue
        empty += [(f"{name}.{inner}", at) for inner, at, found in value.pairs() if found.is_null]
    empty = [(place, at) for place, at in empty if place.partition(".")[2] in _REQUIRED[place.partition(".")[0]]]
    if len(empty) > 1:
        (first, where), *rest = empty
        others = ", ".join(f"{place} (line {at.line})" for place, at in rest)
        raise where.wrong(
            f"{first} is empty, and so {'is' if len(rest) == 1 else 'are'} {others}. Write each value behind its key.",
            code="UP-MAN-13",
        )


def _yes_no(node: Node) -> str:
    if node.kind == "scalar" and node.text in {"unknown", "Unknown"}:
        return "unknown"
    return "yes" if node.boolean() else "no"


def _owner(fields: Fields) -> str | None:
    return str(read_ref(fields.need("owner"), "", ("person",))) if fields.has("owner") else None


def _limit(node: Node) -> dict[str, str]:
    limit = {}
    for bound, key, value in node.pairs():
        if bound not in BOUNDS:
            raise key.wrong(f"a limit has no bound {bound!r}.{suggest(bound, BOUNDS)}", code="UP-MAN-12")
        limit[bound] = read_number(value)
    if not limit:
        raise node.wrong("this limit is empty; expected {at_least: …} or {at_most: …}.", code="UP-MAN-13")
    return limit


def _not_judged(node: Node) -> dict[str, Any]:
    fields = Fields(node, "not_judged", place="", known=("group", "reason"), lines={})
    group = {name: value.string() for name, _, value in fields.need("group").pairs()}
    return {"group": group, "reason": fields.text("reason")}

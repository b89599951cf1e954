"""From folders of YAML to the values of ``types``: our own data first, then any overlay, file by file."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from upright.catalogue.reading import CatalogueError, Document
from upright.catalogue.types import (
    Applies,
    Ask,
    Framework,
    FrameworkKind,
    Gates,
    Group,
    Kind,
    Requirement,
    Trait,
    Value,
)
from upright.catalogue.types import plain as as_plain
from upright.kernel import plain_bytes, sha256_hex

T = TypeVar("T")
SHARED_FILES = ("kinds.yaml", "gates.yaml", "traits.yaml", "threats.yaml", "stages.yaml")


class RequirementText(Value, frozen=True, kw_only=True):
    """A requirement as its file writes it: the id without the framework, asks as the contracts write them."""

    id: str
    title: str
    text: str
    group: str
    confirmed: bool
    asks: list[Mapping[str, Any]]
    display: str = ""
    type: str = "requirement"
    cautions: tuple[str, ...] = ()
    applies: Applies | None = None
    proposed: Mapping[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    judgement: str = "own"
    asks_confirmed: bool = False
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)


class FrameworkText(Value, frozen=True, kw_only=True):
    """``framework.yaml``: everything about a framework but its requirements and crosswalks."""

    id: str
    title: str
    edition: str
    kind: FrameworkKind
    confirmed: bool
    cautions: tuple[str, ...]
    groups: tuple[Group, ...]
    facts: Mapping[str, Any] = msgspec.field(default_factory=dict)


def own_data() -> Path:
    """The folder of our own data in the installed package."""
    return Path(str(resources.files("upright.catalogue"))) / "data"


@cache
def _own_document(path: Path, name: str) -> Document:
    """A file of our own data, read once a process, whatever is laid over others of them."""
    return Document(path, name)


class Layers:
    """Our data folder and the overlays over it; of two files of one name the later layer's counts."""

    def __init__(self, extra: Sequence[Path] = ()) -> None:
        """Raises CatalogueError when an overlay is not a folder."""
        for folder in extra:
            if not folder.is_dir():
                raise CatalogueError(
                    f"{folder} is not a folder; --catalogue takes a folder of frameworks.", code="UP-CAT-03"
                )
        self.folders = (own_data(), *extra)
        self._documents: dict[Path, Document] = {}

    def find(self, name: str) -> Path | None:
        """The newest layer's file ``name`` (such as ``gdpr/requirements.yaml``), or None."""
        for folder in reversed(self.folders):
            path = folder / name
            if path.is_file():
                return path
        return None

    def document(self, name: str) -> Document:
        """The file ``name``, read once.

        Raises:
            CatalogueError: no layer has it, or it cannot be read.
        """
        path = self.find(name)
        if path is None:
            raise CatalogueError(
                f"{self.folders[-1]} has no {name}; each framework needs framework.yaml and requirements.yaml.",
                code="UP-CAT-04",
            )
        if self.layer_of(path) == self.folders[0]:
            return _own_document(path, self.display(path))
        if path not in self._documents:
            self._documents[path] = Document(path, self.display(path))
        return self._documents[path]

    def layer_of(self, path: Path) -> Path:
        """The folder among the layers that a file lies in."""
        return next(folder for folder in reversed(self.folders) if path.is_relative_to(folder))

    def display(self, path: Path) -> str:
        """The name a message gives a file: within our data the short one, in an overlay the path itself."""
        own = self.folders[0]
        return f"catalogue/data/{path.relative_to(own).as_posix()}" if path.is_relative_to(own) else str(path)

    def framework_ids(self) -> tuple[str, ...]:
        """Every folder that holds a framework, in any layer, in alphabetical order."""
        names = (
            path.parent.name
            for folder in self.folders
            for file in ("framework.yaml", "requirements.yaml")
            for path in folder.glob(f"*/{file}")
        )
        return tuple(sorted(set(names)))


def convert(document: Document, value: Any, shape: type[T], *steps: str | int) -> T:
    """``value`` as ``shape``; an error names file and line.

    Raises:
        CatalogueError: a missing or unknown key, or a value of another type.
    """
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as why:
        what, _, path = str(why).partition(" - at `")
        inner = path.rstrip("`").removeprefix("$")
        line = document.line_of_path("$" + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in steps) + inner)
        raise CatalogueError(f"{document.name}:{line}: {what}.", code="UP-CAT-05") from None


def read_list(document: Document, key: str) -> list[Any]:
    """The list under the one top-level ``key`` of a file.

    Raises:
        CatalogueError: the file is shaped otherwise.
    """
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get(key), list):
        raise CatalogueError(f"{document.name}:1: expected a list under {key!r}.", code="UP-CAT-05")
    found: list[Any] = value[key]
    return found


def read_ask(plain: Mapping[str, Any]) -> Ask:
    """An ask from its written form, in which a member is a kind or ``{any_of: [kinds]}``; undoes ``write_ask``."""
    members = [
        tuple(member["any_of"]) if isinstance(member, dict) and set(member) == {"any_of"} else (member,)
        for member in plain.get("all_of", ())
    ]
    return msgspec.convert({**plain, "all_of": members}, Ask)


def write_ask(ask: Ask) -> dict[str, Any]:
    """An ask as the contracts write it (section 2)."""
    plain: dict[str, Any] = as_plain(ask)
    plain["all_of"] = [m[0] if len(m) == 1 else {"any_of": list(m)} for m in ask.all_of]
    return plain


def read_framework(layers: Layers, name: str) -> Framework:
    """One framework from its ``framework.yaml`` and ``requirements.yaml``.

    Raises:
        CatalogueError: with file and line.
    """
    head_document = layers.document(f"{name}/framework.yaml")
    head = convert(head_document, head_document.value, FrameworkText)
    document = layers.document(f"{name}/requirements.yaml")
    requirements = []
    for position, plain in enumerate(read_list(document, "requirements")):
        text = convert(document, plain, RequirementText, "requirements", position)
        try:
            asks = tuple(read_ask(ask) for ask in text.asks)
        except (msgspec.ValidationError, TypeError) as why:
            line = document.line("requirements", position, "asks")
            raise CatalogueError(f"{document.name}:{line}: asks of {text.id}: {why}.", code="UP-CAT-05") from None
        requirements.append(requirement(head.id, msgspec.structs.asdict(text), asks))
    if head.id != name:
        raise CatalogueError(
            f"{head_document.name}:{head_document.line('id')}: id {head.id!r} in folder {name!r}; use one name.",
            code="UP-CAT-05",
        )
    return with_digest(
        msgspec.convert({**msgspec.to_builtins(head), "requirements": (), "digest": ""}, Framework),
        tuple(requirements),
    )


def requirement(framework: str, plain: Mapping[str, Any], asks: tuple[Ask, ...]) -> Requirement:
    """A requirement with its full id; ``display`` is the local id where none is given."""
    values = dict(plain)
    local = values.pop("id")
    values["display"] = values["display"] or local
    return Requirement(**{**values, "id": f"{framework}:{local}", "framework": framework, "asks": asks})


def with_digest(framework: Framework, requirements: tuple[Requirement, ...]) -> Framework:
    """The framework with its requirements and the digest of both."""
    whole = msgspec.structs.replace(framework, requirements=requirements, digest="")
    return msgspec.structs.replace(whole, digest=sha256_hex(plain_bytes(write_framework(whole))))


def write_framework(framework: Framework) -> dict[str, Any]:
    """The frozen form of a framework: plain JSON without its digest."""
    plain: dict[str, Any] = as_plain(framework)
    del plain["digest"]
    for written, value in zip(plain["requirements"], framework.requirements, strict=True):
        written["asks"] = [write_ask(ask) for ask in value.asks]
    return plain


def thaw_framework(plain: Mapping[str, Any]) -> Framework:
    """A framework from its frozen form; its digest is computed anew.

    Raises:
        CatalogueError: not a frozen framework.
    """
    try:
        requirements = tuple(
            msgspec.convert(
                {**value, "asks": [msgspec.structs.asdict(read_ask(a)) for a in value["asks"]]}, Requirement
            )
            for value in plain["requirements"]
        )
        head = msgspec.convert({**plain, "requirements": ()}, Framework)
    except (msgspec.ValidationError, KeyError, TypeError) as why:
        raise CatalogueError(f"Not a frozen framework: {why}.", code="UP-CAT-06") from None
    return with_digest(head, requirements)


def read_kinds(layers: Layers) -> dict[str, Kind]:
    """The vocabulary of evidence: ``kinds.yaml`` and the ``kinds.yaml`` that a framework's folder adds.

    Raises:
        CatalogueError: with file and line; also for an id that is there twice.
    """
    names = ["kinds.yaml", *(f"{name}/kinds.yaml" for name in layers.framework_ids())]
    kinds: dict[str, Kind] = {}
    for name in names:
        if layers.find(name) is None:
            continue
        document = layers.document(name)
        for position, plain in enumerate(read_list(document, "kinds")):
            kind = convert(document, plain, Kind, "kinds", position)
            if kind.id in kinds:
                line = document.line("kinds", position)
                raise CatalogueError(f"{document.name}:{line}: kind {kind.id!r} is there twice.", code="UP-CAT-12")
            kinds[kind.id] = kind
    return kinds


def read_traits(layers: Layers) -> dict[str, Trait]:
    """The traits that laws and asks depend on, by id."""
    document = layers.document("traits.yaml")
    traits = [convert(document, v, Trait, "traits", n) for n, v in enumerate(read_list(document, "traits"))]
    return {trait.id: trait for trait in traits}


def read_gates(layers: Layers) -> Gates:
    """Per stage what must hold: ``gates.yaml``, and what a framework folder's own ``gates.yaml`` adds to it."""
    document = layers.document("gates.yaml")
    gates = convert(document, document.value, Gates)
    stages = dict(gates.stages)
    for name in layers.framework_ids():
        if layers.find(f"{name}/gates.yaml") is None:
            continue
        more_document = layers.document(f"{name}/gates.yaml")
        more = convert(more_document, more_document.value, Gates)
        for stage, items in more.stages.items():
            stages[stage] = (*stages.get(stage, ()), *items)
    return gates_with_digest(msgspec.structs.replace(gates, stages=stages))


def gates_with_digest(gates: Gates) -> Gates:
    """The gates with the digest of their frozen form."""
    return msgspec.structs.replace(gates, digest=sha256_hex(plain_bytes(write_gates(gates))))


def write_gates(gates: Gates) -> dict[str, Any]:
    """The frozen form of the gates: plain JSON without the digest."""
    plain: dict[str, Any] = as_plain(gates)
    del plain["digest"]
    return plain

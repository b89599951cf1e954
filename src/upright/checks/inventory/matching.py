"""What was found against what is declared: undeclared, unsupplied, not found."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from upright.checks.contract import ModelSource, SystemSource, TableSource
from upright.checks.inventory import known
from upright.checks.inventory.finding import Findings, Found, Sort
from upright.kernel import Ref

UNDECLARED: dict[Sort, str] = {
    "model": "undeclared_models",
    "data set": "undeclared_data_sets",
    "service": "undeclared_services",
    "address": "undeclared_services",
    "component": "undeclared_components",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One difference: which measure counts it, its name (what ``accepted`` may name), what it is, what to do."""

    measure: str
    name: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Every sign with the part that declares it, and the gaps."""

    declared: tuple[tuple[Found, str], ...]
    gaps: tuple[Gap, ...]


def needles_of(source: SystemSource) -> tuple[str, ...]:
    """Words by which the sources would name a hosted model: its host, and the name it is served under."""
    hosted = [model.endpoint for model in source.models if model.endpoint is not None]
    return tuple({word for one in hosted for word in (urlsplit(one.url).hostname or "", one.model) if word})


def match(source: SystemSource, findings: Findings, met: set[str], listed: dict[Ref, set[str]]) -> Matched:
    """Compares; ``met`` are the needles that stand in a text, ``listed`` the packages of each model's list."""
    inventory = _Inventory(source, listed)
    declared, undeclared = [], dict[tuple[str, str], list[Found]]()
    for found in sorted(findings.found):
        by = inventory.declares(found)
        if by is not None:
            declared.append((found, by))
        else:
            undeclared.setdefault((UNDECLARED[found.sort], found.name), []).append(found)
    gaps = [
        Gap(measure=measure, name=name, text=_undeclared(signs))
        for (measure, name), signs in sorted(undeclared.items())
    ]
    used = {found.name for found in findings.found if found.sort == "service"}
    gaps += [*inventory.unsupplied(), *inventory.not_found(met, used)]
    return Matched(declared=tuple(declared), gaps=tuple(gaps))


def _undeclared(signs: list[Found]) -> str:
    first = signs[0]
    more = f" and {len(signs) - 1} more" if len(signs) > 1 else ""
    where = "" if first.where == first.name else f" ({first.sign}, {first.where}{more})"
    how = {
        "model": "declare it under `models`",
        "data set": "declare it under `datasets`",
        "service": "declare the hosted model under `models`, or who provides it under `suppliers`",
        "address": "declare the hosted model under `models`, with this address",
        "component": "name it in a list that a model's `requirements` names",
    }[first.sort]
    return f"{first.sort} {first.name}{where} is not declared: {how}"


class _Inventory:
    def __init__(self, source: SystemSource, listed: dict[Ref, set[str]]) -> None:
        self.source, self.listed = source, listed
        self.folder = source.folder
        self.hosted = [(model, model.endpoint) for model in source.models if model.endpoint is not None]

    def declares(self, found: Found) -> str | None:
        """The reference of what declares it."""
        answer: Callable[[Found], Ref | None] = {
            "model": self._model, "data set": self._table, "service": self._service, "address": self._address,
            "component": self._component,
        }[found.sort]  # fmt: skip
        ref = answer(found)
        return None if ref is None else str(ref.bare)

    def _model(self, found: Found) -> Ref | None:
        return self._file(found) or next((m.ref for m in self.source.models if _is_called(m, found.name)), None)

    def _table(self, found: Found) -> Ref | None:
        return self._file(found) or next((t.ref for t in self.source.tables if _is_named(t, found.name)), None)

    def _file(self, found: Found) -> Ref | None:
        path = self.folder / found.name
        for model in self.source.models:
            if model.endpoint is None and _covers(model.path, path):
                return model.ref
        for table in self.source.tables:
            people = () if table.people is None else (table.people.path,)
            if any(_covers(one, path) for one in (table.path, *people)):
                return table.ref
        return None

    def _service(self, found: Found) -> Ref | None:
        for model, endpoint in self.hosted:
            if known.service_of_host(urlsplit(endpoint.url).hostname or "") == found.name:
                return model.ref
        service = known.service_named(found.name)
        names = {_plain(service.name), *map(_plain, service.makers)}
        for supplier in self.source.suppliers:
            words = {_plain(supplier.ref.path), *map(_plain, re.findall(r"[\w-]+", supplier.name))}
            if supplier.provides and names & words:
                return supplier.ref
        return None

    def _address(self, found: Found) -> Ref | None:
        return next((model.ref for model, one in self.hosted if urlsplit(one.url).netloc == found.name), None)

    def _component(self, found: Found) -> Ref | None:
        return next((ref for ref, packages in self.listed.items() if found.name in packages), None)

    def unsupplied(self) -> Iterator[Gap]:
        provided = {ref for supplier in self.source.suppliers for ref in supplier.provides}
        for model, _ in self.hosted:
            if model.ref not in provided and self.source.ref.bare not in provided:
                name = str(model.ref.bare)
                text = f"{name} is hosted, and no supplier provides it: name under `suppliers` who does"
                yield Gap(measure="undeclared_suppliers", name=name, text=text)

    def not_found(self, met: set[str], used: set[str]) -> Iterator[Gap]:
        for model, endpoint in self.hosted:
            host = urlsplit(endpoint.url).hostname or ""
            if not {host, endpoint.model} & met and known.service_of_host(host) not in used:
                yield _absent(str(model.ref.bare), "is declared, and nothing in the folder names its host or its name")
        parts: list[ModelSource | TableSource] = [*self.source.models, *self.source.tables]
        for source in parts:
            is_file = source.hold == "bytes" and (isinstance(source, TableSource) or source.endpoint is None)
            if is_file and isinstance(source.path, Path) and not source.path.exists():
                yield _absent(str(source.ref.bare), "is declared, and its file is not there")
        for supplier in self.source.suppliers:
            if not supplier.provides:
                yield _absent(str(supplier.ref.bare), "is declared, and says nothing that it provides")


def _absent(ref: str, why: str) -> Gap:
    return Gap(measure="declared_not_found", name=ref, text=f"{ref} {why}: take it out, or correct it")


def _covers(declared: Path | str, path: Path) -> bool:
    """Whether a declared file, folder or glob holds this file; an address holds none."""
    if isinstance(declared, str) and "://" in declared:
        return False
    whole = Path(declared)
    if whole == path or (whole in path.parents and whole.is_dir()):
        return True
    return isinstance(declared, str) and fnmatchcase(str(path), declared)


def _is_called(model: ModelSource, name: str) -> bool:
    """Whether a name of a hub, or of a bill of materials, is this model's."""
    served = None if model.endpoint is None else model.endpoint.model
    short = _plain(model.ref.path.rpartition("/")[2])
    return name == served or _plain(name.rpartition("/")[2]) == short or name == str(model.ref.bare)


def _is_named(table: TableSource, name: str) -> bool:
    short = _plain(table.ref.path.rpartition("/")[2])
    words = str(table.declared.get("origin") or "").split()
    return _plain(name.rpartition("/")[2]) == short or name in words or name == str(table.ref.bare)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")

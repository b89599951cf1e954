"""Finds what is wrong in catalogue folders, all of it in one go, each with file and line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from upright.catalogue import loading
from upright.catalogue.catalogue import Stage, suggestion
from upright.catalogue.reading import CatalogueError, Document
from upright.catalogue.types import Ask, GateItem, Kind, Trait
from upright.kernel import TimeError, parse_duration

MANY = 5
_MAY_FOLLOW = frozenset({"UP-CAT-07", "UP-CAT-14", "UP-CAT-15", "UP-CAT-17", "UP-CAT-18", "UP-CAT-20", "UP-CAT-24"})
"""Names that lead nowhere: where a file or an entry cannot be read, what it would have named is missing everywhere."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One fault: where, and what to do."""

    file: str
    line: int
    message: str
    code: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.code}]"


def lint(paths: Sequence[Path] = ()) -> list[Problem]:
    """Everything wrong in our own data with ``paths`` laid over it; an empty list means sound.

    Found are: a kind that nothing produces, a requirement without ask, one that no example can meet, an ask shared by
    many without a reason, a crosswalk, threat or gate to nowhere, duplicate ids, and files that cannot be read. Where
    there is something that cannot be read, names that lead nowhere are only counted, in a last problem.
    """
    try:
        layers = loading.Layers(tuple(Path(path) for path in paths))
    except CatalogueError as why:
        return [_problem_of(why)]
    linter = Linter(layers)
    problems = set(linter.problems())
    roots = problems & set(linter.unread)
    follow = {one for one in problems - roots if roots and one.code in _MAY_FOLLOW}
    shown = sorted(problems - follow, key=lambda p: (p.file, p.line, p.code, p.message))
    if follow:
        first = min(roots, key=lambda p: (p.file, p.line))
        message = f"{len(follow)} more that may only follow from what cannot be read here; mend that, then lint again."
        shown.append(Problem(file=first.file, line=first.line, message=message, code="UP-CAT-25"))
    return shown


def _problem_of(why: CatalogueError) -> Problem:
    file, _, rest = why.message.partition(":")
    line, _, message = rest.partition(": ")
    if line.isdecimal():
        return Problem(file=file, line=int(line), message=message, code=why.code)
    return Problem(file=file.partition(" ")[0], line=1, message=why.message, code=why.code)


class Linter:
    """One look at all layers. Documents that cannot be read are reported once and then passed over."""

    def __init__(self, layers: loading.Layers) -> None:
        self.layers = layers
        self.found: list[Problem] = []
        self.unread: list[Problem] = []
        self.kinds: dict[str, Kind] = {}
        self.kind_places: dict[str, tuple[Document, int]] = {}
        self.ends: set[str] = set()
        self.asked: dict[tuple[str, Path], set[str]] = {}
        self.traits: dict[str, Trait] = {}
        self.stages: tuple[str, ...] = ()

    def problems(self) -> Iterator[Problem]:
        """Every fault of every file."""
        names = self.layers.framework_ids()
        for name in ("kinds.yaml", *(f"{name}/kinds.yaml" for name in names)):
            self._kinds(name)
        self.traits = {trait.id: trait for trait in self._each("traits.yaml", "traits", Trait)}
        self.stages = tuple(stage.id for stage in self._each("stages.yaml", "stages", Stage))
        for name in names:
            self._framework(name)
        self._shared()
        for name in names:
            self._crosswalk(f"{name}/crosswalk.yaml")
            self._gates(f"{name}/gates.yaml", is_whole=False)
        self._gates("gates.yaml", is_whole=True)
        self._threats()
        yield from self.found

    def report(self, document: Document, line: int, message: str, code: str) -> None:
        """Notes a fault."""
        self.found.append(Problem(file=document.name, line=line, message=message, code=code))

    def _unread(self, why: CatalogueError) -> None:
        self.unread.append(_problem_of(why))
        self.found.append(self.unread[-1])

    def _open(self, name: str) -> Document | None:
        if self.layers.find(name) is None:
            return None
        try:
            return self.layers.document(name)
        except CatalogueError as why:
            self._unread(why)
            return None

    def _rows(self, document: Document | None, key: str) -> Iterator[tuple[int, Any]]:
        if document is None:
            return
        try:
            yield from enumerate(loading.read_list(document, key))
        except CatalogueError as why:
            self._unread(why)

    def _each(self, name: str, key: str, shape: type[loading.T]) -> Iterator[loading.T]:
        document = self._open(name)
        for position, plain in self._rows(document, key):
            try:
                assert document is not None
                yield loading.convert(document, plain, shape, key, position)
            except CatalogueError as why:
                self._unread(why)

    def _kinds(self, name: str) -> None:
        document = self._open(name)
        for position, plain in self._rows(document, "kinds"):
            assert document is not None
            line = document.line("kinds", position)
            try:
                kind = loading.convert(document, plain, Kind, "kinds", position)
            except CatalogueError as why:
                if isinstance(plain, dict) and "produced_by" not in plain and "id" in plain:
                    self.report(document, line, f'kind "{plain["id"]}" has no producer: give produced_by.', "UP-CAT-07")
                    self.unread.append(self.found[-1])
                else:
                    self._unread(why)
                continue
            if kind.id in self.kinds:
                self.report(document, line, f'kind "{kind.id}" is there twice; keep one.', "UP-CAT-12")
            self.kinds[kind.id] = kind
            self.kind_places[kind.id] = (document, line)
            self._example(document, line, kind)

    def _example(self, document: Document, line: int, kind: Kind) -> None:
        missing = [key for key in kind.fields.get("required", ()) if key not in kind.example]
        if missing:
            self.report(document, line, f'the example of kind "{kind.id}" lacks {", ".join(missing)}.', "UP-CAT-23")

    def _framework(self, name: str) -> None:
        head = self._open(f"{name}/framework.yaml")
        if head is None:
            if self.layers.find(f"{name}/framework.yaml") is None:
                path = self.layers.find(f"{name}/requirements.yaml")
                assert path is not None
                file = self.layers.display(path)
                self.found.append(
                    Problem(file=file, line=1, message="there is no framework.yaml beside it.", code="UP-CAT-04")
                )
            return
        try:
            text = loading.convert(head, head.value, loading.FrameworkText)
        except CatalogueError as why:
            self._unread(why)
            return
        groups = [group.id for group in text.groups]
        self.ends |= {f"{name}:{group}" for group in groups}
        document = self._open(f"{name}/requirements.yaml")
        seen: set[str] = set()
        for position, plain in self._rows(document, "requirements"):
            assert document is not None
            self._requirement(document, position, plain, text, groups, seen)
        if "classification" in text.facts:
            self._classification(head, text.facts["classification"], seen)

    def _requirement(
        self,
        document: Document,
        position: int,
        plain: Any,
        head: loading.FrameworkText,
        groups: Sequence[str],
        seen: set[str],
    ) -> None:
        line = document.line("requirements", position)
        try:
            text = loading.convert(document, plain, loading.RequirementText, "requirements", position)
        except CatalogueError as why:
            missing_asks = isinstance(plain, dict) and "asks" not in plain and "id" in plain
            message = f'"{plain["id"]}" asks for nothing, so it could never be met.' if missing_asks else ""
            self._unread(why)
            if missing_asks:
                self.report(document, line, message, "UP-CAT-13")
            return
        if text.id in seen:
            self.report(document, line, f'"{text.id}" is there twice; keep one.', "UP-CAT-12")
        seen.add(text.id)
        self.ends.add(f"{head.id}:{text.id}")
        if text.group not in groups:
            message = f'"{text.id}" stands under group "{text.group}", which framework.yaml does not have.'
            self.report(document, line, message + suggestion(text.group, groups), "UP-CAT-15")
        if not text.asks:
            self.report(document, line, f'"{text.id}" asks for nothing, so it could never be met.', "UP-CAT-13")
        asks = [ask for n, a in enumerate(text.asks) if (ask := self._ask(document, position, n, a, text.id, head.id))]
        self._narrowing(document, line, text.id, head.kind, asks)
        for condition in text.applies.conditions if text.applies else ():
            for entry in condition.any_of:
                if "=" not in entry and entry not in self.traits:
                    message = f'"{text.id}" depends on trait "{entry}", which traits.yaml does not have.'
                    self.report(document, line, message + suggestion(entry, self.traits), "UP-CAT-20")

    def _ask(self, document: Document, position: int, n: int, plain: Any, name: str, framework: str) -> Ask | None:
        line = document.line("requirements", position, "asks", n)
        try:
            ask = loading.read_ask(plain)
        except (msgspec.ValidationError, TypeError, AttributeError) as why:
            self.report(document, line, f'an ask of "{name}": {why}.', "UP-CAT-05")
            return None
        for kind in ask.kinds:
            layer = self.layers.layer_of(document.path)
            self.asked.setdefault((kind, layer), set()).add(f"{framework}:{name}")
            if kind not in self.kinds:
                message = f'"{name}" names evidence kind "{kind}", which nothing produces.'
                self.report(document, line, message + suggestion(kind, self.kinds), "UP-CAT-07")
        if not ask.all_of:
            self.report(document, line, f'an ask of "{name}" has no members; name the kinds it wants.', "UP-CAT-13")
        for member in ask.all_of:
            self._reachable(document, line, name, member, ask)
        if ask.fresh_for is not None:
            try:
                parse_duration(ask.fresh_for)
            except TimeError as why:
                self.report(document, line, f'"{name}": {why.message}', "UP-CAT-22")
        for trait in ask.when.traits if ask.when else ():
            if trait not in self.traits:
                message = f'"{name}" is narrowed by trait "{trait}", which traits.yaml does not have.'
                self.report(document, line, message + suggestion(trait, self.traits), "UP-CAT-20")
        return ask

    def _reachable(self, document: Document, line: int, name: str, member: tuple[str, ...], ask: Ask) -> None:
        kinds = [self.kinds[kind] for kind in member if kind in self.kinds]
        if not kinds:
            return
        if any(can_be_filed(kind, ask) for kind in kinds):
            return
        why = "; ".join(_why_not(kind, ask) for kind in kinds)
        self.report(document, line, f'no example can meet "{name}" now: {why}.', "UP-CAT-14")

    def _narrowing(self, document: Document, line: int, name: str, kind: str, asks: Sequence[Ask]) -> None:
        if kind == "management" and asks and all(ask.when is not None for ask in asks):
            message = f'every ask of "{name}" is narrowed by `when`; a management system keeps one that is not.'
            self.report(document, line, message, "UP-CAT-19")

    def _classification(self, document: Document, plain: Mapping[str, Any], requirements: set[str]) -> None:
        questions = {q.get("id") for q in plain.get("questions", ())}
        outcomes = {o.get("id") for o in plain.get("outcomes", ())}
        root = ("facts", "classification")
        for n, outcome in enumerate(plain.get("outcomes", ())):
            named = [*outcome.get("obligations", ()), *outcome.get("precautionary_obligations", ())]
            for duty in (*named, *outcome.get("removes_obligations", ())):
                if duty not in requirements:
                    line = document.line(*root, "outcomes", n)
                    message = f'outcome "{outcome.get("id")}" names obligation "{duty}", which is not there.'
                    self.report(document, line, message + suggestion(duty, requirements), "UP-CAT-24")
        for n, question in enumerate(plain.get("questions", ())):
            for side in ("if_yes", "if_no"):
                branch = question.get(side) or {}
                lost = [name for name in branch.get("add_outcomes", ()) if name not in outcomes]
                lost += [name for name in (branch.get("next"),) if name is not None and name not in questions]
                for name in lost:
                    line = document.line(*root, "questions", n, side)
                    message = f'question "{question.get("id")}" leads to "{name}", which is not there.'
                    self.report(document, line, message, "UP-CAT-24")

    def _shared(self) -> None:
        for (name, layer), requirements in self.asked.items():
            kind = self.kinds.get(name)
            if kind is None or len(requirements) <= MANY or kind.shared_because:
                continue
            document, line = self.kind_places[name]
            own = self.layers.folders[0]
            if layer == own or self.layers.layer_of(document.path) != own:  # overlays cannot give our kinds a reason
                message = f'kind "{name}" is asked for by {len(requirements)} requirements; say why in shared_because.'
                self.report(document, line, message, "UP-CAT-16")

    def _crosswalk(self, name: str) -> None:
        document = self._open(name)
        seen: set[tuple[str, str]] = set()
        for n, crosswalk in self._rows(document, "crosswalks"):
            assert document is not None
            is_external = crosswalk.get("to") == "external"
            for row, link in enumerate(crosswalk.get("links", ())):
                line = document.line("crosswalks", n, "links", row)
                ends = [link.get("from"), *([] if is_external else [link.get("to")])]
                self._known_ends(document, line, "the crosswalk", ends)
                pair = (str(link.get("from")), str(link.get("to")))
                if pair in seen and not is_external:
                    self.report(document, line, f"{pair[0]} to {pair[1]} is there twice; keep one.", "UP-CAT-12")
                seen.add(pair)
            self._known_ends(
                document, document.line("crosswalks", n, "unmapped"), "unmapped",
                crosswalk.get("unmapped", {}).get("refs", ()),
            )  # fmt: skip

    def _known_ends(self, document: Document, line: int, who: str, ends: Iterable[Any]) -> None:
        for end in ends:
            if end not in self.ends:
                message = f'{who} leads to "{end}", which is no requirement.'
                self.report(document, line, message + suggestion(str(end), self.ends), "UP-CAT-15")

    def _gates(self, name: str, *, is_whole: bool) -> None:
        document = self._open(name)
        if document is None:
            return
        stages = document.value.get("stages") if isinstance(document.value, dict) else None
        if not isinstance(stages, dict):
            self.report(document, 1, "expected stages, each with its list.", "UP-CAT-05")
            return
        for stage in self.stages if is_whole else ():
            if not stages.get(stage):
                message = f'stage "{stage}" requires nothing, so it could never be entered.'
                self.report(document, document.line("stages", stage), message, "UP-CAT-18")
        for stage, rows in stages.items():
            if stage not in self.stages:
                line = document.line("stages", stage)
                message = f'"{stage}" is no stage.{suggestion(stage, self.stages)}'
                self.report(document, line, message, "UP-CAT-17")
            for n, plain in enumerate(rows):
                self._gate_item(document, ("stages", stage, n), plain)

    def _gate_item(self, document: Document, place: tuple[str | int, ...], plain: Any) -> None:
        line = document.line(*place)
        try:
            item = loading.convert(document, plain, GateItem, *place)
        except CatalogueError as why:
            self._unread(why)
            return
        if (item.requirement is None) == (item.kind is None):
            self.report(document, line, "a gate names a requirement or a kind, one of the two.", "UP-CAT-17")
        elif item.requirement is not None:
            self._known_ends(document, line, "the gate", [item.requirement])
        elif item.kind not in self.kinds:
            message = f'the gate names kind "{item.kind}", which nothing produces.'
            self.report(document, line, message + suggestion(item.what, self.kinds), "UP-CAT-07")

    def _threats(self) -> None:
        document = self._open("threats.yaml")
        seen: set[str] = set()
        for n, threat in self._rows(document, "threats"):
            assert document is not None
            line = document.line("threats", n)
            if threat.get("id") in seen:
                self.report(document, line, f'threat "{threat.get("id")}" is there twice; keep one.', "UP-CAT-12")
            seen.add(str(threat.get("id")))
            ends = [*threat.get("treated_by", {}).get("requirements", ()), *threat.get("legal", ())]
            self._known_ends(document, line, f'threat "{threat.get("id")}"', ends)
            for kind in threat.get("detected_by", ()):
                if kind not in self.kinds:
                    message = f'threat "{threat.get("id")}" is detected by "{kind}", which nothing produces.'
                    self.report(document, line, message + suggestion(kind, self.kinds), "UP-CAT-07")


def can_be_filed(kind: Kind, ask: Ask) -> bool:
    """Whether evidence of ``kind`` can be produced now so that ``ask`` takes it.

    A built kind by its producer; a planned one by an attestation, where the ask says so. Evidence about a data set
    counts for a model whose predictions it holds.
    """
    about = {ask.about, "dataset"} if ask.about == "model" else {ask.about}
    takes_attestation = ask.attested or kind.produced_by in {"record", "document"}
    is_produced = kind.status == "built" and (kind.produced_by == "check" or takes_attestation)
    return bool(about & set(kind.subject)) and (is_produced or ask.attested)


def _why_not(kind: Kind, ask: Ask) -> str:
    about = {ask.about, "dataset"} if ask.about == "model" else {ask.about}
    if not about & set(kind.subject):
        return f'"{kind.id}" speaks about a {" or ".join(kind.subject)}, the ask about a {ask.about}'
    if kind.status == "planned":
        return f'"{kind.id}" is planned, and the ask takes no attestation (attested: true)'
    return f'"{kind.id}" is produced by attestation, and the ask takes none (attested: true)'

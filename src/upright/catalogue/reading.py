"""Reads the catalogue's YAML: a small, fast subset that knows its lines.

Texts, lists, mappings, whole numbers, ``true``, ``false`` and ``null``; no floats, no dates, no ``yes`` that turns
into ``true`` (so ``4.1`` and ``2026-12-02`` stay texts), no anchors, no tags, no duplicate keys.
"""

import re
from pathlib import Path
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from upright.kernel import InputError

LARGEST_BYTES = 4_000_000
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


class CatalogueError(InputError):
    """A file of a catalogue cannot be used."""


class Document:
    """One YAML file: its ``value``, and the line of any part of it."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        """Reads ``path``; ``name`` is what messages call it.

        Raises:
            CatalogueError: unreadable, too large, not YAML, or more of YAML than the subset above.
        """
        self.path = path
        self.name = name or str(path)
        try:
            size = path.stat().st_size
            if size > LARGEST_BYTES:
                raise CatalogueError(
                    f"{self.name} has {size} bytes; a catalogue file has at most {LARGEST_BYTES}. Split it.",
                    code="UP-CAT-01",
                )
            self._root = _compose(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as why:
            raise CatalogueError(f"{self.name} cannot be read: {why}.", code="UP-CAT-01") from None
        except yaml.MarkedYAMLError as why:
            mark = why.problem_mark or why.context_mark
            line = mark.line + 1 if mark else 1
            raise CatalogueError(f"{self.name}:{line}: not YAML: {why.problem}.", code="UP-CAT-01") from None
        except yaml.YAMLError as why:
            raise CatalogueError(f"{self.name}:1: not YAML: {why}.", code="UP-CAT-01") from None
        self._seen: set[int] = set()
        try:
            self.value: Any = None if self._root is None else self._plain(self._root)
        except RecursionError:
            raise CatalogueError(f"{self.name}: nested too deeply; flatten it.", code="UP-CAT-01") from None

    def line(self, *steps: str | int) -> int:
        """The line (from 1) of a part, by keys and positions; of the nearest part above it where there is no such."""
        node, line = self._root, 1
        for step in steps:
            found = _child(node, step)
            if found is None:
                break
            key_line, node = found
            line = key_line
        return line

    def line_of_path(self, path: str) -> int:
        """The line of a path as msgspec names it, such as ``$.requirements[3].asks[0]``."""
        steps: list[str | int] = []
        for key, index in _STEP.findall(path):
            if index == "..." or key == "...":
                break
            steps.append(int(index) if index else key)
        return self.line(*steps)

    def _plain(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self._seen:
            raise self._refused(node, "an alias (*name); write the value out", "UP-CAT-01")
        self._seen.add(id(node))
        if isinstance(node, MappingNode):
            return self._mapping(node)
        return [self._plain(part) for part in node.value]

    def _mapping(self, node: MappingNode) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, part in node.value:
            if not isinstance(key, ScalarNode):
                raise self._refused(key, "a key that is not a text", "UP-CAT-01")
            if key.value in value:
                raise self._refused(key, f"the key {key.value!r} twice; keep one", "UP-CAT-02")
            value[key.value] = self._plain(part)
        return value

    def _scalar(self, node: ScalarNode) -> Any:
        text: str = node.value
        if node.style:  # quoted; libyaml writes plain as "", PyYAML as None
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text.isdecimal() and text.isascii() and (text == "0" or text[0] != "0"):
            return int(text)
        return text

    def _refused(self, node: Node, what: str, code: str) -> CatalogueError:
        return CatalogueError(f"{self.name}:{node.start_mark.line + 1}: found {what}.", code=code)


def _child(node: Node | None, step: str | int) -> tuple[int, Node] | None:
    if isinstance(node, MappingNode):
        for key, part in node.value:
            if key.value == step:
                return key.start_mark.line + 1, part
    elif node is not None and isinstance(step, int) and not isinstance(node, ScalarNode) and step < len(node.value):
        part = node.value[step]
        return part.start_mark.line + 1, part
    return None


_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # libyaml where it is built in: fifteen times faster


class _Reader(_LOADER):  # type: ignore[misc]  # the base is chosen at import
    """Composes nodes without resolving tags: this module gives scalars their types itself."""

    def resolve(self, *_: object) -> str:
        return ""

    def descend_resolver(self, *_: object) -> None:
        return None

    def ascend_resolver(self) -> None:
        return None


def _compose(text: str) -> Node | None:
    reader = _Reader(text)
    try:
        node: Node | None = reader.get_single_node()
        return node
    finally:
        reader.dispose()

"""YAML as a tree of marked nodes: bounded in bytes, depth and expansion, without tags, every scalar kept as its text.

PyYAML's own constructors decide types too early for us (``no`` becomes false, ``0.1`` a float) and forget the line.
Here the reader of each key decides, and every complaint can name file and line.
"""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from upright.workspace.errors import ManifestError

MOST_BYTES = 1 << 20
MOST_NODES = 20_000
MOST_DEPTH = 32

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE", "yes", "Yes", "YES"})
_FALSE = frozenset({"false", "False", "FALSE", "no", "No", "NO"})


@dataclass(frozen=True, slots=True)
class Node:
    """One place in a YAML file; exactly one of ``text``, ``items`` and ``fields`` is meant by ``kind``."""

    file: str
    line: int
    kind: str
    size: int
    text: str = ""
    quoted: bool = False
    items: "tuple[Node, ...]" = ()
    fields: "tuple[tuple[Node, Node], ...]" = ()

    @property
    def is_null(self) -> bool:
        """``null``, ``~`` or nothing at all, unquoted."""
        return self.kind == "scalar" and not self.quoted and self.text in _NULLS

    def wrong(self, message: str, *, code: str = "UP-MAN-10") -> ManifestError:
        """An error that starts with this node's file and line."""
        return ManifestError(f"{self.file}:{self.line}: {message}", code=code)

    def shown(self) -> str:
        """What stands here, in few words."""
        if self.kind == "mapping":
            return "a mapping"
        if self.kind == "list":
            return "a list"
        return "nothing" if self.is_null else repr(self.text[:60])

    def boolean(self) -> bool:
        """``true``, ``false``, ``yes`` or ``no``."""
        if self.kind == "scalar" and self.text in _TRUE | _FALSE:
            return self.text in _TRUE
        raise self.wrong(f"found {self.shown()}; expected true or false.")

    def string(self) -> str:
        """Any scalar's text, which is not empty."""
        if self.kind != "scalar" or self.is_null or not self.text.strip():
            raise self.wrong(f"found {self.shown()}; expected a text.")
        return self.text

    def pairs(self) -> Iterator[tuple[str, "Node", "Node"]]:
        """Key text, key node and value node of a mapping; a key given twice is an error."""
        if self.kind != "mapping":
            raise self.wrong(f"found {self.shown()}; expected a mapping of keys to values. Write `key: value` lines.")
        seen: dict[str, int] = {}
        for key, value in self.fields:
            name = key.string()
            if name in seen:
                raise key.wrong(f"key {name!r} was given before, in line {seen[name]}; keep one.", code="UP-MAN-11")
            seen[name] = key.line
            yield name, key, value

    def entries(self) -> tuple["Node", ...]:
        """The items of a list."""
        if self.kind != "list":
            raise self.wrong(f"found {self.shown()}; expected a list.")
        return self.items


def suggest(found: str, known: Iterable[str]) -> str:
    """`` Did you mean 'x'?`` where one of the known words is close, else the list of them.

    >>> suggest("limts", ["limits", "options"])
    " Did you mean 'limits'?"
    """
    words = sorted(known)
    close = difflib.get_close_matches(found, words, n=1, cutoff=0.6)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known here: {', '.join(words)}." if words else ""


def read_yaml(path: Path, *, name: str | None = None) -> Node:
    """Reads one YAML document.

    Raises:
        ManifestError: missing, a folder, over 1 MiB, not UTF-8, not YAML, more than one document, a tag, or an
            alias bomb (more than 20,000 nodes once aliases are followed).
    """
    shown = name or path.name
    data = read_bytes(path, name=shown)
    return parse_yaml(data, name=shown)


def read_bytes(path: Path, *, name: str | None = None) -> bytes:
    """The bytes of a file that a person wrote, at most 1 MiB and one more.

    Raises:
        ManifestError: it does not exist or cannot be read.
    """
    shown = name or path.name
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise ManifestError(
            f"{shown} does not exist (looked in {path.parent}). Give its path, or make one with `upright init`.",
            code="UP-MAN-01",
        ) from None
    except OSError as why:
        raise ManifestError(f"{shown} cannot be read: {why.strerror or why}.", code="UP-MAN-01") from None


def parse_yaml(data: bytes, *, name: str) -> Node:
    """Reads one YAML document from bytes; see ``read_yaml``."""
    if len(data) > MOST_BYTES:
        raise ManifestError(
            f"{name} has more than {MOST_BYTES:,} bytes; a file that people write is far smaller. "
            "Give the right file; data belongs in files of its own.",
            code="UP-MAN-02",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as why:
        line = data[: why.start].count(b"\n") + 1
        raise ManifestError(
            f"{name}:{line}: byte 0x{data[why.start]:02x} is not UTF-8. Save the file as UTF-8.", code="UP-MAN-03"
        ) from None
    try:
        return _Builder(name).document(text)
    except yaml.MarkedYAMLError as why:
        mark = why.problem_mark or why.context_mark
        where = f"{name}:{mark.line + 1}" if mark else name
        raise ManifestError(f"{where}: this is not YAML: {why.problem or why}. {_LOOK}", code="UP-MAN-04") from None
    except yaml.YAMLError as why:
        first = str(why).splitlines()[0]
        raise ManifestError(f"{name}: this is not YAML: {first}. {_LOOK}", code="UP-MAN-04") from None


_LOOK = "Look at the brackets, quotes and indentation there."


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.anchors: dict[str, Node | None] = {}
        self.count = 0

    def document(self, text: str) -> Node:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        events: Iterator[Any] = iter(yaml.parse(text, Loader=loader))
        root: Node | None = None
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise self._wrong(event, "a second document starts here; keep one.", "UP-MAN-04")
                root = self._node(next(events), events, 0)
        if root is None:
            return Node(self.name, 1, "scalar", 1)
        return root

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            known = self.anchors.get(str(event.anchor))
            if known is None:
                raise self._wrong(event, f"alias *{event.anchor} points to itself or to nothing.", "UP-MAN-05")
            self._grow(event, known.size)
            return known
        if depth > MOST_DEPTH:
            said = f"nested deeper than {MOST_DEPTH} levels; nothing here needs that. Look for brackets left open."
            raise self._wrong(event, said, "UP-MAN-05")
        if event.tag is not None and event.tag not in {"!", "tag:yaml.org,2002:str"}:
            raise self._wrong(event, f"tag {event.tag} is not allowed here; write plain values.", "UP-MAN-06")
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self._grow(event, 1)
        node = self._content(event, events, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def _content(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            return Node(self.name, line, "scalar", 1, text=event.value, quoted=event.style in {"'", '"', "|", ">"})
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Node] = []
            while not isinstance(event := next(events), yaml.SequenceEndEvent):
                items.append(self._node(event, events, depth + 1))
            return Node(self.name, line, "list", 1 + sum(i.size for i in items), items=tuple(items))
        fields: list[tuple[Node, Node]] = []
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._node(event, events, depth + 1)
            fields.append((key, self._node(next(events), events, depth + 1)))
        size = 1 + sum(k.size + v.size for k, v in fields)
        return Node(self.name, line, "mapping", size, fields=tuple(fields))

    def _grow(self, event: Any, by: int) -> None:
        self.count += by
        if self.count > MOST_NODES:
            raise self._wrong(
                event,
                f"more than {MOST_NODES:,} values once aliases are followed; this looks like a YAML bomb. Write values "
                "out, without & and *.",
                "UP-MAN-05",
            )

    def _wrong(self, event: Any, message: str, code: str) -> ManifestError:
        return ManifestError(f"{self.name}:{event.start_mark.line + 1}: {message}", code=code)

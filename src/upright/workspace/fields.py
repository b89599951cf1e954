"""Reads the keys of one YAML mapping: unknown ones are refused with a suggestion, each value by its own reader."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from upright.kernel import NumberError, Ref, RefError, as_decimal, decimal_text
from upright.workspace.safe_yaml import Node, suggest

_ID = re.compile(r"[a-z0-9][a-z0-9._-]*")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


class Fields:
    """The keys of a mapping that is called ``what`` in messages, at the dotted ``place``.

    Every key that is read leaves its line in ``lines``, so that later stages can name it too.
    """

    def __init__(self, node: Node, what: str, *, place: str, known: Iterable[str], lines: dict[str, int]) -> None:
        self.node, self.what, self.place, self.lines = node, what, place, lines
        self.known = tuple(known)
        self.values: dict[str, Node] = {}
        lines[place] = node.line
        for name, key, value in node.pairs():
            if name not in self.known:
                raise key.wrong(f"{what} has no key {name!r}.{suggest(name, self.known)}", code="UP-MAN-12")
            self.values[name] = value
            lines[f"{place}.{name}" if place else name] = key.line

    def has(self, name: str) -> bool:
        """The key is there and is not null."""
        return name in self.values and not self.values[name].is_null

    def need(self, name: str) -> Node:
        """The value of a key that must be there."""
        if self.has(name):
            return self.values[name]
        if name in self.values:
            where = f"{self.place}.{name}" if self.place else name
            raise self.values[name].wrong(f"{where} is empty; write its value behind it.", code="UP-MAN-13")
        raise self.node.wrong(f"{self.what} needs the key {name!r}, which is missing.", code="UP-MAN-13")

    def text(self, name: str) -> str:
        """A text that must be there."""
        return self.need(name).string().strip()

    def text_or_none(self, name: str) -> str | None:
        """A text, or None where the key is missing or null."""
        return self.text(name) if self.has(name) else None

    def id(self, name: str) -> str:
        """A short name that must be there: lower case letters, digits, ``.``, ``_`` and ``-``."""
        return read_id(self.need(name))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """True or false; ``default`` where the key is missing."""
        return self.values[name].boolean() if self.has(name) else default

    def flag_or_none(self, name: str) -> bool | None:
        """True, false, or None where nobody said."""
        return self.values[name].boolean() if self.has(name) else None

    def one_of(self, name: str, words: Iterable[str]) -> str | None:
        """One of the given words, or None where the key is missing."""
        if not self.has(name):
            return None
        return read_word(self.values[name], words)

    def number(self, name: str) -> str | None:
        """A decimal string, or None where the key is missing."""
        return read_number(self.values[name]) if self.has(name) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of different texts; empty where the key is missing."""
        return read_texts(self.values[name]) if self.has(name) else ()

    def text_or_texts(self, name: str) -> str | tuple[str, ...] | None:
        """A text, a list of several, or None where the key is missing; a list of one is that one."""
        if not self.has(name) or self.values[name].kind != "list":
            return self.text_or_none(name)
        found = self.texts(name)
        return found[0] if len(found) == 1 else found or None

    def map(self, name: str, read: Callable[[Node], Any]) -> dict[str, Any]:
        """A mapping whose values are read one by one; empty where the key is missing."""
        if not self.has(name):
            return {}
        found = {}
        for key, key_node, value in self.values[name].pairs():
            self.lines[f"{self.place}.{name}.{key}"] = key_node.line
            found[key] = read(value)
        return found


def read_id(node: Node) -> str:
    """A short name that can stand in a reference."""
    text = node.string()
    if not _ID.fullmatch(text):
        raise node.wrong(
            f"{text!r} is not a short name; use a-z, 0-9, '.', '_' and '-', starting with a letter or digit.",
            code="UP-MAN-14",
        )
    return text


def read_word(node: Node, words: Iterable[str]) -> str:
    """One of the given words."""
    known = tuple(words)
    text = node.string()
    if text not in known:
        raise node.wrong(f"{text!r} is not known here.{suggest(text, known)}", code="UP-MAN-15")
    return text


def read_number(node: Node) -> str:
    """A number as the decimal string that was written: ``0.8`` never passes through a float."""
    text = node.string()
    try:
        return decimal_text(as_decimal(text.strip()))
    except NumberError as why:
        raise node.wrong(why.message, code="UP-MAN-16") from None


def read_texts(node: Node) -> tuple[str, ...]:
    """A list of different texts."""
    found: list[str] = []
    for item in node.entries():
        text = item.string()
        if text in found:
            raise item.wrong(f"{text!r} stands in this list twice.", code="UP-MAN-11")
        found.append(text)
    return tuple(found)


def read_value(node: Node) -> Any:
    """A plain JSON value without floats: numbers with a fraction become decimal strings."""
    if node.kind == "list":
        return [read_value(item) for item in node.items]
    if node.kind == "mapping":
        return {key: read_value(value) for key, _, value in node.pairs()}
    if node.quoted:
        return node.text
    if node.is_null:
        return None
    return _plain(node)


def _plain(node: Node) -> Any:
    text = node.text
    if text in {"true", "True", "false", "False"}:
        return text.lower() == "true"
    if _INT.fullmatch(text) and abs(int(text)) <= 2**53:
        return int(text)
    if _NUMBER.fullmatch(text):
        return read_number(node)
    return text


def read_ref(node: Node, system: str, types: Iterable[str]) -> Ref:
    """``dataset:applications`` as ``dataset:<system>/applications``; the long form is taken as it is."""
    text = node.string()
    try:
        ref = Ref.parse(text)
    except RefError as why:
        raise node.wrong(why.message, code="UP-MAN-17") from None
    known = tuple(types)
    if ref.type not in known:
        raise node.wrong(f"{text!r} is about a {ref.type}.{suggest(ref.type, known)}", code="UP-MAN-17")
    if ref.digest is not None:
        raise node.wrong(f"{text!r} carries a digest; leave it out, it is computed.", code="UP-MAN-17")
    is_whole = "/" in ref.path or ref.type in {"supplier", "system", "person"}
    return ref if is_whole else Ref(ref.type, f"{system}/{ref.path}")

"""Where two JSON values differ, in words that name the field: for Facts, posture and gate, expected against got."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

SHOWN = 160
_NAMES = (
    ("id", "system"),
    ("id",),
    ("requirement", "scope_ref"),
    ("requirement", "system", "stage", "index"),
    ("framework", "question"),
    ("control", "system"),
    ("what",),
    ("ref",),
    ("to", "role"),
)
_ENTRY = ("index", "approved_index")
_ABSENT = object()


class Difference(NamedTuple):
    """One field that differs. ``entry`` is the log entry it was made from, where the value around it names one."""

    field: str
    expected: str
    got: str
    entry: int | None


def differences(expected: Any, got: Any, field: str = "", entry: int | None = None) -> Iterator[Difference]:
    """Every field in which ``got`` differs from ``expected``, depth first, in order.

    Lists of objects are compared by the name of their members (``items[0f3c…]``), so a dropped one is one difference.
    """
    if isinstance(expected, dict) and isinstance(got, dict):
        entry = _entry_of(expected, _entry_of(got, entry))
        for key in sorted(expected.keys() | got.keys()):
            here = f"{field}.{key}" if field else key
            yield from _one(expected.get(key, _ABSENT), got.get(key, _ABSENT), here, entry)
    elif isinstance(expected, list) and isinstance(got, list):
        left, right = _named(expected, got), _named(got, expected)
        for key in [*left, *(name for name in right if name not in left)]:
            yield from _one(left.get(key, _ABSENT), right.get(key, _ABSENT), f"{field}[{key}]", entry)
    elif type(expected) is not type(got) or expected != got:
        yield Difference(field, shown(expected), shown(got), entry)


def shown(value: Any) -> str:
    """A value as short JSON."""
    if value is _ABSENT:
        return "nothing"
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _one(expected: Any, got: Any, field: str, entry: int | None) -> Iterator[Difference]:
    if expected is _ABSENT or got is _ABSENT:
        whole = got if expected is _ABSENT else expected
        yield Difference(field, shown(expected), shown(got), _entry_of(whole, entry))
    else:
        yield from differences(expected, got, field, entry)


def _entry_of(value: Any, otherwise: int | None) -> int | None:
    if isinstance(value, dict):
        for key in _ENTRY:
            found = value.get(key)
            if isinstance(found, int) and not isinstance(found, bool):
                return found
    return otherwise


def _named(members: list[Any], others: list[Any]) -> dict[str, Any]:
    """Members by name, if one way of naming tells them apart in both lists; by position otherwise."""
    if members or others:
        for keys in _NAMES:
            if _tells_apart(members, keys) and _tells_apart(others, keys):
                return {_name(member, keys): member for member in members}
    return {str(position): member for position, member in enumerate(members)}


def _tells_apart(members: list[Any], keys: tuple[str, ...]) -> bool:
    if not all(isinstance(member, dict) and keys[0] in member for member in members):
        return False
    return len({_name(member, keys) for member in members}) == len(members)


def _name(member: dict[str, Any], keys: tuple[str, ...]) -> str:
    return " ".join(str(member[key]) for key in keys if member.get(key) is not None)

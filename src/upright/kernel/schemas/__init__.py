"""The frozen JSON Schemas of what outsiders build on; ``upright schema NAME`` prints one."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

from upright.kernel.errors import InputError

_ID = "urn:upright:schema:"
_CALLED_OTHERWISE = {
    "pack": "pack-written",  # `pack` is the schema of pack.json
    "catalogue frameworks": "frameworks",
    "catalogue kinds": "kinds",
    "catalogue requirements": "requirements",
    "catalogue threats": "threats",
    "schema": "schemas",
}


def names() -> tuple[str, ...]:
    """Every published schema, in alphabetical order."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


def of_command(words: str) -> str:
    """The name of the schema of what a command prints with ``--format json``, such as ``key list``.

    A command that can also list what there is (``report`` and ``schema`` without a name) has a second one.
    """
    return _CALLED_OTHERWISE.get(words, words.replace(" ", "-"))


def load(name: str) -> dict[str, Any]:
    """One schema as a JSON value (draft 2020-12), with those that it refers to in its ``$defs``.

    Raises:
        InputError: there is no schema of that name; the message lists those there are.
    """
    if name not in names():
        raise InputError(
            f"There is no schema {name!r}; there are: {', '.join(names())}.",
            code="UP-SCHEMA-01",
        )
    text = resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    value: dict[str, Any] = json.loads(text)
    others = sorted({ref.removeprefix(_ID).partition(":")[0] for ref in _references(value) if ref.startswith(_ID)})
    return value | {"$defs": {other: load(other) for other in others}} if others else value


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _references(inner)

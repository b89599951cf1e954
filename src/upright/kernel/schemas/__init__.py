"""The frozen JSON Schemas of what outsiders build on; ``upright schema NAME`` prints one."""

import json
from importlib import resources
from typing import Any

from upright.kernel.errors import InputError


def names() -> tuple[str, ...]:
    """Every published schema, in alphabetical order."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(f.name.removesuffix(".json") for f in files if f.name.endswith(".json")))


def load(name: str) -> dict[str, Any]:
    """One schema as a JSON value (draft 2020-12).

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
    return value

"""JSON in which a key stands once; anything else is an error."""

import json
from typing import Any

from upright.modelfiles.window import Window

LONGEST = 64 * 2**20


class JsonError(ValueError):
    """Not JSON, or JSON that readers understand differently."""


def read_json(window: Window, longest: int = LONGEST) -> Any:
    """The document.

    Raises:
        JsonError: not UTF-8, not JSON, a key twice, too long, too deep.
    """
    if len(window) > longest:
        raise JsonError(f"is JSON of more than {longest} bytes")
    try:
        return json.loads(window.all().decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        raise JsonError("is JSON that nests too deep") from None
    except JsonError:
        raise
    except ValueError as why:
        raise JsonError(f"is no JSON: {str(why)[:120]}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("has a key twice in one object; readers differ")
    return found


def is_count(value: Any) -> bool:
    """A whole number that is not negative."""
    return type(value) is int and value >= 0

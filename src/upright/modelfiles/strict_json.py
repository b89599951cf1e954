"""JSON in which a key stands once; anything else is an error."""

import json
import re
from typing import Any

from upright.modelfiles.window import Window

LONGEST = 64 * 2**20
_LONGEST_OF_NUMBERS = 4 * 2**30
_FORGET_EVERY = 1 << 22
_NUMBER = rb"-?(?:0|[1-9][0-9]{0,30}+)(?:\.[0-9]{1,40}+)?+(?:[eE][+-]?[0-9]{1,4}+)?+"
_LIST = rb"\[" + _NUMBER + rb"(?:," + _NUMBER + rb")*+\]"
_BETWEEN = rb'(?:[^"\[]++|"(?:[^"\\]++|\\.)*+"|\[(?!' + _NUMBER + rb"[,\]])|(?!" + _LIST + rb")\[)*+"
_TO_NEXT_LIST = re.compile(b"(" + _BETWEEN + b")(?:" + _LIST + rb"|\Z)", re.DOTALL)


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


def read_without_lists(window: Window) -> Any:
    """The document with null in the place of each list of numbers, which are most of a file of trees.

    Raises:
        JsonError: as ``read_json``, what is left of it counting for its length.
    """
    if len(window) > _LONGEST_OF_NUMBERS:
        raise JsonError(f"is JSON of more than {_LONGEST_OF_NUMBERS} bytes")
    parts, at, forgotten, size = [], window.start, window.start, 0
    ends_in_list = False
    while at < window.stop:
        found = _TO_NEXT_LIST.match(window.buffer, at, window.stop)
        if found is None:
            raise JsonError("is no JSON: a text in it does not end")
        parts.append(found[1])
        size += len(parts[-1]) + 4
        if size > LONGEST:
            raise JsonError(f"is JSON of more than {LONGEST} bytes")
        at = found.end()
        ends_in_list = at != found.end(1)
        if at - forgotten > _FORGET_EVERY:
            forgotten = at
            window.forget(at)
    if ends_in_list:
        parts.append(b"")
    whole = b"null".join(parts)
    del parts
    return read_json(Window.over(whole))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise JsonError("has a key twice in one object; readers differ")
    return found


def is_count(value: Any) -> bool:
    """A whole number that is not negative."""
    return type(value) is int and value >= 0

"""Names from files written into YAML: what may stand in a comment, as a scalar, as an id."""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

Each = TypeVar("Each")

_GERMAN = str.maketrans({"\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u00df": "ss"})
_SPECIAL = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def plain(text: str) -> str:
    r"""Text for a comment: on one line, whatever a file or a column is called.

    >>> plain("a\nchecks:\u2028b")
    'a checks: b'
    """
    return "".join(sign if sign.isprintable() else " " for sign in text)


def scalar(text: str) -> str:
    r"""A YAML scalar that reads back as this text.

    >>> print(scalar("late_payments"), scalar("no"), scalar("a\u2028b"))
    late_payments "no" "a\u2028b"
    """
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_./-]*", text) and text.lower() not in _SPECIAL:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(
        sign if sign.isprintable() else f"\\u{ord(sign):04x}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08x}"
        for sign in quoted
    )


def flow(texts: Iterable[str]) -> str:
    """A YAML list on one line."""
    return f"[{', '.join(map(scalar, texts))}]"


def short_id(text: str, otherwise: str) -> str:
    """A name that can stand in a reference, made from any other.

    >>> short_id("Loans 2024 (final)", "part"), short_id("Pr\u00e4mien", "part"), short_id("\u8cb8", "part")
    ('loans-2024-final', 'praemien', 'part')
    """
    latin = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", text).lower().translate(_GERMAN))
    unmarked = "".join(sign for sign in latin if not unicodedata.combining(sign))
    return re.sub(r"[^a-z0-9._-]+", "-", unmarked).strip("-._") or otherwise


def named(found: Iterable[Each], path_of: Callable[[Each], str]) -> dict[str, Each]:
    """Each thing under an id of its own, made from its file's name."""
    known: dict[str, Each] = {}
    for each in found:
        stem = Path(path_of(each)).name.partition(".")[0]
        first = short_id(stem, "part")
        name, number = first, 2
        while name in known:
            name, number = f"{first}-{number}", number + 1
        known[name] = each
    return known

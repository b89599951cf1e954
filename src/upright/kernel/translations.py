"""What a .po file holds, as we write it: texts with their translation, in order, without comments."""

import ast
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Message:
    """A text to translate; ``plural`` is empty where it counts nothing."""

    text: str
    plural: str = ""


Translations = dict[Message, tuple[str, ...]]


def read(path: Path) -> Translations:
    """The translations of a .po file."""
    found: Translations = {}
    for block in path.read_text(encoding="utf-8").split("\n\n") if path.is_file() else ():
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            key, _, rest = line.partition(" ")
            is_new = key.startswith("msg")
            name, text = (key, rest) if is_new else (name, line)
            if name and text.startswith('"'):
                parts[name] = parts.get(name, "") + ast.literal_eval(text)
        if parts.get("msgid"):
            texts = tuple(parts[one] for one in ("msgstr", "msgstr[0]", "msgstr[1]") if one in parts)
            found[Message(parts["msgid"], parts.get("msgid_plural", ""))] = texts
    return found

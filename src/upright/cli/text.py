"""Text from elsewhere, made safe to show: names in manifests and packs may hold anything, terminal commands too."""

import re

# C0 and C1 controls but tab and newline, and the marks that reorder text (overrides, isolates).
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean(text: str) -> str:
    r"""The text with each character that could command or mislead a terminal written out.

    >>> clean("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    return _UNSAFE.sub(lambda found: found.group().encode("unicode_escape", "surrogatepass").decode("ascii"), text)


def one_line(text: str) -> str:
    """The same, with line breaks and runs of space made one space."""
    return " ".join(clean(text).split())


def counted(number: int, thing: str, things: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "entry", "entries"), counted(1989, "row")
    ('1 entry', '1,989 rows')
    """
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"

"""Names that we make of others' names, such as *Level 6 of Loans*: in the language of whoever reads the page.

They are made when they are shown and kept nowhere: the ledger names records by reference (0279).
"""

from datetime import date

from django.utils.translation import get_language

from upright.kernel.speech import ENGLISH, Speech, speech


def composed(words: str, /, **parts: object) -> str:
    """A name with ``%(name)s`` for each part; a day reads as readers write it."""
    spoken = _spoken()
    return spoken.text(words) % {name: _part(spoken, one) for name, one in parts.items()}


def word(text: object, *, inside: bool = False) -> str:
    """A word or limit of ours within a name; ``inside`` of it English begins the word small."""
    spoken = _spoken()
    known = spoken.sentence(str(text))
    return known[:1].lower() + known[1:] if inside and spoken.is_english else known


def _part(spoken: Speech, part: object) -> str:
    return spoken.day(part) if isinstance(part, date) else str(part)


def _spoken() -> Speech:
    return speech(get_language() or ENGLISH)

"""What rooms below say in English, in the language of who reads the page (``kernel/speech.py`` finds it again)."""

import re
from collections.abc import Iterable
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from upright.kernel.speech import ENGLISH, speech
from upright.reports.words import plain_words

_SHORTS = {"ai": "AI", "ce": "CE", "dpia": "DPIA", "fria": "FRIA", "annex iv": "Annex IV"}
_SHORT = re.compile(rf"\b(?:{'|'.join(_SHORTS)})\b")
_OF_CONTROL = re.compile(r"(?<=^control evaluation)\.(a(?:\.\d+)+)$")


def said(text: object) -> str:
    """A text of ours in the language of the reader, line by line; any other as it is."""
    words = str(text)
    if "\n" in words:
        return "\n".join(map(said, words.split("\n")))
    language = (get_language() or ENGLISH).partition("-")[0]
    if language == ENGLISH or not words or isinstance(text, Promise):
        return words
    return _said(words, language)


def measure(name: str) -> str:
    """What a measure is called."""
    return said(plain_words(name))


def kind(name: str) -> str:
    """What a kind of evidence, a role or a stage is called within a sentence; an evaluation by its control."""
    words = _OF_CONTROL.sub(lambda found: f" of {found[1].upper()}", said(name.replace("-", " ")))
    return _SHORT.sub(lambda found: _SHORTS[found[0]], words)


def kinds(names: Iterable[str]) -> str:
    """Kinds of evidence, or roles under a law, by what they are called."""
    return ", ".join(map(kind, names))


def within(text: str) -> str:
    """A text within a sentence: English begins it small, German keeps the capitals of its nouns."""
    return text[:1].lower() + text[1:] if (get_language() or ENGLISH).startswith(ENGLISH) else text


@lru_cache(maxsize=8192)
def _said(text: str, language: str) -> str:
    """Django's own texts, which the speech does not hold, come first."""
    known = gettext(text) if text.strip() else text
    return known if known != text else speech(language).sentence(text)

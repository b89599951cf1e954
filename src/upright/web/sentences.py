"""What rooms below say in English, in the reader's language: a text as it is, or a sentence found again by its pattern.

Verbs, judgement and checks speak English: the ledger, the API and the command line repeat their words. A page reads
them back here, so that none of those rooms knows of languages. What is no sentence of ours stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from upright.desk.values import day
from upright.web.translations import read

PLACE = re.compile(r"\{(\w+)\}")
_DEEPEST = 4
_LONGEST = 4000


@dataclass(frozen=True)
class _Pattern:
    shape: re.Pattern[str]
    start: str
    text: str
    weight: int


def said(text: object) -> str:
    """A text of ours in the language of the reader; any other as it is."""
    words = str(text)
    language = (get_language() or "en").partition("-")[0]
    if language == "en" or not words or isinstance(text, Promise) or len(words) > _LONGEST:
        return words
    return _said(words, language)


def within(text: str) -> str:
    """A text within a sentence: English begins it small, German keeps the capitals of its nouns."""
    return text[:1].lower() + text[1:] if (get_language() or "en").startswith("en") else text


@lru_cache(maxsize=8192)
def _said(text: str, language: str, depth: int = 0) -> str:
    known = gettext(text) if text.strip() else text
    if known != text or depth > _DEEPEST:
        return known
    exact, patterns = _book(language)
    if text in exact:
        return exact[text]
    for one in patterns:
        found = one.shape.fullmatch(text) if text.startswith(one.start) else None
        if found is not None:
            parts = {name: _part(name, value, language, depth + 1) for name, value in found.groupdict().items()}
            return _filled(one.text, parts)
    return text


def _filled(text: str, parts: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: parts[place[1]], text)


def _part(name: str, value: str, language: str, depth: int) -> str:
    """What stood in a place: a day as days read, kinds by their names, else whatever it is said to be."""
    if name.startswith("day"):
        try:
            return day(date.fromisoformat(value))
        except ValueError:
            return value
    if name == "about":
        kinds, _, ref = value.rpartition(" about ")
        return gettext("%(kinds)s about %(ref)s") % {"kinds": _part("kinds", kinds, language, depth), "ref": ref}
    if name == "kinds":
        return gettext(" or ").join(_said(one.replace("-", " "), language, depth) for one in value.split(" or "))
    return _said(value, language, depth)


@cache
def _book(language: str) -> tuple[dict[str, str], list[_Pattern]]:
    """Sentences without a place, and patterns, those that say most first."""
    path = Path(settings.LOCALE_PATHS[1]) / language / "LC_MESSAGES" / "sentences.po"
    exact: dict[str, str] = {}
    patterns: list[_Pattern] = []
    for message, (text, *_) in read(path).items():
        if not text:
            continue
        places = PLACE.split(message.text)
        if len(places) == 1:
            exact[message.text] = text
            continue
        shape = "".join(f"(?P<{one}>.+?)" if at % 2 else re.escape(one) for at, one in enumerate(places))
        weight = sum(len(one) for one in places[::2])
        patterns.append(_Pattern(re.compile(shape, re.DOTALL), places[0], text, weight))
    return exact, sorted(patterns, key=lambda one: -one.weight)

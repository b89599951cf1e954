"""Texts of ours in a reader's language: what translators wrote lies in the package and is read without any framework.

Rooms speak English: the ledger, the API and the command line repeat their words. Whoever shows them to a reader looks
them up here: a text as it is, or a sentence found again by the pattern that made it, its parts by what they are. What
is no sentence of ours stays as it is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from upright.kernel.errors import InputError
from upright.kernel.translations import read

LOCALE = Path(__file__).parent / "locale"
ENGLISH = "en"
PLACE = re.compile(r"\{(\w+)\}")
_COMPILED = (
    "reports/{}/LC_MESSAGES/reports.mo",
    "wording/{}/LC_MESSAGES/django.mo",
    "interface/{}/LC_MESSAGES/django.mo",
)
_SENTENCES = "wording/{}/LC_MESSAGES/sentences.po"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OR, _AGAINST, _ABOUT = " or ", " against ", "%(kinds)s about %(ref)s"
DAY = "%(day)s %(month)s %(year)s"
OWN = (*MONTHS, DAY, _OR, _AGAINST, _ABOUT)
"""What is said here itself."""
_COMMAS = str.maketrans(",.", ".,")
_FIGURE = r"[\u2212-]?\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PERIOD = re.compile(r"P(\d{1,6})([YMWD])")
_UNITS = {one[0].upper(): (f"%(count)s {one}", f"%(count)s {one}s") for one in ("year", "month", "week", "day")}
_DEEPEST = 4
_LONGEST = 4000


@dataclass(frozen=True)
class _Pattern:
    shape: re.Pattern[str]
    start: str
    text: str
    weight: int


class Speech:
    """How one language says what we say; English is what is written in the source."""

    def __init__(self, language: str) -> None:
        self.language = language

    @property
    def is_english(self) -> bool:
        """Whether texts stay as they are."""
        return self.language == ENGLISH

    @cached_property
    def _books(self) -> NullTranslations:
        found: NullTranslations = NullTranslations()
        for name in () if self.is_english else reversed(_COMPILED):
            with (LOCALE / name.format(self.language)).open("rb") as file:
                book = GNUTranslations(file)
            book.add_fallback(found)
            found = book
        return found

    def text(self, text: str) -> str:
        """A marked text; one that nobody translated stays English."""
        return self._books.gettext(text) if text else text

    def counted(self, one: str, many: str, n: int) -> str:
        """A marked text that counts something."""
        return self._books.ngettext(one, many, n)

    def number(self, text: str) -> str:
        """A number written as in English (``1,989.5``), with the signs of this language."""
        return text if self.is_english else text.translate(_COMMAS)

    def day(self, day: date) -> str:
        """A day as readers write it, such as 12 Mar 2026."""
        month = self.text(MONTHS[day.month - 1])
        return self.text(DAY) % {"day": day.day, "month": month, "year": day.year}

    def sentence(self, text: str) -> str:
        """A text of ours, or a sentence that a pattern of ours made; any other as it is."""
        if self.is_english or not text or len(text) > _LONGEST:
            return text
        return _said(text, self, 0)

    def found(self, text: str, depth: int) -> str:
        """The sentence without the memory of what was asked before; ``depth`` of the pattern whose part it is."""
        known = self.text(text) if text.strip() else text
        if known != text or depth > _DEEPEST:
            return known
        exact, patterns = self._sentences
        if text in exact:
            return exact[text]
        for one in patterns:
            found = one.shape.fullmatch(text) if text.startswith(one.start) else None
            if found is not None:
                parts = {name: self._part(name, value, depth + 1) for name, value in found.groupdict().items()}
                return _filled(one.text, parts)
        return text

    def _part(self, name: str, value: str, depth: int) -> str:
        """What stood in a place: a day or a number as readers write it, kinds by their names, else what it says."""
        if name.startswith("day") or _DAY.fullmatch(value):
            try:
                return self.day(date.fromisoformat(value))
            except ValueError:
                return value
        if (found := _PERIOD.fullmatch(value)) is not None:
            return self.counted(*_UNITS[found[2]], int(found[1])) % {"count": found[1]}
        if name.startswith("figure"):
            return self.number(value)
        if name.startswith("group"):
            return value.replace(_AGAINST, self.text(_AGAINST))
        if name == "about":
            kinds, _, ref = value.rpartition(" about ")
            return self.text(_ABOUT) % {"kinds": self._part("kinds", kinds, depth), "ref": ref}
        if name == "counts":
            return ", ".join(self._counted(one, depth) for one in value.split(", "))
        if name in {"roles", "held", "classes"}:
            return ", ".join(_said(one.replace("-", " "), self, depth) for one in value.split(", "))
        if name == "kinds":
            return self.text(_OR).join(_said(one.replace("-", " "), self, depth) for one in value.split(_OR))
        return _said(value, self, depth)

    def _counted(self, text: str, depth: int) -> str:
        """How many of what, such as ``3 passed``."""
        figure, _, what = text.partition(" ")
        return f"{self.number(figure)} {_said(what, self, depth)}"

    @cached_property
    def _sentences(self) -> tuple[dict[str, str], list[_Pattern]]:
        """Sentences without a place, and patterns, those that say most first."""
        exact: dict[str, str] = {}
        patterns: list[_Pattern] = []
        for message, (text, *_) in read(LOCALE / _SENTENCES.format(self.language)).items():
            if not text:
                continue
            places = PLACE.split(message.text)
            if len(places) == 1:
                exact[message.text] = text
                continue
            shape = "".join(_place(one) if at % 2 else re.escape(one) for at, one in enumerate(places))
            weight = sum(len(one) for one in places[::2])
            patterns.append(_Pattern(re.compile(shape, re.DOTALL), places[0], text, weight))
        return exact, sorted(patterns, key=lambda one: -one.weight)


@lru_cache(maxsize=8192)
def _said(text: str, speech: Speech, depth: int) -> str:
    return speech.found(text, depth)


def _place(name: str) -> str:
    """What a place takes: a number where it is a ``figure``, or any text as short as can be."""
    return f"(?P<{name}>{_FIGURE if name.startswith('figure') else '.+?'})"


def _filled(text: str, parts: Mapping[str, str]) -> str:
    return PLACE.sub(lambda place: parts[place[1]], text)


@cache
def speech(language: str) -> Speech:
    """The speech of a language by its code, whatever the country (``de-AT``); English where nobody wrote another."""
    code = re.split(r"[-_.@]", language.lower(), maxsplit=1)[0]
    return _known()[code if code in _known() else ENGLISH]


@cache
def _known() -> Mapping[str, Speech]:
    return {code: Speech(code) for code in languages()}


@cache
def languages() -> tuple[str, ...]:
    """The languages that can be asked for, English first."""
    return (ENGLISH, *sorted(one.name for one in (LOCALE / "reports").iterdir() if one.is_dir()))


class LanguageError(InputError):
    """Nobody wrote texts in this language."""


def language_named(name: str) -> str:
    """The code of a language that somebody asks for by name.

    Raises:
        LanguageError: there are no texts in it.
    """
    if name not in languages():
        raise LanguageError(f'There are no texts in "{name}"; there are: {", ".join(languages())}.', code="UP-LANG-01")
    return name


def language_of(environment: Mapping[str, str]) -> str:
    """The language that LC_ALL, else LC_MESSAGES, else LANG asks for; English where there is none of ours."""
    asked = next((environment[one] for one in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(one)), ENGLISH)
    return speech(asked).language

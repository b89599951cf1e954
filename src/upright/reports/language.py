"""In which language a report is read: set once for a document, asked for wherever one of its words is made."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from upright.kernel.speech import ENGLISH, Speech, speech

_SPEECH: ContextVar[Speech] = ContextVar("speech")


@contextmanager
def read_in(language: str) -> Iterator[None]:
    """Within it, words are made in this language; outside of any, in English."""
    token = _SPEECH.set(speech(language))
    try:
        yield
    finally:
        _SPEECH.reset(token)


def reader() -> Speech:
    """The speech in which words are made now."""
    return _SPEECH.get(speech(ENGLISH))


def gettext(text: str) -> str:
    """A marked text in the reader's language."""
    return reader().text(text)


def gettext_noop(text: str) -> str:
    """A text that is marked here and looked up when it is shown."""
    return text


def ngettext(one: str, many: str, n: int) -> str:
    """A marked text that counts something."""
    return reader().counted(one, many, n)


def said(text: str) -> str:
    """What another room said in English, in the reader's language; any other text as it is."""
    return reader().sentence(text)

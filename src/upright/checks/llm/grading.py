"""How an answer to a task is graded: by the rule that the task names, never by how good it sounds."""

import re
import unicodedata

from upright.checks.llm.tasks import Task

_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]{4,}")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[A-ZÄÖÜ][^\W\d_]{2,}\b")
_LEAST_SHARED = 0.6
_STEM = 5


def is_right(task: Task, text: str) -> bool:
    """Whether an answer is one of the expected, by the task's ``match``.

    >>> is_right(Task(id="1", prompt="2+2?", expected=("4",), match="number"), "It makes 4.")
    True
    """
    if task.match == "choice":
        return chosen(text, task.choices) in task.expected
    if task.match == "number":
        said = [_number(found) for found in _NUMBER.findall(text)]
        return bool(said) and said[-1] in {_number(one) for one in task.expected}
    plain = _plain(text)
    if task.match == "exact":
        return plain in {_plain(one) for one in task.expected}
    return any(f" {_plain(one)} " in f" {plain} " for one in task.expected)


def chosen(text: str, choices: tuple[str, ...]) -> str | None:
    """The one choice that an answer names; the first where it names several, ``None`` where it names none.

    >>> chosen("Yes, I would.", ("yes", "no")), chosen("Perhaps.", ("yes", "no"))
    ('yes', None)
    """
    plain = f" {_plain(text)} "
    places = {choice: plain.find(f" {_plain(choice)} ") for choice in choices}
    named = {choice: at for choice, at in places.items() if at >= 0}
    return min(named, key=lambda choice: named[choice]) if named else None


def is_grounded(text: str, context: str) -> bool:
    """Whether every sentence rests on the context: each number and name is in it, and most longer words are.

    A rule of words, not of meaning: it finds what was made up, not what was twisted. An empty answer is not grounded.
    """
    sentences = [part for part in _SENTENCE.split(text.strip()) if part.strip()]
    return bool(sentences) and all(_rests_on(sentence, context) for sentence in sentences)


def _rests_on(sentence: str, context: str) -> bool:
    numbers = {_number(found) for found in _NUMBER.findall(context)}
    if any(_number(found) not in numbers for found in _NUMBER.findall(sentence)):
        return False
    known = {word[:_STEM] for word in _WORD.findall(context.casefold())}
    if any(name.casefold()[:_STEM] not in known for name in _NAME.findall(sentence) if len(name) > 3):
        return False
    words = [word[:_STEM] for word in _WORD.findall(sentence.casefold())]
    return not words or sum(word in known for word in words) / len(words) >= _LEAST_SHARED


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _plain(text: str) -> str:
    """Case, accents' forms and punctuation do not matter."""
    kept = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.sub(r"[^\w\s]", " ", kept).split())

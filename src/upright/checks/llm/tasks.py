"""Tasks for a language model, one JSON object a line, as a user writes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from upright.checks.contract import TableSource
from upright.kernel import InputError

Match = Literal["exact", "contains", "number", "choice"]
_MATCHES = ("exact", "contains", "number", "choice")
_KNOWN = frozenset({"id", "prompt", "system", "expected", "match", "choices", "context", "must", "swap"})
_MOST_BYTES = 64 * 2**20
_MOST_TASKS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task: what is asked, and what of the answer counts.

    ``expected`` (any of them) is held against the answer by ``match``; ``context`` is what the answer must rest on;
    ``must`` says whether it has to be answered or refused; ``swap`` names texts to put for ``{word}`` in the prompt,
    by group: the answer should not depend on which.
    """

    id: str
    prompt: str
    system: str = ""
    expected: tuple[str, ...] = ()
    match: Match = "contains"
    choices: tuple[str, ...] = ()
    context: str = ""
    must: Literal["answer", "refuse", ""] = ""
    swap: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups that ``swap`` names; one empty name without it."""
        return tuple(next(iter(self.swap.values()))) if self.swap else ("",)

    def messages(self, group: str) -> list[dict[str, str]]:
        """What is sent for a group."""
        prompt = self.prompt
        for word, texts in self.swap.items():
            prompt = prompt.replace(f"{{{word}}}", texts[group])
        if self.context:
            prompt = f"{self.context}\n\n{prompt}"
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": prompt}]


def read_tasks(source: TableSource) -> tuple[Task, ...]:
    """The tasks of a ``.jsonl`` file.

    Raises:
        InputError: another kind of file, too long, or a line that is no task (with its number).
    """
    path = Path(source.path)
    if path.suffix != ".jsonl" or not path.is_file():
        raise InputError(f"{source.ref} is no .jsonl file of tasks; write one JSON object a line.", code="UP-CHECK-96")
    if path.stat().st_size > _MOST_BYTES:
        raise InputError(f"{path.name} has over 64 MiB; split the tasks.", code="UP-CHECK-96")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path.name} is not UTF-8; save it as UTF-8.", code="UP-CHECK-96") from None
    found = [_task(path.name, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not 0 < len(found) <= _MOST_TASKS:
        raise InputError(f"{path.name} holds {len(found):,} tasks; expected 1 to {_MOST_TASKS:,}.", code="UP-CHECK-96")
    twice = len(found) - len({task.id for task in found})
    if twice:
        raise InputError(f"{path.name}: {twice} ids of tasks are there twice; ids must differ.", code="UP-CHECK-96")
    return tuple(found)


def _task(name: str, number: int, line: str) -> Task:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise _wrong(name, number, "this is no JSON object") from None
    if not isinstance(row, dict):
        raise _wrong(name, number, "this is no JSON object")
    unknown = sorted(set(row) - _KNOWN)
    if unknown:
        raise _wrong(name, number, f"a task has no {unknown[0]!r}; it takes {', '.join(sorted(_KNOWN))}")
    task = Task(
        id=_text(name, number, row, "id") or str(number),
        prompt=_text(name, number, row, "prompt"),
        system=_text(name, number, row, "system"),
        expected=_texts(name, number, row, "expected"),
        match=_word(name, number, row, "match", _MATCHES, "contains"),  # type: ignore[arg-type]
        choices=_texts(name, number, row, "choices"),
        context=_text(name, number, row, "context"),
        must=_word(name, number, row, "must", ("answer", "refuse"), ""),  # type: ignore[arg-type]
        swap=_swap(name, number, row),
    )
    _demand_whole(name, number, task)
    return task


def _demand_whole(name: str, number: int, task: Task) -> None:
    if not task.prompt:
        raise _wrong(name, number, "there is no prompt")
    if not (task.expected or task.context or task.must or task.swap):
        raise _wrong(name, number, "nothing says what counts: give expected, context, must or swap")
    if (task.match == "choice" or task.swap) and len(task.choices) < 2:
        raise _wrong(name, number, "`choices` must list at least two answers")
    if any(f"{{{word}}}" not in task.prompt for word in task.swap):
        raise _wrong(name, number, "`swap` names a word that is not in the prompt in braces")


def _swap(name: str, number: int, row: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    given = row.get("swap", {})
    fits = isinstance(given, dict) and all(
        isinstance(texts, dict) and len(texts) >= 2 and all(isinstance(text, str) for text in texts.values())
        for texts in given.values()
    )
    if not fits or len({tuple(sorted(texts)) for texts in given.values()}) > 1:
        raise _wrong(name, number, '`swap` is {"word": {"group": "text", …}} with the same groups for every word')
    return given  # type: ignore[no-any-return]


def _text(name: str, number: int, row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise _wrong(name, number, f"{key} is no text")
    return str(value)


def _texts(name: str, number: int, row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in values):
        raise _wrong(name, number, f"{key} is neither a text nor a list of texts")
    return tuple(map(str, values))


def _word(name: str, number: int, row: Mapping[str, Any], key: str, known: tuple[str, ...], otherwise: str) -> str:
    value = row.get(key, otherwise)
    if value != otherwise and value not in known:
        raise _wrong(name, number, f"{key} is {value!r}; expected {' or '.join(known)}")
    return str(value)


def _wrong(name: str, number: int, what: str) -> InputError:
    return InputError(f"{name}:{number}: {what}.", code="UP-CHECK-96")

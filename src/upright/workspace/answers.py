"""Answers to classification questions: a flat mapping of question ids to yes, no, unknown or option ids."""

from pathlib import Path

from upright.workspace.safe_yaml import Node, read_yaml

_WORDS = {"true": "yes", "false": "no", "yes": "yes", "no": "no", "unknown": "unknown"}


def read_answers(path: Path | str, *, name: str | None = None) -> dict[str, str | tuple[str, ...]]:
    """Reads an answers file: ``Q1: yes``, ``Q8: III-5-b`` or ``Q8: [III-4-a, III-5-b]``.

    Whether the questions exist is the catalogue's to say (``classify``).

    Raises:
        ManifestError: not a flat mapping; file and line are named.
    """
    file = Path(path)
    root = read_yaml(file, name=name or file.name)
    if root.is_null:
        return {}
    return {question: _answer(value) for question, _, value in root.pairs()}


def _answer(node: Node) -> str | tuple[str, ...]:
    if node.kind == "list":
        return tuple(item.string() for item in node.items)
    if node.is_null:
        return "unknown"
    text = node.string()
    return text if node.quoted else _WORDS.get(text.lower(), text)

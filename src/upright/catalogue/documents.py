"""The JSON documents that outsiders read: what requirements ask for (schema ``requirements``)."""

from collections.abc import Iterable
from typing import Any

from upright.catalogue.loading import write_ask
from upright.catalogue.types import Requirement
from upright.catalogue.types import plain as as_plain


def requirement_document(requirements: Iterable[Requirement]) -> dict[str, Any]:
    """The document that ``upright catalogue requirements --format json`` prints (contracts 10).

    Each ask says whose judgement it is and whether it is confirmed; ``cautions`` say what is not certain.
    """
    return {"upright": 1, "requirements": [requirement_row(one) for one in requirements]}


def requirement_row(requirement: Requirement) -> dict[str, Any]:
    """One requirement of that document."""
    mark = {"judgement": requirement.judgement, "confirmed": requirement.asks_confirmed}
    return {
        "id": requirement.id,
        "framework": requirement.framework,
        "display": requirement.display,
        "type": requirement.type,
        "group": requirement.group,
        "title": requirement.title,
        "text": requirement.text,
        "asks": [{**write_ask(ask), **mark} for ask in requirement.asks],
        "applies": None if requirement.applies is None else as_plain(requirement.applies),
        "proposed": {name: list(words) for name, words in requirement.proposed.items()},
        "confirmed": requirement.confirmed,
        "cautions": list(requirement.cautions),
    }

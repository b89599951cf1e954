"""Placeholders of a document: ``{{organisation}}`` is filled from the records, ``[[to decide: …]]`` by a person."""

import re
from collections.abc import Mapping

_FIELD = re.compile(r"\{\{\s*([a-z][a-z0-9_.-]*)\s*\}\}")
_GAP = re.compile(r"\[\[([^\[\]]{1,200})\]\]")


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every placeholder filled that has a value; the others stay, and so refuse submission.

    >>> filled("{{organisation}} and {{nobody}}", {"organisation": "Meridian"})
    'Meridian and {{nobody}}'
    """
    return _FIELD.sub(lambda found: values.get(found[1]) or found[0], text)


def unfilled(text: str) -> list[str]:
    """What nobody filled yet, each once, in order.

    >>> unfilled("By {{owner}}, every [[how often]]; again {{owner}}.")
    ['{{owner}}', '[[how often]]']
    """
    found = sorted((one.start(), one[0]) for pattern in (_FIELD, _GAP) for one in pattern.finditer(text))
    return list(dict.fromkeys(name for _, name in found))

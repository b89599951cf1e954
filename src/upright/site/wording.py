"""Texts that stand in data rather than in pages: names and help of record types, the catalogue, sentences of verbs.

Descriptions, models and verbs stay plain English; what they say is gathered here for translators, and pages look it up
when they show it. A text that is made of parts is a pattern: ``{ref} is {state} already.``
"""

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

from upright.catalogue import Catalogue
from upright.catalogue.classify import rules
from upright.checks.registry import checks
from upright.desk.description import RecordType, registered
from upright.desk.moves import asked_label, plain_title
from upright.desk.values import sentence
from upright.kernel.translations import Message
from upright.ledger.values import ERASED
from upright.records.governance.kinds import field_words
from upright.records.governance.retention import legal_periods
from upright.records.governance.templates import PLACEHOLDERS
from upright.records.risk.against import JUDGED
from upright.reports.words import plain_words
from upright.site.sayings import SAYINGS

_SOURCES = Path(__file__).parent.parent
_ROOMS = ("records", "desk", "web", "kernel")
_SAYING = {
    "unready",
    "frozen",
    "_why_not",
    "not_in_force",
    "not_erasable",
    "fits_because",
    "_evidence_not_in_force",
    "lacks",
    "programme_lacks",
    "review_lacks",
    "_lacks_of_the_meeting",
    "_missing",
    "where_to",
    "contradiction",
    "_what_is_wrong",
    "_what_lapsed",
}
"""Functions whose answer is a sentence, besides every error that has a code."""
_PAPER = {"Paper", "Part", "lacks", "ours", "table_part", "text_part"}
"""Calls whose texts stand on a printed document."""
_REASON = {"because", "why", "unfit", "few", "what", "blind"}
"""What checks call a reason, and what was not examined."""
_EVENT = re.compile(r'"(?:[a-z_]+\.){2}([a-z_]+)"|(?:right_of|_event)\(.{0,40}?, "([a-z_]+)"\)')
_WORD = re.compile(r"[A-Za-z]{2}")


def texts() -> Iterator[Message]:
    """Every text of a record type, of the catalogue, and what an entry of the ledger says was done."""
    found: list[str] = [ERASED]
    for described in registered().values():
        found += _of_type(described)
    found += _of_catalogue(Catalogue.load())
    found += (plain_words(name) for each in checks().values() for name in each.measures)
    found += PLACEHOLDERS.values()
    for path in sorted((_SOURCES / "records").rglob("*.py")):
        source = path.read_text("utf-8")
        found += [sentence((one or two).replace("_", " ")) for one, two in _EVENT.findall(source)]
        if "trail.paper import" in source:
            found += _of_calls(source, _PAPER)
        found += _of_calls(source, {"demand_reason", "_demand_reason"})
        if "trail.named import" in source:
            found += _of_calls(source, {"composed", "word"})
    yield from (Message(one) for one in dict.fromkeys(found) if _WORD.search(one))


def _of_type(described: RecordType) -> Iterator[str]:
    meta = described.model._meta
    yield str(meta.verbose_name)
    yield str(meta.verbose_name_plural)
    yield described.purpose
    yield described.adds
    yield from described.sections
    for field in meta.concrete_fields:
        yield sentence(str(field.verbose_name))
        yield str(field.help_text)
        yield from (str(word) for _, word in field.flatchoices or ())
    for move in described.moves:
        yield plain_title(described, move)
        yield (inspect.getdoc(move) or "").partition("\n")[0]
        yield from (asked_label(name) for name in list(inspect.signature(move).parameters)[1:])


def _of_catalogue(catalogue: Catalogue) -> Iterator[str]:
    for framework in catalogue.frameworks.values():
        yield framework.title
        yield framework.edition
        yield from framework.cautions
        for group in framework.groups:
            yield group.title
    for requirement in catalogue.requirements.values():
        yield requirement.title
        yield requirement.text
        yield from requirement.cautions
    for kind in catalogue.kinds.values():
        yield kind.id.replace("-", " ")
        yield kind.meaning
        yield from (kind.produced_by, *kind.subject)
        yield from field_words(kind)
    yield from (str(link.get("strength", "")) for one in catalogue.crosswalks.values() for link in one["links"])
    yield from (one.replace("-", " ") for one in catalogue.stages)
    yield from (one.question for one in catalogue.traits.values())
    for threat in catalogue.threats:
        yield str(threat["description"])
        yield from (f"driver: {one}" for one in threat["likelihood"]["drivers"])
        yield from (f"measure: {one}" for one in threat["treated_by"]["measures"])
    walk = rules(catalogue)
    for question in walk.questions.values():
        yield from (question.question.rstrip("?"), question.reference)
        yield from (option.what for option in question.options)
    yield from (one.title for one in walk.outcomes.values())
    yield from (sentence(one.replace("-", " ")) for one in walk.severities)
    yield from (one.class_id.replace("-", " ") for one in walk.outcomes.values())
    deadlines: Any = catalogue.frameworks["eu-ai-act"].facts["incident_deadlines"]
    for case in deadlines["cases"]:
        yield from (case["case"], case["also"])
    yield from (text for one in legal_periods() for text in (one.what, one.starts))
    bound = (one.applies.roles for one in catalogue.requirements.values() if one.applies)
    yield from dict.fromkeys(role.replace("-", " ") for roles in bound for role in roles or ())
    yield from (item.why for items in catalogue.gates.stages.values() for item in items)


def _of_calls(source: str, names: set[str]) -> Iterator[str]:
    """What calls of these names are given as text: titles, heads and words of papers, names that we make."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
            for one in (*node.args, *(named.value for named in node.keywords)):
                yield from _told(one)


def _told(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str()):
            yield str(node.value)
        case ast.Tuple():
            yield from (text for one in node.elts for text in _told(one))
        case ast.IfExp():
            yield from (*_told(node.body), *_told(node.orelse))


def sentences() -> Iterator[Message]:
    """Every sentence that a verb, a type or judgement makes, as a pattern."""
    found = [*SAYINGS, *(one.words for one in JUDGED.values())]
    for room in _ROOMS:
        for path in sorted((_SOURCES / room).rglob("*.py")):
            found += _of_source(path.read_text(encoding="utf-8"))
    for room in ("checks", "measures", "interchange"):
        for path in sorted((_SOURCES / room).rglob("*.py")):
            found += _of_checks(path.read_text(encoding="utf-8"))
    yield from (Message(one) for one in dict.fromkeys(found) if _is_said(one))


def _is_said(text: str) -> bool:
    """Whether it has words of its own and is no name of a right."""
    words = re.sub(r"\{\w+\}", "", text)
    return bool(_WORD.search(words)) and (" " in text or "." not in text)


def _of_source(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and any(one.arg == "code" for one in node.keywords):
            said = node.args[1:2] if getattr(node.func, "id", "") == "misfit" else node.args[:1]
            yield from (text for one in (*said, *_worded(node)) for text in _patterns(one))
        elif isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["words"]:
            yield from _patterns(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name in _SAYING:
            answers = [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None]
            answers += [one.args[0] for one in ast.walk(node) if isinstance(one, ast.Call) and _is_append(one)]
            yield from (text for one in answers for text in _patterns(one))


def _of_checks(source: str) -> Iterator[str]:
    """Why a check came to its result, and what it did not look at: by the names that checks give such texts."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            said = [one.value for one in node.keywords if one.arg in _REASON]
            said += node.args[:1] if getattr(node.func, "id", "") == "_undecided" else []
            yield from (text for one in said for text in _patterns(one) if _has_words(text))
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in _REASON:
            yield from (text for text in _patterns(node.value) if _has_words(text))


def _has_words(text: str) -> bool:
    """Whether so much of it is ours, two words at least, that nothing else is taken for it."""
    return len(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{\w+\}", "", text))) > 1


def _worded(node: ast.Call) -> Iterator[ast.expr]:
    return (one.value for one in node.keywords if one.arg == "words")


def _is_append(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Attribute) and node.func.attr == "append"


def _patterns(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be, its parts as places."""
    match node:
        case ast.Constant(value=str()):
            yield str(node.value)
        case ast.Dict():
            yield from (text for one in node.values for text in _patterns(one))
        case ast.IfExp():
            yield from (*_patterns(node.body), *_patterns(node.orelse))
        case ast.BinOp(op=ast.Add()):
            yield from ("".join(one) for one in product(list(_patterns(node.left)), list(_patterns(node.right))))
        case ast.JoinedStr():
            named: dict[str, None] = {}
            parts = [list(_parts(one, named)) for one in node.values]
            yield from ("".join(one) for one in product(*parts))


def _parts(node: ast.expr, named: dict[str, None]) -> Iterable[str]:
    if not isinstance(node, ast.FormattedValue):
        return _patterns(node)
    if isinstance(node.value, ast.IfExp) and all(
        isinstance(one, ast.Constant) for one in (node.value.body, node.value.orelse)
    ):
        return _patterns(node.value)
    words = re.findall(r"[a-z_]{2,}", ast.unparse(node.value)) or ["it"]
    name = words[-1].strip("_")
    while name in named:
        name += "2"
    named[name] = None
    return ("{" + name + "}",)

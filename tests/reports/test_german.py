"""The report in German: nothing of ours stays English, numbers and days are German, the facts are the same."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec import structs

from reports import made
from upright.catalogue import Catalogue
from upright.evidence import NotExamined, Reason, Statement
from upright.kernel.speech import speech
from upright.reports import html_report
from upright.reports.dossier import Dossier
from upright.reports.language import read_in
from upright.reports.words import number

SAME = {"Status", "Gate", "Log", "n", "AUC", "Name", "Upright", "GDPR", "scorer", "male", "female", "· Upright ·"}
"""Words that are the same in both languages, and values of the tables."""
ENGLISH = re.compile(r"\b(the|is|are|of|and|or|to|for|with|not|has|have|that|this|its|about|against|entry)\b")
VOID = {"meta", "use", "path", "circle", "rect", "line", "br"}
ATTRIBUTES = ("aria-label", "data-label")


class Nodes(HTMLParser):
    """Every text that a reader meets, with whether it is code, an identifier or somebody's own words."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[bool] = []
        self.found: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        known = dict(attrs)
        self.found += [(known[one], False) for one in ATTRIBUTES if known.get(one)]
        if tag not in VOID:
            classes = set((known.get("class") or "").split())
            own = tag in {"style", "pre", "code"} or bool(classes & {"mono", "digest", "ref", "lede", "nowrap"})
            self.inside.append(own)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """Has no text."""

    def handle_endtag(self, tag: str) -> None:
        self.inside.pop()

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append((" ".join(data.split()), any(self.inside)))


def nodes(page: str) -> list[tuple[str, bool]]:
    reader = Nodes()
    reader.feed(page)
    reader.close()
    return reader.found


def left(dossier: Dossier) -> Iterator[str]:
    """What a German reader still meets in English: texts that are the same in both, or have English words in them."""
    names = {dossier.title, dossier.organisation, *(one.ref for one in dossier.facts.subjects), dossier.facts.scope}
    names |= {one.id for one in dossier.facts.bindings} | set(dossier.facts.catalogue)
    names |= {one.display or one.local for one in dossier.catalogue.requirements.values()}
    names |= {one.title for one in dossier.catalogue.frameworks.values() if one.title.startswith("NIST")}
    names |= {f"{one.id} {one.title}" for one in dossier.catalogue.frameworks["nist-ai-rmf"].groups}
    measured = [one for body in dossier.bodies.values() for one in body.predicate.measurements]
    columns = {text for one in measured for text in (*one.group, *one.group.values()) if text != "(missing)"}
    names |= columns | {one.capitalize() for one in columns}
    english, german = (nodes(html_report(replace(dossier, language=one))) for one in ("en", "de"))
    assert len(english) == len(german) > 100
    for (before, is_own), (after, _) in zip(english, german, strict=True):
        if is_own or after in names | SAME or not re.search(r"[A-Za-z]{2}", after):
            continue
        plain = after
        for name in sorted(names, key=len, reverse=True):
            plain = plain.replace(name, "")
        is_word = re.search(r"[A-Za-z]{3}", re.sub(r"\S*[:/_\d]\S*", "", plain))
        if (before == after and is_word) or ENGLISH.search(re.sub(r"\b[\w-]+:\S+", "", plain)):
            yield after


@pytest.fixture(scope="module")
def full() -> Dossier:
    return made.dossier()


def test_no_sentence_of_ours_is_left_in_english(full: Dossier) -> None:
    assert list(left(full)) == []


@pytest.mark.parametrize("log", ["self-kept", "partial", "server"])
def test_nor_in_an_empty_one_nor_without_a_gate_nor_for_strangers_keys(log: Any) -> None:
    assert list(left(made.empty())) == []
    facts, catalogue = made.facts((made.scan(), made.fairness()), Catalogue.load()), Catalogue.load()
    items = tuple(
        structs.replace(one, signer=signer, reproduced="no", withdrawn_by=9)
        for one, signer in zip(facts.items, ("unattributed", "compromised"), strict=True)
    )
    strange = structs.replace(facts, items=items, log=log)
    assert list(left(made.of(strange, catalogue, (made.fairness(),), gate=None))) == []


def test_a_sentence_that_nobody_translated_is_found(full: Dossier) -> None:
    body = made.statement(
        "performance", made.DATA, "failed", kinds=("performance",),
        reasons=(Reason(limit="auc at_least 0.7", outcome="failed", because="the plant is not in any book"),),
        not_examined=(NotExamined(what="planted rows", why="nobody wrote this", count=3),),
    )  # fmt: skip
    found = set(left(full_with(full, body)))
    assert {"the plant is not in any book", "planted rows: nobody wrote this (3)"} <= found


def full_with(full: Dossier, body: Statement) -> Dossier:
    facts = made.facts((made.fairness(), body), full.catalogue)
    return made.of(facts, full.catalogue, (made.fairness(), body))


def test_numbers_and_days_are_written_as_germans_do(full: Dossier) -> None:
    page = html_report(replace(full, language="de"))
    text = " ".join(one for one, _ in nodes(page))
    for wanted in ("0,201 (0,150 bis 0,255), n 1.989,", "23. Nov 2026", "höchstens 0,1", "48.201"):
        assert wanted in text, wanted
    assert not re.search(r"\d\.\d{3} \(", text)
    assert '<html lang="de">' in page
    with read_in("de"):
        assert [number(one) for one in ("0.20092451", "1989", "0.00004")] == ["0,201", "1.989", "<\u20090,001"]
    assert number("0.20092451") == "0.201"


def test_a_report_needs_no_django_in_any_language() -> None:
    program = (
        "import sys\nsys.modules['django'] = None\nsys.path.insert(0, 'tests')\n"
        "from reports import made\nfrom upright.reports import html_report\n"
        "page = html_report(made.dossier(language='de'))\n"
        "assert 'Bewertungsbericht' in page and 'ISO/IEC 42001' in page\nprint(len(page))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert int(run.stdout) > 100_000


def test_what_checks_say_is_german_with_its_values_and_what_people_say_stays() -> None:
    from upright.checks.decide import Comparison, reason_of, rule
    from upright.measures.estimate import Estimate

    def reasons(**more: Any) -> list[str]:
        settings: dict[str, Any] = {"name": "gap", "value": 0.4, "n": 1989, "unit": "share", "method": "wald", **more}
        found = []
        for ends in ((0.3, 0.5), (0.05, 0.12), (0.001, 0.01), None):
            interval = None if ends is None else (lambda _level, ends=ends: ends)
            estimate = Estimate(**settings, interval=interval, group={"sex": "female"}, against={"sex": "male"})
            asked = [Comparison(estimate=estimate, bound=one, limit=Decimal("0.1")) for one in ("at_most", "at_least")]
            found += [reason_of(one).because for one in rule([*asked, asked[0]])]
        return found

    said = {*reasons(), *reasons(value=None), *reasons(unfit="12 rows; 30 are needed")}
    said |= {f"{one} (and 3 more, by wider margins)" for one in reasons()}
    said |= {f"{one}; it cannot be judged [UP-CHECK-43]" for one in reasons(unfit="1 row; 30 are needed")}
    said |= {"signed by the key 1f2e, and unchanged since", "1 of 12 files were not examined", "column loan_amount"}
    german = {one: speech("de").sentence(one) for one in said}
    assert len(german) > 12
    assert {one: text for one, text in german.items() if ENGLISH.search(text) or re.search(r"\b0\.\d", text)} == {}
    assert speech("de").sentence("sex = female against male: 0.400 (0.300 to 0.500) is above 0.1 for sure") == (
        "sex = female gegen male: 0,400 (0,300 bis 0,500) liegt sicher über 0,1"
    )
    for own in ("Training (Monday to Friday)", "Measures against fire", "No pets", "version 1.24", "3 rows of desks"):
        assert speech("de").sentence(own) == own

"""The report as a reader and as an attacker meet it: complete, one file, escaped, the same bytes every time."""

import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from reports import made
from upright.evidence import Statement
from upright.reports import html_report, report_named
from upright.reports.dossier import Dossier
from upright.reports.parts.checks import check_views
from upright.reports.parts.gates import gate_sentence
from upright.reports.parts.sources import cautions, checkpoint_view

HOSTILE = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>&{{7*7}}\u202egnp"
VOID = {"meta", "use", "path", "circle", "rect", "line", "br"}


class Reader(HTMLParser):
    """Collects tags, attributes and text; notes tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader


@pytest.fixture(scope="module")
def full() -> Dossier:
    return made.dossier()


@pytest.fixture(scope="module")
def page(full: Dossier) -> str:
    return html_report(full)


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", "".join(read(html).text))


def test_the_page_is_well_formed_and_every_anchor_leads_somewhere(page: str) -> None:
    reader = read(page)
    assert not reader.faults
    assert not reader.open
    ids = [attrs["id"] for _, attrs in reader.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = {attrs["href"] for tag, attrs in reader.tags if tag in {"a", "use"}}
    assert {link for link in links if link is None or not link.startswith("#") or link[1:] not in ids} == set()


def test_nothing_in_the_page_asks_for_anything_or_runs_anything(page: str) -> None:
    reader = read(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "video", "audio"}
    names = {name for _, attrs in reader.tags for name in attrs}
    assert not {name for name in names if name.startswith("on") or name in {"src", "srcset", "style", "action"}}
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page


def test_the_same_dossier_gives_the_same_bytes(full: Dossier, page: str) -> None:
    assert html_report(full) == page
    assert html_report(made.dossier()) == page
    assert report_named("assessment").render(full) == page.encode()


def test_the_honest_reading_stands_in_words_with_interval_and_n(page: str) -> None:
    text = words_of(page)
    assert "0.201 (0.150 to 0.255), n 1,989" in text
    assert "0.779 (0.724 to 0.838), n 1,989" in text
    assert "The system may not go to deployment:" in text


def test_every_reason_of_the_gate_is_named(full: Dossier, page: str) -> None:
    assert full.gate is not None
    text = words_of(page)
    assert full.gate.missing
    assert all(one.what in text for one in full.gate.missing)


def test_every_requirement_every_evidence_id_and_every_caution_is_there(full: Dossier, page: str) -> None:
    text = words_of(page)
    for verdict in full.posture.verdicts:
        assert f'id="r-{verdict.requirement}"' in page
    for item in full.facts.items:
        assert item.id in text
    for framework in full.catalogue.frameworks.values():
        assert all(re.sub(r"\s+", " ", caution) in text for caution in framework.cautions)
    assert "Self-kept log" in text
    unconfirmed = [one for one in full.catalogue.requirements.values() if not one.confirmed]
    assert text.count("unconfirmed text") >= len(unconfirmed)


def test_how_to_verify_names_the_key_the_pack_and_the_checkpoint(full: Dossier, page: str) -> None:
    view = checkpoint_view(full)
    assert view.command == f"upright verify mortgage-pack.zip --trust {made.KEY}"
    text = words_of(page)
    assert view.command in text
    assert view.root in text
    assert full.facts.digest() in text
    assert (view.origin, view.size) == ("meridian/0190a1b2-3c4d-7e5f-8a9b-0c1d2e3f4a5b", "48,201")


def test_a_pack_name_cannot_smuggle_a_command(full: Dossier) -> None:
    view = checkpoint_view(made.dossier(pack="a b; rm -rf ~.zip"))
    assert view.command.startswith("upright verify 'a b; rm -rf ~.zip' --trust")


def test_a_status_is_always_a_shape_and_a_word(page: str) -> None:
    statuses = re.findall(r'<span class="status[^>]*>(.*?)</span>', page, flags=re.DOTALL)
    assert len(statuses) > 100
    assert all(re.search(r'<use href="#s-[a-z]+"/></svg>[A-Z][a-z ]+', each) for each in statuses)


def test_failed_is_a_square_undecided_dashed_with_a_ring_and_passed_a_disc(page: str) -> None:
    plots = re.findall(r'<g data-status="(\w+)">(.*?)</g>', page, flags=re.DOTALL)
    shapes = {status: ("rect" if "<rect" in drawn else "circle") for status, drawn in plots}
    assert shapes == {"failed": "rect", "undecided": "circle", "passed": "circle"}
    assert '[data-status="undecided"] .whisker { stroke-dasharray' in page


def test_each_plotted_row_has_its_numbers_beside_it(page: str) -> None:
    rows = re.findall(
        r"<tr><th scope=\"row\">(?:(?!</tr>).)*?class=\"plot\"(?:(?!</tr>).)*</tr>", page, flags=re.DOTALL
    )
    assert len(rows) >= 6
    assert all('data-label="Value"' in row and 'data-label="n"' in row for row in rows)


def test_groups_too_small_are_listed_and_the_others_are_not(full: Dossier) -> None:
    view = next(view for view in check_views(full) if view.binding == "applications-fairness")
    assert [(row.label, row.n) for row in view.too_small] == [
        ("sex (missing)", "15"),
        ("minority 1, sex female", "411"),
    ]


def test_a_check_that_never_ran_is_unknown_and_says_so(full: Dossier) -> None:
    view = next(view for view in check_views(full) if view.binding == "model-signature")
    assert (view.result, view.evidence) == ("unknown", "")
    assert "never been run" in view.remark


def test_a_statement_whose_words_were_erased_is_marked_in_place(full: Dossier) -> None:
    bodies = dict(full.bodies)
    lost = next(item for item in full.facts.items if item.result == "failed")
    del bodies[lost.id]
    text = words_of(html_report(made.dossier(bodies=bodies)))
    assert "no longer holds the words of this statement" in text
    assert "its words are no longer in the log" in text


def test_an_empty_system_is_unknown_everywhere_and_says_what_to_do(full: Dossier) -> None:
    empty = made.empty()
    html = html_report(empty)
    text = words_of(html)
    assert "No check is bound to this system" in text
    assert "There is no evidence yet" in text
    tones = [attrs.get("data-tone") for tag, attrs in read(html).tags if tag == "span"]
    assert "unknown" in tones
    assert "met" not in tones


def test_a_report_without_a_next_stage_asks_no_gate(full: Dossier) -> None:
    assert "asks no gate" in words_of(html_report(made.dossier(gate=None)))


@pytest.mark.parametrize("language", ["en", "de"])
def test_hostile_names_stay_text(language: str) -> None:
    own: dict[str, Any] = dict.fromkeys(("title", "organisation", "purpose", "pack", "checkpoint"), HOSTILE)
    page = html_report(made.dossier(**own, signers={}, language=language))
    reader = read(page)
    assert not reader.faults
    assert "script" not in {tag for tag, _ in reader.tags}
    assert "img" not in {tag for tag, _ in reader.tags}
    assert page.count("</style>") == 1
    assert "{{7*7}}" in page
    assert "\u202e" not in page
    assert "\\u202egnp" in page


def test_hostile_words_in_a_statement_stay_text(full: Dossier) -> None:
    plain = msgspec.to_builtins(made.fairness())
    text = msgspec.json.encode(plain).decode().replace("no decision", HOSTILE.replace('"', '\\"'))
    text = text.replace('"is above', '"' + "is above")
    body = msgspec.convert(msgspec.json.decode(text), Statement)
    failed = next(item for item in full.facts.items if item.result == "failed")
    page = html_report(made.dossier(bodies={failed.id: body}))
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_log_that_is_not_self_kept_carries_no_such_caution(full: Dossier) -> None:
    facts = msgspec.structs.replace(full.facts, log="server")
    assert "Self-kept log" not in [one.title for one in cautions(made.dossier(facts=facts))]


def test_statements_by_unknown_keys_are_a_caution(full: Dossier) -> None:
    items = tuple(msgspec.structs.replace(item, signer="unattributed") for item in full.facts.items)
    facts = msgspec.structs.replace(full.facts, items=items)
    assert "3 statements by an unknown key" in [one.title for one in cautions(made.dossier(facts=facts))]


def test_the_gate_sentence_counts_the_worst_first() -> None:
    assert gate_sentence("allow", "deployment", []) == (
        "The system may go to deployment: everything that stage asks for is met."
    )
    said = gate_sentence("deny", "operation-monitoring", ["unknown", "stale", "failing", "prohibited"])
    assert said == ("The system may not go to operation and monitoring: 1 prohibited, 1 failing, 1 stale, 1 unknown.")


def test_every_drawn_percentage_lies_in_the_plot(page: str) -> None:
    found = [float(each) for each in re.findall(r'(?:x|x1|x2|cx|width)="(-?[\d.]+)%"', page)]
    assert found
    assert all(0 <= each <= 100 for each in found)

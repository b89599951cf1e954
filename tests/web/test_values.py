"""Values as a reader sees them."""

import re
from pathlib import Path

import pytest
from django.utils.translation import override

import upright
from upright.desk.values import Shown, plain_shown
from upright.ledger.values import ERASED
from upright.records.collaboration.models import Comment
from upright.records.operations.models import OutsideRequest
from upright.web.naming import coded
from upright.web.sentences import said
from upright.web.templatetags.upright import limit
from upright.web.values import in_words, period, value_html


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("P365D", "365 days"),
        ("P1D", "1 day"),
        ("P10Y", "10 years"),
        ("P6M", "6 months"),
        ("PT72H", "72 hours"),
        ("P1DT12H", "1 day, 12 hours"),
        ("PT5M", "5 minutes"),
        ("P2W", "2 weeks"),
        ("P0D", "P0D"),
        ("P", "P"),
        ("PT", "PT"),
        ("P1DT", "P1DT"),
        ("PDF", "PDF"),
        ("P\u0661D", "P\u0661D"),
        ("Policy of 365 days", "Policy of 365 days"),
        ("", ""),
    ],
)
def test_a_period_reads_as_words_and_what_is_none_stays_as_it_is(text: str, words: str) -> None:
    assert period(text) == words


@pytest.mark.parametrize(
    ("text", "english", "german"),
    [
        ("at_most 0.1", "at most 0.1", "höchstens 0,1"),
        ("at_least -1000.25", "at least -1000.25", "mindestens -1000,25"),
        ("P1D", "1 day", "1 Tag"),
        ("at_most 0.1 of all", "at_most 0.1 of all", "at_most 0.1 of all"),
        ("at_most", "at_most", "at_most"),
        ("at_most 1e5", "at_most 1e5", "at_most 1e5"),
        ("", "", ""),
    ],
)
def test_a_limit_reads_as_words_in_the_readers_language(text: str, english: str, german: str) -> None:
    assert in_words(text) == english
    with override("de"):
        assert in_words(text) == german


def test_what_stands_between_backticks_is_code_and_nothing_is_let_through() -> None:
    assert coded("set `snapshot` or `service`") == "set <code>snapshot</code> or <code>service</code>"
    assert coded("`a&lt;b` and one ` alone") == "<code>a&lt;b</code> and one ` alone"
    assert coded("``") == "``"
    assert coded("`<b>`") == "`<b>`"


def test_a_long_list_is_folded_and_nothing_of_it_is_lost_or_let_through() -> None:
    lines = [f"<b>line {n}</b>" for n in range(40)]
    html = str(value_html(Shown("\n".join(lines), "lines")))
    assert "30 more" in html
    assert html.count("&lt;b&gt;line ") == 40
    assert "<b>" not in html
    assert "<details" not in str(value_html(Shown("\n".join(lines[:16]), "lines")))


def test_what_was_erased_is_one_word_written_once_and_read_in_the_readers_language() -> None:
    comment, asked = Comment(text="Call Ada."), OutsideRequest(name="Ada", address="ada@meridian.example")
    assert not comment.is_erased
    comment.blank()
    asked.blank()
    assert comment.is_erased
    assert (comment.text, asked.name) == (ERASED, ERASED)
    assert plain_shown(asked.name).text == "(erased)"
    with override("de"):
        assert plain_shown(asked.name).text == "(gelöscht)"
        assert plain_shown("erased").text == "erased"
    room = Path(upright.__file__).parent
    sources = [one for one in room.rglob("*") if one.suffix in {".py", ".html"}]
    assert [one.name for one in sources if '"(erased)"' in one.read_text(encoding="utf-8")] == ["values.py"]


def test_a_limit_of_a_statement_reads_as_words_in_the_language_of_the_reader() -> None:
    assert limit("selection_rate_difference at_most 0.1") == "selection-rate difference: at most 0.1"
    assert limit("no limit at all") == "no limit at all"
    with override("de"):
        assert limit("selection_rate_difference at_most 0.1") == "Differenz der Auswahlrate: höchstens 0,1"


def test_each_verb_that_needs_a_reason_says_so_in_german() -> None:
    calls = [one for path in (Path(upright.__file__).parent / "records").rglob("*.py")
             for one in re.findall(r'demand_reason\(\w+, "([^"]+)"\)', path.read_text(encoding="utf-8"))]  # fmt: skip
    assert len(calls) > 30
    with override("de"):
        told = {one: said(f"{one} needs a reason, in words.") for one in calls}
    assert [one for one, words in told.items() if one in words] == []


def test_several_things_that_were_found_are_told_line_by_line_each_in_german() -> None:
    found = (
        "A.6.2.4 is said to be implemented, and test-report:2026-0002, which showed it, "
        "found results outside the limits (6.1.3)."
    )
    with override("de"):
        lines = said(f"{found}\n{found}\nAnd 3 more.").split("\n")
    assert lines[0] == lines[1] != found
    assert "belegte es: fand Ergebnisse außerhalb der Grenzen" in lines[0]
    assert lines[2] == "Und 3 weitere."

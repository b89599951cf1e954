"""Values as a reader sees them."""

import pytest

from upright.desk.values import Shown
from upright.web.values import period, value_html


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


def test_a_long_list_is_folded_and_nothing_of_it_is_lost_or_let_through() -> None:
    lines = [f"<b>line {n}</b>" for n in range(40)]
    html = str(value_html(Shown("\n".join(lines), "lines")))
    assert "30 more" in html
    assert html.count("&lt;b&gt;line ") == 40
    assert "<b>" not in html
    assert "<details" not in str(value_html(Shown("\n".join(lines[:16]), "lines")))

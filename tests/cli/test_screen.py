"""The terminal: plain where nobody looks at one, signs and colour where somebody does, nothing for names to abuse."""

import io

import pytest
from rich.console import Console

from upright.cli.screen import Column, Screen, screen
from upright.cli.text import clean, counted, one_line
from upright.reports.words import SIGNS


def made(*, fancy: bool, colour: bool = False, width: int = 100) -> tuple[Screen, io.StringIO]:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=colour, width=width, color_system="truecolor" if colour else None,
                      no_color=not colour, highlight=False, markup=False, emoji=False)  # fmt: skip
    return Screen(console, fancy=fancy), stream


def fill(shown: Screen) -> None:
    shown.title("Mortgage lending \u2013 \u201chome\u201d", "system:mortgage")
    for status in SIGNS:
        shown.verdict(status, "0.201 (\u22120.150 to 0.255)")
    shown.reason("failed", "Limit", "because")
    shown.bullet("one")
    shown.table(
        [Column("Name", whole=True), Column("Status", status=True), Column("n", right=True)], [("a", "met", "1,989")]
    )


def test_piped_output_is_plain_ascii_without_colour_or_trailing_space() -> None:
    shown, stream = made(fancy=False)
    fill(shown)
    text = stream.getvalue()
    assert text.isascii()
    assert "\x1b" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_standard_output_that_is_no_terminal_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    assert not screen().fancy


def test_each_status_has_a_shape_and_a_word_on_both_kinds_of_terminal() -> None:
    for fancy in (True, False):
        shown, stream = made(fancy=fancy)
        for status, sign in SIGNS.items():
            shown.verdict(status, "text")
            assert f"{sign.mark if fancy else sign.plain} {sign.word}" in stream.getvalue()


def test_no_two_meanings_share_a_mark() -> None:
    for way in ("mark", "plain", "icon"):
        tones: dict[str, set[str]] = {}
        for sign in SIGNS.values():
            tones.setdefault(getattr(sign, way), set()).add(sign.tone)
        assert all(len(found) == 1 for found in tones.values())


def test_good_and_bad_differ_without_colour() -> None:
    good = {SIGNS[name].plain for name in ("met", "passed", "allow", "intact", "clean")}
    rest = {SIGNS[name].plain for name in SIGNS if SIGNS[name].tone != "met"}
    assert not good & rest


def test_a_status_that_nobody_foresaw_never_looks_good() -> None:
    shown, stream = made(fancy=False)
    shown.verdict("splendid", "text")
    assert "? Splendid" in stream.getvalue()


def test_colour_is_there_on_a_terminal() -> None:
    shown, stream = made(fancy=True, colour=True)
    shown.verdict("failed", "text")
    assert "\x1b[1;38;2;213;94;0m" in stream.getvalue()


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    shown = Screen(Console(file=stream, force_terminal=True, color_system="truecolor", width=80), fancy=True)
    shown.verdict("failed", "text")
    assert "38;2" not in stream.getvalue()


def test_a_name_cannot_command_the_terminal_or_use_markup() -> None:
    shown, stream = made(fancy=True)
    hostile = "\x1b[2J[red]x[/red]\u202egnp.exe\r:smile:"
    shown.title(hostile, hostile)
    shown.verdict("met", hostile)
    shown.table([Column("Name")], [(hostile,)])
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\r" not in text
    assert text.count("[red]x[/red]") == 4
    assert ":smile:" in text


def test_ids_are_never_cut_at_80_columns() -> None:
    shown, stream = made(fancy=True, width=80)
    shown.table([Column("Evidence", whole=True), Column("Why")], [("ab" * 20, "because of many words " * 10)])
    assert "ab" * 20 in stream.getvalue()


def test_a_bar_has_the_width_asked_for_and_every_status_in_it() -> None:
    shown, _ = made(fancy=False)
    bar = shown.bar([("met", 1), ("failing", 1), ("unknown", 998)], width=20)
    assert bar.plain == "+x" + "?" * 18
    assert shown.bar([("met", 0)]).plain == ""


@pytest.mark.parametrize(
    ("given", "shown"), [("a\nb\tc", "a\nb\tc"), ("\x00\x9b", "\\x00\\x9b"), ("\ud800", "\\ud800")]
)
def test_only_what_is_unsafe_is_written_out(given: str, shown: str) -> None:
    assert clean(given) == shown


def test_small_texts() -> None:
    assert one_line(" a\n b ") == "a b"
    assert counted(2, "entry", "entries") == "2 entries"


def test_a_reason_without_a_limit_begins_with_itself() -> None:
    shown, stream = made(fancy=False)
    shown.reason("errored", "", "The table cannot be read.")
    assert stream.getvalue() == "  !  The table cannot be read.\n"

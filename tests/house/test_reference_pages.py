"""The reference pages are what `make docs` makes of today's code; a missing or stale one is found."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from docs.generate import HERE, check_pages, pages  # noqa: E402 - the folder of the docs is no package of ours


def test_the_reference_pages_are_those_that_the_code_makes() -> None:
    made = pages()
    there = {file.relative_to(HERE).as_posix(): file.read_text(encoding="utf-8") for file in HERE.rglob("*.md")}
    stale = sorted(name for name in {*made, *there} if made.get(name) != there.get(name))
    assert stale == [], f"stale or missing: {stale}; run `make docs`"


def test_every_check_has_its_page() -> None:
    from upright.checks.registry import checks

    assert len(checks()) >= 6
    assert {*checks(), "README"} == set(check_pages())

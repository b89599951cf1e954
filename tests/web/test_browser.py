"""In a real browser: every page with axe-core in light and dark, at 360 px, and by whom nothing else is asked."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from web.browser import CHROMIUM, NEEDS, Site, site, told, too_wide, violations

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=NEEDS)

PAGES = (
    "/",
    "/in/controls/?framework=eu-ai-act",
    "/in/controls/side-by-side/?right=gdpr",
    "/in/evidence/",
    "/kind/drift/",
    "/in/organisation/",
    "/in/risks/?likelihood=5&impact=4",
    "/start/",
    "/components/",
    "/why/system:mortgage/iso42001:A.7.5/",
    "/records/risk/?sort=-title&per=25",
    "/records/risk/?q=there-is-none-like-this",
    "/records/risk/import/",
    "/records/customer/",
    "/record/system:mortgage/",
    "/record/treatment:2026-0001/",
    "/edit/system:mortgage/",
    "/history/system:mortgage/",
    "/record/system:nowhere/",
)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("browser")) as found:
        yield found


def examined(page: Page) -> list[str]:
    """What is wrong with a page in light, in dark, and narrow."""
    found = violations(page)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {one}" for one in violations(page, ["color-contrast"])]
    page.emulate_media(color_scheme="light")
    found += [f"360 px: {one}" for one in too_wide(page)]
    page.set_viewport_size({"width": 1280, "height": 900})
    return found


def test_every_page_is_accessible_in_both_schemes_and_fits_a_narrow_window(live: Site) -> None:
    found: dict[str, list[str]] = {}
    with live.page() as (page, _):
        for address in PAGES:
            page.goto(address)
            found[address] = examined(page)
        page.goto("/in/evidence/?result=failed")
        page.get_by_role("link", name="fairness").first.click()
        found["a statement"] = examined(page)
        page.goto("/")
        page.keyboard.press("Control+k")
        page.locator("#palette-found a").first.wait_for()
        found["the palette"] = examined(page)
        page.keyboard.press("Escape")
        page.keyboard.press("?")
        found["the keys"] = examined(page)
        page.goto("/records/risk/add/")
        page.get_by_role("button", name="Add risk").click()
        assert page.locator(".error").count() > 3
        found["a form with errors"] = examined(page)
        pages = told(found)
        assert pages == "{}", pages


class Counted:
    """A page whose clicks are counted; what is typed or chosen by keyboard is no click."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0
        page.goto("/")

    def click(self, role: Any, name: str) -> None:
        self.clicks += 1
        self.page.get_by_role(role, name=name).first.click()

    def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            field = self.page.locator(f"[name={name}]")
            if field.evaluate("one => one.tagName") == "SELECT":
                field.select_option(index=1) if value == "1" else field.select_option(value)
            else:
                field.fill(value)


def test_the_journeys_take_the_clicks_that_the_design_counts(live: Site) -> None:
    with live.page("olu") as (page, _):
        journey = Counted(page)
        journey.click("link", "Register a system")
        journey.fill(
            short_name="cards", name="Card fraud screening", purpose="Flags card payments.", modality="tabular"
        )
        journey.fill(unit="1", owner="1")
        journey.click("button", "Add system")
        assert page.get_by_role("heading", level=1).inner_text() == "Card fraud screening"
        assert journey.clicks == 2

        journey = Counted(page)
        journey.click("link", "Add a risk")
        journey.fill(title="Payments are stopped", unit="1", owner="1", concerns="individuals", source="Old rules.")
        journey.fill(consequence="People cannot pay.", likelihood="3", impact="3")
        journey.click("button", "Add risk")
        journey.click("link", "Add treatment")
        journey.fill(option="modify", plan="Tune the limits.", owner="1", due="2027-01-31")
        journey.click("button", "Add treatment")
        assert "Payments are stopped" in page.get_by_role("heading", level=1).inner_text()
        assert journey.clicks == 4
        page.goto("/in/risks/")
        page.get_by_role("link", name="possible and moderate").click()
        assert page.get_by_role("link", name="Payments are stopped").count() == 1


def test_keys_alone_go_everywhere_and_what_was_typed_is_not_lost(live: Site) -> None:
    with live.page("olu") as (page, _):
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Control+k")
        page.keyboard.type("add risk")
        page.get_by_role("link", name="Add risk create").wait_for()
        page.keyboard.press("ArrowDown")
        while "Add risk" not in page.evaluate("document.activeElement.textContent"):
            page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/records/risk/add/")
        page.locator("[name=title]").focus()
        page.keyboard.type("Half a ris")
        asked: list[str] = []
        page.on("dialog", lambda one: (asked.append(one.type), one.dismiss()))
        with page.expect_event("dialog"):
            page.evaluate("location.assign('/')")
        assert asked == ["beforeunload"]
        assert page.locator("[name=title]").input_value() == "Half a ris"
        page.keyboard.press("Enter")
        page.locator(".error").first.wait_for()
        assert page.locator("[name=title]").input_value() == "Half a ris"
        page.goto("/")
        page.locator("main").click(position={"x": 5, "y": 5})
        page.keyboard.press("g")
        page.keyboard.press("c")
        page.wait_for_url("**/in/controls/")
        page.locator("[data-tree] summary").first.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/in/controls/?at=**")
        assert page.locator("[data-tree] a[aria-current]").count() == 1
        page.keyboard.press("?")
        assert page.locator("#keys").get_attribute("open") is not None
        page.keyboard.press("Escape")

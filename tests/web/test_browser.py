"""In a real browser: every page with axe-core in light and dark, at 360 px, and by whom nothing else is asked."""

from collections.abc import Iterator

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
    "/in/incidents/",
    "/jump/?q=mortgage",
    "/posture/system:mortgage/?status=met",
    "/why/system:mortgage/iso42001:A.7.5/",
    "/records/risk/?sort=-title&per=25",
    "/records/risk/?q=there-is-none-like-this",
    "/records/risk/filter/",
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
        page.goto("/records/risk/add/")
        page.get_by_role("button", name="Add risk").click()
        assert page.locator(".error").count() > 3
        found["a form with errors"] = examined(page)
        pages = told(found)
        assert pages == "{}", pages

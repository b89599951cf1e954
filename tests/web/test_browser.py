"""In a real browser: every page with axe-core in light and dark, at 360 px, and by whom nothing else is asked."""

import re
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page

from upright.desk.description import registered
from web.browser import CHROMIUM, NEEDS, PASSWORD, SHOW, WIDE, Site, serving, site, told, too_wide, violations

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from docs import screenshots

pytestmark = [pytest.mark.skipif(CHROMIUM is None, reason=NEEDS), pytest.mark.slow]

PAGES = (
    "/",
    "/in/controls/?framework=eu-ai-act",
    "/in/controls/side-by-side/?right=gdpr",
    "/in/evidence/",
    "/kind/drift/",
    "/in/monitoring/",
    "/in/organisation/",
    "/in/reports/",
    "/in/risks/?likelihood=5&impact=4",
    "/start/",
    "/components/",
    "/why/system:mortgage/iso42001:A.7.5/",
    "/records/risk/?sort=-title&per=25",
    "/records/risk/?q=there-is-none-like-this",
    "/records/risk/import/",
    "/records/customer/",
    "/record/system:mortgage/",
    *(f"/record/system:mortgage/?part={name}" for name in ("risks", "parts", "documents", "work", "history")),
    "/record/treatment:2026-0001/",
    "/edit/system:mortgage/",
    "/history/system:mortgage/",
    "/record/system:nowhere/",
)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("browser")) as found:
        yield found


OWN = (
    "/in/improvement/", "/in/incidents/", "/in/organisation/worker/", "/posture/system:mortgage/", "/due/?whose=all",
    "/inbox/", "/inbox/wishes/", "/soa/", "/upkeep/", "/entities/", "/templates/", "/jump/?q=mortgage", "/in/nowhere/",
    "/records/contested-decision/add/", "/records/risk/?per=100", "/move/withdraw/document:2025-0001/",
)  # fmt: skip
PAPERS = (
    "/in/risks/printed/",
    "/soa/statement-of-applicability:2025-0001/printed/",
    "/concern/",
    "/concern/receipt/",
    "/trust/",
    "/trust/?in=de",
)
FIRST = re.compile(r'<th scope="row"><a href="/record/([^"]+)/"')
NARROW = 360
TURNS: tuple[tuple[Literal["light", "dark"], int], ...] = (
    ("light", 1280), ("dark", NARROW), ("dark", 1280), ("light", NARROW),
)  # fmt: skip
# Words of files and of the command line that a reader would see; a hint may name them.
RAW = re.compile(r"(?<!_helptext)\">[^<]*(\bat_(?:most|least)\b|`[^`<]+`)")
INLINE = re.compile(r"""<script(?![^>]*\ssrc=)|<style|\sstyle=["']|\son[a-z]+=["']""")


# In English: tables beside one another that are wider than their half, so that their last column is cut.
CUT = """() => [...document.querySelectorAll(".halves .table-scroll")]
  .filter((one) => one.scrollWidth > one.clientWidth).map((one) => `${one.scrollWidth} in ${one.clientWidth}`)"""


def examined(page: Page) -> list[str]:
    """What is wrong with a page in light, in dark, and narrow."""
    found = violations(page) + page.evaluate(CUT)
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


def walked(page: Page, addresses: Sequence[str], found: dict[str, list[str]]) -> Iterator[str]:
    """Looks at pages in light and dark, wide and narrow, in turn; gives what each holds."""
    for turn, (scheme, width) in enumerate(TURNS):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        for address in addresses[turn :: len(TURNS)]:
            status, text = page.evaluate(SHOW, address)
            wrong = [*violations(page, within="main"), *INLINE.findall(text), *RAW.findall(text)]
            wrong += page.evaluate(WIDE) if width == NARROW else []
            found[f"{address} {scheme} {width}"] = wrong if status < 500 else [str(status)]
            yield text


def test_the_pages_of_every_type_are_accessible_fit_a_narrow_window_and_hold_nothing_inline(live: Site) -> None:
    """Each in one scheme and width, in turn, since they share their parts; a page of its own kind in two of each."""
    found: dict[str, list[str]] = {}
    with live.page() as (page, _):
        page.goto("/in/organisation/")
        violations(page)
        lists = walked(page, [f"/records/{name}/" for name in registered()], found)
        firsts = [one[1] for one in map(FIRST.search, lists) if one]
        assert len(firsts) > len(registered()) / 2
        forms = [f"/records/{name}/add/" for name, one in registered().items() if one.is_typed]
        records = [f"/record/{one}/" for one in firsts] + [f"/history/{one}/" for one in firsts[::8]]
        for _text in walked(page, [*forms, *records, *OWN, OWN[-1], *OWN], found):
            pass
        page.goto("/records/risk/")
        page.get_by_role("button", name="Columns").click()
        found["columns"] = violations(page)
        page.keyboard.press("Escape")
        page.locator(".who").click()
        found["account"] = violations(page, within="#account")
    with live.page("") as (page, _):
        for address in ("/account/login/", *PAPERS):
            page.goto(address)
            found[f"nobody at {address}"] = examined(page)
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
        journey.click("button", "Register a system")
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


def filled(page: Page, **given: str) -> None:
    """Whatever a form demands, and what a kind of evidence asks for; the owner is whoever is called Mira."""
    for field in page.locator("main form [required]:visible, main form [name^='data.']:visible").all():
        name = field.get_attribute("name") or ""
        shape = field.evaluate("one => one.value ? '' : one.tagName == 'SELECT' ? 'choice' : one.type")
        mira = field.locator("option", has_text="Mira")
        match shape:
            case "choice" if mira.count():
                field.select_option(mira.first.get_attribute("value"))
            case "choice":
                field.select_option(index=1)
            case "date":
                field.fill(given.get(name, f"{datetime.now(UTC):%Y-%m-%d}"))
            case "number":
                field.fill("3")
            case "":
                pass
            case _:
                field.fill(given.get(name, "Said by a person who tries it."))


def test_a_control_is_answered_checks_run_and_documents_are_made_in_the_clicks_of_the_design(live: Site) -> None:
    with live.page() as (page, _):
        journey = Counted(page)
        journey.click("link", "Controls")
        asked = page.locator(".asks a.button", has_text="Add").first
        verb = asked.inner_text()
        asked.click()
        filled(page)
        journey.click("button", verb)
        assert "/record/" in page.url, page.locator("main").inner_text()
        assert "Draft" in page.locator(".facts-line").inner_text()
        assert journey.clicks + 1 == 3

        journey = Counted(page)
        journey.click("link", "Reports")
        journey.click("link", "Statement of Applicability")
        assert page.locator("table.soa tbody tr:not(.group)").count() >= 38
        assert journey.clicks == 2
        journey = Counted(page)
        journey.click("link", "Reports")
        with page.expect_download() as handed:
            journey.click("button", "Make a pack of the whole organisation")
        assert handed.value.suggested_filename == "meridian-pack.zip"
        assert journey.clicks == 2

        journey = Counted(page)
        journey.click("button", "Run checks of Mortgage lending")
        page.wait_for_url("**/posture/system:mortgage/#checks")
        page.locator("#checks", has_text="Last run").wait_for()
        assert page.locator("#checks .rows li").count() >= 1
        assert journey.clicks == 1


def test_what_one_wrote_another_approves(live: Site) -> None:
    with live.page("mira") as (page, _):
        page.goto("/records/ai-principle/add/")
        filled(page)
        page.locator("[name=policy]").select_option(index=1)
        page.locator("[name=review_by]").fill("2027-06-30")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("link", name="Submit").click()
        page.get_by_label("Reason").fill("Ready.")
        page.get_by_role("button", name="Submit").click()
        written = page.url
        page.get_by_text("Not now:").click()
        assert page.get_by_role("link", name="Approve").count() == 0
        assert "your own work" in page.locator("#why-approve").inner_text()
    with live.page("tessa") as (page, _):
        page.goto("/")
        page.goto(written)
        page.get_by_role("link", name="Approve").click()
        page.get_by_label("Reason").fill("Read and agreed.")
        page.get_by_role("button", name="Approve").click()
        assert "Approved" in page.locator(".facts-line").inner_text()
        assert "Approved by Tessa" in page.locator(".aside .history").inner_text()


def test_an_import_shows_its_errors_by_row_and_column_and_writes_only_what_is_right(live: Site) -> None:
    rows = "Title,Likes\nSupervisory board,Plain answers\n,Nobody\n"
    with live.page() as (page, _):
        page.goto("/records/customer/import/")
        sent = {"name": "customers.csv", "mimeType": "text/csv", "buffer": rows.replace("Title", "Name").encode()}
        page.set_input_files("[name=file]", sent)  # type: ignore[arg-type]
        page.get_by_role("button", name="Look at the file").click()
        page.get_by_role("button", name="Check every row").click()
        problems = page.locator("table tbody tr", has=page.locator("td[data-label=Problem]"))
        assert problems.count() >= 1
        assert violations(page) == []
        assert page.locator("td[data-label=Row]").first.inner_text().strip() in {"2", "3"}
        page.goto("/records/customer/")
        assert page.get_by_role("link", name="Supervisory board").count() == 0


def test_an_empty_organisation_comes_to_its_first_posture_step_by_step(live: Site) -> None:
    with serving(live.folder, "home-empty", "none") as address:
        new = Site(address, live.browser, live.folder)
        with new.page() as (page, _):
            page.goto("/")
            assert violations(page) == []
            journey = Counted(page)
            journey.click("link", "Start step by step")
            asked: list[str] = []
            for verb in ("Add scope statement", "Register a system", "Add risk"):
                assert page.locator(".steps .button.primary").all_inner_texts() == [verb]
                journey.click("link", verb)
                empty = page.locator("main form [required]:visible").evaluate_all(
                    "some => some.filter(one => !one.value).map(one => one.name)"
                )
                asked += empty
                filled(page, short_name="cards")
                journey.click("button", verb)
                assert page.url == f"{address}/start/", page.locator("main").inner_text()
            journey.click("link", "See the first posture")
            assert page.locator('[data-status="unknown"]').count() > 20
            assert (journey.clicks, len(asked)) == (8, 13), asked
            page.goto("/")
            page.get_by_role("link", name="First steps").click()
            assert page.url == f"{address}/start/"
            intake = Counted(page)
            intake.click("link", "Propose an AI use")
            empty = page.locator("main form [required]:visible").evaluate_all("some => some.filter(one => !one.value)")
            assert len(empty) == 2
            filled(page)
            intake.click("button", "Propose an AI use")
            assert "/record/use-proposal:" in page.url, page.locator("main").inner_text()
            assert intake.clicks == 2
            page.goto("/")
            assert page.locator(".posture tbody tr").count() >= 4
            assert page.locator('.posture [data-status="met"]').count() == 0
            for place in ("monitoring", "improvement", "risks", "evidence"):
                page.goto(f"/in/{place}/")
                assert violations(page) == []


def test_every_picture_of_the_guide_stands_in_it_and_is_of_a_page_that_is_there(live: Site) -> None:
    pictures = list(screenshots.HERE.iterdir())
    guide = "".join(one.read_text() for one in (screenshots.ROOT / "docs" / "guide").glob("*.md"))
    assert {one.name for one in pictures} == {f"{name}.webp" for name in screenshots.SHOTS}
    assert set(re.findall(r"images/guide/([^)]+)", guide)) == {one.name for one in pictures}
    assert sum(one.stat().st_size for one in pictures) < 1_500_000
    with live.page() as (page, _):
        page.goto("/components/")
        assert {path: page.evaluate(SHOW, path)[0] for path in screenshots.SHOTS.values()} == dict.fromkeys(
            screenshots.SHOTS.values(), 200
        )


def test_keys_alone_go_everywhere_and_what_was_typed_is_not_lost(live: Site) -> None:
    with live.page("olu") as (page, _):
        page.goto("/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("Control+k")
        with page.expect_response(re.compile(r"/jump/\?q=add(\+|%20)risk$")):  # and so is what came before
            page.keyboard.type("add risk")
        page.locator("#palette-query:not(.htmx-request)").wait_for()
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


def test_the_parts_of_a_system_are_fetched_when_opened_and_back_goes_back(live: Site) -> None:
    """With a script nothing else of the page is loaded again; without one the same links lead to whole pages."""
    where, heading = "/record/system:mortgage/", "#part h2"
    with live.page() as (page, _):
        page.goto(where)
        page.evaluate("window.stayed = true")
        first = page.locator(heading).first.inner_text()
        page.get_by_role("link", name="Risks and treatments").click()
        page.locator("#h-risks").wait_for()
        page.wait_for_url(f"**{where}?part=risks")
        assert page.locator("#h-gate").count() == 0
        assert page.locator("#anchors [aria-current]").inner_text() == "Risks and treatments"
        assert page.evaluate("document.activeElement.id") == "to-risks"
        assert violations(page) == []
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("#h-parts").wait_for()
        page.wait_for_url(f"**{where}?part=parts")
        assert page.evaluate("window.stayed") is True
        page.go_back()
        page.locator("#h-risks").wait_for()
        assert page.locator("#anchors [aria-current]").inner_text() == "Risks and treatments"
        page.go_back()
        page.locator("#h-gate").wait_for()
        assert page.locator(heading).first.inner_text() == first
        page.goto(f"{where}?part=work#h-comments")
        page.locator("#h-comments").wait_for()
        page.set_viewport_size({"width": NARROW, "height": 800})
        page.goto(f"{where}?part=history")
        assert page.locator("#to-history").evaluate("one => one.getBoundingClientRect().right <= innerWidth")
    plain = live.browser.new_context(java_script_enabled=False, storage_state=live.kept["mira"], base_url=live.address)
    page = plain.new_page()
    page.goto(where)
    page.get_by_role("link", name="Documents and records").click()
    page.wait_for_url(f"**{where}?part=documents")
    assert page.locator("#h-documents").count() == 1
    page.go_back()
    assert page.locator("#h-gate").count() == 1
    plain.close()


def test_an_outsider_is_asked_by_a_link_and_answers_on_pages_that_all_can_read(live: Site) -> None:
    """Asked, handed over, refused for want of words, answered; then what speaks against an approved statement."""
    found: dict[str, list[str]] = {}
    with live.page() as (page, _):
        page.goto("/records/outside-request/add/")
        assert page.locator("h1").inner_text() == "Ask somebody outside for evidence"
        filled(page, address="kim@supplier.example", due=(datetime.now(UTC).date() + timedelta(days=9)).isoformat())
        page.get_by_role("button", name="Ask somebody outside for evidence").click()
        page.get_by_role("button", name="Make a link to pass on").click()
        found["the link"] = examined(page)
        link = page.locator("#link").inner_text()
        page.goto("/soa/")
        page.locator("main a[href^='/soa/statement']").first.click()
        found["what speaks against a statement"] = examined(page)
    with live.page("") as (page, _):
        page.goto(link)
        found["what is asked"] = examined(page)
        page.get_by_role("button", name="Send answer").click()
        assert "Send words, a file, or both." in page.get_by_role("alert").inner_text()
        found["an answer refused"] = examined(page)
        page.get_by_label("Your answer").fill("Here it is.")
        page.get_by_role("button", name="Send answer").click()
        found["an answer taken"] = examined(page)
        page.goto(link)
        found["a link that is spent"] = examined(page)
    pages = told(found)
    assert pages == "{}", pages


def test_a_passkey_is_added_and_logs_in_alone_under_the_strict_policy(live: Site) -> None:
    """Chromium's own authenticator, driven by its protocol."""
    here = Site(live.address.replace("127.0.0.1", "localhost"), live.browser)
    with here.page("ada") as (page, _):
        browser = page.context.new_cdp_session(page)
        browser.send("WebAuthn.enable")
        device = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options = device | {"isUserVerified": True, "automaticPresenceSimulation": True}
        made = browser.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto("/account/passkeys/add/")
        page.get_by_label("Password").fill(PASSWORD)  # asked again before anything that opens an account is added
        page.get_by_label("Password").press("Enter")
        page.get_by_label("Passwordless").check()
        page.get_by_role("button", name="Add").click()
        page.wait_for_url("**/account/factors/codes/")
        kept = browser.send("WebAuthn.getCredentials", {"authenticatorId": made["authenticatorId"]})["credentials"]
        assert [(one["rpId"], one["isResidentCredential"]) for one in kept] == [("localhost", True)]
        page.context.clear_cookies()
        page.goto("/account/login/")
        page.get_by_role("button", name="Log in with a passkey").click()
        page.wait_for_url(here.address + "/")
        assert "Ada" in page.inner_text("header")
        page.context.clear_cookies()
        browser.send("WebAuthn.clearCredentials", {"authenticatorId": made["authenticatorId"]})
        browser.send("WebAuthn.setUserVerified", made | {"isUserVerified": False})
        page.goto("/")
        assert "/account/login/" in page.url


COPIES = """WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000)
INSERT INTO risk_risk ({columns}) SELECT {values} FROM c, (SELECT * FROM risk_risk WHERE title LIKE 'Risk 0000%')"""
COPIED = {
    "id": "lower(hex(randomblob(16)))",
    "ref": "'risk:2027-' || printf('%05d', n)",
    "title": "'Copy ' || printf('%05d', n)",
    "likelihood": "1 + n % 5",
    "impact": "1 + (n / 5) % 5",
}


def _ten_thousand_more(home: Path) -> None:
    """Into the table alone: what a list shows is read there, and their entries would take nine seconds to write."""
    with closing(sqlite3.connect(home / "upright.sqlite3", timeout=60)) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(risk_risk)")]
        values = ", ".join(COPIED.get(one, one) for one in columns)
        database.execute(COPIES.format(columns=", ".join(columns), values=values))


def test_ten_thousand_rows_are_listed_sorted_filtered_and_counted(live: Site) -> None:
    """The last test of the module, whose lists were long enough before."""
    _ten_thousand_more(live.folder / "home")
    found: dict[str, list[str]] = {}
    with live.page() as (page, _):
        page.goto("/records/risk/?q=Copy")
        rows = page.locator("#list tbody tr th a")
        assert "10,000" in page.locator("main").inner_text()
        found["found"] = examined(page)
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto("/records/risk/?q=Copy")
        ends = page.evaluate(
            "() => [...document.querySelectorAll('.pick input, #list table')].slice(0, 3)"
            ".map((one) => Math.round(one.getBoundingClientRect().right))"
        )
        assert len(set(ends)) == 1, ends  # the box for all stands above the boxes of the rows, within the page
        page.locator("[data-all]").check()
        assert "50 selected" in page.locator("[data-bulk]").inner_text()
        for way, told_then, page_then in (
            ("last", "9,951 to 10,000 of 10,000", "Page 200 of 200"),
            ("prev", "9,901 to 9,950 of 10,000", "Page 199 of 200"),
            ("next", "9,951 to 10,000 of 10,000", "Page 200 of 200"),
            ("first", "1 to 50 of 10,000", "Page 1 of 200"),
        ):
            page.locator(f"#way-{way}").focus()
            page.keyboard.press("Enter")
            page.locator(".pager", has_text=page_then).wait_for()
            assert told_then in page.locator("main").inner_text()
            assert page.evaluate("document.activeElement.id") == f"way-{way}"  # one more press goes on from here
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert (page.locator(".pager a").count(), page.locator(".pager [aria-disabled]").count()) == (2, 2)
        page.set_viewport_size({"width": 1440, "height": 900})
        page.goto("/records/risk/?sort=-title&q=Copy&per=100")
        assert (rows.count(), rows.first.inner_text()) == (100, "Copy 10000")
        page.goto("/records/risk/?q=Copy+09999&sort=title")
        assert rows.all_inner_texts() == ["Copy 09999"]
        page.goto("/in/risks/")
        found["the matrix"] = examined(page)
        cell = page.locator("a[aria-label*='likelihood 5, impact 5']")
        assert int(re.findall(r"^[\d,]+", cell.get_attribute("aria-label") or "")[0].replace(",", "")) >= 400
        cell.click()
        assert page.locator("main tbody th a").count() > 20
    pages = told(found)
    assert pages == "{}", pages

"""Pages in a real browser: what goes over the wire on a first visit, when the largest part is painted, what jumps."""

import shutil
import sys
from collections.abc import Iterator
from typing import Any

PAGES = (
    ("home", "/"),
    ("page of a system", "/record/system:s7/"),
    ("controls", "/in/controls/"),
    ("list of risks", "/records/risk/"),
    ("register of risks", "/in/risks/"),
    ("evidence", "/in/evidence/"),
    ("form of a risk", "/records/risk/add/"),
    ("a kind of evidence", "/kind/drift/"),
    ("two frameworks side by side", "/in/controls/side-by-side/?right=nist-ai-rmf"),
    ("reports", "/in/reports/"),
)
WIDTH, HEIGHT = 1440, 900
PATIENCE = 120_000  # ms
WIRE, PAINT, SHIFT = "target under 150 kB, fonts aside", "target under 1 s on loopback", "target under 0.05"
# In English: when the largest element was painted, and how much of the page moved by itself, once it is still.
SEEN = """() => new Promise((done) => {
  const seen = {paint: 0, shift: 0};
  const each = (told) => new PerformanceObserver((list) => list.getEntries().forEach(told));
  const watch = (type, told) => each(told).observe({type, buffered: true});
  watch("largest-contentful-paint", (one) => { seen.paint = one.startTime; });
  watch("layout-shift", (one) => { if (!one.hadRecentInput) seen.shift += one.value; });
  setTimeout(() => done(seen), 500);
})"""


def in_the_browser(address: str, session: str) -> Iterator[dict[str, Any]]:
    """Three rows for each page, each visited with an empty cache; nothing where Chromium or Playwright lacks.

    Args:
        address: of a server that runs, such as ``http://127.0.0.1:8671``.
        session: the session cookie of somebody who is logged in there.
    """
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("pages in a browser: NOT RUN, needs Chromium (on Debian: apt-get install chromium)", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for what, path in PAGES:
            first = visited(browser, address, path, session)
            again = visited(browser, address, path, session)  # the server is warm by now, the browser is new
            yield row(f"{what}: bytes on a first visit", first["bytes"] / 1000, "kB", WIRE)
            yield row("  fonts of that", first["fonts"] / 1000, "kB", "")
            yield row("  largest contentful paint", again["paint"] / 1000, "s", PAINT)
            yield row("  layout shift", again["shift"], "", SHIFT)
        browser.close()


def visited(browser: Any, address: str, path: str, session: str) -> dict[str, float]:
    """One visit by a browser that knows nothing yet."""
    from django.conf import settings

    context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, base_url=address)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.responseReceived", lambda one: kinds.update({one["requestId"]: one["type"]}))
    wire.on("Network.loadingFinished", lambda one: sizes.update({one["requestId"]: one["encodedDataLength"]}))
    answer = page.goto(path)
    assert answer is not None, path
    assert answer.ok, (path, answer.status)
    assert page.locator("#account").count() == 1, f"{path} asks to log in"
    seen = page.evaluate(SEEN)
    context.close()
    fonts = sum(size for one, size in sizes.items() if kinds.get(one) == "Font")
    return {"bytes": sum(sizes.values()) - fonts, "fonts": fonts, **seen}


def row(what: str, ours: float, unit: str, note: str) -> dict[str, Any]:
    return {"what": what, "ours": ours, "unit": unit, "note": note}

"""``make screenshots``: the pictures of the guide, taken of the demo organisation as it is served.

``SHOTS`` names each picture with its page; a test asks for every page, and that every picture stands in the guide.
"""

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "docs" / "images" / "guide"
WIDTH, HEIGHT, QUALITY = 1200, 760, 55
SECONDS = 300
SHOTS = {
    "start": "/start/",
    "home": "/",
    "add-system": "/records/system/add/",
    "system": "/record/system:mortgage/",
    "posture": "/posture/system:mortgage/",
    "monitoring": "/in/monitoring/",
    "evidence": "/in/evidence/?system=system:mortgage",
    "improvement": "/in/improvement/",
    "add-audit": "/records/audit/add/",
    "controls": "/in/controls/",
    "soa": "/soa/",
    "risks": "/in/risks/",
    "upkeep": "/upkeep/",
    "incidents": "/in/incidents/",
    "reports": "/in/reports/",
}


def main() -> int:
    """Takes every picture anew."""
    from playwright.sync_api import sync_playwright

    from upright.site.demo import PASSWORD

    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None or not (ROOT / "demo" / "mortgage").is_dir():
        sys.stderr.write("Needs Chromium (on Debian: apt-get install chromium) and a demo: run 'make demo' first.\n")
        return 1
    HERE.mkdir(parents=True, exist_ok=True)
    with served() as address, sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, base_url=address)
        context.set_default_timeout(SECONDS * 1000)
        page = context.new_page()
        page.goto("/")
        page.get_by_label("Email").fill("mira@meridian.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password", exact=True).press("Enter")
        page.wait_for_url(f"{address}/")
        for name, path in SHOTS.items():
            answer = page.goto(path)
            assert answer is not None, path
            assert answer.ok, f"{path}: {answer.status}"
            size = take(context, page, HERE / f"{name}.webp")
            print(f"{name}.webp  {size:,} bytes  {path}")
        browser.close()
    return 0


def take(context: Any, page: Any, path: Path) -> int:
    """One picture; WebP, which Chromium gives only to who asks it directly."""
    asked = {"format": "webp", "quality": QUALITY}
    seen = context.new_cdp_session(page).send("Page.captureScreenshot", asked)
    return path.write_bytes(base64.b64decode(seen["data"]))


@contextmanager
def served() -> Iterator[str]:
    """The demo, served on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = ["demo", "--workspace", "demo/mortgage", "--home", "demo/server", "--port", str(port)]
    server = subprocess.Popen([sys.executable, "-m", "upright", *command], cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + SECONDS
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, "the demo ended; what it said stands above"
                assert time.monotonic() < until, "the demo did not answer in time"
                time.sleep(0.5)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


if __name__ == "__main__":
    sys.exit(main())

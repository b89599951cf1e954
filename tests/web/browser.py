"""Debian's Chromium at a live server: what a page may not do, and what axe-core finds on it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from records.assurance.repository import MANIFEST, repository

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NEEDS = "needs Chromium (on Debian: apt-get install chromium)"
PASSWORD = "correct-mortgage-battery"
ROWS = 240
PATIENCE = 90_000  # ms: a machine that many share is slow; nothing here is a measurement
AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async ([tags, only, within]) => {
  const runOnly = only ? {type: "rule", values: only} : {type: "tag", values: tags};
  const about = within ? document.querySelector(within) : document;
  const found = await axe.run(about, {runOnly, resultTypes: ["violations"], preload: false, iframes: false});
  const told = (node) => `${node.target.join(" ")} | ${node.html.slice(0, 160)} | ${node.any[0]?.message ?? ""}`;
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 4).map(told).join("; ")}`);
}"""
# In English: puts the main part of another page into this one, as a link would, without loading the frame again.
SHOW = """async (address) => {
  const answer = await fetch(address), text = await answer.text();
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  document.querySelector("main").replaceWith(document.adoptNode(main));
  return [answer.status, text];
}"""
# In English: how wide the page is against its window, and which elements stick out.
WIDE = """() => {
  const root = document.documentElement, room = root.clientWidth;
  if (root.scrollWidth <= room) return [];
  const sticks = (one) => one.getBoundingClientRect().right > room + 1 && !one.closest(".table-scroll, .code");
  const out = [...document.querySelectorAll("main *, header *")].filter(sticks);
  return [`${root.scrollWidth} in ${room}`, ...out.slice(0, 3).map((one) => one.outerHTML.slice(0, 120))];
}"""


@dataclass
class Watched:
    """What happened in a page that must not: other hosts, errors in the console, answers that are faults."""

    address: str
    wrong: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        page.on("request", lambda one: self._asked(one.url))
        page.on("console", lambda one: self._said(one.type, one.text))
        page.on("pageerror", lambda one: self.wrong.append(str(one)))
        page.on("response", lambda one: self.wrong.append(f"{one.status} {one.url}") if one.status >= 500 else None)

    def _said(self, kind: str, text: str) -> None:
        """Chromium also reports each answer that is a refusal; those are asked for."""
        if kind == "error" and "the server responded with a status of 4" not in text:
            self.wrong.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:", "blob:")):
            self.wrong.append(f"asked {url}")


@dataclass
class Site:
    """The server and the browser of a module's tests; each person logs in once. ``empty``: a home without records."""

    address: str
    browser: Browser
    folder: Path = Path()
    kept: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def page(self, who: str = "mira", *, width: int = 1280, scheme: str = "light") -> Iterator[tuple[Page, Watched]]:
        """A page of somebody's, watched; the test fails at its end where something was wrong. Nobody's where empty."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            storage_state=self.kept.get(who),
            base_url=self.address,
            reduced_motion="reduce",
        )
        context.set_default_timeout(PATIENCE)
        page, watched = context.new_page(), Watched(self.address)
        watched.watch(page)
        if who and who not in self.kept:
            self._log_in(context, page, who)
        try:
            yield page, watched
        finally:
            context.close()
        assert watched.wrong == []

    def _log_in(self, context: BrowserContext, page: Page, who: str) -> None:
        page.goto("/")
        page.get_by_label("Email").fill(f"{who}@meridian.example")
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_label("Password", exact=True).press("Enter")
        page.wait_for_url(self.address + "/")
        self.kept[who] = context.storage_state()


def violations(page: Page, only: list[str] | None = None, *, within: str | None = None) -> list[str]:
    """What axe-core finds on the page as it is, or within a part of it."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    found: list[str] = page.evaluate(RUN, [TAGS, only, within])
    return found


def too_wide(page: Page, width: int = 360) -> list[str]:
    """What sticks out of the page in a narrow window."""
    page.set_viewport_size({"width": width, "height": 800})
    found: list[str] = page.evaluate(WIDE)
    return found


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """The server of ``live_server.py`` and a browser, until the end."""
    repository(folder / "mortgage", MANIFEST.replace("id: loans", "id: mortgage"))
    with serving(folder, "home", str(ROWS)) as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        try:
            yield Site(address, browser, folder)
        finally:
            browser.close()


@contextmanager
def serving(folder: Path, home: str, rows: str) -> Iterator[str]:
    """The server as a process of its own; gives its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    arguments = [folder / home, folder / "mortgage", port, rows]
    log = (folder / f"{home}.log").open("wb")
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("live_server.py")), *map(str, arguments)],
        env={name: value for name, value in os.environ.items() if not name.startswith("UPRIGHT_")},
        stdout=log,
        stderr=log,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(address, server, folder / f"{home}.log")
        yield address
    finally:
        server.terminate()
        log.close()
        server.wait(PATIENCE / 1000)


def _wait_for(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(3_000):
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):
                return
        except OSError:  # also an answer that is a refusal
            assert server.poll() is None, log.read_text()[-3000:]
            time.sleep(0.2)
    raise AssertionError(f"The server did not answer: {log.read_text()[-3000:]}")


def told(found: dict[str, list[str]]) -> str:
    """What was found, page by page, for a test that fails."""
    return json.dumps({name: one for name, one in found.items() if one}, indent=1)

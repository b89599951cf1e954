"""An auditor's walk through a served organisation: pages, and the links that stand on them; no address is made up."""

import html
import re
from dataclasses import dataclass

from django.test import Client

_SUBJECTS = {"system", "model", "dataset", "person", "unit", "supplier"}


@dataclass(frozen=True)
class Page:
    """The main part of a page."""

    address: str
    text: str

    def part(self, start: str, end: str) -> str:
        """What stands between two marks."""
        assert start in self.text, (self.address, start)
        return self.text.partition(start)[2].partition(end)[0]


def links(text: str, pattern: str) -> list[str]:
    """Addresses that a text links to and that are like this, each once, in order."""
    found = [html.unescape(one) for one in re.findall(r'href="([^"]+)"', text)]
    return list(dict.fromkeys(one for one in found if re.fullmatch(pattern, one)))


@dataclass(frozen=True)
class Walk:
    """Somebody who is logged in and follows links."""

    client: Client

    def open(self, address: str) -> Page:
        """A page, which must be there."""
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
        return Page(address, main)

    def answers(self, control: Page) -> list[str]:
        """The records and statements that a requirement's page names as answers to what it asks for."""
        asks = control.part('class="asks list"', "</section>")
        found = links(asks, r"/record/[a-z-]+:[^/]+/|/statement/\d+/")
        return [one for one in found if one.split("/")[2].partition(":")[0] not in _SUBJECTS]

    def proved(self, address: str) -> None:
        """A record or statement says when and by whom, and hands out the proof that the ledger holds it."""
        page = self.open(address)
        if address.startswith("/statement/"):
            assert '<time datetime="' in page.text, address
            assert "Ed25519 by " in page.text, address
            (proof,) = links(page.text, r"/statement/\d+/proof\.json")
        else:
            (history,) = links(page.text, r"/history/.+/")
            told = self.open(history).part('class="steps"', "</ol>")
            steps = told.split("<li>")[1:]
            assert steps, history
            for step in steps:
                assert re.search(r"by \w", step), history
                assert '<time datetime="' in step, history
            proof = links(told, r"/proof/\d+/.+/")[0]
        answer = self.client.get(proof)
        assert (answer.status_code, "checkpoint" in answer.json()) == (200, True), proof

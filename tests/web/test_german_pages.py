"""Pages of an example of every type, asked for in both languages and compared text by text."""

import ast
import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from records.identity.accounts import account, logged_in
from records.organisation import Organisation, grant
from records.test_every_type import made_all
from upright import records
from upright.desk.description import registered
from upright.records.identity.editing import may_be_added
from upright.records.identity.models import Role
from upright.records.trail.named import composed, word
from upright.records.trail.record import Record

pytestmark = pytest.mark.usefixtures("quick_hashes")
OWN = re.compile(r"\b(the|is|are|of|and|or|to|for|with|has|have|that|this|by|on|from|not|was|were|about|what|which)\b")
"""Words that a text of ours has in English, and that no German one has."""
PART = re.compile(r'<a id="to-\w+" href="([^"]+)"')
REFERENCE = re.compile(r"\S+:\S+|\b\w+(?:-\w+)+\b")


class Texts(HTMLParser):
    """Every text of a page that is neither code nor marked as English, and what labels say."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.code = 0
        self.marked = ""  # the element that says of itself that it is English

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.code += tag in {"script", "style", "code", "pre", "textarea"}
        known = dict(attrs)
        if known.get("lang") == "en" and tag != "html":
            self.marked = self.marked or tag
        names = ("aria-label", "placeholder", "title", "alt", "data-label")
        self.found += [known[one] for one in names if known.get(one)]

    def handle_endtag(self, tag: str) -> None:
        if tag == self.marked:
            self.marked = ""
        self.code -= tag in {"script", "style", "code", "pre", "textarea"}

    def handle_data(self, data: str) -> None:
        if data.strip() and not self.code and not self.marked:
            self.found.append(" ".join(data.split()))


def texts(page: str) -> list[str]:
    reader = Texts()
    reader.feed(page)
    return reader.found


def english(client: Client, address: str, own: set[str]) -> list[str]:
    """What both languages show alike, is English and stands in no record: words of ours that nobody translated."""
    with translation.override("en"):  # what an answer speaks stays with the thread
        pages = [client.get(address, headers={"Accept-Language": one}) for one in ("en", "de")]
    assert [one.status_code for one in pages] == [200, 200], address
    before, after = (texts(one.content.decode()) for one in pages)
    same = {one.removesuffix(" · Upright") for one in set(before) & set(after)}
    return sorted(one for one in same if is_ours(one, own))


def is_ours(text: str, own: set[str]) -> bool:
    """Whether a text is English and no record's own."""
    return bool(OWN.search(REFERENCE.sub("", text))) and not any(text in one or one in text for one in own)


def words_of(record: Record) -> set[str]:
    """Every text that a record holds."""
    return {text for field in record._meta.concrete_fields for text in _texts(getattr(record, field.attname, None))}


def _texts(value: object) -> set[str]:
    match value:
        case str():
            return {" ".join(value.split()), *(" ".join(one.split()) for one in value.splitlines())}
        case list() | tuple():
            return {text for one in value for text in _texts(one)}
        case dict():
            return {text for one in value.values() for text in _texts(one)}
    return set()


def test_no_name_is_made_of_english_words_that_nobody_translates() -> None:
    found = []
    for path in Path(records.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "__str__" and "Record" in path.read_text("utf-8"):
                parts = [one for made in ast.walk(node) if isinstance(made, ast.JoinedStr) for one in made.values]
                words = [one.value for one in parts if isinstance(one, ast.Constant)]
                found += [f"{path.name}: {one}" for one in words if re.search(r"[A-Za-z]{2}", str(one))]
    assert found == ["packing.py: Made for ", "packing.py: , at "], "use upright.records.trail.named.composed"


def test_names_and_pages_of_every_type_are_german(meridian: Organisation) -> None:
    for role in set(Role) - {Role.AIMS_MANAGER, Role.EXTERNAL_AUDITOR}:
        grant(meridian.lead, role, meridian.root)
    client = logged_in(account(meridian.lead))
    made = made_all(meridian)
    own = {text for one in (*made.values(), meridian.lead, meridian.owner) for text in words_of(one) if " " in text}
    english_names = {str(one) for one in made.values()}
    found: dict[str, list[str]] = {}
    for name, record in made.items():
        addresses = [f"/record/{record.ref}/"]
        if name == "system":
            addresses += PART.findall(client.get(addresses[0]).content.decode())
        if registered()[name].is_typed and may_be_added(type(record)):
            addresses.append(f"/records/{name}/add/")
        for address in addresses:
            for text in english(client, address, own):
                found.setdefault(text, []).append(address)
    assert len(made) > 50
    with translation.override("de"):
        kept = {str(one) for one in made.values()} & english_names
    assert {one for one in kept if is_ours(one, own)} == set()
    assert not found, "\n".join(f"{text}   {places[:2]}" for text, places in found.items())


def test_a_name_is_made_for_who_reads_it_and_a_day_in_it_reads_as_days_do() -> None:
    with translation.override("de"):
        assert composed("%(scope)s, %(day)s", scope="Meridian", day=date(2026, 10, 3)) == "Meridian, 3. Okt 2026"
        assert composed("Use of %(system)s", system="Loans") == "Nutzung von Loans"
        assert word("Reduce it") == "Vermindern"
    assert composed("Use of %(system)s", system="Loans") == "Use of Loans"
    assert word("Deployment", inside=True) == "deployment"

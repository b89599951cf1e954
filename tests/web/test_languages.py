"""Every marked text has a German one that fits it, the compiled file is of it, and German pages are German."""

import gettext as pythons
import html
import importlib
import io
import pkgutil
import re
from datetime import date
from pathlib import Path

import pytest
from django.forms import Field, Form
from django.template.base import Lexer, TokenType
from django.test import Client
from django.utils import translation
from django.utils.functional import Promise

from posture.making import CATALOGUE, any_facts
from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright import web
from upright.catalogue import Catalogue
from upright.desk import values as desk_values
from upright.kernel import speech
from upright.kernel.translations import Message, Translations, read
from upright.posture import explain
from upright.records.collaboration.notices import keep_wishes
from upright.records.trail.door import write
from upright.site import messages
from upright.web import sentences
from upright.web.components import Specimen

pytestmark = pytest.mark.usefixtures("quick_hashes")
ATTRIBUTE = re.compile(r'\s(?:aria-label|placeholder|title|alt|data-label)="([^"]*)"')
PLAIN = re.compile(r"UP-[A-Z]+-[0-9]+|Upright|Ctrl K|Enter|Esc|sha256|/readyz")
"""Names, keys and addresses: the same in every language; what stands in ``code`` is a command."""
PLACE = re.compile(r"%\((\w+)\)s")
GERMAN = {
    "/": ("Register a system", "System registrieren"),
    "/due/": ("No date here", "Hier steht kein Termin"),
    "/inbox/": ("Nothing waits for you", "Nichts wartet auf Sie"),
    "/inbox/wishes/": ("How I am told", "Wie ich benachrichtigt werde"),
    "/jump/?q=zzz": ("Search or jump", "Suchen oder springen"),
    "/in/systems/": ("Skip to content", "Zum Inhalt springen"),
    "/in/controls/": ("Controls", "Maßnahmen"),
    "/in/controls/?at=eu-ai-act:AIA-43": ("Conformity assessment", "Konformitätsbewertung"),
    "/in/controls/?at=gdpr:GDPR-15": ("Confirm processing", "aussagekräftige Informationen"),
    "/in/controls/?at=iso42001:6.1.4": ("foreseeable misuse", "vorhersehbare Fehlanwendung"),
    "/in/controls/?at=nist-ai-rmf:MAP-1.5": ("Risk tolerances", "Risikotoleranz"),
    "/in/controls/side-by-side/?right=gdpr": ("beside", "neben"),
    "/kind/group-fairness/": ("error-rate differences", "Fehlerquoten"),
    "/in/evidence/": ("Evidence", "Nachweise"),
    "/in/organisation/worker/": ("Workers", "Läuft"),
    "/records/system/": ("Filter", "Filtern"),
    "/records/system/add/": ("Cancel", "Abbrechen"),
    "/records/system/import/": ("Look at the file", "Datei ansehen"),
    "/record/system:mortgage/": ("About this", "Verlauf"),
    "/edit/system:mortgage/": ("Save changes", "Änderungen speichern"),
    "/history/system:mortgage/": ("History of", "Verlauf von"),
    "/posture/system:mortgage/": ("Posture of", "Lage von"),
}


def test_every_text_has_a_german_one_with_the_same_places_and_the_compiled_file_is_of_it() -> None:
    for name, found in messages.books():
        path = messages.LOCALE / f"{name.format('de')}.po"
        wanted, known = set(found), read(path)
        assert len(wanted) > 100, name
        lacking = {one.text for one in wanted if not all(known.get(one, ("",)))}
        assert lacking == set(), f"{name}: make messages, then write the German"
        assert set(known) == wanted, f"{name}: what is gone from pages goes from here (make messages)"
        place = speech.PLACE if path.stem == "sentences" else PLACE
        wrong = []
        for message, texts in known.items():
            sources = (message.text, message.plural) if message.plural else (message.text,)
            assert len(texts) == len(sources)
            places = [set(place.findall(one)) for one in (*sources, *texts)]
            stray = "%" in PLACE.sub("", "".join(texts)) and path.stem != "sentences" and "%(" in message.text
            if any(one - places[len(sources) - 1] for one in places) or stray:
                wrong.append(message.text)
        assert wrong == [], name
        if path.stem != "sentences":
            assert path.with_suffix(".mo").read_bytes() == messages.compiled(known)


def unmarked(source: str) -> list[str]:
    """Words of a template that stand outside of any translation, code apart."""
    parts: list[str] = []
    depth = 0
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            name = token.contents.split()[0]
            depth += {
                "blocktranslate": 1,
                "blocktrans": 1,
                "comment": 1,
                "endblocktranslate": -1,
                "endblocktrans": -1,
                "endcomment": -1,
            }.get(name, 0)
        parts.append(token.contents if token.token_type == TokenType.TEXT and not depth else "\x01")
    text = re.sub(r'<(code|script|style)\b.*?</\1>|<div class="code".*?</div>', "", "".join(parts), flags=re.DOTALL)
    words = [*ATTRIBUTE.findall(text), *re.sub(r"<[^>]*>", "\n", text).split("\n")]
    return [one.strip() for one in words if re.search("[A-Za-z]{2}", PLAIN.sub("", one))]


def test_no_template_has_a_text_that_nobody_marked() -> None:
    assert unmarked('<p title="Plant">{% translate "a" %} planted</p>') == ["Plant", "\x01 planted"]
    assert unmarked("{% blocktranslate %}One {{ two }}{% endblocktranslate %}<code>upright push</code>") == []
    room = Path(web.__file__).parents[1]
    pages = [one for one in room.glob("**/templates/**/*") if one.suffix in {".html", ".txt"}]
    assert len(pages) > 60
    found = {one.name: unmarked(one.read_text("utf-8")) for one in pages if one.name != "components.html"}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_every_form_of_the_web_asks_in_the_readers_language() -> None:
    for one in pkgutil.iter_modules(web.__path__, "upright.web."):
        importlib.import_module(one.name)
    forms = [one for one in every_form(Form) if one.__module__.startswith("upright.web.") and one is not Specimen]
    asked = [(one.__name__, text) for one in forms for field in one.base_fields.values() for text in texts_of(field)]
    assert len(asked) > 8
    assert [(name, str(text)) for name, text in asked if not isinstance(text, Promise)] == []


def every_form(above: type[Form]) -> set[type[Form]]:
    return {above, *(inner for one in above.__subclasses__() for inner in every_form(one))}


def texts_of(field: Field) -> list[object]:
    return [one for one in (field.label, field.help_text) if one]


def test_all_that_judgement_says_has_a_german_sentence_and_what_people_wrote_stays() -> None:
    said: set[str] = set()
    for seed in range(60):
        facts = any_facts(seed)
        for requirement in CATALOGUE.requirements:
            said.update(explain(facts, CATALOGUE, requirement).sentences)
    english = re.compile(r"\b(is|the|has|and|about|there|for|nothing|entry|passed|failed|stale)\b")
    with translation.override("de"):
        german = {one: sentences.said(one) for one in said}
        assert len(german) > 400
        assert {one: text for one, text in german.items() if english.search(text)} == {}
        assert sentences.said("Loans for the poor") == "Loans for the poor"
        assert sentences.said("risk:x is closed already.") == "risk:x ist schon geschlossen."
        assert sentences.said("x" * 5000) == "x" * 5000
    assert [sentences.said(one) for one in sorted(said)] == sorted(said), "English stays as it was made"


def test_all_that_the_catalogue_says_of_requirements_and_kinds_has_its_german() -> None:
    said = {text for one in Catalogue.load().requirements.values() for text in (one.title, one.text, *one.cautions)}
    said |= {text for one in Catalogue.load().kinds.values() for text in (one.meaning, one.id.replace("-", " "))}
    assert len(said) > 800
    with translation.override("de"):
        kept = {one for one in said if one.count(" ") > 1 and sentences.said(one) == one}
    assert kept == set()


def test_days_and_numbers_read_as_django_writes_them() -> None:
    with translation.override("de"):
        for month in range(1, 13):
            day = date(2026, month, 3)
            assert speech.speech("de").day(day) == desk_values.day(day)
        assert speech.speech("de-AT").number("1,989.5") == desk_values.localised("1,989.5") == "1.989,5"
    assert speech.speech("en").day(date(2026, 3, 12)) == "12 Mar 2026"
    assert speech.language_of({"LC_ALL": "", "LANG": "de_DE.UTF-8"}) == "de"
    assert speech.language_of({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}) == speech.language_of({}) == "en"


def test_what_is_compiled_is_read_by_pythons_own_gettext_and_what_is_read_is_what_was_written() -> None:
    found = {
        Message('A "quoted"\nline'): ("Eine\tZeile",),
        Message("%(n)s day", "%(n)s days"): ("%(n)s Tag", "%(n)s Tage"),
        Message("Lacking"): ("",),
    }
    reads = pythons.GNUTranslations(io.BytesIO(messages.compiled(found)))
    assert reads.gettext('A "quoted"\nline') == "Eine\tZeile"
    assert [reads.ngettext("%(n)s day", "%(n)s days", n) for n in (0, 1, 2)] == [
        "%(n)s Tage",
        "%(n)s Tag",
        "%(n)s Tage",
    ]
    assert reads.gettext("Lacking") == "Lacking"
    marked = messages.in_template(
        '{% load i18n %}{% translate "One" %} {% blocktranslate count n=a %}x{% plural %}y{% endblocktranslate %}'
    )
    assert set(marked) == {Message("One"), Message("x", "y")}


def english_left(page: str) -> list[str]:
    """English texts of ours, of three words and more, that a German page still shows."""
    text = html.unescape(re.sub(r"<(script|style|code)\b.*?</\1>|<[^>]*>", "\n", page, flags=re.DOTALL))
    lines = {" ".join(one.split()) for one in text.split("\n")}
    ours = [(one.text, texts[0]) for name, _ in messages.books() for one, texts in read_book(name).items()]
    return [one for one, german in ours if one in lines and german != one and one.count(" ") > 1]


def read_book(name: str) -> Translations:
    return read(messages.LOCALE / f"{name.format('de')}.po")


def test_pages_are_german_for_who_asks_or_chose_it_and_the_api_is_english_for_all(meridian: Organisation) -> None:
    write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added")
    lead = logged_in(account(meridian.lead))
    asks = {"Accept-Language": "de-AT,de;q=0.8"}
    wrong = []
    for address, (english, german) in GERMAN.items():
        page = lead.get(address, headers=asks).content.decode()
        if '<html lang="de"' not in page or german not in page:
            wrong.append(address)
        wrong += [f"{address}: {one}" for one in english_left(page)]
        if english not in lead.get(address).content.decode() and address != "/in/organisation/worker/":
            wrong.append(f"{address} in English")
    assert not wrong, "\n".join(wrong)
    login = Client().get("/account/login/", headers=asks).content.decode()
    assert "Anmelden" in login
    assert "Log in" not in login
    keep_wishes(meridian.owner, {}, "de")
    owner = logged_in(account(meridian.owner))
    for asked in ({}, {"Accept-Language": "en"}):
        assert "Zum Inhalt springen" in owner.get("/", headers=asked).content.decode(), "what was chosen counts more"
    owner.post("/inbox/wishes/", {"language": "en"})
    assert "Skip to content" in owner.get("/", headers=asks).content.decode()
    told = Client().get("/api/v1/me", headers=asks)
    assert told.headers["Content-Language"] == "en"

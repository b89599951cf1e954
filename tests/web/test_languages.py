"""Every marked text has a German one that fits it, the compiled file is of it, and German pages are German."""

import gettext as pythons
import io
import re

import pytest
from django.test import Client

from records.identity.accounts import account, logged_in
from records.organisation import Organisation, actor_of
from upright.records.collaboration.notices import keep_wishes
from upright.records.trail.door import write
from upright.site import messages
from upright.web import sentences

pytestmark = pytest.mark.usefixtures("quick_hashes")
PLACE = re.compile(r"%\((\w+)\)s")
GERMAN = {
    "/": ("Register a system", "System registrieren"),
    "/due/": ("No date here", "Hier steht kein Termin"),
    "/inbox/": ("Nothing waits for you", "Nichts wartet auf Sie"),
    "/inbox/wishes/": ("How I am told", "Wie ich benachrichtigt werde"),
    "/jump/?q=zzz": ("Search or jump", "Suchen oder springen"),
    "/in/systems/": ("Skip to content", "Zum Inhalt springen"),
    "/in/controls/": ("Controls", "Maßnahmen"),
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
        path = messages.LOCALE.parent / f"{name.format('de')}.po"
        wanted, known = set(found), messages.read(path)
        assert len(wanted) > 300, name
        lacking = {one.text for one in wanted if not all(known.get(one, ("",)))}
        assert lacking == set(), f"{name}: make messages, then write the German"
        assert set(known) == wanted, f"{name}: what is gone from pages goes from here (make messages)"
        place = sentences.PLACE if path.stem == "sentences" else PLACE
        wrong = []
        for message, texts in known.items():
            sources = (message.text, message.plural) if message.plural else (message.text,)
            assert len(texts) == len(sources)
            places = [set(place.findall(one)) for one in (*sources, *texts)]
            stray = "%" in PLACE.sub("", "".join(texts)) and path.stem == "django" and "%(" in message.text
            if any(one - places[len(sources) - 1] for one in places) or stray:
                wrong.append(message.text)
        assert wrong == [], name
        if path.stem == "django":
            assert path.with_suffix(".mo").read_bytes() == messages.compiled(known)


def test_what_is_compiled_is_read_by_pythons_own_gettext_and_what_is_read_is_what_was_written() -> None:
    found = {
        messages.Message('A "quoted"\nline'): ("Eine\tZeile",),
        messages.Message("%(n)s day", "%(n)s days"): ("%(n)s Tag", "%(n)s Tage"),
        messages.Message("Lacking"): ("",),
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
    assert set(marked) == {messages.Message("One"), messages.Message("x", "y")}


def test_pages_are_german_for_who_asks_or_chose_it_and_the_api_is_english_for_all(meridian: Organisation) -> None:
    write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added")
    lead = logged_in(account(meridian.lead))
    asks = {"Accept-Language": "de-AT,de;q=0.8"}
    wrong = []
    for address, (english, german) in GERMAN.items():
        page = lead.get(address, headers=asks).content.decode()
        if '<html lang="de"' not in page or german not in page:
            wrong.append(address)
        if english not in lead.get(address).content.decode() and address != "/in/organisation/worker/":
            wrong.append(f"{address} in English")
    assert wrong == []
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

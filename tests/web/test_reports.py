"""Reports: documents with what is missing in its place, packs to take away, what an external auditor's copies say."""

import re
import zipfile
from io import BytesIO
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.assurance.test_audits import person
from records.organisation import SETUP, Organisation
from records.test_every_type import made_all
from upright.ledger import Checkpoint
from upright.pack import verify_pack
from upright.records.assurance.snapshots import PostureSnapshot
from upright.records.identity.models import Role
from upright.records.trail.door import write, write_many
from upright.records.trail.models import LedgerLog
from web.test_languages import english_left
from web.test_posture_pages import logged_in

IMPACTS = "<td>Assessing impacts of AI systems, with all below</td>"


def test_documents_print_with_what_is_missing_in_its_place(meridian: Organisation) -> None:
    made, lead = made_all(meridian), logged_in(meridian.lead)
    pages = {
        name: lead.get(f"/print/{made[name].ref}/").content.decode()
        for name in ("audit", "management-review", "audit-programme", "certificate")
    }
    for name, wanted in {
        "audit": (
            "Audit report",
            "Missing: nothing was sampled (9.2.2)",
            "nobody is assigned",
            "<td>A.5</td>",
            IMPACTS,
        ),
        "management-review": ("Minutes", "not drawn yet (9.3.2)", "Ada Lead", "nothing is decided yet (9.3.3)"),
        "audit-programme": ("MISSING: never in this cycle (9.2.2)", "Open before it can be approved"),
        "certificate": ("Surveillance 1", "Renewal", "none planned"),
    }.items():
        for words in wanted:
            assert words in pages[name], (name, words)
        assert f"{made[name].ref}, version" in pages[name]
        assert f'href="/print/{made[name].ref}/"' in lead.get(f"/record/{made[name].ref}/").content.decode()
    assert lead.get(f"/print/{made['risk'].ref}/").status_code == 404
    asks = {"Accept-Language": "de"}
    for name, wanted in {
        "audit": (
            "Auditbericht",
            "Beurteilung der Auswirkungen von KI-Systemen, mit allem darunter",
            "Fehlt: keine Stichprobe wurde gezogen (9.2.2)",
            '<th scope="col">Anforderung</th>',
        ),
        "management-review": (
            "Protokoll",
            "noch nicht gezogen (9.3.2)",
            '<span lang="">Ada Lead</span>',
            "Oberste Leitung",
        ),
        "audit-programme": ("FEHLT: nie in diesem Zyklus (9.2.2)", " bis ", "Auditprogramm"),
        "certificate": ("Überwachungsaudit 1", "Rezertifizierung", "keines geplant", "<h1>Zertifikat "),
    }.items():
        page = lead.get(f"/print/{made[name].ref}/", headers=asks).content.decode()
        for words in (*wanted, '<html lang="de"'):
            assert words in page, (name, words)
        assert english_left(page) == [], name
        own = re.findall(r'<span lang="">(.+?)</span>', page)
        assert own, name
        assert own == re.findall(r'<span lang="">(.+?)</span>', pages[name]), "what people wrote is as they wrote it"
    soa = made["statement-of-applicability"].ref
    for address in ("/in/risks/printed/", f"/soa/{soa}/printed/"):
        page = lead.get(address, headers=asks).content.decode()
        assert '<html lang="de"' in page, address
        assert english_left(page) == [], address
        assert '<html lang="en"' in lead.get(address).content.decode(), address
    assert "Print</a>" not in lead.get(f"/record/{made['risk'].ref}/").content.decode()


def test_packs_and_snapshots_from_the_page_and_what_an_external_auditors_copies_say(
    meridian: Organisation, tmp_path: Path
) -> None:
    made = made_all(meridian)
    lead, member = logged_in(meridian.lead), logged_in(person(meridian, "Rae", Role.MEMBER))
    auditor = logged_in(person(meridian, "Ex Ternal", Role.EXTERNAL_AUDITOR))
    page = lead.get("/in/reports/").content.decode()
    assert "Make a pack" in page
    assert "Make a pack" not in member.get("/in/reports/").content.decode()
    assert member.post("/pack/organisation:meridian/").status_code == 403
    assert lead.post("/pack/system:none/").status_code == 404
    path = tmp_path / "pack.zip"
    path.write_bytes(b"".join(auditor.post("/pack/system:mortgage/").streaming_content))  # type: ignore[attr-defined]
    assert verify_pack(path).outcome == "intact"
    with zipfile.ZipFile(path) as archive:
        assert b"Made for Ex Ternal, external auditor" in archive.read("report.html")
    assert lead.post("/snapshot/organisation:meridian/", follow=True).status_code == 200
    assert PostureSnapshot.objects.count() == 1
    assert b"may not do this" in auditor.post("/snapshot/organisation:meridian/", follow=True).content
    printed = auditor.get(f"/print/{made['audit'].ref}/").content.decode()
    assert "Made for Ex Ternal, external auditor, at" in printed
    soa = made["statement-of-applicability"]
    for address, called in (
        (f"/print/{made['audit'].ref}/", f"{made['audit'].ref}, version {made['audit'].version}"),
        (f"/soa/{soa.ref}/printed/", f"{soa}, "),
        ("/in/risks/printed/", "Risk register"),
    ):
        foot = re.search(r'<html[^>]* data-foot="([^"]+)">', lead.get(address).content.decode())
        signed = Checkpoint.parse(LedgerLog.objects.get().checkpoint)
        assert foot, address
        assert called in foot[1]
        assert ", printed " in foot[1]
        assert f"root {signed.root.hex()[:16]}" in foot[1]
        assert f"ledger {signed.size:,}, checkpoint " in foot[1]
    assert "Made for" not in lead.get(f"/print/{made['audit'].ref}/").content.decode()
    for client, is_marked in ((auditor, True), (lead, False)):
        csv = b"".join(client.get("/records/risk/export.csv").streaming_content).decode()  # type: ignore[attr-defined]
        assert ("Made for Ex Ternal" in csv.splitlines()[-1]) == is_marked
        xlsx = b"".join(client.get("/records/risk/export.xlsx").streaming_content)  # type: ignore[attr-defined]
        with zipfile.ZipFile(BytesIO(xlsx)) as book:
            words = b"".join(book.read(name) for name in book.namelist() if name.endswith(".xml"))
        assert (b"Made for Ex Ternal" in words) == is_marked


def test_a_pack_of_any_of_very_many_systems_is_near(meridian: Organisation) -> None:
    write_many((meridian.system(f"s{n:03}", name=f"System {n:03}") for n in range(120)), actor=SETUP,
               action="inventory.system.added")  # fmt: skip
    lead = logged_in(meridian.lead)
    buttons = re.compile(r'<button class="button" form="pack" formaction="/pack/([^"]+)/">')
    with CaptureQueriesContext(connection) as queries:
        page = lead.get("/in/reports/").content.decode()
    assert len(queries) <= 14, [one["sql"] for one in queries]
    assert buttons.findall(page) == [f"system:s{n:03}" for n in range(50)]
    assert page.count("csrfmiddlewaretoken") < 5
    assert "The first 50 by name" in page
    found = lead.get("/in/reports/?q=system+119").content.decode()
    assert buttons.findall(found) == ["system:s119"]
    assert 'value="system 119"' in found
    write(meridian.system("s-last", name="System 0"), actor=SETUP, action="inventory.system.added")
    for words in ("system 0", "SYSTEM:s-last"):
        assert buttons.findall(lead.get("/in/reports/", {"q": words}).content.decode())[0] == "system:s-last"
    assert "The first 50" not in found
    nothing = lead.get("/in/reports/?q=%22%3E%3Cb%3E").content.decode()
    assert "No system that you may see is called so." in nothing
    assert "<b>" not in nothing
    member = logged_in(person(meridian, "Rae", Role.MEMBER))
    assert buttons.findall(member.get("/in/reports/?q=system").content.decode()) == []

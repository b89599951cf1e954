"""Posture on pages: what is there, why, and nothing for who may not see the system."""

import base64
import gzip
import json
import re
import subprocess
import sys
from datetime import timedelta
from hashlib import sha256
from html import unescape
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from records.assurance.repository import bundle_of, evidence_key, repository
from records.assurance.test_spoken import second
from records.organisation import SETUP, Organisation, actor_of
from records.test_every_type import made_all
from upright.evidence.statement import Measurement
from upright.records.assurance import correction_actions as verbs
from upright.records.assurance.actions import approve_bindings, enrol_key, push
from upright.records.assurance.ahead import judge_ahead
from upright.records.assurance.correction import Nonconformity
from upright.records.assurance.models import BindingApproval, EvidenceRow, PostureRow
from upright.records.governance.models import Document, Objective
from upright.records.identity.editing import add, edit
from upright.records.identity.models import Account, Person
from upright.records.inventory.models import System
from upright.records.trail.door import write, write_many
from upright.records.trail.server_log import now, server_log
from upright.web.comparing import _change, _may_be_chance


def logged_in(person: Person) -> Client:
    account = Account(email=f"{person.id}@meridian.example", person=person)
    account.set_unusable_password()
    write(account, actor=SETUP, action="identity.account.added")
    client = Client()
    client.force_login(account)
    return client


@pytest.fixture
def lead(meridian: Organisation) -> Client:
    add(meridian.system("loans", name="Small loans"), actor=actor_of(meridian.owner))
    return logged_in(meridian.lead)


def test_a_system_without_evidence_is_unknown_and_its_gate_denies(lead: Client) -> None:
    home = lead.get("/").content.decode()
    assert "ISO/IEC 42001" in home
    assert 'data-status="met"' not in home
    assert "Not decided; at worst: prohibited" in lead.get("/record/system:loans/").content.decode()
    page = lead.get("/posture/system:loans/").content.decode()
    assert 'data-status="deny"' in page
    assert 'data-status="unknown"' in page
    assert "0 of" in page


def test_home_waits_for_no_system_to_be_judged_and_says_so(lead: Client, meridian: Organisation) -> None:
    write_many((meridian.system(f"s{n}") for n in range(6)), actor=SETUP, action="inventory.system.added")
    home = lead.get("/").content.decode()
    assert "Not judged yet, so all of it is unknown: 3." in home
    assert "unknown until it is judged, which is under way" in home
    judge_ahead()
    assert "judged" not in lead.get("/").content.decode()
    known = set(PostureRow.objects.values_list("newest", flat=True))
    policy = Document(title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.lead, text="We.")
    add(policy, actor=actor_of(meridian.lead))
    home = lead.get("/").content.decode()
    (oldest,) = re.findall(r"the oldest: entry (\d+)\) and being judged again: 3\.", home)
    late = {int(one) for one in re.findall(r"as of entry (\d+); being judged again", home)}
    assert min(late) == int(oldest)
    assert late <= known
    assert "Not judged yet" not in home


def test_home_judges_of_very_many_that_wait_only_those_that_changed_themselves(
    lead: Client, meridian: Organisation
) -> None:
    """More than fifty: none of those that nobody judged, none that an entry of all made old; unknown is not green."""
    write_many((meridian.system(f"s{n:02}") for n in range(60)), actor=SETUP, action="inventory.system.added")

    def newest() -> dict[str, int]:
        return dict(PostureRow.objects.values_list("scope", "newest"))

    lead.get("/")
    with CaptureQueriesContext(connection) as queries:
        home = lead.get("/").content.decode()
    assert len(queries) <= 12, [one["sql"] for one in queries]
    assert "Not judged yet, so all of it is unknown: 61." in home
    assert 'data-status="met"' not in home
    assert newest() == {}
    judge_ahead()
    first = newest()
    assert len(first) == 61
    assert "judged" not in lead.get("/").content.decode()
    policy = Document(title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.lead, text="We.")
    add(policy, actor=actor_of(meridian.lead))
    home = lead.get("/").content.decode()
    oldest = f"{min(first.values()):,}"
    assert f"the oldest: entry {oldest}) and being judged again: 61." in home
    assert newest() == first
    changed = System.objects.filter(ref__in=("system:s07", "system:s31"))
    for one in changed:
        one.purpose = "Ranks otherwise."
        edit(one, actor=actor_of(meridian.owner), reason="Another purpose.")
    home = lead.get("/").content.decode()
    assert "being judged again: 59." in home
    anew = {scope for scope, entry in newest().items() if entry != first[scope]}
    assert anew == {"system:s07", "system:s31"}
    assert all(newest()[scope] > policy_entry for scope in anew for policy_entry in first.values())
    judge_ahead()
    assert "being judged again" not in lead.get("/").content.decode()


def test_the_system_that_is_shown_is_chosen_however_many_there_are(lead: Client, meridian: Organisation) -> None:
    write_many((meridian.system(f"s{n:03}", name=f"System {n:03}") for n in range(210)), actor=SETUP,
               action="inventory.system.added")  # fmt: skip

    def chosen(address: str) -> tuple[list[str], int]:
        options = lead.get(address).content.decode().partition('id="system"')[2].partition("</select>")[0]
        return re.findall(r'<option value="([^"]+)" selected>', options), options.count("<option")

    assert chosen("/in/controls/") == (["system:loans"], 200)
    assert chosen("/in/controls/?system=system:s209") == (["system:s209"], 201)
    assert chosen("/in/controls/?system=system:none") == (["system:loans"], 200)
    assert chosen("/why/system:s209/iso42001:A.7.5/") == (["system:s209"], 201)
    assert chosen("/in/controls/side-by-side/?right=gdpr&system=system:s209") == (["system:s209"], 201)


def test_pushed_evidence_shows_its_status_and_why(lead: Client, meridian: Organisation, tmp_path: Path) -> None:
    loans = repository(tmp_path / "loans")
    enrol_key(evidence_key(loans), "evidence", actor=actor_of(meridian.lead), reason="Lending.")
    push(bundle_of(loans), actor=actor_of(meridian.owner))
    approve_bindings(BindingApproval.objects.get(), actor=actor_of(meridian.lead))
    met = lead.get("/posture/system:loans/?status=met").content.decode()
    assert "A.7.5" in met
    assert "A.5.4 " not in met
    why = lead.get("/why/system:loans/iso42001:A.7.5/").content.decode()
    assert 'data-status="met"' in why
    assert "data-provenance" in why
    assert "Small loans" in lead.get("/in/controls/").content.decode()
    _the_statement_shows_its_chain_and_is_checked_by_hand(lead, tmp_path)
    system = lead.get("/record/system:loans/").content.decode()
    assert "The system may not go to design and development" in system
    assert "selection-rate difference \u22120.400" in system  # 0.8 against 0.4 of 200 each
    _what_is_compared_says_whether_it_is_one_check(lead)
    home = lead.get("/").content.decode()
    assert "Best next step" in home
    assert "fairness fails" in home
    _an_objective_is_held_against_the_live_measure(lead, meridian)
    assert lead.get("/why/system:loans/iso42001:Z.9/").status_code == 404


def _what_is_compared_says_whether_it_is_one_check(lead: Client) -> None:
    first, other = EvidenceRow.objects.order_by("index")[:2]
    assert first.stream != other.stream
    assert "These are no two runs of one check." in lead.get(f"/compare/{other.index}/{first.index}/").content.decode()
    same = lead.get(f"/compare/{first.index}/{first.index}/").content.decode()
    assert ("no two runs" in same, ">may be chance<" in same, "Nothing changed" in same) == (False, False, True)
    assert lead.get(f"/compare/{first.index}/999999/").status_code == 404


@pytest.mark.parametrize(
    ("newer", "older", "change", "may_be_chance"),
    [
        (("0.30", "0.25", "0.35"), ("0.20", "0.15", "0.24"), "+0.100", False),
        (("0.30", "0.25", "0.35"), ("0.20", "0.15", "0.25"), "+0.100", True),
        (("0.10", "0.05", "0.15"), ("0.20", "0.10", "0.30"), "\u22120.100", True),
        (("0.10", None, None), ("0.20", "0.10", "0.30"), "\u22120.100", True),
        (("0.20", "0.10", "0.30"), ("0.20", "0.10", "0.30"), "0", False),
        ((None, None, None), ("0.20", "0.10", "0.30"), "not comparable", False),
    ],
)
def test_a_change_whose_intervals_overlap_may_be_chance(
    newer: tuple[str, ...], older: tuple[str, ...], change: str, may_be_chance: bool
) -> None:
    left, right = (
        Measurement(name="x", unit="1", method="m", value=one[0], low=one[1], high=one[2], n=9)
        for one in (newer, older)
    )
    assert (_change(left, right), _may_be_chance(left, right)) == (change, may_be_chance)
    assert (_change(left, None), _may_be_chance(None, right)) == ("not comparable", False)


def _an_objective_is_held_against_the_live_measure(lead: Client, meridian: Organisation) -> None:
    day = now().date() + timedelta(days=90)
    for measure, target, says in (
        ("selection_rate_difference", "at_most 0.1", "Missed"),
        ("selection_rate_difference", "at_most 0.9", "Reached"),
        ("no_such_measure", "at_most 0.1", "Not measured"),
    ):
        objective = Objective(
            title="Alike",
            about="system:loans",
            measure=measure,
            target=target,
            due=day,
            unit=meridian.lending,
            owner=meridian.owner,
        )
        add(objective, actor=actor_of(meridian.owner))
        page = lead.get(f"/record/{objective.ref}/").content.decode()
        assert says in page.partition("Against live measures")[2].partition("</section>")[0], (measure, target)


def _the_statement_shows_its_chain_and_is_checked_by_hand(lead: Client, folder: Path) -> None:
    row = EvidenceRow.objects.get(binding="fairness")
    page = lead.get(f"/statement/{row.index}/").content.decode()
    assert f"sha256:{row.evidence}" in page
    assert "Signature good" in page
    assert 'data-status="failed"' in page
    assert row.binding in lead.get("/in/evidence/?result=failed").content.decode()
    assert row.binding not in lead.get("/in/evidence/?result=passed").content.decode()
    kept = json.loads(lead.get(f"/statement/{row.index}/statement.json").content)
    assert sha256(base64.b64decode(kept["payload"])).hexdigest() == row.evidence
    proof = lead.get(f"/statement/{row.index}/proof.json").content
    script = unescape(page.partition('id="script"')[2].partition(">")[2].partition("</div>")[0])
    key = str(server_log().key)
    assert _checked(folder, script, row.index, proof, key) == "in the log, signed, and nothing else\n"
    other = json.loads(proof)
    other["body"] = other["body"].replace("a", "b", 1)
    assert _checked(folder, script, row.index, json.dumps(other).encode(), key) == ""
    other = json.loads(proof)
    other["path"][0] = "0" * 64
    assert _checked(folder, script, row.index, json.dumps(other).encode(), key) == ""


def _checked(folder: Path, script: str, entry: int, proof: bytes, key: str) -> str:
    """What the script of the page prints, run as the page says; nothing where it refuses."""
    (folder / f"entry-{entry}.json").write_bytes(proof)
    (folder / "check.py").write_text(script)
    done = subprocess.run([sys.executable, "check.py", key], cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) == bool(done.stdout), done.stderr
    return done.stdout


def test_who_may_not_see_a_system_sees_nothing_of_its_posture(lead: Client, meridian: Organisation) -> None:
    stranger = write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added")
    client = logged_in(stranger)
    assert client.get("/posture/system:loans/").status_code == 404
    assert client.get("/why/system:loans/iso42001:A.7.5/").status_code == 404
    assert "Small loans" not in client.get("/in/controls/").content.decode()
    assert Client().get("/posture/system:loans/").status_code == 302


def test_why_follows_a_change_at_once_and_stays_with_whom_it_is_for(lead: Client, meridian: Organisation) -> None:
    """What is kept of a judgement serves whoever asks next: never one without the right, never as it was before."""
    stranger = logged_in(write(Person(name="S", unit=meridian.root), actor=SETUP, action="identity.person.added"))
    address = "/in/controls/?at=iso42001:A.2.2&system=system:loans"

    def seen(client: Client, language: str = "en") -> str:
        with override(language):
            return client.get(address, headers={"Accept-Language": language}).content.decode()

    assert "There is no AI policy about" in seen(lead)
    assert "Nothing to judge yet" in seen(stranger)
    policy = Document(title="AI policy", subtype="ai-policy", unit=meridian.root, owner=meridian.lead, text="We.")
    add(policy, actor=actor_of(meridian.lead))
    assert "There is no AI policy about" not in seen(lead)
    assert "only drafts" in seen(lead)
    assert "Entw\u00fcrfe" in seen(lead, "de")
    assert "only drafts" in seen(lead)
    for language in ("en", "de"):
        page = seen(stranger, language)
        assert "loans" not in page
        assert "ai-policy" not in page


def test_frameworks_side_by_side_are_packed_and_repeat_nothing_of_their_address(lead: Client) -> None:
    address = "/in/controls/side-by-side/"
    plain = lead.get(address, {"right": "nist-ai-rmf"})
    packed = lead.get(address, {"right": "nist-ai-rmf"}, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.content) < len(plain.content) / 4
    token = re.compile(rb'name="csrfmiddlewaretoken" value="(\w+)"')
    assert token.sub(b"", gzip.decompress(packed.content)) == token.sub(b"", plain.content)
    assert token.findall(gzip.decompress(packed.content)) != token.findall(plain.content)
    typed = lead.get(address, {"right": "gdpr", "system": "system:typed-by-another", "q": "typed-by-another"})
    assert b"typed-by-another" not in typed.content
    refused = lead.get(address, {"right": "typed-by-another"}, headers={"Accept-Encoding": "gzip"})
    assert refused.status_code == 404
    assert "Content-Encoding" not in refused.headers


def test_no_page_of_posture_takes_more_than_twelve_queries(lead: Client, meridian: Organisation) -> None:
    made_all(meridian)
    judge_ahead()
    loans = "system=system:loans"
    addresses = [f"/in/controls/?{loans}", "/in/controls/", f"/in/controls/?at=iso42001:A.6.2.4&{loans}",
                 f"/in/controls/?framework=eu-ai-act&status=unknown&{loans}", "/why/system:loans/gdpr:GDPR-35/",
                 f"/in/controls/side-by-side/?right=gdpr&{loans}", "/posture/system:loans/"]  # fmt: skip
    counts = {}
    for address in addresses:
        assert lead.get(address).status_code == 200, address
        with CaptureQueriesContext(connection) as queries:
            lead.get(address)
        counts[address] = len(queries)
    assert {address: count for address, count in counts.items() if count > 12} == {}


def test_what_failed_leads_to_a_nonconformity_by_one_button(lead: Client, meridian: Organisation) -> None:
    ada, bo = actor_of(meridian.lead), actor_of(second(meridian))
    made = made_all(meridian)
    verbs.finish_corrective_action(made["corrective-action"], actor=ada, reason="Done.")  # type: ignore[arg-type]
    assert "Open a nonconformity" not in lead.get("/why/system:loans/iso42001:10.2/").content.decode()
    verbs.report_ineffective(made["corrective-action"], actor=bo, reason="It came back.")  # type: ignore[arg-type]
    assert "Open a nonconformity" in lead.get("/why/system:loans/iso42001:10.2/").content.decode()
    answer = lead.post("/nonconformity/system:loans/iso42001:10.2/", follow=True)
    opened = Nonconformity.objects.order_by("-ref").first()
    assert opened is not None
    assert len(opened.links) == 1
    assert "Write what was done" in answer.content.decode()
    refused = lead.post("/nonconformity/system:loans/iso42001:A.7.5/", follow=True).content.decode()
    assert "UP-CORR-02" in refused or "No failed evidence" in refused
    assert lead.post("/nonconformity/system:none/iso42001:10.2/").status_code == 404

"""Suggested threats: what each is, which traits call it up; taken up or dismissed with a reason."""

import re
from html import unescape

import pytest
from django.test import Client

from records.examples import EXAMPLES
from records.identity.accounts import account, logged_in, stranger
from records.organisation import Organisation, actor_of
from upright.desk.description import registered
from upright.desk.moves import move_named, offer
from upright.records.identity.editing import add, edit
from upright.records.identity.power import powers_of
from upright.records.inventory.models import System
from upright.records.risk.actions import suggest_threats
from upright.records.risk.known import threats
from upright.records.risk.models import Risk, RiskAssessment, ThreatDecision
from upright.records.trail.door import refresh
from upright.records.trail.record import Record


@pytest.fixture
def made(meridian: Organisation) -> dict[str, Record]:
    """What an assessment rests on, its criteria among them, and an assessment in draft."""
    found: dict[str, Record] = {}
    for name, build in EXAMPLES.items():
        found[name] = add(build(meridian, found), actor=actor_of(meridian.lead))
        if name == "risk-assessment":
            return found
    raise AssertionError("no assessment")


def read(client: Client, address: str, **more: str) -> str:
    answer = client.get(address, **more)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content[:400]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_a_suggestion_says_what_the_threat_is_and_which_traits_call_it_up(
    meridian: Organisation, made: dict[str, Record]
) -> None:
    client, run = logged_in(account(meridian.lead)), made["risk-assessment"]
    assert isinstance(run, RiskAssessment)
    system = run.system
    assert isinstance(system, System)
    system.modality, system.personal_data = System.Modality.AGENT, True
    edit(system, actor=actor_of(meridian.lead))
    page = f"/threats/{system.ref}/"
    before = read(client, page)
    assert "Fit, and not suggested yet" in before
    assert "To decide" not in before
    suggest_threats(refresh(run), actor=actor_of(meridian.lead))
    text = read(client, page)
    assert "To decide" in text
    waiting = ThreatDecision.objects.filter(system=system)
    assert waiting.count() > 40
    for one in waiting:
        known = threats()[one.threat]
        assert str(known["title"]) in text
        assert str(known["description"]) in text
    assert "the modality of this one is agent." in text
    assert text.count("The system holds personal data.") == sum(
        threats()[one.threat]["group"] == "privacy-leakage" for one in waiting
    )
    private = waiting.get(threat="THR-PL-01")
    for address in (f"/record/{private.ref}/", f"/move/dismiss_threat/{private.ref}/"):
        told = read(client, address)
        assert str(threats()["THR-PL-01"]["description"]) in told
        assert "The system holds personal data." in told
    german = read(client, f"/record/{private.ref}/", headers={"accept-language": "de"})  # type: ignore[arg-type]
    assert "Das System enthält personenbezogene Daten." in german
    # decided with a reason, refused without one
    form = f"/move/dismiss_threat/{private.ref}/"
    assert 'for="id_reason">Reason</label>' in client.get(form).content.decode()  # and not "optional"
    assert client.post(form, {"reason": " "}).status_code == 400
    assert client.post(form, {"reason": "Nothing leaves the house."}).status_code == 302
    other = waiting.exclude(pk=private.pk).first()
    assert other is not None
    wanted = {"likelihood": "3", "impact": "4", "concerns": "society", "reason": "Seen elsewhere."}
    form = f"/move/take_up_threat/{other.ref}/"
    assert client.post(form, wanted | {"concerns": "whoever"}).status_code == 400
    assert client.post(form, wanted).status_code == 302
    assert Risk.objects.get(threat=other.threat, system=system).concerns == Risk.Concerns.SOCIETY
    text = read(client, page)
    assert "Nothing leaves the house." in text
    assert "Seen elsewhere." in text
    assert "Decided" in text


def test_whom_a_risk_concerns_is_chosen_from_a_list_with_what_it_is_by_default(
    meridian: Organisation, made: dict[str, Record]
) -> None:
    run = made["risk-assessment"]
    assert isinstance(run, RiskAssessment)
    actor = actor_of(meridian.lead)
    suggest_threats(run, actor=actor)
    one = ThreatDecision.objects.all()[0]
    described = registered()["threat-decision"]
    offered = offer(described, move_named(described, "take_up_threat"), one, actor=actor, powers=powers_of(actor))
    assert offered.why_not == ""
    text = logged_in(account(meridian.lead)).get(f"/move/take_up_threat/{one.ref}/").content.decode()
    options = re.findall(r'<option value="(\w+)"( selected)?>', text)
    assert options == [(name, " selected" if name == "individuals" else "") for name in Risk.Concerns.values]


def test_threats_are_shown_to_who_may_read_them_and_of_systems_alone(
    meridian: Organisation, made: dict[str, Record]
) -> None:
    run = made["risk-assessment"]
    assert isinstance(run, RiskAssessment)
    assert run.system is not None
    page = f"/threats/{run.system.ref}/"
    assert logged_in(stranger(meridian)).get(page).status_code in {403, 404}
    assert Client().get(page).status_code == 302
    assert logged_in(account(meridian.lead)).get(f"/threats/{meridian.root.ref}/").status_code == 404


def test_what_drives_a_threat_and_what_others_do_are_told_in_the_readers_language(
    meridian: Organisation, made: dict[str, Record]
) -> None:
    run, client = made["risk-assessment"], logged_in(account(meridian.lead))
    assert isinstance(run, RiskAssessment)
    suggest_threats(run, actor=actor_of(meridian.lead))
    left, asked = [], {"accept-language": "de"}
    for one in ThreatDecision.objects.order_by("ref")[::8]:
        page, known = f"/record/{one.ref}/", threats()[one.threat]
        english, german = read(client, page), read(client, page, headers=asked)  # type: ignore[arg-type]
        for phrase in (*known["likelihood"]["drivers"], *known["treated_by"]["measures"]):
            assert phrase in english, one.threat
            left += [phrase] if phrase in german else []
        assert "driver:" not in english + german
        assert "measure:" not in english + german
    assert left == []

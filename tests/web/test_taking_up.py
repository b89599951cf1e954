"""From a proposal by anybody to a registered use: each form begins with what was said before, and leads on."""

import re
from html import unescape

import pytest
from django.test import Client

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation
from upright.records.operations.models import UseProposal
from upright.records.trail.door import refresh, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(meridian: Organisation) -> UseProposal:
    made = UseProposal(
        title="Texts of offers & letters",
        purpose="Drafts; sales read them.",
        service="ChatGPT Team",
        unit=meridian.lending,
    )
    return write(made, actor=SETUP, action="operations.use_proposal.added")


def way(client: Client, proposal: UseProposal, text: str) -> str:
    page = client.get(f"/move/take_up_use_proposal/{proposal.ref}/").content.decode()
    found = re.search(rf'href="([^"]+)">{text}<', page)
    assert found is not None, page
    return unescape(found.group(1))


def test_a_proposal_is_taken_up_in_three_forms_that_fill_one_another(
    meridian: Organisation, proposal: UseProposal
) -> None:
    lead = logged_in(account(meridian.lead))
    address = way(lead, proposal, "Register a use of somebody else’s AI")
    form = lead.get(address).content.decode()
    assert 'value="Texts of offers &amp; letters"' in form
    assert 'value="ChatGPT Team"' in form
    assert "Drafts; sales read them." in form
    sent = {"name": proposal.title, "service": proposal.service, "purpose": proposal.purpose}
    sent |= {"unit": meridian.lending.ref, "owner": meridian.owner.ref}
    back = lead.post(address, sent)["Location"]
    assert back.startswith(f"/move/take_up_use_proposal/{proposal.ref}/?use=use")
    page = lead.get(back).content.decode()
    select = re.search(r'<select[^>]*name="use".*?</select>', page, re.DOTALL)
    assert select is not None
    (use,) = re.findall(r'<option value="([^"]+)" selected', select.group())
    assert "Not registered yet?" not in page
    assert lead.post(back, {"use": use, "system": "", "reason": ""}).status_code == 302
    proposal = refresh(proposal)
    assert (proposal.state, proposal.became.partition(":")[0]) == ("taken-up", "use")


def test_a_form_leads_back_to_no_address_that_is_not_a_proposal_one_may_read(
    meridian: Organisation, proposal: UseProposal
) -> None:
    lead = logged_in(account(meridian.lead))
    sent = {"service": "S", "purpose": "P", "unit": meridian.lending.ref, "owner": meridian.owner.ref}
    for then in ("https://evil.example/", "//evil.example", "use-proposal:none", "system:x", "\0"):
        answer = lead.post("/records/use/add/", sent | {"name": f"Use {then!r}"}, query_params={"then": then})
        assert answer.headers["Location"].startswith("/record/use"), then
    unit = {"name": "New unit", "kind": "team", "parent": meridian.root.ref}
    answer = lead.post("/records/unit/add/", unit, query_params={"then": proposal.ref})
    assert "take_up" not in answer.headers.get("Location", "")


def test_who_may_not_register_is_not_offered_to(meridian: Organisation, proposal: UseProposal) -> None:
    owner = logged_in(account(meridian.owner))
    page = owner.get(f"/move/take_up_use_proposal/{proposal.ref}/").content.decode()
    may = [name for name in ("use", "system") if owner.get(f"/records/{name}/add/").status_code == 200]
    assert re.findall(r'href="/records/(\w+)/add/\?', page) == may


def test_another_move_shows_no_way(meridian: Organisation, proposal: UseProposal) -> None:
    lead = logged_in(account(meridian.lead))
    assert "Not registered yet?" not in lead.get(f"/move/decline_use_proposal/{proposal.ref}/").content.decode()

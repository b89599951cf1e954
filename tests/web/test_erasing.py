"""From a record that holds personal data to the proposal that they are erased, by who may propose it."""

import re
from html import unescape

from records.identity.accounts import account, logged_in
from records.organisation import SETUP, Organisation, grant
from upright.records.governance.models import RecordDisposal
from upright.records.identity.models import Person, Role
from upright.records.trail.door import write


def test_a_record_with_personal_data_leads_who_may_to_a_proposal_that_is_filled_in(meridian: Organisation) -> None:
    gone = write(
        Person(name="Zorro Vega", unit=meridian.root, is_active=False), actor=SETUP, action="identity.person.added"
    )
    client = logged_in(account(meridian.lead))
    page = client.get(f"/record/{gone.ref}/").content.decode()
    link = re.search(r'href="([^"]+)"[^>]*>Propose to erase the personal data in it<', page)
    assert link is not None
    form = client.get(unescape(link[1])).content.decode()
    assert f'value="{gone.ref}"' in form
    assert '<option value="request" selected>' in form
    sent = {"record": gone.ref, "ground": "request", "unit": meridian.root.ref, "why": "A letter."}
    refused = client.post("/records/record-disposal/add/", sent)
    assert refused.status_code == 400
    assert "Say on which day the person asked." in unescape(refused.content.decode())
    assert client.post("/records/record-disposal/add/", sent | {"asked_on": "2026-01-05"}).status_code == 302
    assert RecordDisposal.objects.get().ground == RecordDisposal.Ground.REQUEST


def test_nobody_else_is_led_there_and_no_record_without_personal_data_leads_there(meridian: Organisation) -> None:
    words = "Propose to erase"
    grant(meridian.owner, Role.MEMBER, meridian.root)
    lead, reader = logged_in(account(meridian.lead)), logged_in(account(meridian.owner))
    assert words in lead.get(f"/record/{meridian.owner.ref}/").content.decode()
    assert words not in lead.get(f"/record/{meridian.root.ref}/").content.decode()
    answer = reader.get(f"/record/{meridian.owner.ref}/")
    assert answer.status_code == 200
    assert words not in answer.content.decode()

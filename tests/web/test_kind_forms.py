"""The form of a kind of evidence: chosen, filled row by row, refused in place without losing anything, saved."""

import re

from django.utils.translation import override

from records.identity.accounts import account, logged_in
from records.organisation import Organisation
from upright.records.governance.models import KeptRecord


def test_a_kind_is_chosen_filled_refused_in_place_and_saved(meridian: Organisation) -> None:
    client = logged_in(account(meridian.lead))
    address = "/records/kept-record/add/"
    choices = client.get(address).content.decode()
    assert "Choose the kind first" in choices
    assert 'href="?kind=policy-link"' in choices
    empty = client.get(f"{address}?kind=policy-link").content.decode()
    assert len(re.findall(r'name="data\.rows\.\d\.gap"', empty)) == 3
    assert "A.2.3" in empty
    sent = {
        "title": "Alignment",
        "kind": "policy-link",
        "unit": meridian.root.ref,
        "owner": meridian.owner.ref,
        "data.reviewed_on": "soon",
        "data.rows.0.policy": "Privacy <b>",
        "data.rows.0.bearing": "Personal data",
        "data.rows.0.owner": meridian.owner.ref,
    }
    refused = client.post(address, sent)
    page = refused.content.decode()
    assert refused.status_code == 400
    assert "Privacy &lt;b&gt;" in page
    assert re.search(r'id="id_data-rows-0-gap_error".*?Rows, row 1, gap: is missing', page, re.DOTALL)
    assert re.search(r'id="id_data-reviewed_on_error".*?is no day', page, re.DOTALL)
    assert KeptRecord.objects.count() == 0
    saved = client.post(address, sent | {"data.reviewed_on": "2026-09-01", "data.rows.0.gap": "none"})
    record = KeptRecord.objects.get()
    assert saved.status_code == 302
    assert [row["policy"] for row in record.data["rows"]] == ["Privacy <b>"]
    edit = client.get(f"/edit/{record.ref}/").content.decode()
    assert 'value="none"' in edit
    assert re.search(rf'<option value="{meridian.owner.ref}" selected', edit)
    shown = client.get(f"/record/{record.ref}/").content.decode()
    owner = f'<a href="/record/{meridian.owner.ref}/">Olu Owner</a>'
    assert f'<td data-label="Owner">{owner}</td>' in shown
    assert '<td data-label="Policy">Privacy &lt;b&gt;</td>' in shown
    assert '<dt>Reviewed on</dt><dd><time datetime="2026-09-01">1 Sep 2026</time></dd>' in shown
    with override("de"):
        german = client.get(f"/record/{record.ref}/", headers={"accept-language": "de"}).content.decode()
        form = client.get(f"{address}?kind=policy-link", headers={"accept-language": "de"}).content.decode()
    assert '<td data-label="Richtlinie">Privacy &lt;b&gt;</td>' in german
    assert re.findall(r'<legend class="t16">(.*?)</legend>', form) == ["Über", "Was es besagt", "Bis wann"]
    assert "Geprüft am" in form

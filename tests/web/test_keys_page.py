"""The page of keys: a repository's key is enrolled in a browser, and what it signed counts."""

import pytest

from records.assurance.repository import evidence_key, repository
from records.identity.accounts import account, logged_in
from records.organisation import Organisation
from upright.ledger import VerifierKey
from upright.records.assurance.evidence import current_keys
from upright.records.trail.verify import verify

PAGE = "/in/organisation/keys/"


def test_a_key_is_enrolled_on_its_page_and_what_is_none_is_said_there_with_what_was_typed(
    meridian: Organisation, quick_hashes: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    client = logged_in(account(meridian.lead))
    vkey = evidence_key(repository(tmp_path_factory.mktemp("keys") / "loans"))
    said = {"vkey": vkey, "role": "evidence", "reason": "Of the repository of loans."}
    assert client.get("/in/organisation/").content.decode().count(f'href="{PAGE}"') == 1
    for wrong in ({"vkey": "no key"}, {"role": "log"}, {"reason": " "}, {"vkey": f"{vkey}\0"}, {"vkey": "x" * 401}):
        answer = client.post(PAGE, said | wrong)
        assert (answer.status_code, b'class="error"' in answer.content) == (400, True), wrong
    assert VerifierKey.parse(vkey).fingerprint not in current_keys()
    assert client.post(PAGE, said).status_code == 302
    assert VerifierKey.parse(vkey).fingerprint in current_keys()
    assert VerifierKey.parse(vkey).name in client.get(PAGE).content.decode()
    again = client.post(PAGE, said)
    assert (again.status_code, b"UP-PUSH-07" in again.content) == (400, True)
    assert verify().outcome == "intact"

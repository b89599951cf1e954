"""Facts: their digest by an independent reading of the contract, the rules they name, days and small conditions."""

import datetime as dt
import hashlib
import json
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import rfc8785

from posture.making import AT, CATALOGUE, SYSTEM, any_facts, digest, facts, record, with_evidence
from upright.posture import Facts, FactsError, evaluate, explain
from upright.posture.conditions import is_as_strict, is_held, oldest_end
from upright.posture.days import authority_day

ORGANISATION_HOME = "organisation"


def root(leaves: list[bytes]) -> bytes:
    """RFC 9162, section 2.1.1, read literally."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def expected_digest(found: Facts) -> str:
    plain = json.loads(json.dumps(found.to_json()))
    systems = [one["ref"] for one in plain["subjects"] if one["type"] == "system"]
    homes: dict[str, list[bytes]] = {ORGANISATION_HOME: [], **{ref: [] for ref in systems}}
    for item in plain["items"]:
        about = item["stream"] if item["stream"].startswith("binding:") else item["subject"]
        ref = "system:" + about.split(":")[1].split("/")[0]
        homes[ref if ref in systems else ORGANISATION_HOME].append(rfc8785.dumps(item))
    plain["items"] = {home: root(sorted(leaves)).hex() for home, leaves in homes.items()}
    for subject in plain["subjects"]:
        subject["edges"].sort(key=rfc8785.dumps)
    for name in ("subjects", "bindings", "streams", "answers", "soa", "waivers"):
        plain[name].sort(key=rfc8785.dumps)
    plain["gates"]["added"].sort(key=rfc8785.dumps)
    return hashlib.sha256(rfc8785.dumps(plain)).hexdigest()


@pytest.mark.parametrize("seed", range(40))
def test_the_digest_is_that_of_the_contract(seed: int) -> None:
    found = any_facts(seed)
    assert found.digest() == expected_digest(found)


def test_every_field_counts_in_the_digest() -> None:
    whole = any_facts(3)
    other: dict[str, Any] = {"at": "2026-06-01T12:00:00.001Z", "log": "server", "scope": "organisation:x", "items": ()}
    other |= {"streams": (), "bindings": (), "subjects": whole.subjects[:1], "answers": ()}
    digests = {msgspec.structs.replace(whole, **{name: value}).digest() for name, value in other.items()}
    assert len(digests | {whole.digest()}) == len(other) + 1


def test_facts_survive_being_written_and_read() -> None:
    whole = any_facts(4)
    assert Facts.from_json(json.dumps(whole.to_json())) == whole


def test_an_evaluator_refuses_facts_of_other_rules() -> None:
    newer = msgspec.structs.replace(facts(), rules=2)
    for judge in (lambda: evaluate(newer, CATALOGUE), lambda: explain(newer, CATALOGUE, "standard:A.1")):
        with pytest.raises(FactsError, match="rules 2; this evaluator has rules 1") as caught:
            judge()
        assert caught.value.code == "UP-POST-02"
    with pytest.raises(FactsError):
        Facts.from_json(newer.to_json())


def test_an_evaluator_refuses_another_catalogue() -> None:
    other = msgspec.structs.replace(facts(), catalogue={**CATALOGUE.digests, "law": digest("another edition")})
    with pytest.raises(FactsError, match="this catalogue has") as caught:
        evaluate(other, CATALOGUE)
    assert caught.value.code == "UP-POST-04"


@pytest.mark.parametrize("plain", [b"", b"[]", b"{}", b'{"rules": 1}', b"\xff", {"rules": 1, "name": "Jane"}])
def test_what_is_no_facts_is_an_error_and_no_crash(plain: Any) -> None:
    with pytest.raises(FactsError) as caught:
        Facts.from_json(plain)
    assert caught.value.code == "UP-POST-01"


def test_a_free_text_is_no_part_of_facts() -> None:
    plain = facts().to_json() | {"note": "a name"}
    with pytest.raises(FactsError, match="note"):
        Facts.from_json(plain)


# --- days and conditions ----------------------------------------------------------------------------------------------


def test_the_day_of_the_authority_is_the_one_of_the_time_zone_database() -> None:
    brussels = ZoneInfo("Europe/Brussels")
    moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    while moment.year < 2032:
        text = moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert authority_day(text) == moment.astimezone(brussels).date().isoformat()
        moment += dt.timedelta(minutes=17 * 60 + 30)
    for year in range(2024, 2040):
        for month in (3, 10):
            for hour in range(20, 24):
                for of in range(24, 32):
                    at = dt.datetime(year, month, of if of < 32 else 31, hour, 59, 59, tzinfo=dt.UTC)
                    text = at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
                    assert authority_day(text) == at.astimezone(brussels).date().isoformat()


def test_the_last_day_of_the_calendar_is_still_a_day() -> None:
    assert authority_day("9999-12-31T23:59:59.999Z") == "9999-12-31"


@pytest.mark.parametrize(
    ("hold", "least", "enough"),
    [
        ("bytes", "snapshot", True), ("snapshot", "bytes", False), ("declared", "declared", True),
        ("window", "window", True), ("window", "declared", False), ("bytes", "window", False), ("declared", None, True),
    ],
)  # fmt: skip
def test_holds_are_ordered_and_a_window_matches_only_itself(hold: Any, least: Any, enough: bool) -> None:
    assert is_held(hold, least) is enough


@pytest.mark.parametrize(
    ("limits", "approved", "strict"),
    [
        ({"auc": {"at_least": "0.70"}}, {"auc": {"at_least": "0.7"}}, True),
        ({"auc": {"at_least": "0.699999999999999"}}, {"auc": {"at_least": "0.7"}}, False),
        ({"gap": {"at_most": "0.1"}}, {"gap": {"at_most": "0.10"}}, True),
        ({"gap": {"at_most": "0.11"}}, {"gap": {"at_most": "0.1"}}, False),
        ({"gap": {"at_most": "-0.1"}}, {"gap": {"at_most": "0.1"}}, True),
        ({}, {"gap": {"at_most": "0.1"}}, False),
        ({"auc": {"at_least": "many"}}, {"auc": {"at_least": "0.7"}}, False),
        ({"auc": {"exactly": "1"}}, {"auc": {"exactly": "2"}}, False),
        ({"auc": {"at_least": "0.9"}}, {}, True),
    ],
)
def test_limits_are_compared_as_numbers_and_a_missing_one_is_looser(limits: Any, approved: Any, strict: bool) -> None:
    assert is_as_strict(limits, approved) is strict


def test_freshness_beyond_the_calendar_ages_nothing() -> None:
    assert oldest_end("2026-01-31T00:00:00.000Z", None) == ""
    assert oldest_end("2026-01-31T00:00:00.000Z", "P900000D") == ""


def test_a_record_is_good_to_the_end_of_its_review_day_in_brussels() -> None:
    def status(at: str) -> str:
        found = evaluate(with_evidence(record("impact", SYSTEM, review_by="2026-06-01"), at=at), CATALOGUE)
        return found.verdict("law:L-1", SYSTEM).status  # type: ignore[union-attr]

    assert AT.startswith("2026-06-01")
    assert (status("2026-06-01T21:59:59.999Z"), status("2026-06-01T22:00:00.000Z")) == ("met", "stale")

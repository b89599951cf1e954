"""The check: what is vulnerable fails, what was not audited never passes, and posture follows the bytes."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.supply.records import record, until, write_folder, write_zip
from checks.supply.test_osv_service import honest, serving
from upright.checks import sandbox
from upright.checks.builtin.dependency_vulnerabilities import SNAPSHOT_VARIABLE
from upright.checks.contract import Binding, Context, ModelSource
from upright.checks.run import Ran, run_one
from upright.kernel import Ref

HASH = "--hash=sha256:" + "ab" * 32
RECORDS = [
    record("GHSA-1", "torch", *until("2.0"), aliases=["CVE-2026-1"], database_specific={"severity": "HIGH"}),
    record("PYSEC-1", "torch", *until("2.0"), aliases=["CVE-2026-1"]),
    record("GHSA-2", "flask", *until("1.0")),
    record("GHSA-3", "gone", *until("9.0"), withdrawn="2026-01-01T00:00:00Z"),
]


def ran(folder: Path, text: str = f"torch==1.0 {HASH}\n", limits: dict | None = None, **options: Any) -> Ran:
    (folder / "model.bin").write_bytes(b"model")
    (folder / "requirements.txt").write_text(text)
    model = ModelSource(
        ref=Ref("model", "s/m"), path=folder / "model.bin", digest="0" * 64, hold="bytes",
        requirements=folder / "requirements.txt",
    )  # fmt: skip
    binding = Binding(
        id="b", system=Ref("system", "s"), check="dependency-vulnerabilities", on=model, options=options,
        limits=limits or {},
    )  # fmt: skip
    clock = lambda: datetime(2026, 5, 1, tzinfo=UTC)  # noqa: E731
    return run_one(binding, Context(seed=1, scratch=folder, open_table=lambda _: None, clock=clock))  # type: ignore[arg-type, return-value]


def measured(found: Ran) -> dict[str, str | None]:
    return {one.name: one.value for one in found.predicate.measurements}


def said(found: Ran) -> str:
    return " | ".join(one.because for one in found.predicate.reasons)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path / "osv", RECORDS)
    return tmp_path


def test_a_known_vulnerability_fails_and_is_named_once_with_its_fix(folder: Path) -> None:
    found = ran(folder, f"torch==1.0 {HASH}\nflask==3.0 {HASH}\n", snapshot="osv")
    assert found.predicate.result == "failed"
    numbers = measured(found)
    assert (numbers["vulnerabilities"], numbers["high_vulnerabilities"], numbers["vulnerable_packages"]) == (
        "1",
        "1",
        "1",
    )
    assert "torch 1.0: CVE-2026-1 (GHSA-1, PYSEC-1), high, fixed in 2.0" in said(found)
    document = json.loads(found.artefacts[0].data)
    assert document["vulnerabilities"][0]["ids"] == ["GHSA-1", "PYSEC-1"]


def test_a_clean_list_passes_and_its_evidence_names_the_snapshots_date_and_digest(folder: Path) -> None:
    found = ran(folder, f"torch==2.0 {HASH}\ngone==1.0 {HASH}\n", snapshot="osv")
    assert found.predicate.result == "passed"
    assert found.predicate.not_examined == ()
    inputs = {one.ref: one for one in found.predicate.inputs}
    assert set(inputs) == {"model:s/m", "model:s/m/requirements", "database:osv"}
    database = inputs["database:osv"]
    assert (database.hold, database.to) == ("window", "2026-04-28T00:00:00.000Z")
    assert json.loads(found.artefacts[0].data)["records"]["sha256"] == database.digest
    assert measured(found)["snapshot_age_days"] == "3"
    assert "2026-04-28" in said(found)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("flask>=1\n", "flask>=1"),
        ("-e .\n", "-e ."),
        ("x @ https://host/x.whl\n", "x @ https://host/x.whl"),
        (f"flask==not-a-version {HASH}\n", "flask==not-a-version"),
        (f"flask===nightly {HASH}\n", "flask nightly"),
    ],
)
def test_what_was_not_audited_is_listed_and_never_passes(folder: Path, line: str, what: str) -> None:
    found = ran(folder, f"torch==2.0 {HASH}\n{line}", snapshot="osv")
    assert found.predicate.result == "undecided"
    assert what in [one.what for one in found.predicate.not_examined]
    own = ran(folder, f"torch==2.0 {HASH}\n{line}", {"critical_vulnerabilities": {"at_most": "0"}}, snapshot="osv")
    assert own.predicate.result == "undecided", "a binding's own limit does not silence what was not audited"
    odd = ran(folder, f"torch==2.0 {HASH}\n{line}", {"packages_not_audited": {"at_least": "0"}}, snapshot="osv")
    assert odd.predicate.result == "undecided"


def test_a_list_that_may_leave_something_out_passes_only_if_it_is_said_to_be_whole(folder: Path) -> None:
    assert ran(folder, "torch==2.0\n", snapshot="osv").predicate.result == "undecided"
    assert ran(folder, "torch==2.0\n", snapshot="osv", complete=True).predicate.result == "passed"


def test_an_ecosystem_without_records_is_not_audited(folder: Path) -> None:
    component = {"type": "library", "name": "x", "purl": "pkg:npm/left-pad@1.0.0"}
    bom = json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [component]})
    found = ran(folder, bom, snapshot="osv")
    assert found.predicate.result == "undecided"
    assert "the snapshot holds no record of ecosystem npm" in [one.why for one in found.predicate.not_examined]


def test_a_record_that_cannot_be_told_leaves_its_package_open(folder: Path) -> None:
    write_folder(folder / "osv", [record("GIT-1", "torch", {"introduced": "0"}, kind="GIT")])
    found = ran(folder, f"torch==2.0 {HASH}\n", snapshot="osv")
    assert found.predicate.result == "undecided"
    assert "GIT-1: it names commits only, not versions" in [one.why for one in found.predicate.not_examined]


def test_a_stale_snapshot_is_undecided_yet_what_it_knows_still_fails(folder: Path) -> None:
    old = [record("GHSA-1", "torch", *until("2.0"), modified="2026-03-01T00:00:00Z")]
    write_zip(folder / "old.zip", old)
    clean = ran(folder, f"torch==2.0 {HASH}\n", snapshot="old.zip")
    assert clean.predicate.result == "undecided"
    assert "61 days ago" in said(clean)
    assert ran(folder, f"torch==1.0 {HASH}\n", snapshot="old.zip").predicate.result == "failed"
    wider = {"vulnerabilities": {"at_most": "0"}, "snapshot_age_days": {"at_most": "90"}}
    assert ran(folder, f"torch==2.0 {HASH}\n", wider, snapshot="old.zip").predicate.result == "passed"


def test_an_unreadable_record_may_be_about_any_package(folder: Path) -> None:
    (folder / "osv" / "cut.json").write_text('{"id": ')
    found = ran(folder, f"torch==2.0 {HASH}\n", snapshot="osv")
    assert found.predicate.result == "undecided"
    assert "cut.json" in said(found)


def test_one_without_a_rating_may_be_critical(folder: Path) -> None:
    write_folder(folder / "osv", [record("X-1", "torch", *until("9.0"))])
    limits = {"critical_vulnerabilities": {"at_most": "0"}}
    found = ran(folder, f"torch==2.0 {HASH}\n", limits, snapshot="osv")
    assert found.predicate.result == "undecided"
    assert "1 more are not rated and may be critical" in said(found)
    assert (
        ran(
            folder, f"torch==2.0 {HASH}\n", {"critical_vulnerabilities": {"at_most": "1"}}, snapshot="osv"
        ).predicate.result
        == "passed"
    )
    assert ran(folder, limits={"high_vulnerabilities": {"at_most": "0"}}, snapshot="osv").predicate.result == "failed"


def test_without_records_or_list_it_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SNAPSHOT_VARIABLE, raising=False)
    found = ran(folder)
    assert found.predicate.result == "undecided"
    assert SNAPSHOT_VARIABLE in said(found)
    monkeypatch.setenv(SNAPSHOT_VARIABLE, str(folder / "osv"))
    assert ran(folder).predicate.result == "failed"
    for text, says in (("", "names no package"), ("{", "not JSON"), ("<a/>", "XML")):
        empty = ran(folder, text)
        assert empty.predicate.result == "undecided"
        assert says in said(empty)
    monkeypatch.setenv(SNAPSHOT_VARIABLE, str(folder / "absent"))
    assert ran(folder).predicate.result == "undecided"
    assert str(folder) not in said(ran(folder))


def test_a_snapshot_elsewhere_is_refused_and_two_sources_as_well(folder: Path) -> None:
    (folder / "in").mkdir()
    assert "UP-CHECK-71" in said(ran(folder / "in", snapshot="../osv"))
    assert "UP-CHECK-70" in said(ran(folder, snapshot="osv", service="https://api.osv.dev"))


def test_a_service_is_believed_and_a_silent_one_decides_nothing(folder: Path) -> None:
    with serving(honest) as (address, _):
        found = ran(folder, f"torch==1.0 {HASH}\n", service=address)
        assert found.predicate.result == "failed"
        assert ran(folder, f"flask==1.0 {HASH}\n", service=address).predicate.result == "passed"
        # the service says so, though our own reading of the record does not
        assert ran(folder, f"torch==5.0 {HASH}\n", service=address).predicate.result == "failed"
    assert ran(folder, service="http://127.0.0.1:9").predicate.result == "undecided"
    assert ran(folder, service="http://api.osv.dev").predicate.result == "undecided"


def test_where_there_is_no_sandbox_a_snapshot_is_read_and_a_service_not_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    with serving(honest) as (address, asked):
        found = ran(folder, f"flask==1.0 {HASH}\n", service=address)
    assert (found.predicate.result, asked) == ("undecided", [])
    assert "127.0.0.1 cannot be asked: no sandbox here: it needs Linux on x86-64 or arm64" in said(found)
    assert ran(folder, f"torch==1.0 {HASH}\n", snapshot="osv").predicate.result == "failed"


def test_secrets_in_addresses_stay_out_of_evidence(folder: Path) -> None:
    text = "--find-links https://me:hunter2@host/\ngit+https://me:hunter2@host/x.git\ntorch==2.0\n"
    found = ran(folder, text, snapshot="osv")
    assert "hunter2" not in str(found.predicate) + found.artefacts[0].data.decode()

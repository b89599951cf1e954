"""A few of the examples from end to end, by the commands that a person types and nothing else."""

import json
from pathlib import Path

import pytest

from cli.running import Runner
from examples.requirement_examples import Filing, examples
from examples.worlds import GOOD_LIMITS, HOSTILE, write_data, write_manifest
from upright.posture import Status, fold

CHOSEN = ("iso42001:A.5.4", "iso42001:A.7.4", "eu-ai-act:AIA-15", "gdpr:GDPR-30", "nist-ai-rmf:GOVERN-1.1")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(tmp_path)
    return Runner(capsys)


def attest(run: Runner, filing: Filing, keys: list[str], *more: str) -> None:
    Path("record.yaml").write_text(json.dumps(dict(filing.data)))
    signed = [word for key in keys[: filing.keys] for word in ("--key", key)]
    given = run("attest", filing.kind, "--about", filing.ref, "--file", "record.yaml", *signed, *more)
    assert given.status == 0, given.err


def statuses(run: Runner) -> dict[str, str]:
    """The status of each chosen requirement as ``upright posture`` prints it, folded over system and organisation."""
    found: dict[str, list[Status]] = {name: [] for name in CHOSEN}
    for one in run("posture", "--format", "json").document["verdicts"]:
        found.get(one["requirement"], []).append(one["status"])
    return {name: fold(some) for name, some in found.items()}


def test_examples_are_met_by_what_the_commands_file_and_not_before_nor_after_a_failure(
    run: Runner, tmp_path: Path
) -> None:
    chosen = {one.requirement.id: one for one in examples() if one.requirement.id in CHOSEN}
    assert set(chosen) == set(CHOSEN)
    checks = dict.fromkeys(check for one in chosen.values() for check in one.checks)
    write_data(tmp_path, is_scored=True)
    write_manifest(tmp_path, chosen[CHOSEN[0]], {check: GOOD_LIMITS[check] for check in checks})

    assert run("assess").status == 0
    keys = []
    for _ in range(2):
        keys.append(run("key", "new", "person", "--format", "json").document["fingerprint"])
        assert run("key", "enrol", "person", keys[-1]).status == 0
    assert set(statuses(run).values()) <= {"unknown", "partly"}

    filings = dict.fromkeys(filing for one in chosen.values() for filing in (*one.first, *one.files))
    for filing in filings:
        attest(run, filing, keys)
    assert statuses(run) == dict.fromkeys(CHOSEN, "met")

    failed = chosen["iso42001:A.7.4"]
    attest(run, failed.files[0], keys, "--conclusion", "failed")
    (tmp_path / "model.joblib").write_bytes(HOSTILE)
    assert run("assess", "--only", "model-file-scan").status == 1
    now = statuses(run)
    assert (now["iso42001:A.7.4"], now["eu-ai-act:AIA-15"]) == ("failing", "failing")
    assert now["gdpr:GDPR-30"] == "met"

"""What we write for CI: SARIF that an independent reader takes, JUnit that an XML parser and our own reader take."""

import json
import os
import pickle
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from sarif_pydantic import Sarif

from cli.running import Runner
from interchange.sarif_schema import OFFICIAL, SARIF
from upright.interchange import judged, read_findings
from upright.interchange.junit import assessment_xml
from upright.interchange.sarif import SCHEMA, assessment_log, scan_log


def check(
    outcome: str, *reasons: tuple[str, str, str], binding: str = "b", name: str = "performance"
) -> dict[str, Any]:
    rows = [{"limit": limit, "outcome": word, "because": text} for limit, word, text in reasons]
    return {"binding": binding, "check": name, "subject": "dataset:s/rows", "outcome": outcome, "reasons": rows}


DOCUMENT = {
    "system": "system:s",
    "checks": [
        check("passed", ("auc at_least 0.7", "passed", "fine"), binding="good"),
        check("failed", ("auc at_least 0.7", "failed", "0.6 is below"), ("f1", "passed", "fine"), binding="bad"),
        check("undecided", ("", "undecided", "too few <rows> & \x00 odd"), binding="open"),
        check("errored", binding="broken", name="drift"),
    ],
}


def sarif_of(data: bytes) -> Any:
    """The run of a log that an independent reader of SARIF 2.1.0 takes, with what the specification asks besides."""
    assert Sarif.model_validate_json(data).runs
    document = json.loads(data)
    Draft4Validator(OFFICIAL, format_checker=Draft4Validator.FORMAT_CHECKER).validate(document)
    Draft202012Validator(SARIF).validate(document)
    run = document["runs"][0]
    rules = [one["id"] for one in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    for one in run["results"]:
        assert one["message"]["text"]
        assert rules[one["ruleIndex"]] == one["ruleId"]
        assert one["level"] in {"error", "warning"}
        place = one["locations"][0]["physicalLocation"]
        assert not place["artifactLocation"]["uri"].startswith("/")
        assert place["artifactLocation"]["uriBaseId"] in run["originalUriBaseIds"]
        assert place.get("region", {"startLine": 1}).get("startLine", 1) >= 1
    return run


def test_the_schema_refuses_what_sarif_does_not_know() -> None:
    Draft202012Validator.check_schema(SARIF)
    good = json.loads(scan_log({"files": [{"path": "a", "verdict": "dangerous", "detections": []}]}))
    Draft4Validator.check_schema(OFFICIAL)
    assert OFFICIAL["id"] == SCHEMA == good["$schema"]
    for takes in (Draft202012Validator(SARIF).is_valid, Draft4Validator(OFFICIAL).is_valid):
        assert takes(good)
        result = good["runs"][0]["results"][0]
        for key, value in {"level": "fatal", "message": "text", "rule": "x", "ruleIndex": "0", "locations": {}}.items():
            wrong = {**good, "runs": [{**good["runs"][0], "results": [{**result, key: value}]}]}
            assert not takes(wrong), key
        assert not takes({**good, "version": "2.0.0"})
        assert not takes({**good, "runs": [{"results": []}]})


def test_an_assessment_in_sarif_shows_all_but_good_news_at_the_line_of_the_check() -> None:
    data = assessment_log(
        DOCUMENT, uri="my files/upright.yaml", lines={"checks.bad": 12}, about={"performance": "Asks."}
    )
    run = sarif_of(data)
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("performance", "error"), ("performance", "warning"), ("drift", "warning"),
    ]  # fmt: skip
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("my%20files/upright.yaml", {"startLine": 12})
    assert run["invocations"] == [{"executionSuccessful": False}]
    assert data == assessment_log(
        DOCUMENT, uri="my files/upright.yaml", lines={"checks.bad": 12}, about={"performance": "Asks."}
    )


def test_a_manifest_without_checks_is_no_empty_log() -> None:
    run = sarif_of(assessment_log({"system": "s", "checks": []}, uri="upright.yaml", lines={}, about={}))
    assert run["results"][0]["level"] == "warning"


def test_a_scan_in_sarif_gives_each_detection_its_byte() -> None:
    detection = {"what": "calls", "global": "posix.system", "offset": 11}
    files = [
        {"path": "a/m.pkl", "verdict": "dangerous", "detections": [detection]},
        {"path": "b.bin", "verdict": "not_examined", "detections": []},
        {"path": "c.npy", "verdict": "clean", "detections": []},
    ]
    run = sarif_of(scan_log({"files": files}))
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("model-file-dangerous", "error"), ("model-file-not-examined", "warning"),
    ]  # fmt: skip
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"byteOffset": 11}


NAMES = (
    "modèle-données.pkl", "模型 一.pkl", "a b%20c#d?e.pkl", "line\nbreak\ttab.pkl", 'quote"<x>&.pkl', "back\\slash.pkl",
    "\u202efdp.pkl", "http:model.pkl", b"not-utf8-\xff.pkl".decode(errors="surrogateescape"),
    "-dash.pkl", "é" * 60 + ".pkl",
)  # fmt: skip


def test_what_scan_finds_under_any_name_is_sarif_that_the_schema_of_oasis_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Runner(capsys)
    dangerous, suspicious = b"\x80\x04cposix\nsystem\n.", b"\x80\x04cacme\nThing\n."
    contents = {
        "clean": pickle.dumps([1]), "dangerous": dangerous, "suspicious": suspicious, "not-examined": b"\x80\x04.",
    }  # fmt: skip
    for folder, data in contents.items():
        (tmp_path / folder).mkdir()
        for name in NAMES if folder == "dangerous" else ("m.pkl",):
            (tmp_path / folder / name).write_bytes(data)
    levels = {"clean": [], "dangerous": ["error"] * len(NAMES), "suspicious": ["error"], "not-examined": ["warning"]}
    for folder, expected in levels.items():
        run("scan", folder, "--sarif", f"{folder}.sarif")
        found = sarif_of((tmp_path / f"{folder}.sarif").read_bytes())["results"]
        assert [one["level"] for one in found] == expected, folder
        assert {one["ruleId"] for one in found} <= {f"model-file-{folder}"}
        if folder == "dangerous":
            uris = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for one in found}
            assert {os.fsencode(unquote_to_bytes(uri)) for uri in uris} == {
                os.fsencode(f"{folder}/{name}") for name in NAMES
            }


def test_half_of_a_surrogate_pair_in_a_hostile_text_is_shown_as_unreadable() -> None:
    found = {"what": "names", "global": "os\ud800.system", "offset": 1}
    run = sarif_of(scan_log({"files": [{"path": "a\ud800\udcff", "verdict": "dangerous", "detections": [found]}]}))
    (one,) = run["results"]
    assert one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%ED%A0%80%FF"
    assert one["message"]["text"] == "dangerous: names (os\ufffd.system)"


def test_junit_counts_what_is_undecided_as_an_error_and_holds_any_text(tmp_path: Path) -> None:
    data = assessment_xml(DOCUMENT, timestamp="2026-04-01T11:00:00.000Z")
    suite = ET.fromstring(data)[0]
    assert {name: suite.attrib[name] for name in ("tests", "failures", "errors")} == {
        "tests": "4", "failures": "1", "errors": "2",
    }  # fmt: skip
    assert [[inner.tag for inner in case] for case in suite] == [[], ["failure"], ["error"], ["error"]]
    assert suite[2][0].attrib["message"] == "undecided: too few <rows> & \ufffd odd"
    (tmp_path / "j.xml").write_bytes(data)
    assert judged(read_findings(tmp_path / "j.xml"), {}).result == "failed"
    nothing = ET.fromstring(assessment_xml({"system": "s", "checks": []}, timestamp="2026-04-01T11:00:00.000Z"))
    assert nothing.attrib["errors"] == "1"


def test_the_commands_write_both_beside_their_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    run = Runner(capsys)
    (tmp_path / "model.bin").write_bytes(b"\x80\x04cposix\nsystem\n.")
    (tmp_path / "upright.yaml").write_text(
        "upright: 1\norganisation: {id: meridian}\nsystem:\n  id: s\n  purpose: Ranks.\n"
        "  roles: {iso42001: [producer]}\n  stage: verification-validation\n  modality: tabular\n"
        "models:\n  - {id: m, path: model.bin}\n"
        "checks:\n  model-signature: {on: model:m}\n"
    )
    answer = run("assess", "--sarif", "a.sarif", "--junit", "a.xml", "--format", "json")
    assert (answer.status, answer.document["outcome"]) == (3, "undecided")
    first = sarif_of((tmp_path / "a.sarif").read_bytes())["results"][0]
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "upright.yaml"
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    assert ET.fromstring((tmp_path / "a.xml").read_bytes())[0].attrib["errors"] == "1"
    run("scan", tmp_path / "model.bin", "--sarif", "s.sarif")
    found = sarif_of((tmp_path / "s.sarif").read_bytes())["results"]
    assert found[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "model.bin"


def test_of_more_results_than_code_hosts_take_the_worst_are_kept_and_the_rest_counted() -> None:
    mild = check("undecided", *[("", "undecided", f"reason {at}") for at in range(6_000)])
    bad = check("failed", ("x", "failed", "worst"), binding="bad")
    found = sarif_of(assessment_log({"system": "s", "checks": [mild, bad]}, uri="upright.yaml", lines={}, about={}))
    assert found["results"][0]["level"] == "error"
    assert "1001 further results" in found["results"][-1]["message"]["text"]

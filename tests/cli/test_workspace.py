"""Commands on a workspace: one small assessment, and everything that can be asked of it afterwards."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from cli.running import Answer, Runner

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  name: "Loans <b>of</b> Meridian"
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user]}
  stage: verification-validation
  modality: tabular
  personal_data: true
datasets:
  - id: decisions
    path: decisions.csv
    role: evaluation
    columns: {prediction: decision}
    recorded_decisions: true
    protected: [group]
    favourable: 1
checks:
  fairness:
    check: group-fairness
    on: dataset:decisions
    reference: {group: "a"}
    limits: {selection_rate_difference: {at_most: "0.1"}}
  provenance: {check: data-provenance, on: dataset:decisions}
"""


def write_system(folder: Path) -> None:
    """400 decisions: 90 of 100 in group a, 140 of 300 in group b."""
    (folder / "upright.yaml").write_text(MANIFEST)
    rows = [("a", 1)] * 90 + [("a", 0)] * 10 + [("b", 1)] * 140 + [("b", 0)] * 160
    (folder / "decisions.csv").write_text("group,decision\n" + "".join(f"{g},{d}\n" for g, d in rows))


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that was assessed once, with the keys and state of the one who did it."""
    home = tmp_path_factory.mktemp("assessed")
    (home / "system").mkdir()
    write_system(home / "system")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        patch.chdir(home / "system")
        from upright.cli import main

        assert main(["assess", "--format", "json"]) == 1
    return home


@pytest.fixture
def here(assessed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the current folder; what a test does to it stays in the copy."""
    for part in ("system", "config", "state"):
        shutil.copytree(assessed / part, tmp_path / part)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path / "system")
    return tmp_path / "system"


def test_assess_answers_as_the_contract_says_and_exits_1_on_a_failed_check(run: Runner, here: Path) -> None:
    answer = run("assess", "--format", "json")
    assert answer.status == 1
    found = answer.document
    assert (found["system"], found["outcome"]) == ("system:loans", "failed")
    fairness = next(each for each in found["checks"] if each["binding"] == "fairness")
    assert (fairness["check"], fairness["subject"]) == ("group-fairness", "dataset:loans/decisions")
    assert fairness["reused"] is True
    gap = next(each for each in fairness["measurements"] if each["name"] == "selection_rate_difference")
    assert gap["value"] == pytest.approx(90 / 100 - 140 / 300)
    assert gap["low"] < gap["value"] < gap["high"]
    assert {
        "of",
        "met",
        "partly",
        "failing",
        "stale",
        "unknown",
        "not_applicable",
        "at",
        "facts",
        "catalogue",
    } <= found["posture"]["iso42001"].keys()
    assert "iso42001:A.5.4" in fairness["speaks_to"]


def test_assess_shows_what_was_found_and_counts_the_rest_in_one_line(run: Runner, here: Path) -> None:
    shown = run("assess")
    assert "x Failed" in shown.out
    assert "Selection-rate difference at most 0.1: " in shown.out
    assert "0.433 (" in shown.out
    assert shown.out.count("more requirements of") == 1
    assert shown.out.isascii()
    assert shown.err == ""


def test_only_one_binding_can_be_asked_for_and_a_wrong_name_is_wrong_use(run: Runner, here: Path) -> None:
    found = run("assess", "--only", "provenance", "--format", "json").document
    assert [each["binding"] for each in found["checks"]] == ["provenance"]
    assert run("assess", "--only", "nope").status == 2


def test_fresh_runs_again(run: Runner, here: Path) -> None:
    found = run("assess", "--fresh", "--only", "fairness", "--format", "json").document
    assert [each["reused"] for each in found["checks"]] == [False]


def test_a_manifest_that_is_not_there_is_wrong_use(run: Runner, folder: Path) -> None:
    answer = run("assess")
    assert answer.status == 2
    assert "upright.yaml" in answer.err


def test_a_manifest_can_be_named_by_its_folder(run: Runner, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(here.parent)
    assert run("assess", "system", "--only", "provenance").status == 1
    assert not (here.parent / ".upright").exists()


def test_a_manifest_without_checks_is_undecided(run: Runner, folder: Path) -> None:
    write_system(folder)
    text = (folder / "upright.yaml").read_text()
    (folder / "upright.yaml").write_text(text.partition("checks:")[0])
    answer = run("assess")
    assert answer.status == 3
    assert "binds no check" in answer.out


def test_posture_is_the_same_document_as_text_and_json_and_filters(run: Runner, here: Path) -> None:
    whole = run("posture", "--format", "json").document
    assert set(whole["frameworks"]) == {"iso42001", "nist-ai-rmf", "eu-ai-act", "gdpr"}
    one = run("posture", "--framework", "gdpr", "--format", "json").document
    assert set(one["frameworks"]) == {"gdpr"}
    assert {each["requirement"].partition(":")[0] for each in one["verdicts"]} == {"gdpr"}
    assert "GDPR-22" in run("posture", "--framework", "gdpr").out
    assert "self-kept log" in run("posture").out
    assert run("posture", "--framework", "nope").status == 2


def test_before_the_run_all_was_unknown(run: Runner, here: Path) -> None:
    then = run("posture", "--at", "2020-01-01", "--format", "json")
    assert then.status == 0
    assert {each["status"] for each in then.document["verdicts"]} <= {"unknown"}
    assert run("posture", "--at", "yesterday").status == 2


def test_a_changed_byte_of_the_data_makes_its_evidence_stale_at_once(run: Runner, here: Path) -> None:
    before = run("explain", "iso42001:A.7.5", "--format", "json").document
    (here / "decisions.csv").write_text((here / "decisions.csv").read_text() + "a,1\n")
    after = run("explain", "iso42001:A.7.5", "--format", "json").document
    assert before["status"] != "stale"
    assert after["status"] == "stale"


def test_explain_says_why_in_sentences(run: Runner, here: Path) -> None:
    answer = run("explain", "iso42001:A.5.4")
    assert answer.status == 0
    assert "iso42001:A.5.4 is " in answer.out
    assert run("explain", "iso42001:A.99").status == 2


def test_the_gate_denies_with_every_reason_and_exits_1(run: Runner, here: Path) -> None:
    answer = run("gate", "--to", "deployment", "--format", "json")
    assert answer.status == 1
    assert answer.document["answer"] == "deny"
    assert "fairness" in {each["what"] for each in answer.document["missing"]}
    shown = run("gate", "--to", "deployment")
    assert shown.status == 1
    assert "The system may not go to deployment: " in shown.out
    assert "is above 0.1 for sure" in " ".join(shown.out.split())
    assert run("gate", "--to", "mars").status == 2


def test_the_gates_text_names_every_reason_of_its_document_within_two_screens(
    run: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    missing = run("gate", "--to", "deployment", "--format", "json").document["missing"]
    text = run("gate", "--to", "deployment").out
    assert len(missing) > 20
    assert [one["what"] for one in missing if one["what"].rpartition(":")[2] not in text] == []
    assert len(text.splitlines()) < 50


def test_the_gate_says_of_a_check_that_never_ran_that_it_was_not_measured(run: Runner, here: Path) -> None:
    text = (here / "upright.yaml").read_text()
    (here / "upright.yaml").write_text(text + "  quality: {check: data-quality, on: dataset:decisions}\n")
    shown = run("gate", "--to", "deployment").out
    assert "? Unknown  quality  not measured yet" in shown


def test_an_assessment_fits_two_screens_and_says_what_it_moves_worst_first(
    run: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("assess").out
    lines = shown.splitlines()
    assert len(lines) < 50
    assert shown.index("x Failed  fairness") < shown.index("x Failing  iso42001:A.7.5  Data provenance")
    assert shown.index("x Failing  iso42001:A.7.5") < shown.index("? Unknown  eu-ai-act AIA-10")
    assert lines[-1].endswith("Next: upright gate --to deployment")
    assert shown.count("more requirements of") == 1


def test_evidence_is_listed_filtered_and_shown(run: Runner, here: Path) -> None:
    rows = run("evidence", "list", "--format", "json").document["evidence"]
    assert {tuple(row["kinds"]) for row in rows} == {("group-fairness",), ("data-provenance",)}
    only = run("evidence", "list", "--kind", "group-fairness", "--format", "json").document["evidence"]
    assert len(only) == 1
    assert run("evidence", "list", "--about", "dataset:loans/none", "--format", "json").document["evidence"] == []
    identity = only[0]["evidence"]
    shown = run("evidence", "show", identity)
    assert "0.433 (" in shown.out
    whole = run("evidence", "show", identity, "--format", "json").document
    assert whole["statement"]["predicate"]["binding"]
    assert run("evidence", "show", "ffff").status == 2


def test_a_bundle_merges_into_another_workspace_once(run: Runner, here: Path, tmp_path: Path) -> None:
    assert run("assess", "--bundle", "run.bundle", "--fresh").status == 1
    other = tmp_path / "other"
    other.mkdir()
    from upright.workspace import Workspace

    Workspace.create(other, "meridian")
    first = run(
        "evidence", "merge", "run.bundle", "--workspace", other, "--manifest", "upright.yaml", "--format", "json"
    )
    assert first.status == 0
    assert first.document["bundles"][0]["added"] > 0
    again = run("evidence", "merge", "run.bundle", "--workspace", other, "--format", "json").document["bundles"][0]
    assert (again["added"], again["known"]) == (0, first.document["bundles"][0]["added"])


def test_a_file_that_is_no_evidence_is_refused_and_nothing_is_written(run: Runner, here: Path) -> None:
    before = run("ledger", "head").out
    (here / "bad.json").write_text("{}")
    assert run("evidence", "import", "bad.json").status == 2
    assert run("evidence", "merge", "bad.json").status == 2
    assert run("evidence", "import", "none.json").status == 2
    assert run("ledger", "head").out == before


def attested(run: Runner, here: Path, *more: object) -> Answer:
    (here / "record.yaml").write_text(example())
    return run("attest", "impact-assessment", "--about", "system:loans", "--file", "record.yaml", *more)


def example() -> str:
    from upright.catalogue import Catalogue

    return json.dumps(dict(Catalogue.load().kind("impact-assessment").example))


def test_a_record_is_filed_under_a_persons_key(run: Runner, here: Path) -> None:
    made = run("key", "new", "person", "--format", "json").document
    run("key", "enrol", "person")
    answer = attested(run, here, "--key", made["fingerprint"][:12], "--conclusion", "passed",
                      "--review-by", "2099-01-01", "--format", "json")  # fmt: skip
    assert answer.status == 0, answer.err
    assert answer.document["state"] == "approved"
    listed = run("evidence", "list", "--kind", "impact-assessment", "--format", "json").document["evidence"]
    assert [row["evidence"] for row in listed] == [answer.document["evidence"]]


def test_attesting_without_a_key_or_with_wrong_fields_is_wrong_use(run: Runner, here: Path) -> None:
    assert attested(run, here, "--key", "nobody").status == 2
    (here / "record.yaml").write_text("nonsense: 1\n")
    run("key", "new", "person")
    answer = run("attest", "impact-assessment", "--about", "system:loans", "--file", "record.yaml")
    assert answer.status == 2
    assert run("attest", "no-such-kind", "--about", "system:loans", "--file", "record.yaml").status == 2


def test_a_report_is_in_the_language_that_is_asked_for_and_a_packs_facts_in_none(
    run: Runner, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(*options: str) -> str:
        run("report", "assessment", "-o", "page.html", *options)
        return (here / "page.html").read_text()

    assert '<html lang="en">' in page()
    assert '<html lang="de">' in page("--language", "de")
    monkeypatch.setenv("LANG", "de_AT.UTF-8")
    assert '<html lang="de">' in page()
    assert '<html lang="en">' in page("--language", "en")
    monkeypatch.setenv("LC_ALL", "fr_FR")
    assert '<html lang="en">' in page()
    refused = run("report", "assessment", "--language", "fr")
    assert (refused.status, "UP-LANG-01" in refused.err) == (2, True)
    files = {}
    for language in ("en", "de"):
        run("pack", "-o", f"{language}.zip", "--language", language)
        assert run("verify", f"{language}.zip").status in {0, 3}
        with zipfile.ZipFile(here / f"{language}.zip") as archive:
            files[language] = {one: archive.read(one) for one in archive.namelist()}
    assert b'lang="de"' in files["de"]["report.html"]
    facts, german = (msgspec.json.decode(files[one]["facts.json"]) for one in ("en", "de"))
    assert {**facts, "at": ""} == {**german, "at": ""}


def test_the_report_is_one_file_or_standard_output(run: Runner, here: Path) -> None:
    assert run("report", "--format", "json").document["reports"][0]["name"] == "assessment"
    written = run("report", "assessment", "--format", "json").document
    page = (here / written["report"]).read_text()
    assert "Loans &lt;b&gt;of&lt;/b&gt; Meridian" in page
    assert run("report", "nope").status == 2
    run("report", "assessment", "-o", "other.html")
    assert (here / "other.html").is_file()


def test_a_pack_verifies_with_its_key_and_not_with_another(run: Runner, here: Path) -> None:
    made = run("pack", "--format", "json")
    assert made.status == 0, made.err
    pack, key = made.document["pack"], made.document["log_key"]
    assert made.document["verify"] == f"upright verify {pack} --trust {key}"
    good = run("verify", pack, "--trust", key, "--format", "json")
    assert (good.status, good.document["outcome"]) == (0, "intact")
    assert {"given", "log_key", "trusted"} <= good.document["trust"].keys()
    unknown = run("verify", pack)
    assert unknown.status == 3
    assert "signer unknown to you" in unknown.out
    from upright.evidence.keys import PrivateKey

    assert run("verify", pack, "--trust", PrivateKey.generate("log", "stranger").vkey).status == 1
    head = run("ledger", "head").out
    (here / "kept").write_text(head)
    assert run("verify", pack, "--trust", key, "--since", "kept").status == 0
    assert run("verify", pack, "--since", "none").status == 2


def test_a_changed_byte_breaks_a_pack_and_is_named(run: Runner, here: Path) -> None:
    made = run("pack", "--format", "json").document
    data = bytearray((here / made["pack"]).read_bytes())
    at = data.find(b"facts.json")
    data[at + 200] ^= 1
    (here / "changed.zip").write_bytes(data)
    answer = run("verify", "changed.zip", "--trust", made["log_key"])
    assert answer.status == 1
    assert "expected" in answer.out
    assert run("verify", "none.zip").status == 2


def test_init_proposes_a_manifest_and_never_writes_over_one(run: Runner, folder: Path) -> None:
    write_system(folder)
    (folder / "upright.yaml").unlink()
    shown = run("init", "--print")
    assert shown.status == 0
    assert "decisions.csv" in shown.out
    assert not (folder / "upright.yaml").exists()
    made = run("init", "--format", "json")
    assert made.status == 0
    assert (folder / "upright.yaml").read_text() == made.document["proposal"]
    assert run("init").status == 2
    assert run("init", "no-such-folder").status == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.replace("datasets:", "datases:"),
        lambda text: text.replace("decisions.csv", "../outside.csv"),
        lambda text: text.replace("decisions.csv", "missing.csv"),
        lambda text: text + "x" * 10_000_000,
        lambda text: "a: &a [x]\n" + "b: [" + "*a, " * 9 + "*a]\n" + text,
        lambda text: "upright: [",
    ],
)
def test_a_bad_manifest_is_one_error_with_a_code(run: Runner, folder: Path, spoil: Callable[[str], str]) -> None:
    write_system(folder)
    (folder / "upright.yaml").write_text(spoil(MANIFEST))
    answer = run("assess")
    assert answer.status == 2
    assert answer.err.startswith("Error: ")
    assert answer.err.count("\n") == 1
    assert answer.err.rstrip().endswith("]")
    assert not (folder / ".upright").exists()

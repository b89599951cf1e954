"""What is wrong with what a user gave is said once: what was found, what was expected, what to do, and a code."""

import json
import os
import pickle
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.running import Answer, Runner
from upright.kernel import canonical_bytes

MANIFEST = """\
upright: 1
organisation: {id: meridian, name: Meridian Credit Union}
system:
  id: loans
  purpose: Decides on small loans.
  roles: {iso42001: [producer, user]}
  stage: verification-validation
  modality: tabular
models:
  - {id: scorer, path: model.pkl}
datasets:
  - id: decisions
    path: decisions.csv
    role: evaluation
    columns: {label: good, prediction: decision, score: p}
    recorded_decisions: true
    protected: [group]
    favourable: 1
checks:
  fairness: {check: group-fairness, on: dataset:decisions, limits: {selection_rate_difference: {at_most: "0.1"}}}
  performance: {on: dataset:decisions, limits: {auc: {at_least: "0.7"}}}
  quality: {check: data-quality, on: dataset:decisions, limits: {missing_share: {at_most: "0.05"}}}
  scan: {check: model-file-scan, on: model:scorer}
"""
Row = list[object]


def rows(spoil: Callable[[int, Row], Row] = lambda _, row: row, count: int = 400) -> list[Row]:
    """Decisions of two groups that are treated alike, with a score that fits them."""
    draw = random.Random(1)
    found: list[Row] = []
    for number in range(count):
        good = int(draw.random() < 0.6)
        decision = good if draw.random() < 0.9 else 1 - good
        score = min(max(0.7 * decision + 0.15 + draw.uniform(-0.1, 0.1), 0), 1)
        found.append(spoil(number, ["ab"[number % 2], good, decision, f"{score:.4f}"]))
    return found


def write_table(table: Sequence[Row], sep: str = ",") -> None:
    lines = [["group", "good", "decision", "p"], *table]
    Path("decisions.csv").write_text("".join(sep.join(map(str, line)) + "\n" for line in lines), encoding="utf-8")


def write_system() -> None:
    Path("upright.yaml").write_text(MANIFEST, encoding="utf-8")
    Path("model.pkl").write_bytes(pickle.dumps([1]))
    write_table(rows())


def change(old: str, new: str) -> None:
    text = Path("upright.yaml").read_text(encoding="utf-8")
    assert old in text
    Path("upright.yaml").write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def system(folder: Path) -> Path:
    """A folder in which everything is in order."""
    write_system()
    return folder


def test_the_clean_case_passes(run: Runner, system: Path) -> None:
    answer = run("assess", "--format", "json")
    assert answer.status == 0
    assert {each["outcome"] for each in answer.document["checks"]} == {"passed"}


def leave_by_a_link() -> None:
    outside = Path("..").resolve() / "outside.csv"
    Path("decisions.csv").rename(outside)
    Path("decisions.csv").symlink_to(outside)


def leave_by_a_linked_folder() -> None:
    outside = Path("..").resolve() / "elsewhere"
    outside.mkdir()
    Path("decisions.csv").rename(outside / "decisions.csv")
    Path("data").symlink_to(outside)
    change("path: decisions.csv", "path: data/decisions.csv")


def yaml_bomb() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x]"]
    lines += [f"{chr(98 + n)}: &{chr(98 + n)} [{','.join([f'*{chr(97 + n)}'] * 9)}]" for n in range(9)]
    Path("upright.yaml").write_text("\n".join(lines), encoding="utf-8")


def pipe() -> None:
    Path("decisions.csv").unlink()
    os.mkfifo("decisions.csv")


def deep_yaml() -> None:
    Path("upright.yaml").write_text("a: " + "[" * 100_000, encoding="utf-8")


IN_THE_MANIFEST = [
    ("unknown key", lambda: change("datasets:", "datases:"), r"has no key 'datases'\. Did you mean 'datasets'\?"),
    ("unknown limit", lambda: change("auc:", "acu:"), r"does not measure 'acu'\. Did you mean 'auc'\?"),
    ("unknown check", lambda: change("group-fairness", "group-fairnes"), "Did you mean 'group-fairness'"),
    ("unknown stage", lambda: change("verification-validation", "verifying"), "is no life-cycle stage"),
    ("missing file", lambda: Path("decisions.csv").unlink(), "'decisions.csv' does not exist below "),
    ("climbing path", lambda: change("path: decisions.csv", "path: ../decisions.csv"), "leaves the manifest's folder"),
    ("absolute path", lambda: change("path: decisions.csv", "path: /etc/hosts"), "is not relative"),
    ("link", leave_by_a_link, "leaves the manifest's folder by a link"),
    ("linked folder", leave_by_a_linked_folder, "leaves the manifest's folder by a link"),
    ("pipe", pipe, "neither a file nor a folder"),
    ("10 MB", lambda: Path("upright.yaml").write_bytes(MANIFEST.encode() + b"#" * 10_000_000), "1,048,576 bytes"),
    ("bomb", yaml_bomb, "looks like a YAML bomb"),
    ("depth", deep_yaml, "nested deeper than"),
    ("not UTF-8", lambda: Path("upright.yaml").write_bytes(MANIFEST.encode() + b"# \xe4\n"), "0xe4 is not UTF-8"),
    ("not YAML", lambda: Path("upright.yaml").write_text("upright: ["), "is not YAML"),
    ("a tag", lambda: change("Decides on", "!!python/object:os.system Decides on"), "is not allowed here"),
    ("empty", lambda: Path("upright.yaml").write_text(""), "expected a mapping"),
    ("a limit that is no number", lambda: change('"0.7"', "high"), "high"),
    ("no folder", lambda: change("id: meridian", "id: ../x"), "is not a short name"),
]


@pytest.mark.parametrize(("spoil", "said"), [case[1:] for case in IN_THE_MANIFEST], ids=[c[0] for c in IN_THE_MANIFEST])
def test_a_bad_manifest_is_one_error_and_leaves_no_trace(
    run: Runner, system: Path, spoil: Callable[[], None], said: str
) -> None:
    spoil()
    answer = run("assess", "--format", "json")
    assert answer.status == 2
    assert re.fullmatch(r"Error: upright\.yaml.*\[UP-[A-Z]+-\d+\]\n", answer.err), answer.err
    assert re.search(said, answer.err)
    assert answer.document["error"]["exit"] == 2
    assert not (system / ".upright").exists()


def semicolons() -> None:
    write_table(rows(), sep=";")


def each_row(spoil: Callable[[int, Row], Row]) -> Callable[[], None]:
    return lambda: write_table(rows(spoil))


def truncated_parquet() -> None:
    columns = {"group": ["a", "b"] * 200, "good": [0, 1] * 200, "decision": [1, 0] * 200, "p": [0.5] * 400}
    pq.write_table(pa.table(columns), "decisions.parquet")
    whole = Path("decisions.parquet").read_bytes()
    Path("decisions.parquet").write_bytes(whole[: len(whole) // 2])
    change("decisions.csv", "decisions.parquet")


def latin_1() -> None:
    write_table(rows(lambda n, row: ["\u00e4" if n % 2 else "b", *row[1:]]))
    Path("decisions.csv").write_bytes(Path("decisions.csv").read_text(encoding="utf-8").encode("latin-1"))


IN_THE_DATA = [
    ("wrong delimiter", semicolons, "fairness", "errored", r"separated by semicolons; expected commas\. .*UP-TABLE"),
    ("absent column", lambda: change("score: p", "score: prob"), "performance", "errored", "has no column 'prob'; it"),
    (
        "label of three values", each_row(lambda n, r: [r[0], 2 if n % 7 == 0 else r[1], *r[2:]]),
        "performance", "undecided", r"holds 3 values \('0', '1', '2'\); a label or decision has two\. Name ",
    ),
    ("one class", each_row(lambda _, r: [r[0], 1, *r[2:]]), "performance", "undecided", "of one class"),
    (
        "score of 1.5", each_row(lambda n, r: [*r[:3], 1.5 if n == 5 else r[3]]),
        "performance", "undecided", "runs from .* to 1.5; expected 0 to 1",
    ),
    (
        "NaN in predictions", each_row(lambda n, r: [*r[:3], "nan" if n % 9 == 0 else r[3]]),
        "performance", "undecided", r"45 of 400 rows have no score \(missing or NaN\)",
    ),
    (
        "missing predictions", each_row(lambda n, r: [*r[:2], "" if n % 9 == 0 else r[2], r[3]]),
        "fairness", "undecided", "45 of 400 rows have no decision",
    ),
    (
        "group of 3 rows", each_row(lambda n, r: ["c" if n < 3 else r[0], *r[1:]]),
        "fairness", "undecided", "group = c against [ab]: 3 rows; 30 are needed",
    ),
    ("empty table", lambda: write_table([]), "quality", "undecided", "has no rows"),
    ("0-byte table", lambda: Path("decisions.csv").write_bytes(b""), "quality", "errored", r"is empty \(0 bytes\); "),
    ("0-byte model", lambda: Path("model.pkl").write_bytes(b""), "scan", "undecided", r"is empty \(0 bytes\)"),
    ("truncated parquet", truncated_parquet, "quality", "errored", "decisions.parquet cannot be read as a table"),
    ("Latin-1", latin_1, "quality", "errored", "is not UTF-8.*; it may be Latin-1"),
    (
        "hostile model", lambda: Path("model.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR."),
        "scan", "failed", "posix.system",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("spoil", "binding", "outcome", "said"), [case[1:] for case in IN_THE_DATA], ids=[case[0] for case in IN_THE_DATA]
)
def test_bad_data_never_passes_says_why_and_leaves_the_other_checks_alone(
    run: Runner, system: Path, spoil: Callable[[], None], binding: str, outcome: str, said: str
) -> None:
    spoil()
    answer = run("assess", "--format", "json")
    found = {each["binding"]: each for each in answer.document["checks"]}
    assert set(found) == {"fairness", "performance", "quality", "scan"}
    assert found[binding]["outcome"] == outcome
    assert any(re.search(said, reason["because"]) for reason in found[binding]["reasons"]), found[binding]["reasons"]
    outcomes = {each["outcome"] for each in found.values()}
    assert answer.status == (1 if "failed" in outcomes else 3)
    assert answer.err == ""
    shown = run("assess")
    assert shown.status == answer.status
    assert run("ledger", "verify").status == 0


# --- what was filed, and is not what it was --------------------------------------------------------------------------


@pytest.fixture
def assessed(run: Runner, system: Path) -> Path:
    """The same system after an assessment, with its bundle."""
    assert run("assess", "--bundle", "run.bundle").status == 0
    return system


def one_error(answer: Answer, status: int, said: str) -> None:
    assert answer.status == status
    assert re.search(said, answer.err), answer.err
    assert re.fullmatch(r"Error: .*\[UP-[A-Z]+-\d+\]\n", answer.err)


def test_a_tampered_evidence_file_is_refused_and_names_what_does_not_hold(run: Runner, assessed: Path) -> None:
    with zipfile.ZipFile("run.bundle") as bundle:
        name = next(name for name in bundle.namelist() if name.startswith("envelopes/"))
        envelope = json.loads(bundle.read(name))
    payload = envelope["payload"]
    envelope["payload"] = payload[:400] + ("A" if payload[400] != "A" else "B") + payload[401:]
    Path("changed.json").write_bytes(canonical_bytes(envelope))
    before = run("ledger", "head").out
    answer = run("evidence", "import", "changed.json")
    assert answer.status in {1, 2}
    one_error(answer, answer.status, "UP-")
    envelope["payload"] = payload
    envelope["signatures"][0]["sig"] = "A" * 86 + "=="
    Path("forged.json").write_bytes(canonical_bytes(envelope))
    answer = run("evidence", "import", "forged.json")
    one_error(answer, answer.status, "signature")
    assert answer.status in {1, 2}
    assert run("ledger", "head").out == before


def test_one_changed_byte_of_a_model_leaves_what_was_said_of_it_stale_and_before_the_run_all_is_unknown(
    run: Runner, assessed: Path
) -> None:
    def statuses(*more: str) -> dict[str, str]:
        found = run("posture", "--format", "json", *more).document["verdicts"]
        return {each["requirement"]: each["status"] for each in found}

    scan = next(one for one in run("assess", "--format", "json").document["checks"] if one["binding"] == "scan")
    before = statuses()
    path = assessed / "model.pkl"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"K\x01", b"K\x02"))
    changed = [name for name, status in statuses().items() if status != before[name]]
    assert path.read_bytes() != whole
    assert changed
    assert set(changed) <= set(scan["speaks_to"])
    assert {statuses()[name] for name in changed} == {"stale"}
    assert set(statuses("--at", "2020-01-01").values()) == {"unknown"}
    path.write_bytes(whole)
    assert statuses() == before


@pytest.mark.parametrize("part", ["ledger/tile/entries/000", "open/0"])
def test_a_removed_part_of_the_log_is_named_and_nothing_is_written_over_it(
    run: Runner, assessed: Path, part: str
) -> None:
    (assessed / ".upright" / part).unlink()
    one_error(run("assess", "--fresh"), 2, f"{part} cannot be read: No such file or directory")
    one_error(run("posture"), 2, part)
    verified = run("ledger", "verify")
    assert verified.status == 1
    assert part in verified.out
    assert not (assessed / ".upright" / part).exists()


def test_a_removed_tile_of_hashes_stops_the_next_append_and_every_answer(run: Runner, assessed: Path) -> None:
    (assessed / ".upright/ledger/tile/0/000").unlink()
    assert "ledger/tile/0/000" in run("ledger", "verify").out
    for command in (["assess", "--fresh"], ["posture"], ["explain", "iso42001:A.5.4"], ["gate", "--to", "deployment"]):
        one_error(run(*command), 2, "ledger/tile/0/000")


def test_an_upper_tile_of_hashes_is_missed_by_every_answer(run: Runner, assessed: Path) -> None:
    from upright.workspace import Workspace
    from upright.workspace.records import body, entry

    workspace = Workspace.open(assessed)
    about = {"schema": "note/1", "action": "test.note.added", "actor": "key:x", "reason": "", "record": {}}
    size = workspace.log.size
    workspace.append([entry(body(ref=f"note:n{n}", **about), index="index:notes") for n in range(600)])
    assert workspace.log.size > size + 600
    assert run("posture").status == 0
    tile = assessed / ".upright/ledger/tile/1/000"
    whole = tile.read_bytes()
    tile.unlink()
    assert run("ledger", "verify").status == 1
    one_error(run("posture"), 2, "ledger/tile/1/000")
    tile.write_bytes(bytes(len(whole)))
    one_error(run("posture"), 2, "The stored tiles do not lead to the checkpoint: expected root .*, got ")


def test_a_time_that_was_changed_behind_the_logs_back_is_found_by_posture(run: Runner, assessed: Path) -> None:
    """No body is touched, so only the tree can tell."""
    path = assessed / ".upright/ledger/tile/entries/000"
    data = path.read_bytes()
    at = data.rindex(b'"time":"20') + len(b'"time":"20')
    path.write_bytes(data[:at] + (b"9" if data[at : at + 1] != b"9" else b"8") + data[at + 1 :])
    assert run("ledger", "verify").status == 1
    one_error(run("posture"), 2, "The leaves do not lead to the checkpoint")
    one_error(run("posture", "--at", "2020-01-01"), 2, "The leaves do not lead to the checkpoint")


def test_a_changed_byte_of_a_body_is_named_by_its_entry(run: Runner, assessed: Path) -> None:
    path = assessed / ".upright/open/0"
    data = bytearray(path.read_bytes())
    data[data.find(b'"payload"') + 40] ^= 1
    path.write_bytes(data)
    one_error(run("assess"), 2, r"^Error: Entry \d+ \(binding:loans/.*: expected .*, got ")
    assert re.search(r"entry \d+ \(open/0\): expected body", run("ledger", "verify").out)


def test_a_log_without_its_checkpoint_is_never_written_over(run: Runner, assessed: Path) -> None:
    checkpoint = assessed / ".upright/ledger/checkpoint"
    whole = checkpoint.read_bytes()
    before = {path: path.read_bytes() for path in (assessed / ".upright").rglob("*") if path.is_file()}
    checkpoint.unlink()
    one_error(run("assess"), 2, "ledger/checkpoint is missing. Nothing was written over")
    for command in (["posture"], ["evidence", "list"], ["pack", "-o", "p.zip"]):
        one_error(run(*command), 2, "holds entries of a log, but ledger/checkpoint is missing")
    one_error(run("ledger", "verify"), 1, "holds entries of a log, but ledger/checkpoint is missing")
    checkpoint.write_bytes(b"x")
    one_error(run("assess"), 2, "ledger/checkpoint: 'x' is not a signed note")
    checkpoint.write_bytes(whole)
    assert {path: path.read_bytes() for path in before} == before
    assert run("ledger", "verify").status == 0


def test_without_its_keys_a_workspace_is_read_and_not_written(run: Runner, assessed: Path) -> None:
    shutil.rmtree(os.environ["XDG_CONFIG_HOME"])
    assert run("posture").status == 0
    assert run("ledger", "verify").status in {0, 3}
    one_error(run("assess"), 2, "The key that signs this log is not at hand")
    one_error(run("gate", "--to", "deployment"), 2, "The key that signs this log is not at hand")


def test_an_older_copy_of_the_log_is_found_out(run: Runner, assessed: Path) -> None:
    shutil.copytree(".upright", "older")
    assert run("assess", "--fresh").status == 0
    shutil.rmtree(".upright")
    Path("older").rename(".upright")
    one_error(run("assess"), 2, "The log was rolled back: this host has seen")


def test_debug_shows_the_story_and_nothing_else_does(run: Runner, system: Path) -> None:
    change("datasets:", "datases:")
    assert "Traceback" not in run("assess").err
    assert "Traceback" in run("assess", "--debug").err

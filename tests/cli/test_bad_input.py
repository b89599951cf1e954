"""What is wrong with what a user gave is said once: what was found, what was expected, what to do, and a code.

The list of bad inputs, each asserted through the command as a user meets it. Packs that lie stand in
``tests/pack/test_journeys.py``, real processes that are killed and a real full disk in ``tests/journeys``.
"""

import json
import logging
import os
import pickle
import random
import re
import resource
import shutil
import signal
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.running import Answer, Runner
from upright.cli import main
from upright.kernel import canonical_bytes
from upright.workspace import assess as assessing

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


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system that was assessed once, its bundle, and beside it the homes of its keys and of the state head."""
    home = tmp_path_factory.mktemp("pristine")
    (home / "system").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home / "system")
        patch.setenv("XDG_CONFIG_HOME", str(home / "config"))
        patch.setenv("XDG_STATE_HOME", str(home / "state"))
        write_system()
        assert main(["assess", "--bundle", "run.bundle"]) == 0
    return home


@pytest.fixture
def assessed(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(pristine, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path / "system")
    return tmp_path / "system"


def entries(folder: Path) -> int:
    """How many entries the log's checkpoint commits to."""
    return int((folder / ".upright/ledger/checkpoint").read_text().splitlines()[1])


@contextmanager
def nothing_lost(run: Runner) -> Iterator[None]:
    """Whatever happens within, the log verifies afterwards and extends what it was."""
    Path("before").write_text(run("ledger", "head").out, encoding="utf-8")
    yield
    verified = run("ledger", "verify", "--since", "before")
    assert verified.status == 0, verified.out


def one_error(answer: Answer, status: int, said: str) -> None:
    assert answer.status == status
    assert re.search(said, answer.err), answer.err
    assert re.fullmatch(r"Error: .*\[UP-[A-Z]+-\d+\]\n", answer.err)


def test_the_clean_case_passes(run: Runner, assessed: Path) -> None:
    with nothing_lost(run):
        answer = run("assess", "--fresh", "--format", "json")
    assert answer.status == 0
    assert {each["outcome"] for each in answer.document["checks"]} == {"passed"}


class Case(NamedTuple):
    """A bad input; the code of its answer, and what that says was found, was expected, and is to be done."""

    name: str
    spoil: Callable[[], object]
    code: str
    found: str
    expected: str
    todo: str


def by_name(cases: Sequence[NamedTuple]) -> "pytest.MarkDecorator":
    """Each case as a test of that name."""
    return pytest.mark.parametrize("case", cases, ids=[case[0] for case in cases])


def says_all(text: str, case: "Case | InData") -> None:
    """One place of the text says what was found and ends in the code; expectation and advice stand before the code."""
    line = re.search(rf"{case.found}.*?\[{case.code}\]", text)
    assert line, text
    assert re.search(case.expected, line[0]), line[0]
    assert re.search(case.todo, line[0]), line[0]


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


MOVE, CHECK = r"Move the file below it, or the manifest up\.", r"Check the spelling\."
IN_THE_MANIFEST = [
    Case(
        "unknown key", lambda: change("datasets:", "datases:"), "UP-MAN-12",
        r"upright\.yaml:11: the manifest has no key 'datases'", "'datasets'", "Did you mean",
    ),
    Case(
        "unknown limit", lambda: change("auc:", "acu:"), "UP-MAN-42",
        r"upright\.yaml:21: performance does not measure 'acu'", "'auc'", "Did you mean",
    ),
    Case(
        "unknown check", lambda: change("group-fairness", "group-fairnes"), "UP-MAN-40",
        r"upright\.yaml:20: there is no check 'group-fairnes'", "'group-fairness'", "Did you mean",
    ),
    Case(
        "unknown stage", lambda: change("verification-validation", "verifying"), "UP-MAN-15",
        r"upright\.yaml:7: 'verifying' is no life-cycle stage", "deployment, ", "Known here:",
    ),
    Case(
        "missing file", lambda: Path("decisions.csv").unlink(), "UP-MAN-23",
        r"upright\.yaml:13: path 'decisions\.csv' does not exist", "below ", CHECK,
    ),
    Case(
        "climbing path", lambda: change("path: decisions.csv", "path: ../decisions.csv"), "UP-MAN-20",
        r"upright\.yaml:13: path '\.\./decisions\.csv'", "leaves the manifest's folder upwards", MOVE,
    ),
    Case(
        "absolute path", lambda: change("path: decisions.csv", "path: /etc/hosts"), "UP-MAN-20",
        r"upright\.yaml:13: path '/etc/hosts'", "is not relative", r"Write it from the manifest's folder",
    ),
    Case(
        "link", leave_by_a_link, "UP-MAN-20",
        r"upright\.yaml:13: path 'decisions\.csv'", "leaves the manifest's folder by a link", MOVE,
    ),
    Case(
        "linked folder", leave_by_a_linked_folder, "UP-MAN-20",
        r"upright\.yaml:13: path 'data/decisions\.csv'", "leaves the manifest's folder by a link", MOVE,
    ),
    Case(
        "pipe", pipe, "UP-MAN-23",
        r"upright\.yaml:13: path 'decisions\.csv'", "neither a file nor a folder", r"Name regular files only\.",
    ),
    Case(
        "10 MB", lambda: Path("upright.yaml").write_bytes(MANIFEST.encode() + b"#" * 10_000_000), "UP-MAN-02",
        r"upright\.yaml has more than 1,048,576 bytes", "is far smaller", r"Give the right file;",
    ),
    Case(
        "YAML bomb", yaml_bomb, "UP-MAN-05",
        r"upright\.yaml:\d: more than 20,000 values", "like a YAML bomb", r"Write values out, without & and \*\.",
    ),
    Case("depth", deep_yaml, "UP-MAN-05", r"upright\.yaml:1: nested deeper", "than 32 levels", "Look for brackets"),
    Case(
        "not UTF-8", lambda: Path("upright.yaml").write_bytes(MANIFEST.encode() + b"# \xe4\n"), "UP-MAN-03",
        r"upright\.yaml:24: byte 0xe4", "is not UTF-8", "Save the file as UTF-8",
    ),
    Case(
        "not YAML", lambda: Path("upright.yaml").write_text("upright: ["), "UP-MAN-04",
        r"upright\.yaml:2: this is not YAML", "expected node content", "Look at the brackets, quotes and indentation",
    ),
    Case(
        "a tag", lambda: change("Decides on", "!!python/object:os.system Decides on"), "UP-MAN-06",
        r"upright\.yaml:5: tag tag:yaml\.org,2002:python/object:os\.system", "is not allowed", "write plain values",
    ),
    Case(
        "empty", lambda: Path("upright.yaml").write_text(""), "UP-MAN-10",
        r"upright\.yaml:1: found nothing", "expected a mapping of keys to values", "Write `key: value` lines",
    ),
    Case(
        "a limit that is no number", lambda: change('"0.7"', "high"), "UP-MAN-16",
        r"upright\.yaml:21: 'high'", "is not a number", 'expected digits such as "0.8"',
    ),
    Case(
        "no folder", lambda: change("id: meridian", "id: ../x"), "UP-MAN-14",
        r"upright\.yaml:2: '\.\./x'", "is not a short name", "use a-z, 0-9",
    ),
]  # fmt: skip


@by_name(IN_THE_MANIFEST)
def test_a_bad_manifest_is_one_error_and_leaves_no_trace(run: Runner, system: Path, case: Case) -> None:
    case.spoil()
    answer = run("assess", "--format", "json")
    assert answer.status == 2
    one_error(answer, 2, rf"\[{case.code}\]$")
    says_all(answer.err, case)
    error = answer.document["error"]
    assert (error["exit"], error["code"]) == (2, case.code)
    assert answer.err == f"Error: {error['message']} [{case.code}]\n"
    shown = run("assess", "--debug")
    assert "Traceback" in shown.err
    assert shown.err.endswith(answer.err)
    assert not (system / ".upright").exists()


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


class InData(NamedTuple):
    """The same of what a check meets: its binding, what becomes of it, and whether the check broke off."""

    name: str
    spoil: Callable[[], object]
    binding: str
    outcome: str
    code: str
    found: str
    expected: str
    todo: str
    breaks_off: bool = True


IN_THE_DATA = [
    InData(
        "wrong delimiter", lambda: write_table(rows(), sep=";"), "fairness", "errored", "UP-TABLE-03",
        r"dataset:loans/decisions: decisions\.csv: the columns are separated by semicolons", "expected commas",
        "Save the file as comma-separated",
    ),
    InData(
        "absent column", lambda: change("score: p", "score: prob"), "performance", "errored", "UP-TABLE-05",
        "dataset:loans/decisions has no column 'prob'", "it has group, good, decision, p", "Correct the name",
    ),
    InData(
        "label of three values", each_row(lambda n, r: [r[0], 2 if n % 7 == 0 else r[1], *r[2:]]),
        "performance", "undecided", "UP-MEASURE-04",
        r"Column 'good' holds 3 values \('0', '1', '2'\)", "a label or decision has two", "Name a column with two",
    ),
    InData(
        "one class", each_row(lambda _, r: [r[0], 1, *r[2:]]), "performance", "undecided", "UP-CHECK-43",
        "all outcomes are of one class", "rows of both", "are needed", breaks_off=False,
    ),
    InData(
        "score of 1.5", each_row(lambda n, r: [*r[:3], 1.5 if n == 5 else r[3]]), "performance", "undecided",
        "UP-MEASURE-09", r"Column 'p' runs from .* to 1\.5", "expected 0 to 1", "give the model's probability",
    ),
    InData(
        "NaN in predictions", each_row(lambda n, r: [*r[:3], "nan" if n % 9 == 0 else r[3]]),
        "performance", "undecided", "UP-CHECK-34",
        r"45 of 400 rows have no score \(missing or NaN\)", "are in no rate", "fill them, or set the option",
        breaks_off=False,
    ),
    InData(
        "missing predictions", each_row(lambda n, r: [*r[:2], "" if n % 9 == 0 else r[2], r[3]]),
        "fairness", "undecided", "UP-CHECK-34",
        "45 of 400 rows have no decision", "are in no rate", "fill them, or set the option", breaks_off=False,
    ),
    InData(
        "group of 3 rows", each_row(lambda n, r: ["c" if n < 3 else r[0], *r[1:]]), "fairness", "undecided",
        "UP-CHECK-43", "group = c against [ab]: 3 rows", "30 are needed", "not_judged may name the group and why",
        breaks_off=False,
    ),
    InData(
        "empty table", lambda: write_table([]), "quality", "undecided", "UP-MEASURE-07",
        "dataset:loans/decisions has no rows", "nothing can be measured", "Give a table with rows",
    ),
    InData(
        "0-byte table", lambda: Path("decisions.csv").write_bytes(b""), "quality", "errored", "UP-TABLE-04",
        r"decisions: decisions\.csv is empty \(0 bytes\)", "expected a line of column names", "Write the table again",
    ),
    InData(
        "0-byte model", lambda: Path("model.pkl").write_bytes(b""), "scan", "undecided", "UP-CHECK-44",
        r"not examined: model\.pkl: is empty \(0 bytes\)", "expected whole files", "Write them again",
        breaks_off=False,
    ),
    InData(
        "truncated parquet", truncated_parquet, "quality", "errored", "UP-TABLE-04",
        r"decisions\.parquet cannot be read as a table", "magic bytes not found", "Check that the file is whole",
    ),
    InData(
        "Latin-1", latin_1, "quality", "errored", "UP-TABLE-04",
        r"decisions\.csv: the text is not UTF-8", "it may be Latin-1", "iconv -f LATIN1 -t UTF-8",
    ),
]  # fmt: skip


@by_name(IN_THE_DATA)
def test_bad_data_never_passes_says_why_and_leaves_the_other_checks_and_the_log_alone(
    run: Runner, assessed: Path, case: InData, caplog: pytest.LogCaptureFixture
) -> None:
    case.spoil()
    with nothing_lost(run):
        answer = run("assess", "--format", "json")
    found = {each["binding"]: each for each in answer.document["checks"]}
    assert set(found) == {"fairness", "performance", "quality", "scan"}
    assert found[case.binding]["outcome"] == case.outcome
    says_all("\n".join(reason["because"] for reason in found[case.binding]["reasons"]), case)
    outcomes = {each["outcome"] for each in found.values()}
    assert answer.status == (1 if "failed" in outcomes else 3)
    assert answer.err == ""
    caplog.set_level(logging.DEBUG, "upright")  # which a command leaves alone; the server's settings do not
    shown = run("assess", "--only", case.binding, "--debug")
    assert shown.status in {1, 3}
    assert f"[{case.code}]" in " ".join(shown.out.split())
    assert ("Traceback" in shown.err) == case.breaks_off


def test_a_hostile_model_fails_by_name(run: Runner, assessed: Path) -> None:
    Path("model.pkl").write_bytes(b"cposix\nsystem\n(S'true'\ntR.")
    with nothing_lost(run):
        answer = run("assess", "--only", "scan", "--format", "json")
    assert answer.status == 1
    (found,) = answer.document["checks"]
    assert found["outcome"] == "failed"
    assert any("posix.system" in reason["because"] for reason in found["reasons"])


# --- what was filed, and is not what it was; a run that ends in the middle -------------------------------------------


def test_a_disk_that_takes_no_more_is_said_and_loses_nothing(run: Runner, assessed: Path) -> None:
    """By a limit on the size of files, the same as in a process that a container limits."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    with nothing_lost(run):
        resource.setrlimit(resource.RLIMIT_FSIZE, ((assessed / ".upright/open/0").stat().st_size + 100, usual[1]))
        try:
            answer, debugged = run("assess", "--fresh"), run("assess", "--fresh", "--debug")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    one_error(answer, 4, r"could not write open/0: File too large\. What was recorded before is safe\. Free some space")
    assert answer.err.endswith(" [UP-LEDGER-36]\n")
    assert "Traceback" in debugged.err
    assert run("assess", "--fresh").status == 0


def test_ctrl_c_in_the_middle_is_one_line_and_keeps_what_was_filed(
    run: Runner, assessed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, filed = assessing.evidence_entry, []

    def interrupted(*given: object) -> object:
        if len(filed) == 2:
            signal.raise_signal(signal.SIGINT)
        filed.append(given)
        return honest(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(assessing, "evidence_entry", interrupted)
    before = entries(assessed)
    with nothing_lost(run):
        answer = run("assess", "--fresh")
    assert (answer.status, answer.out) == (130, "")
    line = "Interrupted. What was recorded before stays recorded; run the same command again to go on. [UP-CLI-13]\n"
    assert answer.err == line
    assert entries(assessed) == before + 2
    filed[:] = [0, 0]
    debugged = run("assess", "--fresh", "--debug")
    assert debugged.status == 130
    assert debugged.err.startswith("Traceback")
    assert debugged.err.endswith(line)
    monkeypatch.undo()


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

"""The command and its options: an organisation's own list, SARIF, limits, folders."""

import hashlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from modelfiles.assembler import call, pickle4, short_text, stack_glob
from upright.cli import main
from upright.kernel.errors import InputError
from upright.modelfiles import ScanLimits, Verdict, scan
from upright.modelfiles.allowlist import allow_list, extended

OURS = pickle4(stack_glob("my_company.models", "Scorer") + b")\x81}" + short_text("weight") + b"K\x01sb")
LIST = b"""allow: 1
reviewed_by: person:security
groups:
  - id: ours
    reason: Plain attributes; read by the security team.
    uses: [value, new, build]
    globals: {my_company.models: [Scorer]}
"""


def test_a_reviewed_list_makes_its_own_globals_clean_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "ours.pkl").write_bytes(OURS)
    (tmp_path / "theirs.pkl").write_bytes(pickle4(call(stack_glob("other.models", "Scorer"))))
    assert [f.verdict for f in scan([tmp_path]).files] == [Verdict.SUSPICIOUS, Verdict.SUSPICIOUS]
    found = scan([tmp_path], allow=LIST)
    assert [f.verdict for f in found.files] == [Verdict.CLEAN, Verdict.SUSPICIOUS]


def test_the_digest_of_the_list_covers_ours_and_theirs() -> None:
    base = allow_list()
    one, two = extended(base, LIST, "a"), extended(base, LIST + b"\n", "a")
    assert len({base.digest, one.digest, two.digest}) == 3
    assert ("my_company.models", "Scorer") not in base.entries


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ((b"my_company.models: [Scorer]", b"os: [system]"), "known to run code"),
        ((b"my_company.models: [Scorer]", b"builtins: [getattr]"), "known to run code"),
        ((b"my_company.models: [Scorer]", b"collections: [OrderedDict]"), "listed already"),
        ((b"[value, new, build]", b"[everything]"), "uses"),
        ((b"allow: 1", b"allow: 2"), "form"),
        ((b"    reason: Plain attributes; read by the security team.\n", b""), "form"),
        ((b"reviewed_by: person:security\n", b""), "form"),
        ((b"{my_company.models: [Scorer]}", b"[1]"), "form"),
        ((b"allow: 1", b"{{{"), "YAML"),
        ((b"allow: 1", b"\xff\xfe"), "YAML"),
    ],
)
def test_a_list_that_is_not_fit_is_refused(change: tuple[bytes, bytes], why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        extended(allow_list(), LIST.replace(*change), "list.yaml")
    assert refused.value.code == "UP-SCAN-04"


def test_the_command_takes_the_list_and_says_which(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "ours.pkl").write_bytes(OURS)
    (tmp_path / "list.yaml").write_bytes(LIST)
    assert main(["scan", str(tmp_path / "ours.pkl")]) == 1
    capsys.readouterr()
    assert main(["scan", str(tmp_path / "ours.pkl"), "--allow", str(tmp_path / "list.yaml")]) == 0
    assert hashlib.sha256(LIST).hexdigest()[:12] in capsys.readouterr().out.replace("\n", "")
    assert main(["scan", str(tmp_path / "ours.pkl"), "--allow", str(tmp_path / "none.yaml")]) == 2


def test_sarif_has_a_result_for_each_detection(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad model.pkl").write_bytes(pickle4(call(stack_glob("os", "system"), short_text("true"))))
    (tmp_path / "good.pkl").write_bytes(pickle.dumps([1]))
    assert main(["scan", str(tmp_path), "--format", "sarif"]) == 1
    document = json.loads(capsys.readouterr().out)
    run = document["runs"][0]
    assert document["version"] == "2.1.0"
    assert {r["ruleId"] for r in run["results"]} == {"model-file-dangerous"}
    assert "bad" in run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert "os.system" in run["results"][0]["message"]["text"]
    assert main(["key", "list", "--format", "sarif"]) == 2


def test_a_reader_that_needs_too_much_is_ended_and_the_next_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.pkl").write_bytes(b"\x80\x02(" + b"(d" * 2_000_000 + b"t.")
    (tmp_path / "b.pkl").write_bytes(pickle.dumps([1]))
    found = scan([tmp_path], limits=ScanLimits(memory_bytes=150 * 2**20))
    assert [f.verdict for f in found.files] == [Verdict.NOT_EXAMINED, Verdict.CLEAN]
    assert found.files[0].detections


def test_a_link_to_nowhere_and_a_pipe_are_not_examined(tmp_path: Path) -> None:
    import os

    (tmp_path / "link.pkl").symlink_to(tmp_path / "none")
    os.mkfifo(tmp_path / "pipe.pkl")
    assert {f.verdict for f in scan([tmp_path]).files} == {Verdict.NOT_EXAMINED}


COSTLY = {
    "a memo that grows": b"\x80\x04]\x94" + b"2K\x01\x86\x94" * 1_600_000,
    "names": b"\x80\x04(" + b"cdatetime\ndate\n" * 1_500_000,
    "tuples within tuples": b"\x80\x04N" + b"\x85\x94" * 3_000_000,
}
_PEAK = """
import gc, pathlib, sys
from upright.modelfiles.child import examine_file
gc.disable()
print(examine_file(pathlib.Path(sys.argv[1])).verdict.value)
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell a process its memory")
@pytest.mark.parametrize("name", COSTLY)
def test_what_is_built_to_be_costly_is_given_up_within_150_mb(name: str, tmp_path: Path) -> None:
    path = tmp_path / "costly.pkl"
    path.write_bytes(COSTLY[name])
    told = subprocess.run([sys.executable, "-c", _PEAK, str(path)], capture_output=True, text=True, check=True)
    verdict, peak = told.stdout.split()
    assert verdict == "not_examined"
    assert int(peak) < 150_000

"""Keys and the log from the command line."""

import json
from pathlib import Path

import pytest

from cli.running import Runner
from upright.evidence.keys import PrivateKey
from upright.ledger import ProofError, VerifierKey, leaf_hash, verify_consistency, verify_inclusion


def test_a_new_key_is_kept_for_its_owner_alone_and_shown_without_its_secret(run: Runner, folder: Path) -> None:
    made = run("key", "new", "person", "--format", "json").document
    file = Path(made["file"])
    assert file.stat().st_mode & 0o777 == 0o600
    assert VerifierKey.parse(made["vkey"]).fingerprint == made["fingerprint"]
    assert made["name"].startswith("person/")
    assert "PRIVATE" in file.read_text()


def test_a_key_cannot_be_exported_where_it_is_not_clear_which(run: Runner, folder: Path) -> None:
    assert "no current person key" in run("key", "export", "person").err
    first = run("key", "new", "person", "--format", "json").document["vkey"]
    assert run("key", "export", "person").out == first + "\n"
    run("key", "new", "person")
    answer = run("key", "export", "person")
    assert answer.status == 2
    assert "2 current person keys" in answer.err


def test_the_exported_log_key_is_the_one_to_trust(run: Runner, workspace: Path) -> None:
    vkey = run("key", "export", "log").out.strip()
    assert run("ledger", "verify", "--trust", vkey).status == 0
    (workspace / "log.vkey").write_text(vkey + "\n")
    assert run("ledger", "verify", "--trust", "log.vkey").status == 0


def test_a_log_signed_by_another_key_than_the_trusted_one_is_not_accepted(run: Runner, workspace: Path) -> None:
    stranger = PrivateKey.generate("log", "stranger").vkey
    answer = run("ledger", "verify", "--trust", stranger, "--format", "json")
    assert answer.status == 1
    assert answer.document["outcome"] == "broken"


def test_a_log_whose_key_is_not_mine_and_not_named_is_intact_by_an_unknown_signer(
    run: Runner, workspace: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("elsewhere")))
    answer = run("ledger", "verify")
    assert answer.status == 3
    assert "The signer is unknown to you" in answer.out


def test_an_altered_log_is_broken_and_says_where(run: Runner, workspace: Path) -> None:
    tiles = sorted((workspace / ".upright/ledger/tile/entries").rglob("*"))
    tile = next(path for path in tiles if path.is_file())
    tile.write_bytes(tile.read_bytes().replace(b'"type":"key"', b'"type":"kez"', 1))
    answer = run("ledger", "verify", "--format", "json")
    assert answer.status == 1
    assert answer.document["problems"] or "error" in answer.document


def test_a_text_that_is_no_key_is_refused(run: Runner, workspace: Path) -> None:
    for text in ("nothing", "a+b", "upright.yaml"):
        answer = run("ledger", "verify", "--trust", text)
        assert answer.status == 2
        assert answer.err.startswith("Error: ")


def test_a_file_with_several_lines_is_no_key(run: Runner, workspace: Path) -> None:
    (workspace / "keys").write_text("one\ntwo\n")
    assert "holds 2 lines" in run("ledger", "verify", "--trust", "keys").err


def test_enrolling_and_retiring_are_entries_and_are_listed(run: Runner, workspace: Path) -> None:
    print_of = run("key", "new", "person", "--format", "json").document["fingerprint"]
    enrolled = run("key", "enrol", "person", print_of[:12], "--format", "json").document
    assert enrolled["new"] is True
    assert run("key", "enrol", "person", "--format", "json").document["new"] is False
    listed = {row["fingerprint"]: row for row in run("key", "list", "--format", "json").document["keys"]}
    assert listed[print_of]["enrolled"] == enrolled["index"]
    assert listed[print_of]["private"] is True
    retired = run("key", "retire", print_of[:12], "--reason", "left", "--format", "json").document
    assert retired["index"] == enrolled["index"] + 1
    assert f"retired at entry {retired['index']}" in run("key", "list").out


def test_a_key_from_elsewhere_is_enrolled_by_its_public_half(run: Runner, workspace: Path) -> None:
    vkey = PrivateKey.generate("evidence", "ci/evidence").vkey
    assert run("key", "enrol", "evidence", vkey, "--format", "json").document["fingerprint"] == vkey.fingerprint
    assert "elsewhere" in run("key", "list").out


def test_a_fingerprint_that_fits_no_key_is_refused(run: Runner, workspace: Path) -> None:
    assert run("key", "retire", "ffff", "--reason", "x").status == 2
    assert run("key", "enrol", "witness").status == 2


def test_an_inclusion_proof_leads_from_the_leaf_to_the_root(run: Runner, workspace: Path) -> None:
    proved = run("ledger", "prove", "3", "--format", "json").document
    tile = (workspace / ".upright/ledger/tile/entries/000").read_bytes()
    leaves, at = [], 0
    while at < len(tile):  # C2SP tlog-tiles: each entry behind its length in two bytes
        size = int.from_bytes(tile[at : at + 2], "big")
        leaves.append(tile[at + 2 : at + 2 + size])
        at += 2 + size
    hashes, root = [bytes.fromhex(each) for each in proved["proof"]], bytes.fromhex(proved["root"])
    verify_inclusion(leaf_hash(leaves[3]), 3, len(leaves), hashes, root)
    assert json.loads(leaves[3])["type"] == proved["leaf"]["type"]
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(leaves[2]), 3, len(leaves), hashes, root)


def test_a_consistency_proof_leads_from_the_old_root_to_the_new(run: Runner, workspace: Path) -> None:
    head = run("ledger", "head")
    (workspace / "kept").write_text(head.out)
    old = run("ledger", "head", "--format", "json").document
    assert old["checkpoint"] == head.out
    run("key", "new", "person")
    run("key", "enrol", "person")
    found = run("ledger", "consistency", "kept", "--format", "json").document
    assert found["compared"] is True
    assert (found["old_size"], found["old_root"]) == (old["size"], old["root"])
    proof = [bytes.fromhex(each) for each in found["proof"]]
    verify_consistency(
        found["old_size"], bytes.fromhex(found["old_root"]), found["size"], bytes.fromhex(found["root"]), proof
    )


def test_a_kept_checkpoint_that_the_log_does_not_extend_is_a_contradiction(run: Runner, workspace: Path) -> None:
    lines = run("ledger", "head").out.splitlines()
    lines[2] = "A" * 43 + "="
    (workspace / "kept").write_text("\n".join(lines) + "\n")
    answer = run("ledger", "consistency", "kept")
    assert answer.status == 1
    assert "UP-CLI-08" in answer.err


@pytest.mark.parametrize(
    "arguments", [("prove", "99"), ("prove", "0", "--size", "99"), ("consistency", "99"), ("consistency", "no-file")]
)
def test_what_the_log_does_not_hold_is_wrong_use(run: Runner, workspace: Path, arguments: tuple[str, ...]) -> None:
    assert run("ledger", *arguments).status == 2


def test_no_workspace_is_said_with_what_to_do(run: Runner, folder: Path) -> None:
    for arguments in (("ledger", "head"), ("posture",), ("evidence", "list"), ("gate", "--to", "deployment")):
        answer = run(*arguments)
        assert answer.status == 2
        assert "UP-CLI-03" in answer.err
    assert run("ledger", "head", "--workspace", "nowhere").status == 2


def test_a_workspace_is_found_from_a_folder_inside_it(
    run: Runner, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace / "a/b").mkdir(parents=True)
    monkeypatch.chdir(workspace / "a/b")
    inside = json.loads(run("ledger", "head", "--format", "json").out)
    assert inside == run("ledger", "head", "--workspace", workspace, "--format", "json").document


def test_a_new_log_key_takes_over_under_both_signatures(run: Runner, workspace: Path) -> None:
    old = run("key", "export", "log").out.strip()
    refused = run("key", "retire", VerifierKey.parse(old).fingerprint[:12], "--reason", "stolen")
    assert (refused.status, "UP-WORK-17" in refused.err) == (2, True)
    elsewhere = run("key", "enrol", "log", PrivateKey.generate("log", "stranger").vkey)
    assert (elsewhere.status, "has to sign too" in elsewhere.err) == (2, True)
    made = run("key", "new", "log", "--format", "json").document
    assert run("key", "enrol", "log", made["fingerprint"][:12]).status == 0
    assert run("key", "export", "log").out.strip() == made["vkey"]
    assert "retired at entry" in run("key", "list").out
    for trust in (old, made["vkey"]):
        assert run("ledger", "verify", "--trust", trust).status == 0
    run("key", "new", "person")
    assert run("key", "enrol", "person").status == 0
    for trust in (old, made["vkey"]):
        answer = run("ledger", "verify", "--trust", trust, "--format", "json")
        assert (answer.status, answer.document["log_key"]) == (0, made["vkey"])

"""What a pack proves to someone who trusts nobody: honest packs pass, and each attack is named."""

import base64
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pack.builders import (
    BLOB,
    CHECKER,
    DATA,
    JANE,
    LOG_KEY,
    OMAR,
    ORGANISATION,
    STAGE,
    SYSTEM,
    Office,
    catalogue,
    contents,
    jsonl,
    key,
    office,
    trust,
    zip_again,
)
from upright.cli import main
from upright.evidence import PrivateKey
from upright.kernel import canonical_bytes, sha256_hex, time_text
from upright.ledger import Checkpoint, Log
from upright.pack import PackError, VerifyReport, verify_pack
from upright.pack.contents import Manifest
from upright.posture import Facts, SoaRow, Waiver

Lie = Callable[[Facts], Facts]


@pytest.fixture(autouse=True)
def _loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading our own YAML is most of a verification's time; every test here reads the same."""
    from upright.catalogue import Catalogue

    loaded = catalogue()
    monkeypatch.setattr(Catalogue, "load", lambda: loaded)


@pytest.fixture
def made(tmp_path: Path) -> Office:
    return office(tmp_path)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Like ``made``, but shared: nothing more is recorded in it."""
    made = office(tmp_path_factory.mktemp("sealed"))
    made.pack(made.folder / "pack.zip")
    return made


@pytest.fixture
def pack(sealed: Office) -> Path:
    return sealed.folder / "pack.zip"


def problems(report: VerifyReport) -> str:
    return "\n".join(f"{p.code} {p.file} {p.entry}: expected {p.expected}; got {p.got}" for p in report.problems)


Command = Callable[..., tuple[int, Any]]


@pytest.fixture
def by_command(capsys: pytest.CaptureFixture[str]) -> Command:
    """``upright verify``: its exit status and its document; as text it says the same and never a traceback."""

    def verify(pack: Path) -> tuple[int, Any]:
        words = ["verify", str(pack), "--trust", str(LOG_KEY.vkey)]
        shown = main(words)
        said = capsys.readouterr()
        assert "Broken" in said.out
        assert "Rely on nothing in it: fetch it again from its maker" in said.out
        assert said.err == ""
        status = main([*words, "--format", "json"])
        assert status == shown
        document = json.loads(capsys.readouterr().out)
        for one in document["problems"]:
            assert one["expected"]
            assert one["got"]
            assert one["expected"] != one["got"]
            assert f"[{one['code']}]" in said.out
        return status, document

    return verify


def newest(made: Office, stream: str) -> int:
    return made.log.stream(stream)[-1].index


def test_an_honest_pack_is_intact_for_the_one_who_has_the_key(pack: Path) -> None:
    report = verify_pack(pack, trust=trust())
    assert not report.problems, problems(report)
    assert (report.outcome, report.exit_status, report.trust.trusted) == ("intact", 0, True)
    assert report.checked.items == 4
    assert report.checked.signatures == 5
    assert report.checked.gate == 1
    assert report.checked.posture > 100
    assert report.checked.files == len(contents(pack))


def test_without_a_key_the_signer_is_unknown(pack: Path) -> None:
    report = verify_pack(pack)
    assert (report.outcome, report.exit_status) == ("intact", 3)
    assert report.trust.log_key == str(LOG_KEY.vkey)
    assert not report.trust.trusted


def test_a_pack_of_one_system_is_intact_too(made: Office, tmp_path: Path) -> None:
    report = verify_pack(made.pack(tmp_path / "p.zip", scope=SYSTEM), trust=trust())
    assert report.exit_status == 0, problems(report)


def test_the_same_moment_gives_the_same_bytes(made: Office, tmp_path: Path) -> None:
    at = time_text(made.now)
    first = made.pack(tmp_path / "a.zip", at=at, check=True).read_bytes()
    size = made.log.size
    assert made.pack(tmp_path / "b.zip", at=at, check=True).read_bytes() == first
    assert made.log.size == size, "the same verdict is not written again"


def test_a_pack_that_was_zipped_again_is_still_intact(pack: Path, tmp_path: Path) -> None:
    again = zip_again(contents(pack), tmp_path / "again.zip")
    assert again.stat().st_size < pack.stat().st_size
    report = verify_pack(again, trust=trust())
    assert report.exit_status == 0, problems(report)


def test_one_byte_changed_in_any_file_is_named(pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    for name, data in files.items():
        for position in (0, len(data) // 3, len(data) - 1):
            changed = data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]
            report = verify_pack(zip_again({**files, name: changed}, tmp_path / "x.zip"), trust=trust())
            assert report.exit_status == 1, (name, position)
            named = {problem.file for problem in report.problems}
            assert name in named, (name, position, problems(report))
            assert all(problem.expected and problem.got for problem in report.problems)


def test_a_byte_changed_in_the_zip_itself_is_named_although_its_checksum_is_wrong(pack: Path, tmp_path: Path) -> None:
    data = pack.read_bytes()
    at = data.index(BLOB)
    (tmp_path / "x.zip").write_bytes(data[:at] + b"A" + data[at + 1 :])
    report = verify_pack(tmp_path / "x.zip", trust=trust())
    assert report.exit_status == 1
    assert any(p.file.startswith("blobs/") and p.entry is not None for p in report.problems), problems(report)


def test_a_changed_body_names_its_entry(sealed: Office, pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    lines = jsonl(files["ledger/openings.jsonl"])
    for line in lines:
        body = bytearray(base64.b64decode(line["body"]))
        body[len(body) // 2] ^= 1
        changed = [dict(one) for one in lines]
        changed[line["index"]]["body"] = base64.b64encode(body).decode()
        data = b"".join(json.dumps(one, separators=(",", ":"), sort_keys=True).encode() + b"\n" for one in changed)
        out = zip_again({**files, "ledger/openings.jsonl": data}, tmp_path / "x.zip")
        report = verify_pack(out, trust=trust())
        assert report.exit_status == 1
        assert line["index"] in {problem.entry for problem in report.problems}, problems(report)


def test_an_opening_that_is_no_json_any_more_names_its_entry(pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    lines = files["ledger/openings.jsonl"].splitlines(True)
    for number in (0, 7, len(lines) - 1):
        changed = [*lines]
        changed[number] = b"[" + changed[number][1:]
        out = zip_again({**files, "ledger/openings.jsonl": b"".join(changed)}, tmp_path / "x.zip")
        report = verify_pack(out, trust=trust())
        assert ("ledger/openings.jsonl", number) in {(p.file, p.entry) for p in report.problems}, problems(report)


def test_anything_cut_or_put_into_a_file_is_named(pack: Path, tmp_path: Path) -> None:
    files, draw = contents(pack), random.Random(42001)
    for _ in range(30):
        name = draw.choice(sorted(files))
        data = files[name]
        at = draw.randrange(len(data))
        changed = draw.choice([data[:at], data[:at] + data[at + 1 :], data[:at] + b"\x00" + data[at:], data * 2])
        report = verify_pack(zip_again({**files, name: changed}, tmp_path / "x.zip"), trust=trust())
        assert report.exit_status == 1
        assert name in {problem.file for problem in report.problems}, (name, at, problems(report))


def test_a_changed_blob_or_key_names_the_entry_that_holds_it(sealed: Office, pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    for prefix, entry in (("blobs/", newest(sealed, "binding:mortgage/performance") - 1), ("pub/", None)):
        name = next(n for n in files if n.startswith(prefix))
        report = verify_pack(zip_again({**files, name: files[name] + b"\n"}, tmp_path / "x.zip"), trust=trust())
        held = [p.entry for p in report.problems if p.file == name]
        assert held
        known = [index for index in held if index is not None]
        assert known, problems(report)
        assert entry is None or min(known) <= entry


@pytest.mark.parametrize("name", ["extra.txt", "ledger/extra", "ledger/tile/0/001", "pub/x.vkey", "blobs/aa/x"])
def test_an_unlisted_file_is_named(pack: Path, tmp_path: Path, name: str) -> None:
    report = verify_pack(zip_again({**contents(pack), name: b"x"}, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert name in {problem.file for problem in report.problems}


def test_any_missing_file_is_named(pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    for name in files:
        left = {other: data for other, data in files.items() if other != name}
        report = verify_pack(zip_again(left, tmp_path / "x.zip"), trust=trust())
        assert report.exit_status == 1
        assert name in {problem.file for problem in report.problems}, (name, problems(report))


def test_a_cut_pack_is_broken_not_a_crash(pack: Path, tmp_path: Path) -> None:
    data = pack.read_bytes()
    for length in (0, 10, len(data) // 2, len(data) - 1):
        (tmp_path / "x.zip").write_bytes(data[:length])
        assert verify_pack(tmp_path / "x.zip", trust=trust()).exit_status == 1


# --- another signer, a hidden failure -------------------------------------------------------------------------------


def test_a_pack_wholly_signed_again_by_another_key_is_refused(tmp_path: Path, by_command: Command) -> None:
    forger = PrivateKey.from_seed("log", LOG_KEY.name, b"\x07" * 32)
    forged = office(tmp_path / "forged", forger).pack(tmp_path / "forged.zip", check=True)
    unknown = verify_pack(forged)
    assert (unknown.outcome, unknown.exit_status) == ("intact", 3)
    report = verify_pack(forged, trust=trust())
    assert report.exit_status == 1
    assert not report.trust.trusted
    assert any(p.file == "ledger/checkpoint" and str(LOG_KEY.vkey) in p.expected for p in report.problems)
    status, said = by_command(forged)
    assert (status, said["outcome"], said["trust"]["trusted"]) == (1, "broken", False)


def test_a_pack_whose_newest_failed_run_was_cut_out_is_refused(
    sealed: Office, pack: Path, tmp_path: Path, by_command: Command
) -> None:
    files = contents(pack)
    failed = newest(sealed, "binding:mortgage/group-fairness")
    lines = [line for line in files["ledger/openings.jsonl"].splitlines(True) if json.loads(line)["index"] != failed]
    files["ledger/openings.jsonl"] = b"".join(lines)
    report = verify_pack(zip_again(files, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert failed in {problem.entry for problem in report.problems}, problems(report)
    status, said = by_command(tmp_path / "x.zip")
    assert (status, said["outcome"]) == (1, "broken")
    assert failed in {problem["entry"] for problem in said["problems"]}


def test_a_log_made_anew_without_the_failed_run_is_refused_by_an_older_checkpoint(
    sealed: Office, pack: Path, tmp_path: Path
) -> None:
    seen = sealed.log.checkpoint
    assert verify_pack(pack, trust=trust(), since=seen).exit_status == 0
    clean = Office(tmp_path / "clean")
    clean.run("group-fairness", "passed", {"selection_rate_difference": {"at_most": "0.1"}})
    for _ in range(10):
        clean.run("performance", "passed", {"auc": {"at_least": "0.7"}})
    forged = clean.pack(tmp_path / "clean.zip", check=True)
    assert verify_pack(forged, trust=trust()).exit_status == 0, "alone it cannot be told apart; the guide says so"
    report = verify_pack(forged, trust=trust(), since=seen)
    assert report.exit_status == 1


def test_a_pack_as_of_a_moment_before_the_failed_run_is_only_partial(made: Office, tmp_path: Path) -> None:
    before = made.log.entry(newest(made, "binding:mortgage/group-fairness") - 1).time
    report = verify_pack(made.pack(tmp_path / "p.zip", at=before), trust=trust())
    assert (report.outcome, report.exit_status) == ("partial", 3)
    assert any("newer than" in line for line in report.not_checked)


def test_a_partial_pack_says_that_the_newest_is_not_proven(made: Office, tmp_path: Path) -> None:
    path = made.pack(tmp_path / "p.zip", scope=SYSTEM, partial=True, check=True)
    report = verify_pack(path, trust=trust())
    assert (report.outcome, report.exit_status) == ("partial", 3), problems(report)
    assert any("newest not proven" in line for line in report.not_checked)


def test_a_pack_that_leaves_out_an_index_of_its_scope_is_refused(made: Office, tmp_path: Path) -> None:
    files = contents(made.pack(tmp_path / "p.zip", scope=SYSTEM, partial=True))
    manifest = json.loads(files["pack.json"]) | {"partial": False}
    files["pack.json"] = canonical_bytes(manifest)
    report = verify_pack(zip_again(files, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert any(p.code == "UP-PACK-26" and "index:organisation:meridian" in p.expected for p in report.problems)


# --- honest proofs, lying Facts: all digests, posture and gate computed from the lie, signed by the genuine log key ---


def _failed(facts: Facts) -> int:
    return next(n for n, item in enumerate(facts.items) if item.result == "failed")


def flip(facts: Facts) -> Facts:
    items = list(facts.items)
    items[_failed(facts)] = msgspec.structs.replace(items[_failed(facts)], result="passed")
    return msgspec.structs.replace(facts, items=tuple(items))


def drop(facts: Facts) -> Facts:
    items = list(facts.items)
    gone = items.pop(_failed(facts))
    streams = tuple(
        msgspec.structs.replace(s, entries=s.entries - 1) if s.id == gone.stream else s for s in facts.streams
    )
    return msgspec.structs.replace(facts, items=tuple(items), streams=streams)


def other_digest(facts: Facts) -> Facts:
    subjects = tuple(msgspec.structs.replace(s, digest="f" * 64) if s.ref == DATA else s for s in facts.subjects)
    return msgspec.structs.replace(facts, subjects=subjects)


def loosen(facts: Facts) -> Facts:
    bindings = tuple(
        msgspec.structs.replace(b, limits={"auc": {"at_least": "0.1"}}) if b.id == "performance" else b
        for b in facts.bindings
    )
    return msgspec.structs.replace(facts, bindings=bindings)


def exclude(facts: Facts) -> Facts:
    row = SoaRow(
        control="A.5.4",
        system=None,
        included=False,
        ground="risk-assessment-shows-no-need",
        approved_index=facts.soa[0].approved_index,
    )
    return msgspec.structs.replace(facts, soa=(*facts.soa, row))


def waive(facts: Facts) -> Facts:
    waiver = Waiver(
        requirement="iso42001:A.5.4",
        system=SYSTEM,
        stage=STAGE,
        requester="person:00000000-0000-4000-8000-000000000003",
        approver="person:00000000-0000-4000-8000-000000000004",
        until="2027-01-01",
        index=3,
    )
    return msgspec.structs.replace(facts, waivers=(waiver,))


@pytest.mark.parametrize(
    ("lie", "expected", "got"),
    [
        (flip, '.result = "failed"', '.result = "passed"'),
        (drop, '"source":"check"', "= nothing"),
        (other_digest, f'subjects[{DATA}].digest = "{sha256_hex(b"rows")}"', f'.digest = "{"f" * 64}"'),
        (loosen, 'bindings[performance system:mortgage].limits.auc.at_least = "0.7"', '"0.1"'),
        (exclude, "soa[A.5.4] = nothing", '"control":"A.5.4"'),
        (waive, "waivers[", '"requirement":"iso42001:A.5.4"'),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_lie_in_the_facts_is_named_field_by_field(
    made: Office, tmp_path: Path, lie: Lie, expected: str, got: str, by_command: Command
) -> None:
    report = verify_pack(made.pack(tmp_path / "p.zip", lie), trust=trust())
    assert report.exit_status == 1
    assert report.trust.trusted, "the signature is genuine"
    assert all(problem.code.startswith("UP-PACK-5") for problem in report.problems), problems(report)
    named = [p for p in report.problems if p.file == "facts.json"]
    assert any(expected in p.expected and got in p.got for p in named), problems(report)
    if lie in {flip, drop}:
        assert newest(made, "binding:mortgage/group-fairness") in {p.entry for p in named}
    status, said = by_command(tmp_path / "p.zip")
    assert (status, said["outcome"]) == (1, "broken")
    assert any(expected in one["expected"] and got in one["got"] for one in said["problems"])


def test_a_lie_is_not_written_by_the_maker_who_checks(made: Office, tmp_path: Path) -> None:
    with pytest.raises(PackError, match="would not verify") as refusal:
        made.pack(tmp_path / "p.zip", flip, check=True)
    assert refusal.value.code == "UP-PACK-11"
    assert not list(tmp_path.glob("p.zip*"))


@pytest.mark.parametrize(
    ("name", "old", "new", "field"),
    [
        ("gate.json", b'"answer":"deny"', b'"answer":"allow"', "answer"),
        ("posture.json", b'"status":"failing"', b'"status":"met"', "status"),
        ("posture.json", b'"status":"unknown"', b'"status":"not_applicable"', "status"),
    ],
)
def test_a_lie_in_posture_or_gate_is_named_though_every_digest_was_made_anew(
    made: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: bytes, new: bytes, field: str
) -> None:
    from upright.pack import make

    honest = make._described

    def lying(path: str, content: bytes) -> object:
        return honest(path, content.replace(old, new, 1) if path == name else content)

    monkeypatch.setattr(make, "_described", lying)
    files = contents(made.pack(tmp_path / "p.zip"))
    files[name] = files[name].replace(old, new, 1)
    report = verify_pack(zip_again(files, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert {problem.file for problem in report.problems} == {name}, problems(report)
    assert any(field in p.expected and p.expected != p.got for p in report.problems)


def test_a_file_changed_with_its_digest_in_pack_json_is_held_against_the_logs_verdict(
    sealed: Office, pack: Path, tmp_path: Path
) -> None:
    files = contents(pack)
    files["report.html"] = b"<html>all is well</html>"
    manifest = Manifest.parse(files["pack.json"])
    entries = tuple(
        msgspec.structs.replace(e, size=len(files[e.path]), sha256=sha256_hex(files[e.path])) for e in manifest.files
    )
    files["pack.json"] = msgspec.structs.replace(manifest, files=entries).to_bytes()
    report = verify_pack(zip_again(files, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert newest(sealed, f"verdict:pack:{ORGANISATION}") in {p.entry for p in report.problems if p.file == "pack.json"}


def test_evidence_of_a_key_that_nobody_enrolled_is_said_to_be_unattributed(made: Office, tmp_path: Path) -> None:
    made.run("performance", "passed", {"auc": {"at_least": "0.7"}}, key("evidence", 9))
    report = verify_pack(made.pack(tmp_path / "p.zip", check=True), trust=trust())
    assert report.exit_status == 0, problems(report)
    assert any("unattributed" in line for line in report.not_checked)


def test_a_forged_signature_in_the_log_names_its_entry(made: Office, tmp_path: Path) -> None:
    entry = made.log.stream("binding:mortgage/performance")[-1]
    envelope = json.loads(entry.body or b"")
    envelope["signatures"] = [{"keyid": CHECKER.fingerprint, "sig": base64.b64encode(bytes(64)).decode()}]
    stream = "binding:mortgage/performance"
    index = made.append("evidence", stream, entry.media_type, canonical_bytes(envelope), f"index:{SYSTEM}")
    report = verify_pack(made.pack(tmp_path / "p.zip"), trust=trust())
    assert [(p.code, p.entry) for p in report.problems] == [("UP-PACK-42", index)]


def test_an_erased_body_is_said_and_does_not_break_the_pack(made: Office, tmp_path: Path) -> None:
    first = made.log.stream("binding:mortgage/performance")[0].index
    made.log.erase(first, "asked for by the person concerned", f"key:{JANE.fingerprint}")
    report = verify_pack(made.pack(tmp_path / "p.zip", check=True), trust=trust())
    assert report.outcome == "intact", problems(report)
    assert any("erased" in line for line in report.not_checked)


def test_a_weaker_catalogue_is_recomputed_and_shown_as_the_makers_own(
    made: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pack.builders as builders
    from upright.catalogue import Catalogue

    frozen = builders.catalogue().frozen()
    for requirement in frozen["frameworks"]["iso42001"]["requirements"]:
        requirement["asks"] = requirement["asks"][:1]
    weaker = Catalogue.thaw(frozen)
    monkeypatch.setattr(builders, "catalogue", lambda: weaker)
    report = verify_pack(made.pack(tmp_path / "p.zip"), trust=trust())
    assert any(line.startswith("catalogue iso42001") for line in report.asserted), report.asserted


def test_a_blob_that_is_not_there_is_listed_not_hidden(made: Office, tmp_path: Path) -> None:
    from upright.gate import answer
    from upright.pack import make_pack
    from upright.posture import evaluate

    facts = made.facts()
    make_pack(
        made.log,
        facts=facts,
        posture=evaluate(facts, catalogue()),
        gate=answer(facts, catalogue(), system=SYSTEM, stage=STAGE),
        report_html=b"<html></html>",
        catalogue=catalogue(),
        blobs=tmp_path / "no-such-folder",
        out=tmp_path / "p.zip",
        scope=ORGANISATION,
    )
    report = verify_pack(tmp_path / "p.zip", trust=trust())
    assert report.exit_status == 0
    assert any("artefacts that the pack does not carry" in line for line in report.not_checked)


@pytest.mark.parametrize("name", ["pack.json", "facts.json", "posture.json", "gate.json"])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'"x"',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"log":"self-kept","at":1}',
        b"\xff\xfe",
        b'[{"system":{},"stage":[]}]',
        b'{"a":1,"a":2}',
    ],
    ids=range(11),
)
def test_hostile_json_is_a_problem_and_never_a_crash(pack: Path, tmp_path: Path, name: str, data: bytes) -> None:
    report = verify_pack(zip_again({**contents(pack), name: data}, tmp_path / "x.zip"), trust=trust())
    assert report.exit_status == 1
    assert name in {problem.file for problem in report.problems}


@pytest.mark.parametrize(
    "body", [b"{}", b'{"schema":"workspace-system/1"}', b'{"schema":"workspace-system/1","record":{}}']
)
def test_hostile_records_in_a_genuinely_signed_log_are_a_problem_and_never_a_crash(
    made: Office, pack: Path, tmp_path: Path, body: bytes
) -> None:
    honest = contents(pack)
    made.append("record", SYSTEM, "application/json", body, f"index:{SYSTEM}")
    reopened = Log.open(made.folder / ".upright", signer=LOG_KEY, clock=lambda: made.now)
    from upright.ledger import export

    export(reopened, tmp_path / "out", "all")
    ledger = {
        p.relative_to(tmp_path / "out").as_posix(): p.read_bytes()
        for p in (tmp_path / "out/ledger").rglob("*")
        if p.is_file()
    }
    kept = {name: data for name, data in honest.items() if not name.startswith("ledger/")}
    at = json.loads(honest["pack.json"]) | {"at": time_text(made.now)}
    report = verify_pack(
        zip_again({**kept, **ledger, "pack.json": canonical_bytes(at)}, tmp_path / "x.zip"), trust=trust()
    )
    assert report.exit_status == 1


def test_a_checkpoint_that_claims_endless_entries_is_refused_before_they_are_looked_for(
    pack: Path, tmp_path: Path
) -> None:
    for size in (10**18, 10**9):
        files = contents(pack)
        origin, _, root = files["ledger/checkpoint"].decode().split("\n")[:3]
        files["ledger/checkpoint"] = str(Checkpoint.sign(origin, size, base64.b64decode(root), LOG_KEY)).encode()
        report = verify_pack(zip_again(files, tmp_path / "x.zip"), trust=trust())
        assert report.exit_status == 1
        assert "UP-PACK-27" in {problem.code for problem in report.problems}


def test_a_full_disk_leaves_no_half_pack(made: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("upright.pack.make.write_zip", full)
    with pytest.raises(PackError, match="No space left") as refusal:
        made.pack(tmp_path / "p.zip")
    assert refusal.value.code == "UP-PACK-10"
    assert not list(tmp_path.glob("p.zip*"))


def test_two_people_signed_what_needs_two(made: Office) -> None:
    """The builder is what the attacks rest on: its statement of applicability counts because two people signed."""
    assert [row.control for row in made.facts().soa] == ["A.2.2"]
    assert OMAR.fingerprint != JANE.fingerprint

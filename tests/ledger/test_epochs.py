"""A log that cannot go on: sealed, continued by another that says so, followed by checkpoints; and a change of key."""

import json
import shutil

import pytest

from ledger.keys import SeededSigner
from ledger.logs import ORIGIN, Place, record
from ledger.scenarios import NEW_KEY, NEXT_ORIGINS, key_entry, seal
from upright.ledger import (
    Checkpoint,
    LedgerError,
    Log,
    RollbackError,
    SignatureError,
    VerifierKey,
    export,
    read_export,
    restore,
    verify_folder,
)
from upright.ledger.disk import Disk

OLD = VerifierKey.of(SeededSigner(ORIGIN))
NEW = VerifierKey.of(NEW_KEY)
THIRD_KEY = SeededSigner(ORIGIN, b"\x0b" * 32)


@pytest.fixture
def rolled_back(place: Place) -> Place:
    """The newest two entries are gone; the state head still knows of them."""
    log = place.create()
    log.append([record("1"), record("2")])
    shutil.copytree(place.upright, place.folder / "old")
    log.append([record("3"), record("4")])
    shutil.rmtree(place.upright)
    shutil.move(place.folder / "old", place.upright)
    return place


def begin_anew(place: Place, *, known: Checkpoint | None, origin: str = NEXT_ORIGINS[0]) -> Log:
    head = place.folder / "state" / origin[-12:] / "checkpoint"
    fields = {"signer": place.signer, "state_head": head, "clock": place.clock}
    return restore(place.upright, origin=origin, known=known, **fields)


def test_a_log_that_was_rolled_back_goes_on_as_another_that_says_how_many_entries_are_lost(rolled_back: Place) -> None:
    head = Checkpoint.parse(rolled_back.head.read_text())
    with pytest.raises(RollbackError, match="restore"):
        rolled_back.open()
    log = begin_anew(rolled_back, known=head)
    assert log.origin == NEXT_ORIGINS[0]
    first = log.entry(0)
    said = json.loads(first.body or b"")
    assert (first.type, first.ref) == ("epoch", "index:root")
    assert said["epoch"]["lost"] == 2
    assert Checkpoint.parse(said["epoch"]["checkpoint"]).size == head.size
    assert Checkpoint.parse(said["epoch"]["sealed"]).size == head.size - 2
    log.append([record("5")])
    report = log.verify()
    assert (report.is_intact, report.lost, report.rollback) == (True, 2, "checked")
    assert (rolled_back.upright / "ledger/epochs/0001/ledger/checkpoint").exists()


def test_without_a_known_checkpoint_the_count_is_unknown_and_stays_so(rolled_back: Place) -> None:
    log = begin_anew(rolled_back, known=None)
    assert log.verify().lost == "unknown"
    begin_anew(rolled_back, known=Checkpoint.parse(log.checkpoint), origin=NEXT_ORIGINS[1])
    assert rolled_back.open().verify().lost == "unknown"


def test_an_earlier_checkpoint_is_followed_into_the_sealed_log(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    early = log.checkpoint
    log.append([record("2")])
    late = seal(place, 0, Disk())
    late.append([record("3")])
    assert late.verify(since=early).is_intact
    checkpoint = Checkpoint.parse(early)
    other = Checkpoint.sign(ORIGIN, checkpoint.size, bytes(32), place.signer)
    for text in (str(other), early.replace(ORIGIN, "meridian/0190a1b2-0000-7000-8000-00000000000f"), "no checkpoint"):
        assert [problem.code for problem in late.verify(since=text).problems] == ["UP-LEDGER-68"]


def test_a_sealed_log_that_was_changed_or_exchanged_is_found(place: Place) -> None:
    place.create().append([record("1")])
    seal(place, 0, Disk())
    path = place.upright / "ledger/epochs/0001/open/0"
    before = path.read_bytes()
    path.write_bytes(before[:-1] + b"?")
    assert [(p.code, p.file) for p in place.open().verify().problems] == [("UP-LEDGER-62", "ledger/epochs/0001/open/0")]
    path.write_bytes(before)
    checkpoint = path.parents[1] / "ledger/checkpoint"
    said = Checkpoint.parse(checkpoint.read_text())
    checkpoint.write_text(str(Checkpoint.sign(said.origin, 2, Log.open(place.upright).root(0), place.signer)))
    assert "UP-LEDGER-67" in {problem.code for problem in place.open().verify().problems}
    shutil.rmtree(place.upright / "ledger/epochs")
    assert [p.code for p in place.open().verify().problems] == ["UP-LEDGER-67"]


def test_a_clock_far_behind_the_log_is_answered_by_a_new_epoch(place: Place) -> None:
    place.clock.move(days=400)
    place.create().append([record("from the future")])
    place.clock.move(days=-400)
    with pytest.raises(LedgerError, match="restore"):
        place.open().append([record("now")])
    log = seal(place, 0, Disk())
    log.append([record("now")])
    assert {entry.time[:10] for entry in log.entries()} == {"2026-03-12"}
    assert log.verify().lost == 0


def test_an_origin_is_never_used_twice_and_only_a_checkpoint_of_the_log_is_taken(place: Place) -> None:
    log = place.create()
    known = Checkpoint.parse(log.checkpoint)
    stranger = Checkpoint.sign(ORIGIN, 9, bytes(32), SeededSigner(ORIGIN, b"\x05" * 32))
    elsewhere = Checkpoint.sign(NEXT_ORIGINS[1], 9, bytes(32), place.signer)
    for given, origin in ((known, ORIGIN), (stranger, NEXT_ORIGINS[0]), (elsewhere, NEXT_ORIGINS[0])):
        with pytest.raises((LedgerError, SignatureError)):
            begin_anew(place, known=given, origin=origin)
    assert place.open().origin == ORIGIN


@pytest.mark.parametrize("origin", ["", "meridian", "Meridian/0190a1b2-0000-7000-8000-000000000001", "a/b", "a\n/b"])
def test_an_origin_is_an_organisation_and_a_uuid(place: Place, origin: str) -> None:
    with pytest.raises(LedgerError, match="<organisation>/<uuid>"):
        place.create(origin=origin)
    assert not place.upright.exists()


# --- a change of the log's key


@pytest.fixture
def handed_over(place: Place) -> Place:
    """The new key enrolled under both signatures; then it signs alone."""
    log = place.create()
    log.append([record("1")])
    log.hand_over(NEW_KEY, [key_entry()])
    log.append([record("2")])
    return place


def test_after_a_change_of_key_the_new_one_signs_and_who_trusts_the_old_one_is_led_to_it(handed_over: Place) -> None:
    log = handed_over.open(signer=NEW_KEY)
    assert Checkpoint.parse(log.checkpoint).verify(NEW) == (NEW,)
    with pytest.raises(SignatureError):
        Checkpoint.parse(log.checkpoint).verify(OLD)
    for trust in (OLD, NEW):
        report = log.verify(trust)
        assert (report.is_intact, report.trusted, report.log_key) == (True, True, str(NEW))
    report = log.verify(VerifierKey.of(THIRD_KEY))
    assert (report.is_intact, report.trusted) == (False, False)


def test_the_old_key_can_sign_nothing_any_more(handed_over: Place) -> None:
    with pytest.raises(SignatureError):
        handed_over.open()
    log = handed_over.open(signer=NEW_KEY)
    thief = Checkpoint.sign(ORIGIN, log.size, log.root(), handed_over.signer)
    (handed_over.upright / "ledger/checkpoint").write_text(str(thief))
    for trust in (OLD, NEW):
        assert "UP-LEDGER-51" in {p.code for p in verify_folder(handed_over.upright, trust=trust).problems}


def test_a_process_that_still_holds_the_old_key_is_told_which_one_signs_now(place: Place) -> None:
    log = place.create()
    log.append([record("1")])
    other = place.open()
    log.hand_over(NEW_KEY, [key_entry()])
    for act in (lambda: other.append([record("2")]), place.open):
        with pytest.raises(SignatureError, match="was changed to"):
            act()
    assert place.open(signer=NEW_KEY).append([record("3")])


def test_several_changes_are_followed_one_by_one(handed_over: Place) -> None:
    log = handed_over.open(signer=NEW_KEY)
    log.hand_over(THIRD_KEY, [key_entry(THIRD_KEY)])
    third = VerifierKey.of(THIRD_KEY)
    for _ in range(2):
        for trust in (OLD, NEW, third):
            report = log.verify(trust)
            assert (report.problems, report.trusted) == ((), True)
        log.append([record("by the third")])
    kept = sorted((handed_over.upright / "ledger/handover").glob("*"), key=lambda path: int(path.name))
    assert len(kept) == 2
    kept[1].unlink()
    report = log.verify(OLD)
    assert report.trusted is False
    assert {"UP-LEDGER-69", "UP-LEDGER-51"} <= {problem.code for problem in report.problems}


def test_a_second_signature_alone_makes_nobody_the_heir(place: Place) -> None:
    """Anyone can put a signature of his own beside the log's; the old key must have signed a tree that names him."""
    log = place.create()
    log.append([record("1")])
    stranger = VerifierKey.of(THIRD_KEY)
    both = Checkpoint.sign(ORIGIN, log.size, log.root(), place.signer, THIRD_KEY)
    folder = place.upright / "ledger/handover"
    folder.mkdir()
    (folder / str(log.size)).write_text(str(both))
    (place.upright / f"pub/{stranger.fingerprint}.vkey").write_text(f"{stranger}\n")
    (place.upright / "ledger/checkpoint").write_text(str(Checkpoint.sign(ORIGIN, log.size, log.root(), THIRD_KEY)))
    report = verify_folder(place.upright, trust=OLD)
    assert report.trusted is False
    assert {problem.code for problem in report.problems} == {"UP-LEDGER-51", "UP-LEDGER-69"}


def test_a_change_of_key_ends_with_the_entry_that_names_the_new_key(place: Place) -> None:
    log = place.create()
    for entries in ([], [record("1")], [key_entry(THIRD_KEY)], [key_entry(), record("1")]):
        with pytest.raises(LedgerError, match="enrols the new log key"):
            log.hand_over(NEW_KEY, entries)
    assert place.open().size == 0


def test_a_pack_carries_the_changes_of_key_and_the_sealed_logs(handed_over: Place) -> None:
    handed_over.signer = NEW_KEY
    log = seal(handed_over, 0, Disk())
    log.append([record("3")])
    export(log, handed_over.folder / "pack", "all")
    pack = read_export(handed_over.folder / "pack")
    assert pack.verify().problems == ()
    assert (handed_over.folder / "pack/ledger/epochs/0001/ledger/handover").is_dir()
    assert len(list((handed_over.folder / "pack/pub").glob("*.vkey"))) == 2

"""Signed notes, verifier keys and checkpoints against the examples of their specifications."""

import base64
import json
from pathlib import Path

import pytest

from ledger.keys import SeededSigner
from upright.ledger import Checkpoint, Note, NoteError, SignatureError, VerifierKey
from upright.ledger.layout import TILE_WIDTH, tile_index

KNOWN = json.loads((Path(__file__).parents[1] / "vectors/ledger/c2sp.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("known", KNOWN["notes"], ids=lambda known: known["source"][:24])
def test_the_published_note_verifies_with_its_published_key(known: dict) -> None:
    key, note = VerifierKey.parse(known["vkey"]), Note.parse(known["note"])
    assert note.verify(key) == (key,)
    assert (note.text, str(note), str(key)) == (known["text"], known["note"], known["vkey"])


def test_signing_the_published_text_with_the_published_key_gives_the_published_note() -> None:
    known = KNOWN["notes"][1]
    signer = SeededSigner("PeterNeumann", base64.b64decode(known["signing_key"])[1:])
    assert str(VerifierKey.of(signer)) == known["vkey"]
    assert str(Note.sign(known["text"], signer)) == known["note"]


def test_the_published_checkpoint_is_read_and_its_signature_holds_over_the_text_it_was_made_for() -> None:
    known = KNOWN["checkpoint"]
    checkpoint = Checkpoint.parse(known["note"])
    assert (checkpoint.origin, checkpoint.size) == (known["origin"], known["size"])
    assert base64.b64encode(checkpoint.root).decode() == known["root"]
    key = VerifierKey.parse(known["signed_by"])
    text = checkpoint.note.text.replace(known["origin"], known["signed_origin"])
    key.verify(text.encode(), checkpoint.note.signatures[0].signature)
    with pytest.raises(SignatureError):
        key.verify(checkpoint.note.text.encode(), checkpoint.note.signatures[0].signature)


def test_tile_paths_and_widths_are_those_of_the_specification() -> None:
    known = KNOWN["tile_paths"]
    for n, path in known["index"]:
        assert tile_index(n) == path
    for level, width in known["partial"].items():
        assert (known["size"] >> (8 * int(level))) % TILE_WIDTH == width
    for level, count in known["full"].items():
        assert (known["size"] >> (8 * int(level))) // TILE_WIDTH == count


def test_a_note_may_hold_empty_lines_and_is_split_at_the_last_one() -> None:
    signer = SeededSigner("poet.example/s")
    text = "first\n\nsecond\n"
    assert Note.parse(str(Note.sign(text, signer))).text == text


def test_signatures_by_unknown_keys_are_ignored_but_one_known_key_must_have_signed() -> None:
    mine, other = SeededSigner("a/log"), SeededSigner("b/log", b"\x01" * 32)
    note = Note.sign("text\n", other, mine)
    assert note.verify(VerifierKey.of(mine)) == (VerifierKey.of(mine),)
    with pytest.raises(SignatureError, match="No trusted key has signed"):
        Note.sign("text\n", other).verify(VerifierKey.of(mine))


def test_a_known_key_whose_signature_fails_spoils_the_whole_note() -> None:
    mine, other = SeededSigner("a/log"), SeededSigner("b/log", b"\x01" * 32)
    forged = str(Note.sign("text\n", mine, other)).replace("text", "test", 1)
    with pytest.raises(SignatureError, match="does not hold"):
        Note.parse(forged).verify(VerifierKey.of(other), VerifierKey.of(mine))


def test_the_same_name_with_another_key_is_another_signer() -> None:
    mine, double = SeededSigner("a/log"), SeededSigner("a/log", b"\x01" * 32)
    with pytest.raises(SignatureError):
        Note.sign("text\n", double).verify(VerifierKey.of(mine))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signature\n",
        "text\n\n",
        "text\n\n-- a/log AAAAAAAA\n",
        "text\n\n— a/log not-base64\n",
        "text\n\n— a/log AAAAAA==",
        "text\r\n\n— a/log AAAAAAAAAA==\n",
        "text\n\n— a log+x AAAAAAAA\n",
        "text\n\n— a/log AAAA\n",
    ],
)
def test_what_is_not_a_signed_note_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(text)


def test_a_note_with_over_a_hundred_signatures_is_refused() -> None:
    line = "— a/log " + base64.b64encode(bytes(68)).decode() + "\n"
    assert len(Note.parse("text\n\n" + 100 * line).signatures) == 100
    with pytest.raises(NoteError, match="101 signatures"):
        Note.parse("text\n\n" + 101 * line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "name",
        "name+00000000",
        "example.com/foo+530d903b+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/fop+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
        "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U",
        "exam ple+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
    ],
)
def test_what_is_not_a_verifier_key_is_refused(line: str) -> None:
    with pytest.raises(NoteError):
        VerifierKey.parse(line)


@pytest.mark.parametrize(
    "text",
    [
        "a/log\n1\n",
        "a/log\n01\n{root}\n",
        "a/log\n-1\n{root}\n",
        "\n1\n{root}\n",
        "a/log\n1\nAAAA\n",
        "a/log\n1\n{root}\nx\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    text = text.replace("{root}", base64.b64encode(bytes(32)).decode())
    with pytest.raises(NoteError):
        Checkpoint.parse(str(Note.sign(text, SeededSigner("a/log"))))


def test_base64_has_one_spelling_so_a_changed_last_letter_is_noticed() -> None:
    note = str(Checkpoint.sign("a/log", 1, bytes(32), SeededSigner("a/log")))
    root = base64.b64encode(bytes(32)).decode()
    assert base64.b64decode(root[:-2] + "B=") == bytes(32)
    with pytest.raises(NoteError):
        Checkpoint.parse(note.replace(root, root[:-2] + "B="))

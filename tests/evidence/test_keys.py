"""Key files: readable by their owner alone, labelled by role, never shown, never overwritten."""

import os
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from evidence.builders import key, vector
from upright.evidence import EvidenceError, PrivateKey, key_folder, keyring
from upright.evidence.keys import ROLES
from upright.ledger import VerifierKey

OPEN_UMASK = 0o000


def test_a_saved_key_is_read_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(OPEN_UMASK)
    try:
        made = PrivateKey.generate("evidence", "meridian/evidence")
        path = made.save(tmp_path / "upright" / "keys")
    finally:
        os.umask(before)
    assert path.name == f"evidence-{made.fingerprint}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert PrivateKey.load(path) == made


def test_other_tools_read_the_file_and_write_the_same_block(tmp_path: Path) -> None:
    made = key()
    theirs = load_pem_private_key(made.save(tmp_path / "k").read_bytes(), None)
    assert theirs.public_key().public_bytes_raw() == made.public_key  # type: ignore[union-attr]
    block = theirs.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert made.to_pem() == f"upright-key: {made.role} {made.name}\n{block}"


def test_the_secret_is_in_no_text_form_of_a_key() -> None:
    secret = vector("rfc8032.json")["vectors"][0]["seed"]
    shown = PrivateKey.from_seed("log", "meridian/1", bytes.fromhex(secret))
    assert secret not in repr(shown) + str(shown)
    assert repr(bytes.fromhex(secret)) not in repr(shown)


def test_the_vkey_is_the_public_side() -> None:
    made = key("log")
    assert VerifierKey.parse(str(made.vkey)) == made.vkey
    assert made.vkey.fingerprint == made.fingerprint
    made.vkey.verify(b"hello", made.sign(b"hello"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = key().save(tmp_path / "k")
    path.chmod(mode)
    with pytest.raises(EvidenceError, match="open to others") as refusal:
        PrivateKey.load(path)
    assert refusal.value.code == "UP-EVIDENCE-22"
    assert f"{mode:04o}" in refusal.value.message


def test_a_key_is_not_saved_into_a_folder_open_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "k"
    folder.mkdir(mode=0o755)
    with pytest.raises(EvidenceError, match="0700"):
        key().save(folder)
    assert not list(folder.iterdir())


def test_a_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = key().save(tmp_path / "k")
    before = path.read_bytes()
    with pytest.raises(EvidenceError, match="Nothing was overwritten") as refusal:
        key().save(tmp_path / "k")
    assert refusal.value.code == "UP-EVIDENCE-23"
    assert path.read_bytes() == before


def test_one_file_may_hold_a_labelled_block_for_each_role(tmp_path: Path) -> None:
    keys = [key(role, number) for number, role in enumerate(ROLES, 1)]
    path = tmp_path / "ci.pem"
    path.write_text("# given to this job\n" + "\n".join(k.to_pem() for k in keys))
    environ = {"UPRIGHT_KEY_FILE": str(path), "XDG_CONFIG_HOME": str(tmp_path)}
    assert keyring("log", environ=environ) == (key("log", 2),)
    assert set(keyring(environ=environ)) == set(keys)
    assert list(keyring(environ=environ)) == sorted(keys, key=lambda k: k.fingerprint)


def test_the_key_file_counts_alone(tmp_path: Path) -> None:
    key("evidence", 1).save(key_folder({"XDG_CONFIG_HOME": str(tmp_path)}))
    path = tmp_path / "ci.pem"
    path.write_text(key("evidence", 2).to_pem())
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert keyring("evidence", environ=environ) == (key("evidence", 1),)
    assert keyring("evidence", environ={**environ, "UPRIGHT_KEY_FILE": str(path)}) == (key("evidence", 2),)


def test_without_keys_the_ring_is_empty(tmp_path: Path) -> None:
    assert keyring(environ={"XDG_CONFIG_HOME": str(tmp_path)}) == ()


def test_a_relative_configuration_home_does_not_count() -> None:
    assert key_folder({"XDG_CONFIG_HOME": "here"}) == Path("~/.config/upright/keys").expanduser()
    assert key_folder({"XDG_CONFIG_HOME": ""}) == key_folder({})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        key().to_pem().replace("upright-key", "other-key"),
        key().to_pem().replace("BEGIN PRIVATE KEY-----\nM", "BEGIN PRIVATE KEY-----\nN"),
        key().to_pem().replace("evidence", "president", 1),
        key("person").to_pem().replace("person/", "people/"),
        "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n" + key().to_pem(),
        "x" * 70_000,
    ],
)
def test_what_is_not_a_labelled_key_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ci.pem"
    path.write_text(text)
    with pytest.raises(EvidenceError) as refusal:
        keyring(environ={"UPRIGHT_KEY_FILE": str(path)})
    assert refusal.value.code in {"UP-EVIDENCE-20", "UP-EVIDENCE-21"}


def test_a_missing_key_file_is_an_error_not_an_empty_ring(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError) as refusal:
        keyring(environ={"UPRIGHT_KEY_FILE": str(tmp_path / "none.pem")})
    assert refusal.value.code == "UP-EVIDENCE-24"


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_no_signed_note_can_carry_is_refused(name: str) -> None:
    with pytest.raises(EvidenceError):
        PrivateKey.generate("evidence", name)


def test_a_persons_key_is_named_by_a_uuid() -> None:
    with pytest.raises(EvidenceError, match="person/<uuid>"):
        PrivateKey.generate("person", "jane.doe")

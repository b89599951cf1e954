"""The zip of a pack: the same bytes for the same files, and every trick that a zip can play is refused."""

import io
import os
import stat
import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.pack.container import HostileError, PackError, PackFile, Source, is_safe_name, write_zip

PART = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,8}", fullmatch=True)
FILES = st.dictionaries(st.lists(PART, min_size=1, max_size=3).map("/".join), st.binary(max_size=50), max_size=6)


def written(**files: bytes) -> bytes:
    out = io.BytesIO()
    write_zip([Source(name.replace("__", "/"), data) for name, data in files.items()], out)
    return out.getvalue()


def zipped(path: Path, make: Callable[[zipfile.ZipFile], None]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        make(archive)
    return path


def named(name: str, mode: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


@given(FILES)
def test_what_is_written_is_read_back_by_us_and_by_others(files: dict[str, bytes]) -> None:
    folded = [name.casefold() for name in files]
    above = {"/".join(name.split("/")[:n]) for name in folded for n in range(1, name.count("/") + 1)}
    if len(set(folded)) != len(folded) or above & set(folded):
        return
    out = io.BytesIO()
    write_zip([Source(name, data) for name, data in files.items()], out)
    with zipfile.ZipFile(out) as theirs:
        assert theirs.testzip() is None
        assert {name: theirs.read(name) for name in theirs.namelist()} == files
    path = Path(os.environ["HOME"]) / "pack.zip"
    path.write_bytes(out.getvalue())
    with PackFile(path) as ours:
        assert {name: ours.read(name, 100) for name in ours.names} == files


def test_the_same_files_are_the_same_bytes_whenever_and_however_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"hello")
    os.utime(tmp_path / "a", (1, 1))
    out = io.BytesIO()
    write_zip([Source("a", tmp_path / "a"), Source("b", b"x")], out)
    assert out.getvalue() == written(a=b"hello", b=b"x")
    assert b"hello" in out.getvalue(), "stored, not compressed"


@pytest.mark.parametrize(
    "name",
    ["", "/a", "../a", "a/../b", "a//b", "a/", "a\\b", "C:a", ".hidden", "a/.b", "a b", "ä", "a\x00b", "a" * 201, "."],
)
def test_a_name_that_could_leave_the_folder_is_neither_written_nor_read(tmp_path: Path, name: str) -> None:
    assert not is_safe_name(name)
    with pytest.raises(PackError):
        write_zip([Source(name, b"")], io.BytesIO())
    if not name:
        return  # the zip library cannot write it
    path = zipped(tmp_path / "p.zip", lambda z: z.writestr(named(name.replace("\x00", "!")), b"x"))
    path.write_bytes(path.read_bytes().replace(b"a!b", b"a\x00b"))
    with pytest.raises(HostileError) as refusal:
        PackFile(path)
    assert refusal.value.code == "UP-PACK-04"


@pytest.mark.parametrize("names", [("a", "a"), ("a", "A"), ("a", "a/b"), ("A/b", "a")])
def test_one_name_for_two_files_is_refused(tmp_path: Path, names: tuple[str, str]) -> None:
    def make(archive: zipfile.ZipFile) -> None:
        for name in names:
            archive.writestr(named(name), b"x")

    with warnings.catch_warnings(action="ignore"):  # the zip library warns when it is told to write one name twice
        path = zipped(tmp_path / "p.zip", make)
    with pytest.raises(HostileError) as refusal:
        PackFile(path)
    assert refusal.value.code == "UP-PACK-04"


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_link_or_device_is_refused(tmp_path: Path, kind: int) -> None:
    path = zipped(tmp_path / "p.zip", lambda z: z.writestr(named("a", kind | 0o777), b"/etc/passwd"))
    with pytest.raises(HostileError, match="regular file"):
        PackFile(path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    def make(archive: zipfile.ZipFile) -> None:
        with archive.open(named_deflated("bomb"), "w") as member:
            for _ in range(64):
                member.write(bytes(1 << 20))

    path = zipped(tmp_path / "p.zip", make)
    assert path.stat().st_size < 100_000
    with pytest.raises(HostileError) as refusal:
        PackFile(path)
    assert refusal.value.code == "UP-PACK-07"


def test_a_bomb_that_understates_its_size_stops_at_that_size(tmp_path: Path) -> None:
    path = zipped(tmp_path / "p.zip", lambda z: z.writestr(named_deflated("bomb"), bytes(1 << 22)))
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, central + 24, 1000)
    path.write_bytes(data)
    with PackFile(path) as pack, pytest.raises(HostileError) as refusal:
        list(pack.chunks("bomb"))
    assert refusal.value.code == "UP-PACK-09"


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "p.zip", lambda z: [z.writestr(named(n), os.urandom(4096)) for n in ("a", "b", "c")] and None
    )
    data = bytearray(path.read_bytes())
    first = data.index(b"PK\x01\x02")
    for _ in range(3):  # each member claims all three bodies
        struct.pack_into("<II", data, first + 20, 12_000, 12_000)
        first = data.find(b"PK\x01\x02", first + 4)
    path.write_bytes(data)
    with pytest.raises(HostileError) as refusal:
        PackFile(path)
    assert refusal.value.code == "UP-PACK-03"


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("upright.pack.container.MAX_MEMBERS", 2)
    path = tmp_path / "p.zip"
    path.write_bytes(written(a=b"", b=b"", c=b""))
    with pytest.raises(HostileError, match="at most 2"):
        PackFile(path)


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(written(a=b"x"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "p.zip").write_bytes(data)
    with pytest.raises(HostileError) as refusal:
        PackFile(tmp_path / "p.zip")
    assert refusal.value.code == "UP-PACK-06"


def test_every_cut_and_every_flipped_bit_ends_in_a_clean_answer(tmp_path: Path) -> None:
    whole = written(a=b"hello", b__c=b"world")
    path = tmp_path / "p.zip"
    cases = [whole[:n] for n in range(len(whole))]
    cases += [whole[:n] + bytes([whole[n] ^ bit]) + whole[n + 1 :] for n in range(len(whole)) for bit in (1, 128)]
    codes = set()
    for data in cases:
        path.write_bytes(data)
        try:
            with PackFile(path) as pack:
                for name in pack.names:
                    pack.read(name, 100)
        except HostileError as why:
            codes.add(why.code)
    assert codes <= {f"UP-PACK-0{n}" for n in range(2, 10)}
    assert {"UP-PACK-02", "UP-PACK-04", "UP-PACK-09"} <= codes


def test_a_file_longer_than_its_reader_takes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(written(a=b"x" * 100))
    with PackFile(tmp_path / "p.zip") as pack, pytest.raises(HostileError, match="at most 99"):
        pack.read("a", 99)


def test_a_pack_that_is_not_there_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(PackError) as refusal:
        PackFile(tmp_path / "none.zip")
    assert refusal.value.code == "UP-PACK-08"
    assert refusal.value.exit_status == 2


def named_deflated(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info

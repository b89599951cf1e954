"""Snapshots of OSV records: what they hold, how old they are, and that none of them can hurt."""

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.supply import records as made
from checks.supply.records import record, until, write_folder, write_zip
from upright.checks.supply import snapshot as room
from upright.checks.supply.snapshot import Records, SnapshotError, read_snapshot

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TORCH = [("PyPI", "torch")]


def read(path: Path) -> Records:
    return read_snapshot(path, TORCH, now=NOW)


def test_a_folder_a_zip_and_zips_by_ecosystem_hold_the_same_records(tmp_path: Path) -> None:
    records = [
        record("A-1", "torch", *until("2.0")),
        record("B-1", "flask", *until("2.0"), modified="2026-04-30T12:00:00Z"),
    ]
    write_folder(tmp_path / "folder", records)
    write_zip(tmp_path / "all.zip", records)
    (tmp_path / "tree" / "PyPI").mkdir(parents=True)
    write_zip(tmp_path / "tree" / "PyPI" / "all.zip", records)
    (tmp_path / "tree" / "ecosystems.txt").write_text("PyPI")
    for name in ("folder", "all.zip", "tree"):
        found = read(tmp_path / name)
        assert (found.count, list(found.records), found.by_ecosystem) == (2, ["A-1"], {"PyPI": 2}), name
        assert found.newest == datetime(2026, 4, 30, 12, tzinfo=UTC)
        assert found.unreadable_count == 0
        assert len(found.digest) == 64


def test_of_two_records_with_one_id_the_later_modified_counts(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write_zip(tmp_path / "a" / "1.zip", [record("A-1", "torch", *until("2.0"), modified="2026-04-02T00:00:00Z")])
    write_zip(tmp_path / "a" / "2.zip", [record("A-1", "torch", *until("1.0"), modified="2026-04-01T00:00:00+00:00")])
    assert read(tmp_path / "a").records["A-1"].modified == "2026-04-02T00:00:00Z"


def test_a_record_of_the_future_does_not_make_the_snapshot_younger(tmp_path: Path) -> None:
    future = record("F-1", "torch", *until("2.0"), modified="2096-01-01T00:00:00Z")
    assert read(write_folder(tmp_path / "one", [future])).newest is None
    both = write_folder(tmp_path / "two", [future, record("A-1", "torch", *until("2.0"))])
    found = read(both)
    assert found.newest == datetime.fromisoformat(made.RECENT)
    assert set(found.records) == {"A-1", "F-1"}


def test_a_changed_byte_is_another_digest(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "one", [record("A-1", "torch", *until("2.0"))])
    before = read(folder).digest
    write_folder(folder, [record("A-1", "torch", *until("2.1"))])
    assert read(folder).digest != before


BAD = {
    "list.json": b"[]",
    "other.json": b'{"name": "no record"}',
    "cut.json": b'{"id": "A-2", "modified": "2026',
    "undated.json": b'{"id": "A-3", "modified": "yesterday"}',
    "naive.json": b'{"id": "A-4", "modified": "2026-04-01T00:00:00"}',
    "odd.json": b'{"id": "A-5", "modified": "2026-04-01T00:00:00Z", "affected": [{"ranges": 3}]}',
    "deep.json": b'{"id": "A-6", "modified": "2026-04-01T00:00:00Z", "details": ' + b"[" * 100_000,
    "empty.json": b"",
    "binary.json": bytes(range(256)),
}


def test_what_is_no_record_is_counted_as_unreadable_in_a_folder_and_in_a_zip(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "folder", [record("A-1", "torch", *until("2.0"))])
    path = write_zip(tmp_path / "all.zip", [record("A-1", "torch", *until("2.0"))])
    with zipfile.ZipFile(path, "a") as archive:
        for name, data in BAD.items():
            (folder / name).write_bytes(data)
            archive.writestr(name, data)
    for place in (folder, path):
        found = read(place)
        assert found.count == 1
        assert found.unreadable_count == len(BAD)
        assert len(found.unreadable) == 5


@pytest.mark.parametrize(
    ("name", "data"),
    [("absent.zip", None), ("text.zip", b"not a zip"), ("empty.zip", b""), ("cut.zip", b"PK\x03\x04" + b"\x00" * 30)],
)
def test_what_is_no_snapshot_says_so(tmp_path: Path, name: str, data: bytes | None) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(SnapshotError, match=name):
        read(tmp_path / name)


def test_an_empty_snapshot_is_none(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="holds no OSV record"):
        read(write_zip(tmp_path / "all.zip", []))
    (tmp_path / "folder").mkdir()
    with pytest.raises(SnapshotError, match="names no file") as caught:
        read(tmp_path / "folder")
    assert str(tmp_path) not in str(caught.value)


def test_bombs_and_odd_entries_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LARGEST_RECORD", 100_000)
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A-1.json", json.dumps(record("A-1", "torch", *until("2.0"))))
        archive.writestr("bomb.json", b" " * 50_000_000)
        archive.writestr("lzma.json", b"{}", compress_type=zipfile.ZIP_LZMA)
    found = read(path)
    assert found.unreadable == ["bomb.json", "lzma.json"]

    lying = bytearray(path.read_bytes())
    at = lying.rindex(b"bomb.json") - 46  # in the central directory: claim a small size
    lying[at + 24 : at + 28] = (10).to_bytes(4, "little")
    (tmp_path / "lying.zip").write_bytes(lying)
    assert read(tmp_path / "lying.zip").unreadable == ["bomb.json", "lzma.json"]


def test_entries_that_share_bytes_are_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("A-1.json", json.dumps(record("A-1", "torch", *until("2.0"), details="x" * 200_000)))
        first = archive.filelist[0]
        for at in range(400):
            twin = zipfile.ZipInfo(f"T-{at}.json")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(twin, name, getattr(first, name))
            archive.filelist.append(twin)
    (tmp_path / "all.zip").write_bytes(buffer.getvalue())
    with pytest.raises(SnapshotError, match="overlap"):
        read(tmp_path / "all.zip")


def test_a_snapshot_larger_than_any_real_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_folder(tmp_path / "f", [record(f"A-{at}", "torch", *until("2.0")) for at in range(5)])
    monkeypatch.setattr(room, "LARGEST_TOTAL", 300)
    with pytest.raises(SnapshotError, match="larger than any"):
        read(folder)


def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(record("S-1", "torch", *until("2.0"))))
    folder = write_folder(tmp_path / "f", [record("A-1", "torch", *until("2.0"))])
    (folder / "S-1.json").symlink_to(tmp_path / "secret.json")
    with pytest.raises(SnapshotError, match="leaves its folder"):
        read(folder)

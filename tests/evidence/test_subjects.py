"""Digests of subjects: a name is tied to exactly what it names, and to nothing outside its folder."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.evidence import (
    EvidenceError,
    Input,
    digest_endpoint,
    digest_path,
    digest_value,
    setup_digest,
    table_snapshot,
)

ROWS = st.lists(st.tuples(st.integers(), st.none() | st.floats() | st.text(max_size=3)), max_size=8)
SCHEMA = [("a", "int64"), ("b", "float64")]


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def listed(**files: bytes) -> str:
    """The digest of a folder, written out by hand as contracts 3 describes it."""
    pairs = [[name.replace("__", "/"), sha256(data)] for name, data in sorted(files.items())]
    return sha256(json.dumps(pairs, separators=(",", ":")).encode())


def make(folder: Path, **files: bytes) -> None:
    for name, data in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def test_a_file_is_its_bytes(tmp_path: Path) -> None:
    make(tmp_path, model=b"abc")
    assert digest_path("model", tmp_path) == (sha256(b"abc"), "bytes")
    make(tmp_path, empty=b"")
    assert digest_path("empty", tmp_path)[0] == sha256(b"")


def test_a_folder_is_its_sorted_paths_and_digests(tmp_path: Path) -> None:
    make(tmp_path, m__b=b"2", m__a__x=b"1", other=b"3")
    assert digest_path("m", tmp_path) == (listed(a__x=b"1", b=b"2"), "bytes")


def test_a_moved_folder_keeps_its_digest_and_a_renamed_file_changes_it(tmp_path: Path) -> None:
    make(tmp_path, one__a=b"1", two__a=b"1", three__b=b"1")
    assert digest_path("one", tmp_path) == digest_path("two", tmp_path)
    assert digest_path("one", tmp_path) != digest_path("three", tmp_path)


def test_a_glob_is_what_it_matches(tmp_path: Path) -> None:
    make(tmp_path, d__a=b"1", d__b=b"2", d__e__a=b"3", e__a=b"4")
    assert digest_path("d/*", tmp_path)[0] == listed(d__a=b"1", d__b=b"2")
    assert digest_path("d/**/a", tmp_path)[0] == listed(d__a=b"1", d__e__a=b"3")
    assert digest_path("?/[ab]", tmp_path)[0] == listed(d__a=b"1", d__b=b"2", e__a=b"4")


def test_a_glob_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    make(tmp_path, d__a=b"1")
    for text in ("d/*.csv", "none/*", "missing", "d/*/x"):
        with pytest.raises(EvidenceError) as refusal:
            digest_path(text, tmp_path)
        assert refusal.value.code == "UP-EVIDENCE-30"


@pytest.mark.parametrize("text", ["m", "m/*"])
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, text: str) -> None:
    make(tmp_path, base__m__a=b"1", secret=b"2")
    (tmp_path / "base" / "m" / "b").symlink_to(tmp_path / "secret")
    with pytest.raises(EvidenceError, match="leaves its folder"):
        digest_path(text, tmp_path / "base")


def test_a_link_to_a_folder_and_a_pipe_are_refused(tmp_path: Path) -> None:
    make(tmp_path, m__d__a=b"1")
    (tmp_path / "m" / "link").symlink_to("d")
    with pytest.raises(EvidenceError, match="link to a folder"):
        digest_path("m", tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(EvidenceError, match="neither a file nor a folder"):
        digest_path("pipe", tmp_path)


def test_a_glob_cannot_climb(tmp_path: Path) -> None:
    for text in ("../*", "/etc/*"):
        with pytest.raises(EvidenceError, match="stays below"):
            digest_path(text, tmp_path)


@given(ROWS, st.randoms())
def test_the_order_of_rows_does_not_change_a_snapshot_but_each_row_does(rows, random) -> None:  # type: ignore[no-untyped-def]
    before = table_snapshot(SCHEMA, "select *", rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert table_snapshot(SCHEMA, "select *", shuffled) == before
    assert before[1] == "snapshot"
    for changed in ([*rows, (1, None)], rows[1:] if rows else [(0, None)], [*rows, *rows, (1, 2.0)]):
        assert table_snapshot(SCHEMA, "select *", changed) != before


def test_query_schema_and_missing_values_are_part_of_a_snapshot() -> None:
    seen = {
        table_snapshot(SCHEMA, "q", [(1, None)])[0],
        table_snapshot(SCHEMA, "q", [(1, float("nan"))])[0],
        table_snapshot(SCHEMA, "q", [(1, float("inf"))])[0],
        table_snapshot(SCHEMA, "q2", [(1, None)])[0],
        table_snapshot([("a", "int32"), ("b", "float64")], "q", [(1, None)])[0],
        table_snapshot(SCHEMA, "q", [(1, None), (1, None)])[0],
        table_snapshot(SCHEMA, "q", [])[0],
    }
    assert len(seen) == 7


def test_no_secret_of_an_endpoint_enters_its_digest() -> None:
    plain = digest_endpoint("https://host/v1", model="m", version="1")
    assert digest_endpoint("https://user:secret@HOST/v1?key=secret#x", model="m", version="1") == plain
    assert plain == (digest_value({"url": "https://host/v1", "model": "m", "version": "1"}), "declared")
    assert digest_endpoint("https://host:8443/v1", model="m", version="1") != plain
    for text in ("file:///etc/passwd", "https://", "no url"):
        with pytest.raises(EvidenceError) as refusal:
            digest_endpoint(text, model="m", version="1")
        assert refusal.value.code == "UP-EVIDENCE-33"
        assert text not in refusal.value.message or text == "https://"


def test_a_setup_is_check_version_options_and_inputs_in_any_order() -> None:
    a, b = Input(ref="model:m/a", digest="1" * 64, hold="bytes"), Input(ref="model:m/b", digest="2" * 64, hold="bytes")
    setup = setup_digest("drift", "1", {"bins": 10}, [a, b])
    assert setup_digest("drift", "1", {"bins": 10}, [b, a]) == setup
    others = [
        setup_digest("pii", "1", {"bins": 10}, [a, b]),
        setup_digest("drift", "2", {"bins": 10}, [a, b]),
        setup_digest("drift", "1", {"bins": 11}, [a, b]),
        setup_digest("drift", "1", {"bins": 10}, [a]),
        setup_digest("drift", "1", {"bins": 10}, [a, Input(ref="model:m/b", digest="3" * 64, hold="bytes")]),
    ]
    assert setup not in others

"""The file layer: the only module of the room that changes files, and it counts and reports each change."""

import ast
import errno
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from upright.ledger import StorageError, disk
from upright.ledger.disk import Disk, Operation, Point

ROOM = Path(disk.__file__).parent
OF_PATHS = {
    "write_text", "write_bytes", "unlink", "mkdir", "rmdir", "touch", "rename", "symlink_to", "hardlink_to", "chmod",
    "link_to",
}  # fmt: skip
OF_OS = {
    "open", "write", "pwrite", "writev", "sendfile", "fsync", "fdatasync", "sync", "truncate", "ftruncate", "rename",
    "renames", "replace", "remove", "unlink", "mkdir", "makedirs", "rmdir", "removedirs", "link", "symlink", "chmod",
    "mknod", "mkfifo", "copy_file_range",
}  # fmt: skip
# The empty file that carries the lock: it holds nothing that could be lost.
MAY = {"lock.py": {"os.open"}}


def _writes(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Calls that can change a file, as they are written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _can_write(node):
            yield ast.unparse(node.func), node


def _can_write(node: ast.Call) -> bool:
    owner, _, name = ast.unparse(node.func).rpartition(".")
    if owner in {"disk", "self._disk", "self"}:
        return False  # the layer itself
    if owner == "os":
        return name in OF_OS
    if owner in {"shutil", "tempfile", "mmap", "io"}:
        return True
    if name == "replace":
        return len(node.args) == 1 and not node.keywords  # Path.replace takes one argument, str.replace two
    if name == "open" and owner != "Log":
        return len([*node.args, *node.keywords]) > (owner == "")  # a mode is given: only reading needs none
    return name in OF_PATHS


def test_no_other_module_of_the_room_changes_files() -> None:
    modules = [path for path in sorted(ROOM.glob("*.py")) if path.name != "disk.py"]
    assert len(modules) > 20
    found = []
    for path in modules:
        for said, node in _writes(ast.parse(path.read_text(encoding="utf-8"))):
            if said not in MAY.get(path.name, set()):
                found.append(f"{path.name}:{node.lineno} {said}")
    assert found == []


def test_the_file_layer_changes_files_only_where_it_counts() -> None:
    """Every change stands in an argument of ``_do``, or in the two functions that such an argument calls."""
    tree = ast.parse((ROOM / "disk.py").read_text(encoding="utf-8"))
    counted = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "self._do"]
    counted += [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name in {"_write", "_sync"}
    ]
    inside = {id(node) for each in counted for node in ast.walk(each)}
    changes = list(_writes(tree))
    assert len(changes) > 5
    assert [ast.unparse(node) for _said, node in changes if id(node) not in inside] == []
    callers = {
        ast.unparse(node.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"_write", "_sync"} and id(node) not in inside
    }
    assert callers == set()


@pytest.mark.parametrize(
    "line",
    [
        "path.write_bytes(b'')",
        "os.fsync(handle)",
        "open(path, 'wb')",
        "path.open('ab')",
        "path.rename(other)",
        "path.replace(other)",
        "os.replace(a, b)",
        "shutil.copy(a, b)",
        "tempfile.mkstemp()",
    ],
)
def test_a_write_that_was_planted_is_seen(line: str) -> None:
    assert len(list(_writes(ast.parse(line)))) == 1


@pytest.mark.parametrize("line", ["text.replace('a', 'b')", "path.open()", "open(path)", "disk.rename(a, b, 'tile')"])
def test_what_only_reads_or_goes_through_the_layer_is_not_taken_for_a_write(line: str) -> None:
    assert list(_writes(ast.parse(line))) == []


def test_each_change_is_counted_by_kind_and_point(tmp_path: Path) -> None:
    layer = Disk()
    layer.make_folder(tmp_path / "a/b")
    layer.replace(tmp_path / "a/b/c", b"one", "format")
    layer.write(tmp_path / "a/b/c", 3, b"two", "entries")
    layer.truncate(tmp_path / "a/b/c", 4, "entries-beyond")
    assert (tmp_path / "a/b/c").read_bytes() == b"onet"
    assert dict(layer.counts) == {
        ("folder", "new-folder"): 2,
        ("sync-folder", "new-folder"): 2,
        ("write", "format"): 1,
        ("sync", "format"): 1,
        ("rename", "format"): 1,
        ("sync-folder", "format"): 1,
        ("write", "entries"): 1,
        ("truncate", "entries-beyond"): 1,
    }


def test_a_file_that_may_fall_back_has_a_durable_name_and_durable_bytes(tmp_path: Path) -> None:
    layer = Disk()
    for number in range(3):
        layer.replace(tmp_path / "head", b"%d" % number, "state-head", may_fall_back=True)
    assert (tmp_path / "head").read_bytes() == b"2"
    assert (layer.counts["sync", "state-head"], layer.counts["sync-folder", "state-head"]) == (3, 1)


@pytest.mark.parametrize("threads", [True, False])
@pytest.mark.parametrize("many", [2, 9])
def test_all_is_synced_at_once_or_one_by_one_and_what_fails_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, many: int, threads: bool
) -> None:
    """By whichever way, nothing is left out, and no failure is taken for a success."""
    files: dict[Path, Point] = {tmp_path / f"{number}": "tile" for number in range(many)}
    for path in files:
        path.write_bytes(b"x")
    synced: list[str] = []
    broken: set[str] = set()

    def fsync(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        if path.name in broken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        synced.append(str(path))

    def no_threads(*_arguments: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(os, "fsync", fsync)
    if not threads:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", no_threads)
    layer = Disk()
    layer.sync_all(files, {tmp_path: "tile"})
    assert sorted(synced) == sorted([*map(str, files), str(tmp_path)])
    assert layer.counts == {("sync", "tile"): many, ("sync-folder", "tile"): 1}
    for name in ("0", "1", tmp_path.name):
        broken = {name}
        with pytest.raises(StorageError, match=rf"could not sync \S*/?{name}: Input/output error"):
            layer.sync_all(files, {tmp_path: "tile"})


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "No space left"), (errno.EDQUOT, "quota"), (errno.EIO, "error")]
)
def test_what_the_system_refuses_is_one_error_with_a_code(tmp_path: Path, number: int, says: str) -> None:
    class Full:
        def before(self, operation: Operation) -> None:
            raise OSError(number, os.strerror(number))

        def after(self, operation: Operation) -> None:
            raise AssertionError("it did not happen")

    with pytest.raises(StorageError, match=says) as refused:
        Disk(Full()).write(tmp_path / "tile", 0, b"x", "tile")
    assert (refused.value.code, refused.value.exit_status) == ("UP-LEDGER-36", 4)
    assert ("Free some space" in refused.value.message) == (number != errno.EIO)
    assert not (tmp_path / "tile").exists()

"""What a disk holds after the power is lost: the file layer's operations, with those that were not synced dropped.

The strict reading of POSIX: data is safe after fsync of the file, a name after fsync of its folder, a rename after
fsync of both folders. Whatever is not safe may be lost, kept, or kept in part, each operation for itself.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Survival = Literal["dropped", "kept", "mixed"]
FOLDER = -1


def above(path: str) -> str:
    """The folder that a name stands in; the root is the empty text."""
    return path.rpartition("/")[0]


@dataclass
class Change:
    """One operation, and what has to be synced before it is safe."""

    kind: str
    path: str
    needs: set[object]
    inode: int = FOLDER
    offset: int = 0
    data: bytes = b""
    target: str = ""


@dataclass
class Files:
    """Names and contents, as a tree of files has them."""

    names: dict[str, int] = field(default_factory=dict)
    contents: dict[int, bytearray] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> "Files":
        files = cls({"": FOLDER})
        for path in sorted(root.rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_dir():
                files.names[name] = FOLDER
            else:
                files.names[name] = inode = len(files.contents)
                files.contents[inode] = bytearray(path.read_bytes())
        return files

    def copy(self) -> "Files":
        return Files(dict(self.names), {inode: bytearray(data) for inode, data in self.contents.items()})

    def write_to(self, root: Path) -> None:
        root.mkdir(parents=True)
        for name, inode in sorted(self.names.items()):
            if inode == FOLDER:
                (root / name).mkdir(exist_ok=True)
            else:
                (root / name).write_bytes(self.contents[inode])

    def apply(self, change: Change) -> None:
        """Does a change; one whose folder or file was lost is lost with it."""
        name, inode = change.path, change.inode
        if change.kind == "write":
            data = self.contents[inode]
            data.extend(bytes(max(0, change.offset - len(data))))
            data[change.offset : change.offset + len(change.data)] = change.data
        elif change.kind == "truncate":
            del self.contents[inode][change.offset :]
        elif change.kind in {"link", "folder"}:
            if above(name) in self.names:
                self.names.setdefault(name, inode) if change.kind == "folder" else self.names.update({name: inode})
        elif change.kind == "remove":
            for each in [each for each in self.names if each == name or each.startswith(f"{name}/")]:
                del self.names[each]
        elif name in self.names and above(change.target) in self.names:
            inside = [each for each in self.names if each == name or each.startswith(f"{name}/")]
            for each in inside:
                self.names[change.target + each[len(name) :]] = self.names.pop(each)


class PageCache:
    """Follows the operations that a process did, and says what a disk may hold after it."""

    def __init__(self, before: Files) -> None:
        self._before = before
        self._now = before.copy()
        self._changes: list[Change] = []

    def do(self, kind: str, path: str, offset: int = 0, data: bytes = b"", target: str = "") -> None:
        parent = ("folder", above(path))
        if kind == "write":
            if path not in self._now.names:
                inode = len(self._now.contents)
                self._now.contents[inode] = bytearray()
                self._before.contents[inode] = bytearray()
                self._note(Change("link", path, {parent}, inode))
            inode = self._now.names[path]
            self._note(Change("write", path, {("file", inode)}, inode, offset, data))
        elif kind == "truncate":
            inode = self._now.names[path]
            self._note(Change("truncate", path, {("file", inode)}, inode, offset))
        elif kind in {"remove", "folder"}:
            self._note(Change(kind, path, {parent}))
        elif kind == "rename":
            self._note(Change("rename", path, {parent, ("folder", above(target))}, target=target))
        else:
            done = ("file", self._now.names[path]) if kind == "sync" else ("folder", path)
            for change in self._changes:
                change.needs.discard(done)

    def left(self, survival: Survival, seed: int) -> Files:
        """What is found when the machine is on again; ``seed`` makes what survives of "mixed"."""
        chance = random.Random(seed)
        files = self._before.copy()
        for change in self._surviving(survival, chance):
            files.apply(change)
        return files

    def _surviving(self, survival: Survival, chance: random.Random) -> Iterable[Change]:
        for change in self._changes:
            if not change.needs or survival == "kept":
                yield change
            elif survival == "mixed" and chance.random() < 0.5:
                if change.kind == "write" and chance.random() < 0.5:
                    torn = change.data[: chance.randrange(len(change.data) + 1)]
                    change = Change("write", change.path, change.needs, change.inode, change.offset, torn)
                yield change

    def _note(self, change: Change) -> None:
        self._changes.append(change)
        self._now.apply(change)

"""The files of a folder by what they can tell about AI; no link is followed, nothing is loaded."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from upright.modelfiles.likely import model_format

What = Literal["python", "notebook", "script", "list", "bill", "text", "model", "table"]
MOST_FILES = 20_000
MOST_DEPTH = 12
LARGEST_TEXT = 5 * 2**20


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INSTALLED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env"})
_TABLES = (".csv", ".csv.gz", ".jsonl", ".parquet", ".arrow")
_SCRIPTS = _words(
    ".js .mjs .cjs .jsx .ts .mts .cts .tsx .java .kt .scala .go .rs .rb .php .cs .cpp .cc .c .h .swift .r .jl .sh .ps1 "
    ".sql .vue .svelte"
)
_TEXTS = _words(".yaml .yml .toml .ini .cfg .conf .properties .tf .json .xml .gradle")
_LISTS = frozenset({"pipfile.lock", "poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
_ARCHIVES = _words(".zip .tar .gz .tgz .bz2 .xz .7z .whl .jar .egg .so .dll .exe .pyd .pyc")
_NAMED = frozenset({"dockerfile", "makefile", "procfile", "jenkinsfile"})


@dataclass(frozen=True, slots=True, order=True)
class Seen:
    """A file that can tell something: path from the folder with ``/``, and as what it is read."""

    path: str
    what: What


@dataclass(slots=True)
class Tree:
    """What a folder holds. ``unread``: (name, why) that leaves the answer open. ``aside``: how many, by why."""

    files: list[Seen] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    aside: dict[str, int] = field(default_factory=dict)

    def leave(self, why: str) -> None:
        """One more that is left out on purpose."""
        self.aside[why] = self.aside.get(why, 0) + 1


def seen_in(folder: Path, *, without: frozenset[str] = frozenset()) -> Tree:
    """Looks at up to 20,000 files, twelve folders deep; ``without`` names files that are not looked at."""
    tree = Tree()
    if not folder.is_dir():
        tree.unread.append((".", "there is no such folder"))
        return tree
    for count, (name, path, is_link) in enumerate(_walk(folder, "", 0, tree)):
        if count == MOST_FILES:
            tree.unread.append((".", f"the folder holds more than {MOST_FILES:,} files"))
            break
        if name not in without:
            _take(name, path, tree, is_link=is_link)
    tree.files.sort()
    return tree


def fingerprint(folder: Path, *, without: frozenset[str] = frozenset()) -> str:
    """SHA-256 over all that ``seen_in`` takes: of texts their bytes, of models and tables that they are there."""
    tree, told = seen_in(folder, without=without), hashlib.sha256()
    for seen in tree.files:
        digest = b"" if seen.what in {"model", "table"} else hashlib.sha256(_bytes(folder / seen.path)).digest()
        told.update(f"{len(seen.path.encode())}:{seen.path}:{seen.what}:".encode() + digest)
    for name, why in tree.unread:
        told.update(f"{name!r}:{why}".encode())
    return told.hexdigest()


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b"unreadable"


def _walk(folder: Path, above: str, depth: int, tree: Tree) -> Iterator[tuple[str, Path, bool]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        tree.unread.append((above or ".", "the folder cannot be read"))
        return
    for entry in entries:
        name = f"{above}{entry.name}"
        if any("\ud800" <= sign <= "\udfff" for sign in name):
            tree.unread.append((name.encode("ascii", "replace").decode(), "its name is not UTF-8"))
        elif entry.name.startswith("."):
            tree.leave("hidden: their names begin with a dot")
        elif entry.is_dir(follow_symlinks=False):
            if entry.name in _INSTALLED:
                tree.leave("folders of what is installed or compiled")
            elif depth == MOST_DEPTH:
                tree.unread.append((name, f"it lies more than {MOST_DEPTH} folders deep"))
            else:
                yield from _walk(Path(entry.path), f"{name}/", depth + 1, tree)
        elif entry.is_symlink() and entry.is_dir():
            tree.unread.append((name, "it is a link to a folder, which is not followed"))
        elif entry.is_file() or entry.is_symlink():
            yield name, Path(entry.path), entry.is_symlink()
        else:
            tree.unread.append((name, "it is neither a file nor a folder"))


def _take(name: str, path: Path, tree: Tree, *, is_link: bool) -> None:
    what = _what(path)
    if what is None:
        is_archive = path.suffix.lower() in _ARCHIVES
        tree.leave("archives and compiled code, which are not opened" if is_archive else "files of other kinds")
        return
    if what not in {"model", "table"}:
        if is_link:
            tree.unread.append((name, "it is a link, which is not followed"))
            return
        if path.stat().st_size > LARGEST_TEXT:
            tree.unread.append((name, f"it is larger than {LARGEST_TEXT >> 20} MiB"))
            return
    tree.files.append(Seen(name, what))


def _what(path: Path) -> What | None:
    low, ending = path.name.lower(), path.suffix.lower()
    if ending in {".py", ".pyi", ".pyw"}:
        return "python"
    if ending == ".ipynb":
        return "notebook"
    if low.endswith(_TABLES):
        return "table"
    if low in _LISTS or (ending in {".txt", ".in"} and low.startswith(("requirements", "constraints"))):
        return "list"
    if low.endswith((".cdx.json", "bom.json", "sbom.json")):
        return "bill"
    if ending in _SCRIPTS or low == "package.json":
        return "script"
    if ending in _TEXTS or low.partition(".")[0] in _NAMED:
        return "text"
    try:
        return "model" if model_format(path) is not None else None
    except OSError:
        return "model"  # what cannot be opened may be one

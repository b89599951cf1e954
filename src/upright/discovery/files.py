"""Model files and tables in a folder, told apart by their first bytes. Nothing is loaded, no link is followed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from upright.modelfiles.likely import model_format, stated_features

MOST_FILES = 20_000
MOST_DEPTH = 6
_SKIPPED = frozenset({"node_modules", "__pycache__", "site-packages", "venv", "env", "build", "dist"})
_TABLES = (".csv", ".csv.gz", ".jsonl", ".parquet", ".arrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFile:
    """A file that looks like a model: path from the folder with ``/``, and the format its first bytes show.

    ``features`` are the columns that the file says its model reads; none where it does not say.
    """

    path: str
    format: str
    signature: str | None = None
    features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What ``find`` saw; ``is_whole`` is False where the folder holds more files than are looked at."""

    models: tuple[ModelFile, ...]
    tables: tuple[str, ...]
    requirements: str | None
    is_whole: bool


def find(folder: Path) -> Found:
    """Looks at up to 20,000 files, six folders deep; hidden folders and installed packages are left out."""
    files: list[Path] = []
    is_whole = True
    for path in _walk(folder, 0):
        if len(files) == MOST_FILES:
            is_whole = False
            break
        files.append(path)
    names = {path.relative_to(folder).as_posix() for path in files}
    models, tables = [], []
    for name in sorted(names):
        if name.lower().endswith(_TABLES):
            tables.append(name)
            continue
        form = model_format(folder / name)
        if form is not None:
            features = stated_features(folder / name, form)
            models.append(ModelFile(path=name, format=form, signature=_signature(name, names), features=features))
    requirements = next((name for name in ("requirements.txt", "constraints.txt") if name in names), None)
    return Found(models=tuple(models), tables=tuple(tables), requirements=requirements, is_whole=is_whole)


def _walk(folder: Path, depth: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.is_symlink() or entry.name.startswith(".") or not _can_be_written_down(entry.name):
            continue
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        elif entry.is_dir(follow_symlinks=False) and depth < MOST_DEPTH and entry.name not in _SKIPPED:
            yield from _walk(Path(entry.path), depth + 1)


def _can_be_written_down(name: str) -> bool:
    """Whether a manifest can name it: bytes that are no UTF-8, or a backslash, cannot stand in one."""
    return "\\" not in name and not any("\ud800" <= sign <= "\udfff" for sign in name)


def _signature(name: str, names: set[str]) -> str | None:
    stem = name.rpartition(".")[0]
    return next((each for each in (f"{name}.sig", f"{stem}.sig") if each in names), None)

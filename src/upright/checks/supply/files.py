"""The files of a model, each with its digest."""

import glob
import hashlib
from pathlib import Path

from upright.checks.contract import ModelSource
from upright.kernel import InputError

MOST_FILES = 10_000


def files_of(source: ModelSource) -> list[tuple[str, str]]:
    """Name and SHA-256 of each file, sorted; names are relative to the model's folder. None for a hosted model.

    Raises:
        InputError: there is no file, one cannot be read, or there are more than any model has.
    """
    if source.endpoint is not None:
        return []
    path = Path(source.path)
    if path.is_dir():
        found = [(file.relative_to(path).as_posix(), file) for file in path.rglob("*") if file.is_file()]
    elif path.exists():
        found = [(path.name, path)]
    else:
        files = [Path(one) for one in glob.glob(str(source.path), recursive=True)]  # noqa: PTH207 - may be absolute
        found = [(file.name, file) for file in files if file.is_file()]
    if not found:
        raise InputError(f"{source.ref} has no file at {path.name}. Check the path.", code="UP-CHECK-72")
    if len(found) > MOST_FILES:
        raise InputError(
            f"{source.ref} has more than {MOST_FILES:,} files. Name the model's folder.", code="UP-CHECK-72"
        )
    return [(name, _digest(source, file)) for name, file in sorted(found)]


def _digest(source: ModelSource, path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as why:
        raise InputError(f"{source.ref}: {path.name} cannot be read: {why.strerror}.", code="UP-CHECK-72") from None

"""Reads foreign files within bounds: JSON, lines of JSON, XML without entities, YAML without aliases, times."""

import json
import re
import zipfile
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from upright.interchange.findings import ForeignFileError

LARGEST = 512 * 2**20
LARGEST_LENIENT = 64 * 2**20
LONGEST_LINE = 32 * 2**20
LARGEST_YAML = 2 * 2**20
_DEEPEST = 200
_MOST_ELEMENTS = 5_000_000
_EARLIEST_ZONE = timedelta(hours=14)
_ZSTANDARD = 93


def refused(path: Path, why: str, *, code: str = "UP-IMP-02") -> ForeignFileError:
    """The error of a file that is what it says, and damaged or of another form."""
    return ForeignFileError(f"{path.name}: {why}. Nothing was taken in.", code=code)


def head_of(path: Path, size: int = 1 << 16) -> bytes:
    """The first bytes of a file.

    Raises:
        ForeignFileError: it cannot be read, or is too large.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise refused(path, f"it has more than {LARGEST >> 20} MiB")
        with path.open("rb") as file:
            return file.read(size)
    except OSError as why:
        raise refused(path, f"it cannot be read: {why.strerror}", code="UP-IMP-01") from None


def json_of(path: Path, into: Any = Any) -> Any:
    """The JSON document of a file, as a value or as a struct; keys that a struct does not name are not kept.

    Raises:
        ForeignFileError: not JSON, nested too deeply, or another shape than expected.
    """
    head_of(path, 1)
    return decoded(path, path.read_bytes(), into)


def decoded(path: Path, data: bytes, into: Any = Any) -> Any:
    """See ``json_of``.

    Raises:
        ForeignFileError: not JSON, nested too deeply, or another shape than expected.
    """
    try:
        return msgspec.json.decode(data, type=into)
    except msgspec.ValidationError as why:
        raise refused(path, f"it has another shape than expected: {why}") from None
    except (msgspec.DecodeError, RecursionError) as why:
        value = _with_nan(data)
        if value is None:
            raise refused(path, f"it is not JSON: {why}") from None
    try:
        return value if into is Any else msgspec.convert(value, type=into)
    except msgspec.ValidationError as why:
        raise refused(path, f"it has another shape than expected: {why}") from None


def _with_nan(data: bytes) -> Any:
    """JSON as Python's own writer leaves it, where numbers may be NaN or Infinity; these are read as nothing."""
    if len(data) > LARGEST_LENIENT or not re.search(rb"\b(?:NaN|Infinity)\b", data):
        return None
    try:
        return json.loads(data, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def top_level(path: Path, names: Collection[str]) -> dict[str, Any]:
    """These keys of the JSON object in a file, as far as it has them; the others are not decoded.

    Raises:
        ForeignFileError: not a JSON object.
    """
    head_of(path, 1)
    data = path.read_bytes()
    try:
        found: dict[str, msgspec.Raw] = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        return {name: msgspec.json.decode(found[name]) for name in names if name in found}
    except (msgspec.DecodeError, RecursionError):
        whole = decoded(path, data)
        if not isinstance(whole, dict):
            raise refused(path, "it is not a JSON object") from None
        return {name: whole[name] for name in names if name in whole}


def json_lines(path: Path) -> Iterator[tuple[int, Any]]:
    """Number and value of each line that is not empty; a line that is not JSON gives ``None``.

    Raises:
        ForeignFileError: a line longer than any real one.
    """
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise refused(path, f"line {number} is longer than {LONGEST_LINE >> 20} MiB")
            if not line.strip():
                continue
            try:
                yield number, msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError):
                yield number, None


def read_xml(path: Path, start: Callable[[str, Mapping[str, str]], None], end: Callable[[str], None]) -> None:
    """Calls ``start`` and ``end`` for each element, in order; text is not kept.

    Raises:
        ForeignFileError: not XML, a document type or entity is declared, or it is nested or long beyond reason.
    """
    from xml.parsers import expat

    parser = expat.ParserCreate()
    depth = count = 0

    def refuse(*_: Any) -> Any:
        raise refused(path, "it declares a document type or entities, which no such file needs")

    def started(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > _DEEPEST or count > _MOST_ELEMENTS:
            raise refused(path, "it is nested or long beyond reason")
        start(name.rpartition(":")[2], attributes)

    def ended(name: str) -> None:
        nonlocal depth
        depth -= 1
        end(name.rpartition(":")[2])

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = started
    parser.EndElementHandler = ended
    head_of(path, 1)
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as why:
        raise refused(path, f"it is not XML: {why}") from None


def yaml_of(path: Path, text: str) -> Any:
    """A YAML document in which every scalar is a text.

    Raises:
        ForeignFileError: not YAML, too large, or with aliases, which can grow without end.
    """
    import yaml

    if len(text) > LARGEST_YAML:
        raise refused(path, f"its YAML has more than {LARGEST_YAML >> 20} MiB")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                raise refused(path, "its YAML uses aliases, which are not read here")
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                raise refused(path, "its YAML is nested beyond reason")
        return yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes nothing but texts
    except (yaml.YAMLError, RecursionError, ValueError) as why:
        raise refused(path, f"it is not YAML: {' '.join(str(why).split())[:160]}") from None


def member(path: Path, name: str, most: int = 64 * 2**20) -> bytes | None:
    """The bytes of one entry of a zip, packed by deflate or Zstandard; ``None`` if there is no such entry.

    Raises:
        ForeignFileError: not a zip, damaged, or larger than ``most`` when unpacked.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if name not in archive.namelist():
                return None
            entry = archive.getinfo(name)
            if entry.file_size > most:
                raise refused(path, f"{name} unpacks to more than {most >> 20} MiB")
            if entry.compress_type == _ZSTANDARD:
                data = _zstandard(path, entry, most)
            else:
                with archive.open(entry) as stream:
                    data = stream.read(most + 1)
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as why:
        raise refused(path, f"it is a damaged zip archive: {' '.join(str(why).split())[:120]}") from None
    if len(data) > most:
        raise refused(path, f"{name} unpacks to more than {most >> 20} MiB")
    return data


def _zstandard(path: Path, entry: zipfile.ZipInfo, most: int) -> bytes:
    """Entries that the standard library of Python 3.11 cannot unpack: by the library that reads tables."""
    import pyarrow as pa

    with path.open("rb") as file:
        file.seek(entry.header_offset)
        header = file.read(30)
        if header[:4] != b"PK\x03\x04":
            raise zipfile.BadZipFile("a local header is missing")
        file.seek(int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little"), 1)
        packed = file.read(entry.compress_size)
    with pa.CompressedInputStream(pa.BufferReader(packed), "zstd") as stream:
        return bytes(stream.read(most + 1))


def moment(text: object) -> datetime | None:
    """A time that a tool wrote; without a zone it is taken as the earliest moment that it can mean.

    >>> moment("2026-03-01T12:00:00").isoformat(), moment("2026-03-01T12:00:00+01:00").isoformat(), moment("soon")
    ('2026-02-28T22:00:00+00:00', '2026-03-01T11:00:00+00:00', None)
    """
    if not isinstance(text, str) or len(text) > 64:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    try:
        return at.astimezone(UTC) if at.tzinfo is not None else (at - _EARLIEST_ZONE).replace(tzinfo=UTC)
    except OverflowError:
        return None


def moment_of_ms(value: object) -> datetime | None:
    """A time given as milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(int(str(value)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None

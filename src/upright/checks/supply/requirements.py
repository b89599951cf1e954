"""Reads pip's requirements files: pins, hashes, markers, extras, ``-r``, ``-c``, addresses and editable projects."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement

from upright.checks.supply.listed import LARGEST_LIST, PYPI, ListError, Listing, Package, normal_name
from upright.evidence.subjects import digest_path, digest_value

MOST_FILES = 64
_HASH = re.compile(r"--hash[= ]sha256:([0-9a-fA-F]{64})(?=\s|$)")
_OWN_OPTION = re.compile(r"\s--?(?:hash|config-settings?|global-option|install-option)[= ]")
_VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
_HARMLESS = (
    "--require-hashes", "--pre", "--prefer-binary", "--no-binary", "--only-binary", "--use-feature", "--trusted-host",
    "--no-build-isolation",
)  # fmt: skip
_INDEXES = ("--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--no-index")


@dataclass(slots=True)
class _State:
    """What grows while files include each other."""

    root: Path
    listing: Listing
    seen: set[tuple[Path, bool]] = field(default_factory=set)
    pins: dict[str, set[str]] = field(default_factory=dict)
    open: list[Requirement] = field(default_factory=list)
    hashed: bool = True


def read_requirements(path: Path) -> Listing:
    """The packages of a requirements file and of the files it includes.

    A package pinned by ``==`` or ``===`` (here or in a constraints file) is listed, whatever its marker: nobody knows
    here where it will be installed. Anything else is in ``unread``. The list is complete if every pin has a hash,
    because pip then refuses to install what the file does not name.

    Raises:
        ListError: not text, too large, or too many files include each other.
    """
    state = _State(root=path.parent.resolve(), listing=Listing(format="requirements"))
    _read(path, state, constraints=False)
    for wanted in state.open:
        _settle(wanted, state)
    listing = state.listing
    listing.complete = bool(listing.packages) and state.hashed and not listing.unread
    return listing.settled()


def included(path: Path) -> list[Path]:
    """The file itself and the files that it includes, as far as they can be read; the order is that of reading."""
    state = _State(root=path.parent.resolve(), listing=Listing(format="requirements"))
    with contextlib.suppress(ListError):
        _read(path, state, constraints=False)
    return list(dict.fromkeys([path.resolve(), *(one for one, _ in state.seen)]))


def digest_of_list(path: Path) -> str:
    """The digest of a list of packages: of its bytes, or where it includes others, of the sorted paths and digests."""
    files = included(path) if _is_requirements(path) else [path.resolve()]
    if len(files) == 1:
        return digest_path(path, path.parent)[0]
    root = path.parent.resolve()
    named = {path.name: files[0]} | {file.relative_to(root).as_posix(): file for file in files[1:]}
    return digest_value([[name, digest_path(file, file.parent)[0]] for name, file in sorted(named.items())])


def _is_requirements(path: Path) -> bool:
    return path.suffix not in {".json", ".toml", ".lock", ".xml"}


def text_of(path: Path) -> str:
    """The text of a list.

    Raises:
        ListError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_LIST + 1)
    except OSError as why:
        raise ListError(f"{path.name} cannot be read: {why.strerror}") from None
    if len(data) > LARGEST_LIST:
        raise ListError(f"{path.name} has more than {LARGEST_LIST >> 20} MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListError(f"{path.name} is not UTF-8 text") from None


def _read(path: Path, state: _State, *, constraints: bool) -> None:
    real = path.resolve()
    if (real, constraints) in state.seen:
        return
    state.seen.add((real, constraints))
    if len(state.seen) > MOST_FILES:
        raise ListError(f"more than {MOST_FILES} files include each other")
    for line in _lines(text_of(path)):
        if line.startswith("-"):
            _option(line, path, state, constraints=constraints)
        else:
            _requirement(line, state, constraints=constraints)


def _lines(text: str) -> Iterator[str]:
    """Logical lines as pip makes them: a backslash at the end joins, then a comment after whitespace ends."""
    parts: list[str] = []
    for raw in [*text.splitlines(), ""]:
        if raw.endswith("\\") and not raw.lstrip().startswith("#"):
            parts.append(raw[:-1])
            continue
        line = _without_comment("".join([*parts, raw])).strip()
        parts = []
        if line:
            yield line


def _without_comment(line: str) -> str:
    at = line.find("#")
    while at > 0 and not line[at - 1].isspace():
        at = line.find("#", at + 1)
    return line if at < 0 else line[:at]


def _option(line: str, path: Path, state: _State, *, constraints: bool) -> None:
    name, _, value = re.sub(r"^(--[a-z-]+)=", r"\1 ", line).partition(" ")
    if not value and re.match(r"-[rcefi]\S", line):
        name, value = line[:2], line[2:]
    value = value.strip()
    if name in {"-r", "--requirement", "-c", "--constraint"}:
        _include(value, path, state, constraints=constraints or name in {"-c", "--constraint"})
    elif name in {"-e", "--editable"}:
        state.listing.skip(f"-e {value}", "an editable project: its code may be anything")
    elif name in _INDEXES:
        why = "packages may come from an index of one's own; they are looked up by name all the same"
        state.listing.skip(f"{name} {value}".strip(), why, counts=False)
        state.hashed = state.hashed and name != "--no-index"
    elif name not in _HARMLESS:
        state.listing.skip(line, "an option that is not known here")


def _include(value: str, path: Path, state: _State, *, constraints: bool) -> None:
    if "://" in value or _VARIABLE.search(value):
        state.listing.skip(f"-r {value}", "what it includes is not in a file here")
        return
    target = path.parent / value
    if not target.resolve().is_relative_to(state.root):
        state.listing.skip(f"-r {value}", "it lies outside the folder of the first file, so it is not tied to it")
    elif not target.is_file():
        state.listing.skip(f"-r {value}", "there is no such file")
    else:
        _read(target, state, constraints=constraints)


def _requirement(line: str, state: _State, *, constraints: bool) -> None:
    found = _OWN_OPTION.search(line)
    text, options = (line[: found.start()].strip(), line[found.start() :]) if found else (line, "")
    if _VARIABLE.search(text):
        state.listing.skip(text, "it depends on a variable of the environment")
        return
    try:
        wanted = Requirement(text)
    except InvalidRequirement:
        why = "an address or a path: what it holds is not known" if _is_place(text) else "not a requirement"
        if not constraints or why != "not a requirement":
            state.listing.skip(text, why)
        return
    pin = _pin(wanted)
    if constraints:
        if pin is not None:
            state.pins.setdefault(normal_name(PYPI, wanted.name), set()).add(pin)
        return
    if wanted.url is not None:
        state.listing.skip(text, "an address or a path: what it holds is not known")
    elif pin is None:
        state.open.append(wanted)
    else:
        hashes = tuple(sorted({digest.lower() for digest in _HASH.findall(options)}))
        state.hashed = state.hashed and bool(hashes)
        _add(wanted, pin, hashes, state)


def _is_place(text: str) -> bool:
    return "://" in text or text.startswith((".", "/", "~")) or text.endswith((".whl", ".zip", ".gz"))


def _pin(wanted: Requirement) -> str | None:
    """The one version that the specifiers allow, if they say so themselves."""
    for one in wanted.specifier:
        if one.operator == "===" or (one.operator == "==" and not one.version.endswith(".*")):
            return one.version
    return None


def _settle(wanted: Requirement, state: _State) -> None:
    """A requirement without a pin: the constraints may pin it."""
    state.hashed = False
    pins = state.pins.get(normal_name(PYPI, wanted.name), set())
    if not pins:
        state.listing.skip(str(wanted), "no version is pinned, so nobody knows what will be installed")
    for pin in sorted(pins):
        _add(wanted, pin, (), state)


def _add(wanted: Requirement, pin: str, hashes: tuple[str, ...], state: _State) -> None:
    note = "" if wanted.marker is None else str(wanted.marker)
    state.listing.add(
        Package(ecosystem=PYPI, name=normal_name(PYPI, wanted.name), version=pin, hashes=hashes, note=note)
    )

"""The reviewed list of globals that a clean model file may name, and what it may do with each."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from upright.kernel.errors import InputError

USES = frozenset({"value", "new", "call", "build", "items", "append"})


@dataclass(frozen=True, slots=True)
class Entry:
    """How one listed global may be used.

    ``uses``: ``value`` be named; ``new`` be instantiated without arguments; ``call`` be called where ``call_guard``
    agrees; ``build`` take a state where ``build_guard`` agrees; ``items`` and ``append`` be filled.
    """

    uses: frozenset[str]
    call_guard: str = ""
    build_guard: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AllowList:
    """Exact names only; ``digest`` is the SHA-256 of the files it was read from."""

    entries: Mapping[tuple[str, str], Entry]
    dangerous_modules: frozenset[str]
    dangerous_names: frozenset[tuple[str, str]]
    digest: str

    def is_known_danger(self, module: str, name: str) -> bool:
        """Whether an unlisted global is known to run code or to open the way to it."""
        if (module, name.partition(".")[0]) in self.dangerous_names or (module, name) in self.dangerous_names:
            return True
        parts = module.split(".")
        return any(".".join(parts[: n + 1]) in self.dangerous_modules for n in range(len(parts)))


@cache
def allow_list() -> AllowList:
    """The list that the package ships (``modelfiles/data``).

    Raises:
        InputError: the installed files are damaged.
    """
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    folder = resources.files("upright.modelfiles") / "data"
    texts = [(folder / name).read_bytes() for name in ("allowed.yaml", "dangerous.yaml")]
    allowed, dangerous = (yaml.load(text, Loader=loader) for text in texts)  # noqa: S506 - a safe loader, C or Python
    return AllowList(
        entries=_entries(allowed["groups"]),
        dangerous_modules=frozenset(dangerous["modules"]),
        dangerous_names=frozenset(_names(dangerous["names"])),
        digest=hashlib.sha256(b"\x00".join(texts)).hexdigest(),
    )


def read_allow(path: Path) -> bytes:
    """The bytes of an organisation's list.

    Raises:
        InputError: it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as why:
        raise InputError(
            f"{path} cannot be read: {why.strerror}; expected an allow-list file. Check the path.", code="UP-SCAN-05"
        ) from None


EXTENSION_USES = frozenset({"value", "new", "build", "call"})
LONGEST_EXTENSION = 1_000_000


def extended(base: AllowList, text: bytes, where: str) -> AllowList:
    """The list with an organisation's reviewed globals; its digest covers both.

    The file has ``allow: 1``, ``reviewed_by`` and ``groups`` of ``id``, ``reason``, ``uses`` and ``globals``, as
    ``data/allowed.yaml`` has them. Calls may take plain data and listed objects, states plain attributes.

    Raises:
        InputError: another form, a group without reason, a global that is known to run code or is listed already.
    """
    import yaml

    if len(text) > LONGEST_EXTENSION:
        raise _unfit(where, f"has {len(text)} bytes", f"at most {LONGEST_EXTENSION}")
    try:
        given = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise _unfit(where, "is no YAML", "a mapping with allow: 1, reviewed_by and groups") from None
    whole = isinstance(given, dict) and given.get("allow") == 1 and set(given) == {"allow", "reviewed_by", "groups"}
    if not whole or not isinstance(given["reviewed_by"], str) or not isinstance(given["groups"], list):
        raise _unfit(where, "has another form", "allow: 1, reviewed_by and a list of groups")
    entries = dict(base.entries)
    for group in given["groups"]:
        for key, entry in _reviewed(group, where):
            if base.is_known_danger(*key):
                raise _unfit(where, f"lists {'.'.join(key)}, which is known to run code", "none of these")
            if key in entries:
                raise _unfit(where, f"lists {'.'.join(key)}, which is listed already", "only what is not")
            entries[key] = entry
    digest = hashlib.sha256(f"{base.digest}\n{hashlib.sha256(text).hexdigest()}".encode()).hexdigest()
    return replace(base, entries=entries, digest=digest)


def _reviewed(group: Any, where: str) -> list[tuple[tuple[str, str], Entry]]:
    if not isinstance(group, dict) or set(group) != {"id", "reason", "uses", "globals"} or not group["reason"]:
        raise _unfit(where, "has a group of another form", "id, reason, uses and globals")
    uses, names = group["uses"], group["globals"]
    if not isinstance(uses, list) or not set(uses) <= EXTENSION_USES:
        raise _unfit(where, f"has the uses {uses!r}", f"some of {', '.join(sorted(EXTENSION_USES))}")
    plain = isinstance(names, dict) and all(
        isinstance(module, str) and isinstance(listed, list) and all(isinstance(name, str) for name in listed)
        for module, listed in names.items()
    )
    if not plain:
        raise _unfit(where, "has globals of another form", "module: [name, …]")
    entry = Entry(frozenset(uses), call_guard="data", reason=str(group["reason"]))
    return [(key, entry) for key in _names(names)]


def _unfit(where: str, found: str, wanted: str) -> InputError:
    return InputError(f"{where} {found}; expected {wanted}. Correct the allow-list file.", code="UP-SCAN-04")


def _entries(groups: list[dict[str, Any]]) -> dict[tuple[str, str], Entry]:
    entries: dict[tuple[str, str], Entry] = {}
    for group in groups:
        uses = frozenset(group["uses"])
        if not uses <= USES or not group["reason"]:
            raise _damaged(f"group {group['id']} has unknown uses or no reason")
        entry = Entry(uses, group.get("call_guard", ""), group.get("build_guard", ""), group["reason"])
        for key in _names(group["globals"]):
            if key in entries:
                raise _damaged(f"{'.'.join(key)} stands in it twice")
            entries[key] = entry
    return entries


def _names(globals_: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(module, name) for module, names in globals_.items() for name in names]


def _damaged(why: str) -> InputError:
    return InputError(
        f"The installed allow-list of model files is damaged: {why}. Reinstall Upright.", code="UP-SCAN-01"
    )

"""The reviewed list of globals that a clean model file may name, and what it may do with each."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
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

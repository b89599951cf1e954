"""Which form of each binding is approved, from system records and approvals in the order of the log."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from upright.kernel import canonical_bytes, sha256_hex
from upright.posture.conditions import is_as_strict
from upright.posture.facts import BoundCheck


def options_digest(check: str, options: Mapping[str, Any]) -> str:
    """What ties a result to how it was measured: SHA-256(JCS) of the check's name and its options."""
    return sha256_hex(canonical_bytes({"check": check, "options": dict(options)}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """A person's approval of how the record of one manifest has these bindings, or that it drops them."""

    index: int
    system: str
    manifest: str | None
    record_index: int | None
    bindings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A system record at an entry: what it said of the bindings."""

    index: int
    manifest: str
    bindings: Mapping[str, BoundCheck]


def read_bindings(system: str, rows: Iterable[Mapping[str, Any]]) -> dict[str, BoundCheck]:
    """The bindings of a system record by id, not yet approved."""
    return {
        str(row["id"]): BoundCheck(
            id=str(row["id"]),
            system=system,
            subject=str(row["subject"]),
            kinds=tuple(row["kinds"]),
            limits={name: dict(bounds) for name, bounds in row["limits"].items()},
            options=options_digest(str(row["check"]), row["options"]),
        )
        for row in rows
    }


class Bindings:
    """Of one system: takes records and approvals in log order, keeps the form in force of each binding.

    A binding is approved by the first record that holds it; a stricter limit is in force at once. A looser limit, other
    options, another subject, fewer kinds or none at all waits for an approval; until then the last approved form rules.
    """

    def __init__(self) -> None:
        self.in_force: dict[str, BoundCheck] = {}
        self._seen: list[Seen] = []

    def take_record(self, seen: Seen, *, approves: bool = True) -> None:
        """The next system record; on a server it only proposes what is new, and an approval brings it into force."""
        self._seen.append(seen)
        for name, new in seen.bindings.items():
            old = self.in_force.get(name)
            if not approves and (old is None or old.retired_index is not None):
                continue
            if old is None or (is_no_looser(new, old) and (old.retired_index is not None or _differs(new, old))):
                self.in_force[name] = msgspec.structs.replace(new, approved_index=seen.index)

    def take_approval(self, approval: Approval) -> None:
        """The next approval; one that names no record seen before it changes nothing."""
        named = [
            seen
            for seen in self._seen
            if seen.index < approval.index
            and (approval.manifest == seen.manifest if approval.manifest else approval.record_index == seen.index)
        ]
        if not named:
            return
        for name in approval.bindings:
            new, old = named[-1].bindings.get(name), self.in_force.get(name)
            if new is not None:
                self.in_force[name] = msgspec.structs.replace(new, approved_index=approval.index)
            elif old is not None and old.retired_index is None:
                self.in_force[name] = msgspec.structs.replace(old, retired_index=approval.index)


def is_no_looser(new: BoundCheck, old: BoundCheck) -> bool:
    """Whether a binding asks at least what it asked before."""
    return (
        new.options == old.options
        and new.subject == old.subject
        and set(new.kinds) >= set(old.kinds)
        and is_as_strict(new.limits, old.limits)
    )


def _differs(new: BoundCheck, old: BoundCheck) -> bool:
    return new.limits != old.limits or new.kinds != old.kinds

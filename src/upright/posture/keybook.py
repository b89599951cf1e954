"""Which keys count at which entry: enrolment, retirement and compromise, by log index and never by claimed time."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from upright.kernel import UprightError
from upright.ledger import Recorded, VerifierKey

if TYPE_CHECKING:
    from upright.evidence import Envelope

SIGNING_ROLES = frozenset({"evidence", "person"})


class Holder(NamedTuple):
    """A key whose signature holds, with its standing at that entry."""

    fingerprint: str
    role: str
    name: str
    is_compromised: bool

    @property
    def person(self) -> str | None:
        """``person:<uuid>`` of a person's key, else None."""
        return f"person:{self.name.partition('/')[2]}" if self.role == "person" else None


class _Enrolment(NamedTuple):
    role: str
    since: int
    until: int | None


class KeyBook:
    """Every key that the log names, and when it counted: enrolled at e and retired at r, for e < index < r."""

    def __init__(self, entries: Iterable[Recorded]) -> None:
        self.keys: dict[str, VerifierKey] = {}
        self._enrolments: dict[str, list[_Enrolment]] = {}
        self._compromised: dict[str, int] = {}
        for entry in entries:
            if entry.type == "key" and entry.body is not None:
                self._take(entry.index, msgspec.json.decode(entry.body))

    def _take(self, index: int, body: dict[str, object]) -> None:
        record = body.get("record")
        if not isinstance(record, dict):
            return
        try:
            key = VerifierKey.parse(str(record.get("vkey")))
        except UprightError:
            return
        known = self._enrolments.setdefault(key.fingerprint, [])
        action = str(body.get("action")).rpartition(".")[2]
        is_open = bool(known) and known[-1].until is None
        if action == "enrolled" and not is_open:
            self.keys[key.fingerprint] = key
            known.append(_Enrolment(str(record.get("role")), index, None))
        elif action == "retired" and is_open:
            known[-1] = known[-1]._replace(until=index)
        elif action == "compromised" and isinstance(record.get("from_index"), int):
            self._compromised[key.fingerprint] = min(
                record["from_index"], self._compromised.get(key.fingerprint, record["from_index"])
            )

    def holders(self, envelope: "Envelope", index: int) -> tuple[Holder, ...]:
        """The keys that were enrolled at ``index`` and whose signature of the envelope holds, in its order."""
        from upright.evidence import verify

        found = []
        for fingerprint in verify(envelope, self.keys):
            role = self._role_at(fingerprint, index)
            if role is not None:
                compromised = index >= self._compromised.get(fingerprint, index + 1)
                found.append(Holder(fingerprint, role, self.keys[fingerprint].name, compromised))
        return tuple(found)

    def is_current(self, fingerprint: str) -> bool:
        """Whether what a key signs now counts."""
        known = self._enrolments.get(fingerprint, [])
        return bool(known) and known[-1].until is None and fingerprint not in self._compromised

    def _role_at(self, fingerprint: str, index: int) -> str | None:
        for one in self._enrolments.get(fingerprint, ()):
            if one.since < index and (one.until is None or index < one.until):
                return one.role if one.role in SIGNING_ROLES else None
        return None

"""Management standards beside ISO/IEC 42001: which of their clauses can share a record with which of ours."""

from collections.abc import Mapping
from functools import cache

import msgspec
import yaml

from upright.catalogue.loading import own_data

STANDARDS: Mapping[str, str] = {
    "iso27001": "ISO/IEC 27001:2022",
    "iso27701": "ISO/IEC 27701:2025",
    "iso9001": "ISO 9001:2015",
}
"""The standards by the key that their clauses stand under."""


class Shared(msgspec.Struct, frozen=True, kw_only=True):
    """A clause of ISO/IEC 42001, and the clauses elsewhere that the same record can serve."""

    iso42001: str
    share: str
    note: str = ""
    iso27001: tuple[str, ...] = ()
    iso27701: tuple[str, ...] = ()
    iso9001: tuple[str, ...] = ()

    def elsewhere(self, standard: str) -> tuple[str, ...]:
        """The clauses of one standard."""
        found: tuple[str, ...] = getattr(self, standard)
        return found


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """An edition, and whether the ids of its clauses were confirmed."""

    ref: str
    clause_ids_confirmed: bool
    note: str = ""


class Touching(msgspec.Struct, frozen=True, kw_only=True):
    """A control of Annex A, and the controls of ISO/IEC 27001 Annex A that it touches."""

    iso42001: str
    iso27001: tuple[str, ...] = ()


class TouchingPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Our own reading of which controls touch."""

    confirmed: bool
    pairs: tuple[Touching, ...]


class Integrated(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue knows of other management standards."""

    note: str
    editions: tuple[Edition, ...]
    shared_clauses: tuple[Shared, ...]
    annex_a_touching_points: TouchingPoints

    def edition(self, standard: str) -> Edition:
        """The edition of a standard."""
        return next(one for one in self.editions if one.ref == STANDARDS[standard])

    def clauses(self, standard: str) -> tuple[str, ...]:
        """Every clause of a standard that some record here can serve, each once, in order."""
        found = [one for shared in self.shared_clauses for one in shared.elsewhere(standard)]
        if standard == "iso27001":
            found += [f"A.{one}" for pair in self.annex_a_touching_points.pairs for one in pair.iso27001]
        return tuple(dict.fromkeys(found))

    def proposed(self, clause: str) -> Mapping[str, tuple[str, ...]]:
        """For a clause of ISO/IEC 42001, or the nearest heading above it, the clauses elsewhere by standard."""
        pair = next((one for one in self.annex_a_touching_points.pairs if one.iso42001 == clause), None)
        if pair is not None:
            return {"iso27001": tuple(f"A.{one}" for one in pair.iso27001)}
        by = {one.iso42001: one for one in self.shared_clauses}
        while clause and clause not in by:
            clause = clause.rpartition(".")[0]
        found = by.get(clause)
        return {} if found is None else {name: ids for name in STANDARDS if (ids := found.elsewhere(name))}


@cache
def integrated() -> Integrated:
    """Reads the packaged file once."""
    said = yaml.safe_load((own_data() / "related.yaml").read_text(encoding="utf-8"))
    return msgspec.convert(said["integrated_management"], Integrated)

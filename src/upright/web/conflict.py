"""Two versions of one record side by side: what was to be saved, and what somebody saved meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import ForeignKey

from upright.desk.description import RecordType
from upright.desk.values import Shown, label, plain_shown
from upright.records.trail.errors import ConflictError
from upright.records.trail.fields import RefField
from upright.records.trail.record import find


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field in which the versions differ."""

    name: str
    label: str
    ours: Shown
    theirs: Shown


def differences(described: RecordType, why: ConflictError) -> list[Difference]:
    """Every field that would change if ours were saved over theirs."""
    return [
        Difference(
            name=name,
            label=label(described.model, name),
            ours=_shown(described, why.ours, name),
            theirs=_shown(described, why.theirs, name),
        )
        for name in why.differing
    ]


def _shown(described: RecordType, version: Mapping[str, Any], name: str) -> Shown:
    value = version.get(name)
    field = described.model._meta.get_field(name)
    linked = find(str(value)) if value and isinstance(field, ForeignKey | RefField) else None
    return plain_shown(linked or value)

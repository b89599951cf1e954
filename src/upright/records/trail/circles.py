"""Chains of records of one type: what supersedes, replaces, inherits or lies below another comes to an end."""

from upright.records.trail.record import Record


def circled(record: Record, field: str) -> Record | None:
    """The record that a link to its own type, such as ``supersedes``, leads back to, one by one; None: to an end."""
    before: Record | None = getattr(record, field)
    seen = {record.pk}
    while before is not None:
        if before.pk in seen:
            return before
        seen.add(before.pk)
        before = getattr(before, field)
    return None

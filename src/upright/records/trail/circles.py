"""Chains of records of one type: what supersedes, replaces or lies below another comes to an end."""

from typing import Any

from upright.records.trail.record import Record


def circled(record: Record, field: str) -> Record | None:
    """The record that a link to its own type, such as ``supersedes``, leads back to, one by one; None: to an end.

    Each step is read from the database: records at hand may be older than what the same transaction has written.
    """
    link: Any = type(record)._meta.get_field(field)
    rows = type(record)._base_manager
    here, seen = getattr(record, link.attname), {record.pk}
    while here is not None:
        if here in seen:
            found: Record | None = rows.filter(pk=here).first() or record
            return found
        seen.add(here)
        here = rows.filter(pk=here).values_list(link.attname, flat=True).first()
    return None

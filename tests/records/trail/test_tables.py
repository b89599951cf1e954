"""Tables that are no records: what was put there behind our back is found."""

import pytest
from django.db import connection

from records.identity.accounts import account
from records.organisation import SETUP, Organisation
from records.trail.test_tampering import said, sql
from upright.records.trail.door import write
from upright.records.trail.tables import Table, register, stays_empty
from upright.records.trail.verify import verify


def test_an_address_smuggled_in_for_a_reset_link_is_found(meridian: Organisation) -> None:
    lead = account(meridian.lead)
    assert verify().outcome == "intact"
    key = lead.pk.hex if connection.vendor == "sqlite" else str(lead.pk)
    sql(
        'INSERT INTO account_emailaddress (user_id, email, verified, "primary") '
        "VALUES (%s, 'evil@x.example', %s, %s)",
        key,
        True,
        True,
    )
    (line,) = said(verify())
    assert line.startswith("UP-ROW-06 account_emailaddress: ")
    assert "evil" not in line


def test_a_counter_set_back_or_removed_is_found(meridian: Organisation) -> None:
    sql("UPDATE trail_refcounter SET last = 1 WHERE name LIKE 'role:%%'")
    (line,) = said(verify())
    assert line.endswith(": 2, the highest number given / 1")
    sql("DELETE FROM trail_refcounter WHERE name LIKE 'role:%%'")
    assert said(verify())[0].endswith("/ no row")


def test_a_name_that_looks_like_a_counted_reference_is_no_alarm(meridian: Organisation) -> None:
    write(meridian.system("2026-0012"), actor=SETUP, action="inventory.system.added")
    assert said(verify()) == []


def test_a_group_of_djangos_is_found(meridian: Organisation) -> None:
    sql("INSERT INTO auth_group (name) VALUES ('superusers')")
    (line,) = said(verify())
    assert line.startswith("UP-ROW-06 auth_group: ")


def test_a_table_is_classed_once_with_a_reason_and_compared_where_derived() -> None:
    with pytest.raises(ValueError, match="classed before"):
        register({"django_session": Table("recorded", "Another opinion about sessions.")})
    for wrong in (Table("session", " "), Table("derived", "why"), Table("session", "why", stays_empty("auth.Group"))):
        with pytest.raises(ValueError, match="a reason is needed"):
            register({"some_table": wrong})

"""Whoever edits the database behind our back is found out, and what he changed is named."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, transaction

from records.organisation import Organisation, actor_of, grant
from upright.ledger.errors import RollbackError
from upright.records.identity.models import Role
from upright.records.inventory.models import System
from upright.records.trail.door import change, write
from upright.records.trail.erasure import erase
from upright.records.trail.errors import TamperedError
from upright.records.trail.models import LedgerEntry, LedgerLog, LedgerStream
from upright.records.trail.server_log import server_log
from upright.records.trail.verify import ServerReport, verify


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED" if connection.vendor == "postgresql" else "SELECT 1")
        cursor.execute(text, values)
        assert cursor.rowcount == 1


def filled(meridian: Organisation) -> None:
    actor = actor_of(meridian.lead)
    system = write(meridian.system(), actor=actor, action="inventory.system.added", reason="New.")
    system.name = "Mortgages"
    write(system, actor=actor, action="inventory.system.changed")


def said(report: ServerReport) -> list[str]:
    found = (*report.log.problems, *report.problems)
    return [f"{one.code} {one.file} {one.entry}: {one.expected} / {one.got}" for one in found]


def newest(ref: str) -> int:
    index: int = LedgerEntry.objects.filter(ref=ref).order_by("-index").values_list("index", flat=True)[0]
    return index


def row_changed(meridian: Organisation) -> str:
    sql("UPDATE inventory_system SET name = 'Harmless' WHERE ref = 'system:mortgage'")
    return 'name = "Mortgages" / name = "Harmless"'


def link_changed(meridian: Organisation) -> str:
    lead = meridian.lead.pk.hex if connection.vendor == "sqlite" else str(meridian.lead.pk)
    sql("UPDATE inventory_system SET owner_id = %s WHERE ref = 'system:mortgage'", lead)
    return f'owner = "{meridian.owner.ref}" / owner = "{meridian.lead.ref}"'


def row_without_entry(meridian: Organisation) -> str:
    columns = "short_name, name, purpose, unit_id, owner_id, stage, modality, personal_data, version"
    forged = "0190a1b200007000800000000000000f"
    sql(
        f"INSERT INTO inventory_system (id, ref, {columns}) SELECT %s, 'system:forged', {columns} "
        "FROM inventory_system WHERE ref = 'system:mortgage'",
        forged,
    )
    return "an entry for system:forged / a row without entry"


def row_where_there_was_none(meridian: Organisation) -> str:
    sql(
        "INSERT INTO identity_approvalexception (id, ref, version, person_id, unit_id, granted_by, starts, ends) "
        "SELECT %s, 'exception:forged', 1, id, unit_id, '', '2020-01-01', '2040-01-01' "
        "FROM identity_person WHERE ref = %s",
        "0190a1b200007000800000000000000d",
        meridian.lead.ref,
    )
    return "UP-ROW-01 identity_approvalexception None: an entry for exception:forged / a row without entry"


def row_deleted(meridian: Organisation) -> str:
    sql("DELETE FROM inventory_system WHERE ref = 'system:mortgage'")
    return "the row of system:mortgage / no row"


def role_granted(meridian: Organisation) -> str:
    columns = "unit_id, role, starts, ends, granted_by, confirmed_by, accepted_at, flag, version"
    sql(
        f"INSERT INTO identity_roleassignment (id, ref, person_id, {columns}) SELECT %s, 'role:2026-9999', person_id, "
        f"{columns} FROM identity_roleassignment WHERE ref = %s",
        "0190a1b200007000800000000000000e",
        meridian.lead.roles.get().ref,
    )
    return "an entry for role:2026-9999 / a row without entry"


def role_widened(meridian: Organisation) -> str:
    sql("UPDATE identity_roleassignment SET role = 'aims-manager' WHERE ref = %s", meridian.owner.roles.get().ref)
    return 'role = "system-owner" / role = "aims-manager"'


def linked_row_deleted(meridian: Organisation) -> str:
    """By a shell of SQLite, which asks for no foreign keys: others still link to it."""
    if connection.vendor == "postgresql":
        sql("UPDATE inventory_system SET ref = 'system:harmless' WHERE ref = 'system:mortgage'")
        return "the row of system:mortgage / no row"
    sql("DELETE FROM identity_person WHERE ref = %s", meridian.owner.ref)
    return f'owner = "{meridian.owner.ref}" / owner = "no row {meridian.owner.pk}"'


def optional_link_to_nothing(meridian: Organisation) -> str:
    expected = f'parent = "{meridian.root.ref}" / parent = '
    if connection.vendor == "postgresql":
        sql("UPDATE identity_unit SET parent_id = id WHERE ref = %s", meridian.lending.ref)
        return f'{expected}"{meridian.lending.ref}"'
    sql("UPDATE identity_unit SET parent_id = %s WHERE ref = %s", UUID(int=7).hex, meridian.lending.ref)
    return f'{expected}"no row {UUID(int=7)}"'


def unreadable_value(meridian: Organisation) -> str:
    """SQLite takes anything into any column."""
    if connection.vendor == "postgresql":
        return row_changed(meridian)
    sql("UPDATE inventory_system SET owner_id = 'x' WHERE ref = 'system:mortgage'")
    return "inventory_system: system:mortgage None: values that the columns of its table can hold / a value that cannot"


def text_that_is_none(meridian: Organisation) -> str:
    if connection.vendor == "postgresql":
        return row_changed(meridian)
    sql("UPDATE inventory_system SET name = CAST(x'ff' AS TEXT) WHERE ref = 'system:mortgage'")
    return "inventory_system: system:mortgage None: values that the columns of its table can hold / a value that cannot"


def entry_deleted(meridian: Organisation) -> str:
    index = newest("system:mortgage")
    sql("DELETE FROM trail_ledgerentry WHERE index = %s".replace("index", '"index"'), index)
    return f"trail_ledgerentry {index}: "


def body_swapped(meridian: Organisation) -> str:
    rows = LedgerEntry.objects.filter(ref="system:mortgage").order_by("index")
    LedgerEntry.objects.filter(index=rows[1].index).update(body=bytes(rows[0].body))
    return f"UP-LEDGER-62 trail_ledgerentry {rows[1].index}: body "


def leaf_changed(meridian: Organisation) -> str:
    row = LedgerEntry.objects.get(index=newest("system:mortgage"))
    LedgerEntry.objects.filter(index=row.index).update(leaf=bytes(row.leaf).replace(b'"n":1', b'"n":2'))
    return f"UP-LEDGER-55 trail_ledgerentry {row.index}: "


def entry_forged(meridian: Organisation) -> str:
    row = LedgerEntry.objects.get(index=newest("system:mortgage"))
    row.index += 1
    row.save(force_insert=True)
    return f"UP-ROW-05 trail_ledgerentry {row.index}: no entry beyond"


def stream_count_changed(meridian: Organisation) -> str:
    sql("UPDATE trail_ledgerstream SET entries = 1 WHERE ref = 'system:mortgage'")
    return "2 entries"


def stream_named_anew(meridian: Organisation) -> str:
    """What the next entry of this record would be entered under: a stream that nobody announced."""
    stream = LedgerStream.objects.get(ref="system:mortgage")
    sql("UPDATE trail_ledgerstream SET stream = %s WHERE ref = 'system:mortgage'", "0" * 64)
    return f"UP-ROW-04 trail_ledgerstream: system:mortgage None: stream {stream.stream} / stream {'0' * 64}"


def stream_salted_anew(meridian: Organisation) -> str:
    LedgerStream.objects.filter(ref="system:mortgage").update(salt=bytes(32))
    return f"/ salt {bytes(32).hex()}"


def stream_put_into_another_index(meridian: Organisation) -> str:
    sql("UPDATE trail_ledgerstream SET index_ref = 'index:keys' WHERE ref = 'system:mortgage'")
    return "announced by index:system:mortgage / announced by index:keys"


def tile_changed(meridian: Organisation) -> str:
    from upright.records.trail.models import HashTile

    row = HashTile.objects.get(key=0)
    HashTile.objects.filter(key=0).update(hashes=bytes(32) + bytes(row.hashes)[32:])
    return "UP-LEDGER-54 trail_hashtile/0/0"


def rolled_back(meridian: Organisation) -> str:
    before = LedgerLog.objects.get().checkpoint
    size = server_log().view().size
    grant(meridian.lead, Role.MEMBER, meridian.root)
    LedgerEntry.objects.filter(index__gte=size).delete()
    LedgerLog.objects.update(checkpoint=before)
    return "The log was rolled back"


@pytest.mark.parametrize("newest_gone", [False, True])
def test_nothing_is_written_behind_a_row_that_the_checkpoint_does_not_name(
    newest_gone: bool, meridian: Organisation
) -> None:
    filled(meridian)
    size = server_log().view().size
    forged = LedgerEntry.objects.get(index=size - 1)
    if newest_gone:
        forged.delete()
    forged.index = size
    forged.save(force_insert=True)
    with pytest.raises(RollbackError) as refused:
        grant(meridian.lead, Role.MEMBER, meridian.root)
    assert refused.value.code == "UP-LEDGER-34"
    assert f"names {size} entries and there is a row of entry {size}" in refused.value.message
    assert server_log().view().size == size


ATTACKS = [
    row_changed,
    link_changed,
    linked_row_deleted,
    optional_link_to_nothing,
    unreadable_value,
    text_that_is_none,
    row_without_entry,
    row_where_there_was_none,
    row_deleted,
    role_granted,
    role_widened,
    entry_deleted,
    body_swapped,
    leaf_changed,
    entry_forged,
    stream_count_changed,
    stream_named_anew,
    stream_salted_anew,
    stream_put_into_another_index,
    tile_changed,
    rolled_back,
]


@pytest.mark.parametrize("attack", [row_changed, link_changed, role_widened])
def test_what_was_changed_behind_the_door_is_not_made_good_by_who_writes_next(
    meridian: Organisation, attack: Callable[[Organisation], str]
) -> None:
    filled(meridian)
    wanted = attack(meridian)
    size = server_log().view().size
    record = meridian.owner.roles.get() if attack is role_widened else System.objects.get()
    with pytest.raises(TamperedError) as refused:
        write(record, actor=actor_of(meridian.lead), action="inventory.system.changed", reason="An honest change.")
    assert refused.value.code == "UP-DOOR-10"
    assert refused.value.ref == record.ref
    assert refused.value.fields[0] in wanted
    assert server_log().view().size == size
    assert any(wanted in line for line in said(verify()))


def test_what_was_put_there_by_sql_is_not_made_good_by_who_writes_next(meridian: Organisation) -> None:
    filled(meridian)
    wanted = row_without_entry(meridian)
    forged = System.objects.get(ref="system:forged")
    forged.name = "Ours"
    with pytest.raises(TamperedError, match="a row without entry"):
        write(forged, actor=actor_of(meridian.lead), action="inventory.system.changed")
    assert any(wanted in line for line in said(verify()))


def test_what_is_written_twice_in_one_change_and_what_was_erased_are_written_on(meridian: Organisation) -> None:
    filled(meridian)
    actor, system = actor_of(meridian.lead), System.objects.get()
    with change():
        for name in ("Once", "Twice"):
            system.name = name
            write(system, actor=actor, action="inventory.system.changed")
    person = meridian.owner
    person.is_active = False
    write(person, actor=actor, action="identity.person.left")
    erase(person, actor=actor, reason="Asked for it.")
    person.name = "Somebody"
    write(person, actor=actor, action="identity.person.changed")
    assert said(verify()) == []


def test_what_nobody_touched_is_intact(meridian: Organisation) -> None:
    filled(meridian)
    report = verify()
    assert (report.outcome, said(report)) == ("intact", [])
    assert report.log.trusted
    assert report.rows == 7


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_change_behind_the_door_is_found_and_named(
    meridian: Organisation, attack: Callable[[Organisation], str]
) -> None:
    filled(meridian)
    before = transaction.savepoint()
    wanted = attack(meridian)
    report = verify()
    transaction.savepoint_rollback(before)  # what no foreign key allows is not left to the end of the test
    assert report.outcome == "broken"
    assert any(wanted in line for line in said(report)), (wanted, said(report))

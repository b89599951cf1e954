"""What breaks below the server, clock, disk, database: a clear answer, nothing acknowledged lost, intact."""

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.test import Client

from records.identity.accounts import account
from records.organisation import Organisation, actor_of
from upright.ledger import disk
from upright.ledger.leaves import parse_leaf
from upright.ledger.statehead import read_head
from upright.records.collaboration import blobs
from upright.records.collaboration.models import Attachment
from upright.records.inventory.models import System
from upright.records.trail.door import write
from upright.records.trail.errors import is_disk_full
from upright.records.trail.models import LedgerEntry
from upright.records.trail.server_log import clock_set, now, server_log
from upright.records.trail.verify import verify
from upright.site import health


def added(meridian: Organisation, name: str) -> System:
    return write(meridian.system(name), actor=actor_of(meridian.lead), action="inventory.system.added")


def test_under_a_clock_that_is_set_back_the_door_writes_and_says_so_in_the_leaf(meridian: Organisation) -> None:
    added(meridian, "before")
    hours_ago = now() - timedelta(hours=3)
    with clock_set(lambda: hours_ago):
        added(meridian, "meanwhile")
    added(meridian, "after")
    rows = LedgerEntry.objects.order_by("index").values_list("ref", "leaf")
    leaves = [(ref, parse_leaf(bytes(leaf))) for ref, leaf in rows]
    late = {ref: bool(leaf.late) for ref, leaf in leaves}
    assert [late[f"system:{one}"] for one in ("before", "meanwhile", "after")] == [False, True, False]
    times = [leaf.time for _, leaf in leaves]
    assert times == sorted(times)
    assert verify().outcome == "intact"


def test_a_full_disk_at_the_state_head_takes_nothing_back_that_is_committed(
    meridian: Organisation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    added(meridian, "before")
    head = server_log().state_head
    assert head is not None
    seen = read_head(head)

    def full(*_given: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(disk, "_write", full)
        system = added(meridian, "meanwhile")
    assert (system.ref, system.version) == ("system:meanwhile", 1)
    assert "state head lags" in caplog.text
    assert read_head(head) == seen
    assert verify().outcome == "intact"
    added(meridian, "after")
    moved = read_head(head)
    assert moved is not None
    assert seen is not None
    assert moved.size > seen.size + 1
    assert verify().outcome == "intact"


@contextmanager
def failing(start: str) -> Iterator[list[str]]:
    """Statements that begin so fail, as they do where the disk of the database is full, or its server is gone."""
    hit: list[str] = []

    def fail(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.replace('"', "").startswith(start):
            hit.append(sql)
            raise OperationalError("database or disk is full: secret-value")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        yield hit


@pytest.mark.parametrize("where", ["INSERT INTO inventory_system", "UPDATE trail_ledgerlog"])
def test_a_database_that_fails_in_a_write_is_said_as_503_and_loses_nothing(
    meridian: Organisation, quick_hashes: None, where: str
) -> None:
    added(meridian, "before")
    client = Client(raise_request_exception=False)
    client.force_login(account(meridian.lead))
    form = {
        "short_name": "mine",
        "name": "Mine",
        "purpose": "Ranks.",
        "unit": meridian.lending.ref,
        "owner": meridian.owner.ref,
        "modality": "tabular",
        "stage": "inception",
        "reason": "New.",
    }
    before = LedgerEntry.objects.count()
    with failing(where) as hit:
        answer = client.post("/records/system/add/", form)
    assert hit
    page = answer.content.decode()
    assert (answer.status_code, "UP-WEB-01" in page, "secret-value" in page) == (503, True, False)
    assert LedgerEntry.objects.count() == before
    assert sorted(System.objects.values_list("short_name", flat=True)) == ["before"]
    assert client.post("/records/system/add/", form).status_code == 302
    assert verify().outcome == "intact"


def test_a_database_that_is_gone_before_anybody_is_known_is_said_as_503_and_comes_back(
    meridian: Organisation, quick_hashes: None
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(account(meridian.lead))
    program = Client(raise_request_exception=False)
    with failing("SELECT") as hit:
        page, ready = client.get("/records/system/"), program.get("/readyz")
        api = program.get("/api/v1/system", headers={"Authorization": "Bearer upr_0190a1b2_x"})
    assert hit
    assert (page.status_code, "UP-WEB-01" in page.content.decode()) == (503, True)
    assert ready.status_code == 503
    assert ready.json()["because"] == "the database does not answer"
    assert api.status_code in {401, 503}
    assert client.get("/records/system/").status_code == 200


def test_a_full_disk_at_an_upload_or_in_the_database_is_said_as_such_and_the_same_goes_through_once_there_is_room(
    meridian: Organisation, quick_hashes: None, server_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(meridian, "mine")
    client = Client(raise_request_exception=False)
    client.force_login(account(meridian.lead))

    def full(*_given: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def sends() -> Any:
        return client.post("/attach/system:mine/", {"file": SimpleUploadedFile("a.txt", b"some words")})

    with monkeypatch.context() as patch:
        patch.setattr(blobs.os, "fsync", full)
        answer = sends()
    assert (answer.status_code, b"UP-WEB-09" in answer.content) == (503, True)
    assert [path for path in (server_home / "blobs").rglob("*") if path.is_file()] == []
    assert not Attachment.objects.exists()
    assert sends().status_code == 302
    assert Attachment.objects.get().size == len(b"some words")
    told = OperationalError("full")
    told.__cause__ = DriverError(sqlite_errorcode=13, sqlstate="53100")
    assert is_disk_full(told)
    assert not is_disk_full(OperationalError("database is locked"))
    monkeypatch.setattr(health, "LEAST_FREE", 1 << 60)
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (503, 200)
    assert verify().outcome == "intact"


class DriverError(Exception):
    """What a driver raises, with its codes."""

    def __init__(self, **codes: Any) -> None:
        self.__dict__.update(codes)


def test_a_commit_is_kept_before_it_is_answered_however_the_database_is_set(meridian: Organisation) -> None:
    is_sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if not is_sqlite:
            cursor.execute("SET synchronous_commit = off")
        write(meridian.system(), actor=actor_of(meridian.lead), action="inventory.system.added")
        cursor.execute("PRAGMA synchronous" if is_sqlite else "SHOW synchronous_commit")
        assert cursor.fetchone() == ((2,) if is_sqlite else ("on",))

"""How many queries an answer takes; CPU is printed, never asserted."""

import time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.program import Program, new
from records.organisation import SETUP, Organisation
from upright.records.trail.door import write_many


def cost(call: Any) -> tuple[int, float]:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        started = time.process_time()
        answer = call()
        spent = (time.process_time() - started) * 1000
    assert answer.status_code < 300, answer.content
    return len(seen), spent


def test_a_list_of_a_hundred_takes_eight_queries_at_most_and_a_new_record_few(
    meridian: Organisation, owner: Program
) -> None:
    write_many((meridian.system(f"s{n}") for n in range(120)), actor=SETUP, action="inventory.system.added")
    owner.get("system")
    listed, list_ms = cost(lambda: owner.get("system?limit=100&sort=name&stage=inception"))
    read, read_ms = cost(lambda: owner.get("system/system:s7"))
    created, create_ms = cost(lambda: owner.post("system", new(meridian)))
    print(f"list of 100: {listed} queries, {list_ms:.1f} CPU ms")
    print(f"read: {read} queries, {read_ms:.1f} CPU ms; create: {created} queries, {create_ms:.1f} CPU ms")
    assert listed <= 8
    assert read <= 6
    lock = 2 if connection.vendor == "postgresql" else 0  # the log's lock, taken and given back: a file on SQLite
    assert created <= 24 + lock

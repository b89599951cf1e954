"""How many queries an answer takes, whatever there is; CPU is printed, never asserted."""

import time
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from api.program import Program, new
from records.organisation import SETUP, Organisation
from upright.records.assurance.ahead import judge_ahead
from upright.records.identity.models import Account
from upright.records.risk.models import Risk
from upright.records.trail.door import write, write_many

LOCK = 2
"""The log's lock on PostgreSQL, taken and given back: a file on SQLite."""


def cost(what: str, call: Any) -> int:
    with CaptureQueriesContext(connection) as seen:
        started = time.process_time()
        answer = call()
        spent = (time.process_time() - started) * 1000
    assert answer.status_code < 400, answer.content
    print(f"{what}: {len(seen)} queries, {spent:.1f} CPU ms")
    return len(seen)


def test_no_answer_takes_more_queries_the_more_there_is(meridian: Organisation, owner: Program) -> None:
    write_many((meridian.system(f"s{n}") for n in range(120)), actor=SETUP, action="inventory.system.added")
    risk = Risk(title="A risk", unit=meridian.lending, owner=meridian.owner, concerns="individuals", source="A cause.",
                consequence="A harm.", likelihood=2, impact=3)  # fmt: skip
    write(risk, actor=SETUP, action="risk.risk.added")
    account = Account(email="olu@meridian.example", person=meridian.owner)
    account.set_unusable_password()
    write(account, actor=SETUP, action="identity.account.added")
    web = Client()
    web.force_login(account)
    form = {"short_name": "by-form", "name": "N", "purpose": "P", "unit": meridian.lending.ref, "version": "0",
            "owner": meridian.owner.ref, "modality": "tabular", "personal_data": "unknown", "reason": "R."}  # fmt: skip
    lock = LOCK if connection.vendor == "postgresql" else 0
    owner.get("system")
    allowed = {
        "home": (13, lambda: web.get("/")),
        "API list of 100": (4, lambda: owner.get("system?limit=100&sort=name&stage=inception")),
        "API list by owner": (4, lambda: owner.get("system?limit=100&sort=-owner")),
        "API detail": (4, lambda: owner.get("system/system:s7")),
        "API create": (17 + lock, lambda: owner.post("system", new(meridian))),
        "form": (18 + lock, lambda: web.post("/records/system/add/", form)),
        "API posture": (8, lambda: owner.get("system/system:s7/posture?framework=iso42001")),
        "list of 100": (8, lambda: web.get("/records/system/?per=100")),
        "posture": (11, lambda: web.get("/posture/system:s7/")),
        "risk": (14, lambda: web.get(f"/record/{risk.ref}/")),
        "system": (12, lambda: web.get("/record/system:s7/")),
    }
    owner.get("system/system:s7/posture")
    judge_ahead()  # as the worker does beside the server; a page over few systems would judge some itself
    web.get("/")
    beyond = {}
    for what, (most, call) in allowed.items():
        found = cost(what, call)
        if found > most:
            beyond[what] = (found, most)
    assert beyond == {}

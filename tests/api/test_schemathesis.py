"""The API attacked by its own description, as an administrator: no 500, and no answer that the document denies."""

import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from api.program import Program, new
from records.organisation import Organisation, grant
from upright.desk.description import registered
from upright.records.identity.models import Person, Role
from upright.records.trail.verify import verify
from upright.site.wsgi import application

REQUESTS = 240
"""In all, for each way: more operations get fewer each, so that the cost stays."""
ONE_OF = 6
"""Of what one code does alike for all types, a sixth of the types are asked each day, and others the next."""


def refuses_what_is_wrong(ctx: Any, response: Any, case: Any) -> bool | None:
    """Too large is a refusal as well, which the library's own check does not know of."""
    return None if response.status_code == 413 else checks.negative_data_rejection(ctx, response, case)


CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    refuses_what_is_wrong,
]


def operations() -> list[str]:
    from upright.api.document import described_api

    paths = described_api("/")["paths"]
    return [f"{method.upper()} {path}" for path, found in paths.items() for method in found]


def shape(label: str) -> str:
    """The operation without its type: what all types share has one."""
    method, _, path = label.partition(" ")
    return f"{method} " + "/".join("*" if part in registered() else part for part in path.split("/"))


def has_its_own_fields(label: str) -> bool:
    """Lists, with their filters, additions and changes: no two types take or answer the same."""
    return shape(label) in {"GET /api/v1/*", "POST /api/v1/*", "PATCH /api/v1/*/{key}"}


def chosen(labels: list[str], day: str, is_whole: bool) -> list[str]:
    """Every shape, of types that the day chooses; where it is whole, everything with fields of its own as well."""
    shapes: dict[str, list[str]] = defaultdict(list)
    for label in sorted(labels, key=lambda label: sha256(f"{day} {label}".encode()).digest()):
        shapes[shape(label)].append(label)
    picked = [label for alike in shapes.values() for label in alike[: -(-len(alike) // ONE_OF) if is_whole else 1]]
    return sorted({*picked, *filter(has_its_own_fields, labels if is_whole else ())})


def test_every_operation_is_asked_in_the_end_and_every_shape_each_day() -> None:
    labels, days = operations(), [f"2026-{month:02}-{day:02}" for month in (1, 2, 3) for day in range(1, 29)]
    assert len(labels) > 500
    for is_whole in (True, False):
        for day in days[:3]:
            assert {shape(label) for label in chosen(labels, day, is_whole)} == {shape(label) for label in labels}
    assert set(labels) == {label for day in days for label in chosen(labels, day, True)}
    assert set(filter(has_its_own_fields, labels)) <= set(chosen(labels, days[0], True))


def somebody_elses(model: Any, who: Person) -> Any:
    """A record that the caller can end without ending its own powers."""
    rows = model._base_manager.order_by("-pk")
    if any(field.name == "person" for field in model._meta.concrete_fields):
        rows = rows.exclude(person=who)
    return (rows.exclude(pk=who.pk) if model is Person else rows).first()


def attack(schema: Any, label: str, mode: GenerationMode, who: Person, text: str, examples: int) -> int:
    """Sends generated requests, some about records that are there at the version they have; gives the number sent."""
    operation = schema.find_operation_by_label(label)
    described = registered().get(label.split("/")[3])
    sent = 0

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_about_one=st.booleans())
    def send(case: Any, is_about_one: bool) -> None:
        nonlocal sent
        record = None if described is None else somebody_elses(described.model, who)
        if is_about_one and record is not None and "key" in (case.path_parameters or {}):
            case.path_parameters["key"] = str(record.pk)
            if "If-Match" in (case.headers or {}) and mode is GenerationMode.POSITIVE:
                case.headers["If-Match"] = f'"{record.version}"'
        case.call_and_validate(headers={"Authorization": f"Bearer {text}"}, checks=CHECKS)
        sent += 1

    with suppress(Unsatisfiable):  # nothing that it takes can be wrong
        send()
    return sent


@contextmanager
def one_connection() -> Iterator[None]:
    """As Django's own client does: a request does not close the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["as told", "not as told"])
def test_no_answer_is_a_fault_or_contradicts_the_document(
    meridian: Organisation, issued: Any, mode: GenerationMode
) -> None:
    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    grant(meridian.lead, Role.SYSTEM_OWNER, meridian.root)
    lead: Program = issued(meridian.lead)
    assert lead.post("system", new(meridian)).status_code == 201
    day = os.environ.get("SAMPLE_DAY") or datetime.now(tz=UTC).date().isoformat()
    print(f"To ask the same again: SAMPLE_DAY={day}")
    # What refuses is the same code for all types, and what a second database does otherwise is below all of them.
    labels = chosen(operations(), day, mode is GenerationMode.POSITIVE and connection.vendor == "sqlite")
    assert len(labels) > 100
    issued(meridian.owner)
    document = lead.get("openapi.json").json()
    for operation in (one for found in document["paths"].values() for one in found.values()):
        del operation["security"]  # every request carries the token; what is sent without one is tested elsewhere
    schema = schemathesis.openapi.from_dict(document)
    schema.app = application
    each = max(2, REQUESTS // len(labels))
    with one_connection():
        sent = sum(attack(schema, label, mode, meridian.lead, lead.text, each) for label in labels)
    assert sent > len(labels) // 2
    assert lead.get("system").status_code == 200
    assert verify().outcome == "intact"

"""Hostile and broken bodies, other methods and places: a clear answer, nothing written, never a 500."""

import gzip
import json
from typing import Any

import pytest

from api.program import Program, code, new
from records.organisation import Organisation
from upright.api.bodies import LARGEST_BYTES
from upright.records.inventory.models import System


def deep(levels: int) -> bytes:
    return b'{"record": ' + b"[" * levels + b"]" * levels + b"}"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"null", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"7", 400),
        (b'{"record": {}, "record": {}}', 400),
        (b'{"record": {"name": "a", "name": "b"}}', 400),
        (b'{"record": {"name": NaN}}', 400),
        (b'{"record": {"name": Infinity}}', 400),
        (b'{"record": {"name": 1.5}}', 422),
        (b'{"record": {"name": 1e400}}', 422),
        (b'{"record": {"name": ' + b"9" * 5000 + b"}}", 422),
        (b'{"record": {"name": 9007199254740993}}', 422),
        (b'{"record": {"name": "\\u0000"}}', 422),
        (b'{"record": {"name": "\\ud800"}}', 422),
        (b'{"record": {"\\ud800": "x"}}', 422),
        (b'{"\\udfff": 1, "\\udfff": 2}', 400),
        (b'{"record": {"name": "\xff"}}', 400),
        (b"\xef\xbb\xbf{}", 400),
        ("{}".encode("utf-16"), 400),
        (b'{"record": {"name": "a\nb"}}', 400),
        (deep(40), 400),
        (deep(5000), 400),
        (deep(400_000), 400),
        (b'{"record": 7}', 422),
        (b'{"record": null}', 422),
        (b'{"record": {}, "other": 1}', 422),
        (b'{"record": {}, "reason": 7}', 422),
    ],
    ids=range(29),
)
def test_a_body_that_is_not_to_be_read_in_one_way_is_refused(
    meridian: Organisation, owner: Program, body: bytes, status: int
) -> None:
    assert code(owner.post("system", body))[0] == status
    assert not System.objects.exists()


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/json",
             "application/json; charset=utf-16", "application/xml", "\u00e9"]
)  # fmt: skip
def test_another_content_type_is_refused(meridian: Organisation, owner: Program, kind: str) -> None:
    assert code(owner.post("system", new(meridian), content_type=kind)) == (415, "UP-API-07")


def test_a_packed_body_is_refused_and_the_answer_says_what_is_taken(meridian: Organisation, owner: Program) -> None:
    answer = owner.post("system", gzip.compress(json.dumps(new(meridian)).encode()), content_encoding="gzip")
    assert code(answer) == (415, "UP-API-07")
    assert answer.headers["Accept-Encoding"] == "identity"
    assert owner.post("system", new(meridian), content_encoding="identity").status_code == 201


def test_a_body_over_the_limit_is_refused(meridian: Organisation, owner: Program) -> None:
    for size in (LARGEST_BYTES, 4 * LARGEST_BYTES):
        big = new(meridian, purpose="x" * size)
        assert code(owner.post("system", big)) == (413, "UP-API-08")
    assert not System.objects.exists()


def test_more_parameters_than_are_read_are_refused(meridian: Organisation, owner: Program) -> None:
    many = "&".join(f"a{number}=1" for number in range(2500))
    assert code(owner.get(f"system?{many}")) == (400, "UP-API-23")
    assert code(owner.post(f"system?{many}", new(meridian))) == (400, "UP-API-23")
    assert not System.objects.exists()


@pytest.mark.parametrize("path", ["nothing", "system/a/b/c", "system/x/moves/none", "nothing/x/history", "system/"])
def test_a_place_that_is_not_there_says_so_in_json(meridian: Organisation, owner: Program, path: str) -> None:
    assert code(owner.get(path)) == (404, "UP-API-04")
    assert code(owner.post(path, {})) == (404, "UP-API-04")


@pytest.mark.parametrize("method", ["DELETE", "PUT", "OPTIONS", "TRACE"])
def test_another_method_is_refused_with_those_that_are_there(owner: Program, method: str) -> None:
    for path, allowed in (("system", {"GET", "HEAD", "POST"}), ("system/system:x", {"GET", "HEAD", "PATCH"})):
        answer = owner(method, path)
        assert answer.status_code == 405
        assert set(answer.headers["Allow"].split(", ")) == allowed


def test_head_is_answered_as_get_without_the_body(meridian: Organisation, owner: Program) -> None:
    owner.post("system", new(meridian))
    for path in ("system", "system/system:mortgage", "system/system:nothing", "nothing", "openapi.json", ""):
        got, asked = owner.get(path), owner("HEAD", path)
        assert asked.status_code == got.status_code
        assert {name: asked.headers.get(name) for name in ("Content-Type", "ETag")} == {
            name: got.headers.get(name) for name in ("Content-Type", "ETag")
        }
        assert asked.content == b""
    assert owner("HEAD", "push").headers["Allow"] == "POST"
    assert code(Program().get("system")) == (401, "UP-API-01")
    assert Program()("HEAD", "system").status_code == 401


WRONG: list[Any] = [None, True, -1, 2**53 - 1, "", "x" * 50_000, "\U0010ffff", ["x"], {"x": []}]


def test_every_field_of_every_type_refuses_what_it_cannot_hold(meridian: Organisation, issued: Any) -> None:
    from records.organisation import grant
    from upright.api.document import described_api
    from upright.records.identity.models import Role

    grant(meridian.lead, Role.ADMINISTRATOR, meridian.root)
    lead = issued(meridian.lead)
    said = described_api("/")
    tried = 0
    for path, operations in said["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is None or "{" in path:
            continue
        schema = body["content"].get("application/json", {}).get("schema")
        shape = {} if schema is None else said["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        if "record" not in shape.get("properties", {}):
            continue
        fields = said["components"]["schemas"][shape["properties"]["record"]["$ref"].rpartition("/")[2]]["properties"]
        for wrong in WRONG:  # all fields at once: each that is wrong is told in one answer
            answer = lead.post(path, {"record": dict.fromkeys(fields, wrong)})
            assert code(answer)[0] == 422, (path, wrong, answer.content)
            told = {one["pointer"] for one in answer.json()["errors"]}
            assert told <= {f"/record/{name}" for name in fields} | {"/record"}
            tried += 1
    assert tried > 3 * len(WRONG)


def test_a_link_to_nothing_is_refused_in_its_field_where_a_type_looks_at_it_itself(
    meridian: Organisation, issued: Any
) -> None:
    record = {"identifier": "MCU.9", "title": "T", "implementation": "I", "owner": "person:0", "unit": "unit:0"}
    answer = issued(meridian.lead).post("control", {"record": record})
    assert code(answer)[0] == 422
    assert {"/record/owner", "/record/unit"} <= {one["pointer"] for one in answer.json()["errors"]}

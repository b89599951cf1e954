"""The OpenAPI document and the page made from it say what there is, to anybody, and load nothing from elsewhere."""

import re
import subprocess
import sys

from django.test import Client

from api.program import Program
from upright.api.document import described_api, part
from upright.api.shapes import shapes_of
from upright.desk.description import registered
from upright.records.identity.editing import may_be_added
from upright.records.identity.power import rights


def test_every_described_type_has_its_routes(db: None) -> None:
    said = Program().get("openapi.json")
    assert said.status_code == 200
    document = said.json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert registered()
    for described in registered().values():
        root = f"/api/v1/{described.name}"
        assert {"get"} <= set(paths[root])
        assert ("post" in paths[root]) == may_be_added(described.model)
        assert ("patch" in paths[f"{root}/{{key}}"]) == (described.right("change") in rights())
        assert "get" in paths[f"{root}/{{key}}/history"]
        assert set(shapes_of(described).moves) == {move.__name__ for move in described.moves}
        for move in described.moves:
            assert "post" in paths[f"{root}/{{key}}/moves/{move.__name__}"]
    named = [one["operationId"] for path in paths.values() for one in path.values()]
    assert len(named) == len(set(named))


def test_it_knows_a_server_below_a_path() -> None:
    assert all(path.startswith("/tools/upright/api/v1/") for path in described_api("/tools/upright/")["paths"])


def test_the_page_for_people_needs_no_script_and_nothing_from_elsewhere(db: None) -> None:
    answer = Program().get("/api/v1/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<script" not in page
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["/static/upright/upright.css", "openapi.json"]
    assert page.count("<section") == sum(len(one) for one in described_api("/")["paths"].values())


def test_no_answer_is_a_page_of_html_where_cookies_would_be_checked(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    for path, status in (("system", 401), ("nothing", 404), ("", 405), ("openapi.json", 405)):
        answer = client.post(f"/api/v1/{path}", {}, content_type="application/json")
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")


def test_an_address_makes_the_routes_of_its_own_type_alone_and_no_page_makes_any() -> None:
    program = (
        "import django\ndjango.setup()\nfrom django.urls import reverse, resolve\nfrom upright.api import document\n"
        "def made(): print(document.part.cache_info().currsize, document.made.cache_info().currsize)\n"
        "reverse('account_login')\nmade()\nresolve('/api/v1/system')\nmade()"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["0", "0", "1", "0"]


def test_routes_made_type_by_type_are_those_that_the_document_describes() -> None:
    described = {(path, method) for path, methods in described_api("/")["paths"].items() for method in methods}
    apart = [
        (f"/api/v1{path}", method.lower(), name)
        for name in ("", *registered())
        for router in part(name)._get_bound_routers()
        for path, view in router.path_operations.items()
        for operation in view.operations
        for method in operation.methods
    ]
    assert {(path, method) for path, method, _ in apart} == described
    assert len(apart) == len(described)
    owners: dict[str, set[str]] = {}
    for path, _, name in apart:
        owners.setdefault(path, set()).add(name)
    assert {path: names for path, names in owners.items() if len(names) > 1} == {}  # else 405 would hide a method

"""The OpenAPI document and the page made from it say what there is, to anybody, and load nothing from elsewhere."""

import re

from api.program import Program
from upright.api.document import described_api
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
    assert re.findall(r'(?:src|href)="([^"]+)"', page) == ["openapi.json"]
    assert page.count("<section") == sum(len(one) for one in described_api("/")["paths"].values())

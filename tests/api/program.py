"""A program that calls the API in tests."""

import json
from typing import Any

from django.test import Client

ROOT = "/api/v1"


class Program:
    def __init__(self, text: str = "", token: Any = None) -> None:
        self.text, self.token = text, token
        self.client = Client(raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"HTTP_" + name.upper(): value for name, value in headers.items()}
        if self.text:
            sent.setdefault("HTTP_AUTHORIZATION", f"Bearer {self.text}")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        kind = sent.pop("HTTP_CONTENT_TYPE", "application/json")
        return self.client.generic(method, path if path.startswith("/") else f"{ROOT}/{path}", data, kind, **sent)

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self("POST", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self("PATCH", path, body, **headers)


def code(answer: Any) -> tuple[int, str]:
    assert answer.headers["Content-Type"] == "application/problem+json", answer.content
    said = answer.json()
    assert said["status"] == answer.status_code
    assert said["type"] == f"urn:upright:problem:{said['code']}"
    assert said["detail"]
    return answer.status_code, said["code"]


def fields(meridian: Any, short_name: str = "mortgage", **more: Any) -> dict[str, Any]:
    return {
        "short_name": short_name,
        "name": "Mortgage lending",
        "purpose": "Ranks applications.",
        "unit": meridian.lending.ref,
        "owner": meridian.owner.ref,
        "modality": "tabular",
    } | more


def new(meridian: Any, short_name: str = "mortgage", **more: Any) -> dict[str, Any]:
    return {"record": fields(meridian, short_name, **more), "reason": "Register it."}

"""Hosted models and services: a confined child that loads nothing and reaches the one host that was named."""

import os
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from upright.checks.contract import Endpoint
from upright.checks.sandbox import Child, ConfinedError, SandboxLimits
from upright.measures.errors import MeasureInputError

MOST_ANSWER = 8 * 2**20
_CONNECT_SECONDS = 20.0
_SLACK_SECONDS = 5.0


class MissingKeyError(MeasureInputError):
    """The environment lacks the variable that the manifest names, so the model cannot be asked here."""


class CannotAskError(MeasureInputError):
    """There is no child here that could ask the host: no sandbox, or none any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """What came back: status (0: nothing did, ``why`` says why), headers in lower case, body."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    why: str = ""


class HostExchange:
    """Asks one host and no other, redirects not followed; use it in a ``with``.

    Each question names the ``seconds`` for all of it and the ``most`` bytes of an answer. The key is read from the
    environment when it opens, goes to the child by its pipe and to the host by TLS.

    Raises:
        MissingKeyError: the environment has no such variable (UP-CHECK-97).
        CannotAskError: there is no sandbox here (UP-CHECK-88).
    """

    def __init__(self, endpoint: Endpoint, *, scratch: Path, limits: SandboxLimits | None = None) -> None:
        self._endpoint, self._scratch, self._limits = endpoint, scratch, limits or SandboxLimits(wall_seconds=600.0)
        scratch.mkdir(parents=True, exist_ok=True)
        self._request, self._child = self._started()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close()

    def post(self, path: str, body: bytes, *, seconds: float, most: int = MOST_ANSWER) -> HttpAnswer:
        """Posts ``body``, which is JSON, to ``path`` below the base address; never raises for what the host does.

        Raises:
            CannotAskError: a child that was lost cannot be started again.
        """
        return self._ask("POST", path, [body], seconds, most)

    def get(self, path: str, *, seconds: float, most: int = MOST_ANSWER) -> HttpAnswer:
        """Gets ``path`` below the base address; never raises for what the host does.

        Raises:
            CannotAskError: a child that was lost cannot be started again.
        """
        return self._ask("GET", path, [], seconds, most)

    def _started(self) -> tuple[dict[str, Any], Child]:
        try:
            return endpoint_child("exchange", self._endpoint, self._scratch, self._limits)
        except ConfinedError as why:
            host = urlsplit(self._endpoint.url).hostname
            raise CannotAskError(f"{host} cannot be asked: {why.why}", code="UP-CHECK-88") from None

    def _ask(self, method: str, path: str, parts: list[bytes], seconds: float, most: int) -> HttpAnswer:
        if not self._child.is_alive:
            self._child.close()
            self._request, self._child = self._started()
        asked = {**self._request, "method": method, "path": path, "seconds": seconds, "most": most}
        try:
            head, data = self._child.ask(asked, parts, most=most + 1, seconds=seconds + _SLACK_SECONDS)
        except ConfinedError as why:
            return HttpAnswer(status=0, why=why.why)
        return _answer(head, bytes(data))


def _answer(head: Any, body: bytes) -> HttpAnswer:
    """Nothing that the child says is taken on trust."""
    if not isinstance(head, dict) or not isinstance(head.get("status"), int):
        return HttpAnswer(status=0, why="the answer is not of the agreed form")
    if head["status"] == 0:
        return HttpAnswer(status=0, why=str(head.get("why", "no answer"))[:200])
    headers = head.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else ()
    return HttpAnswer(status=head["status"], body=body, headers={str(name): str(value) for name, value in pairs})


def key_of(endpoint: Endpoint) -> str | None:
    """The model's key, from the environment; ``None`` where the manifest names none.

    Raises:
        MissingKeyError: the environment has no such variable.
    """
    if endpoint.key_env is None:
        return None
    key = os.environ.get(endpoint.key_env)
    if not key:
        raise MissingKeyError(
            f"the environment has no {endpoint.key_env}, which the manifest names as the model's key",
            code="UP-CHECK-97",
        )
    return key


def endpoint_child(
    task: str, endpoint: Endpoint, folder: Path, limits: SandboxLimits | None
) -> tuple[dict[str, Any], Child]:
    """What a child has to be told of the host, and the child; connections are made here, to that host alone.

    Raises:
        MissingKeyError: the environment has no key. ConfinedError: there is no sandbox here.
    """
    parts = urlsplit(endpoint.url)
    tls = parts.scheme == "https"
    host, port = parts.hostname or "", parts.port or (443 if tls else 80)
    key = key_of(endpoint)
    paths = ssl.get_default_verify_paths()
    readable = [path for path in (paths.cafile, paths.capath) if path] if tls else []

    def connect() -> socket.socket:
        made = socket.create_connection((host, port), timeout=_CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a request is two writes; the second must not wait
        return made

    child = Child(task, scratch=folder, limits=limits, readable=readable, connect=connect)
    request = {
        "host": host, "port": port, "tls": tls, "prefix": parts.path.rstrip("/"), "key": key,
        "model": endpoint.model, "version": endpoint.version, "cafile": paths.cafile, "capath": paths.capath,
    }  # fmt: skip
    return request, child

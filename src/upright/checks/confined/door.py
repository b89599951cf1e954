"""The child's one way to another host: it knocks, and whoever started it makes the connection and hands it in.

The child can neither make a socket nor connect one, so it reaches what the parent was told to reach and nothing else.
"""

import http.client
import json
import socket
import ssl
from typing import Any

SECONDS = 60.0
MOST_ANSWER = 1 << 26
_SHOWN = 200
_doors: list[socket.socket] = []


class EndpointError(ValueError):
    """The endpoint cannot be reached, or answers with something else than was agreed."""


def use(descriptor: int | None) -> None:
    """Takes the descriptor through which connections come; none, where this child may reach nobody."""
    if descriptor is not None and not _doors:
        _doors.append(socket.socket(fileno=descriptor))


class Endpoint:
    """One host, asked with JSON over a connection that is kept and made anew where it was dropped."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.host, self.port, self.prefix = request["host"], int(request["port"]), request["prefix"]
        self.headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if request.get("key"):
            self.headers["Authorization"] = f"Bearer {request['key']}"
        self.context = None
        if request["tls"]:
            self.context = ssl.create_default_context(cafile=request.get("cafile"), capath=request.get("capath"))
        self.connection: _Handed | None = None

    def post(self, path: str, value: Any) -> Any:
        """The JSON that a POST is answered with.

        Raises:
            EndpointError: no connection, another status than 200, no JSON, or too much of it.
        """
        body = json.dumps(value, allow_nan=False).encode()
        try:
            status, data = self._once(path, body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.connection = None  # a kept connection that the other side gave up
            status, data = self._again(path, body)
        except (OSError, http.client.HTTPException) as why:
            self.connection = None
            raise EndpointError(f"{self.host} cannot be asked: {type(why).__name__}: {why}") from None
        if status != 200:
            said = data[:_SHOWN].decode("utf-8", "replace")
            raise EndpointError(f"{self.host} answered {status}: {' '.join(said.split())}")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise EndpointError(f"{self.host} answered with something that is no JSON") from None

    def _again(self, path: str, body: bytes) -> tuple[int, bytes]:
        try:
            return self._once(path, body)
        except (OSError, http.client.HTTPException) as why:
            self.connection = None
            raise EndpointError(f"{self.host} cannot be asked: {type(why).__name__}: {why}") from None

    def _once(self, path: str, body: bytes) -> tuple[int, bytes]:
        if self.connection is None:
            self.connection = _Handed(self.host, self.port, self.context)
        self.connection.request("POST", self.prefix + path, body, self.headers)
        answer = self.connection.getresponse()
        data = answer.read(MOST_ANSWER + 1)
        if len(data) > MOST_ANSWER:
            self.connection = None
            raise EndpointError(f"{self.host} answered with more than {MOST_ANSWER >> 20} MiB")
        return answer.status, data


class _Handed(http.client.HTTPConnection):
    """A connection over a socket that came through the door."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port)
        self._context = context

    def connect(self) -> None:
        """Knocks, and speaks TLS over what is handed in."""
        if not _doors:
            raise EndpointError("this process may reach nobody")
        _doors[0].send(b"?")
        said, descriptors, _, _ = socket.recv_fds(_doors[0], _SHOWN + 1, 1)
        if not descriptors:
            raise EndpointError(f"{self.host}: {said[1:].decode('utf-8', 'replace') or 'no connection'}")
        made = socket.socket(fileno=descriptors[0])
        made.settimeout(SECONDS)
        self.sock = made if self._context is None else self._context.wrap_socket(made, server_hostname=self.host)

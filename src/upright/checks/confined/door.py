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
        self.headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "upright"}
        self.key = request.get("key")
        if self.key:
            self.headers["Authorization"] = f"Bearer {self.key}"
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
            status, _headers, data = self.exchange(path, body)
        except (OSError, http.client.HTTPException) as why:
            raise EndpointError(f"{self.host} cannot be asked: {type(why).__name__}: {why}") from None
        if status != 200:
            said = data[:_SHOWN].decode("utf-8", "replace").replace(self.key or "\0", "(key)")
            raise EndpointError(f"{self.host} answered {status}: {' '.join(said.split())}")
        try:
            return json.loads(data)
        except (ValueError, RecursionError):
            raise EndpointError(f"{self.host} answered with something that is no JSON") from None

    def exchange(
        self, path: str, body: bytes | None, *, seconds: float = SECONDS, most: int = MOST_ANSWER
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body of a POST, or without a body of a GET; a connection given up is made anew once.

        Each step, such as a piece of the answer, may take ``seconds``.

        Raises:
            OSError, HTTPException: no connection, or no answer. EndpointError: more than ``most`` bytes.
        """
        was_kept = self.connection is not None
        try:
            return self._once(path, body, seconds, most)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            self.connection = None  # a kept connection that the other side gave up
            if not was_kept:
                raise
            return self._once(path, body, seconds, most)
        except BaseException:
            self.connection = None
            raise

    def _once(
        self, path: str, body: bytes | None, seconds: float, most: int
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        try:
            if self.connection is None:
                self.connection = _Handed(self.host, self.port, self.context)
                self.connection.connect()
            if self.connection.sock is not None:
                self.connection.sock.settimeout(seconds)
            self.connection.request("GET" if body is None else "POST", self.prefix + path, body, self.headers)
            answer = self.connection.getresponse()
            data = answer.read(most + 1)
        except BaseException:
            self.connection = None
            raise
        if len(data) > most:
            self.connection = None
            size = f"{most >> 20} MiB" if most >> 20 else f"{most} bytes"
            raise EndpointError(f"{self.host} answered with more than {size}")
        if answer.length:  # Python takes what broke off before its end for whole, where a size was asked for
            raise http.client.IncompleteRead(data, answer.length)
        return answer.status, answer.getheaders(), data


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

"""The API as functions: list, get, create, update, move, history."""

import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

import msgspec

from upright.sdk.errors import ProblemError, SdkError

LARGEST_ANSWER = 64 * 1024 * 1024
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_AGAIN = frozenset({502, 503, 504})


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A record at a version."""

    ref: str
    id: str
    version: int
    record: dict[str, Any]

    @property
    def kind(self) -> str:
        """The type of its reference, such as ``system``."""
        return self.ref.partition(":")[0]


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a record's history; ``changed`` maps a field to ``before`` and ``after``."""

    entry: int
    time: str
    action: str
    actor: str
    via: str
    reason: str
    is_erased: bool
    changed: dict[str, dict[str, Any]]


class _Page(msgspec.Struct, frozen=True):
    items: list[Item]
    next: str | None


class _Past(msgspec.Struct, frozen=True):
    items: list[Step]
    next: str | None


class _NoRedirect(HTTPRedirectHandler):
    """A token goes where it was sent and nowhere else."""

    def redirect_request(self, *_given: Any) -> None:
        return None


class Client:
    """Calls one server with one token.

    A request that meets no answer or a busy server is sent again; a write carries an idempotency key, so that it is
    done once.

    Args:
        url: where the server is, such as ``https://upright.example``; plain ``http`` only on this machine.
        token: as it was shown once.
        timeout_s: for one answer.
        tries: how often a request is sent at most.
        pause: waits; tests give their own.

    Raises:
        SdkError: the address is none, or would send the token unencrypted.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout_s: float = 30,
        tries: int = 3,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not is_safe or not parts.hostname or parts.username:
            raise SdkError(
                f"{url!r} is not where a token may be sent; expected https://host, or http on this machine.",
                code="UP-SDK-03",
            )
        self._root = f"{url.rstrip('/')}/api/v1/"
        self._token, self._timeout, self._tries, self._pause = token.strip(), timeout_s, max(1, tries), pause
        self._opener: OpenerDirector = build_opener(_NoRedirect)

    def list(self, kind: str, **query: str | int) -> Iterator[Item]:
        """Every record of a type that the filters leave, page by page."""
        cursor: str | None = None
        while True:
            asked = dict(query) if cursor is None else {**query, "cursor": cursor}
            page = self._read(f"{quote(kind, safe='')}?{urlencode(asked)}", _Page)
            yield from page.items
            if page.next is None:
                return
            cursor = page.next

    def get(self, kind: str, key: str) -> Item:
        """One record, by its id or its reference.

        Raises:
            ProblemError: 404, it is not there or may not be read.
        """
        if "/" not in key:
            one: Item = self._read(self._place(kind, key), Item)
            return one
        for found in self.list(kind, ref=key):
            return found
        raise ProblemError(404, {"detail": f"There is no {key} that this token may read.", "code": "UP-API-04"})

    def create(self, kind: str, record: Mapping[str, Any], *, reason: str = "") -> Item:
        """A new record."""
        return self._write("POST", quote(kind, safe=""), {"record": dict(record), "reason": reason})

    def update(self, item: Item, changes: Mapping[str, Any], *, reason: str = "") -> Item:
        """Changes fields of a record, if nobody else changed it since it was read.

        Raises:
            ProblemError: 412, somebody did; ``document`` holds ``yours`` and ``theirs``.
        """
        place = self._place(item.kind, item.id)
        return self._write("PATCH", place, {"record": dict(changes), "reason": reason}, item.version)

    def move(self, item: Item, name: str, *, reason: str = "", **arguments: Any) -> Item:
        """Makes a move of a record, such as ``revoke_token``."""
        place = f"{self._place(item.kind, item.id)}/moves/{quote(name, safe='')}"
        return self._write("POST", place, {**arguments, "reason": reason}, item.version)

    def history(self, item: Item) -> Iterator[Step]:
        """What was done with a record, oldest first."""
        cursor = ""
        while True:
            page = self._read(f"{self._place(item.kind, item.id)}/history{cursor}", _Past)
            yield from page.items
            if page.next is None:
                return
            cursor = f"?{urlencode({'cursor': page.next})}"

    def push(self, bundle: bytes) -> dict[str, Any]:
        """Sends evidence as ``upright.workspace.bundles.push_bytes`` packs it; what became of each statement.

        Sent again it changes nothing, so it may be repeated.

        Raises:
            ProblemError: the server takes none of it, and says why.
        """
        found: dict[str, Any] = _decoded(self.call("POST", "push", bundle)[1], dict[str, Any])
        return found

    def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request below ``/api/v1/``, bytes sent as they are and all else as JSON; status and body of the answer.

        Raises:
            ProblemError: the server tells one.
            SdkError: no answer after all tries.
        """
        is_raw = isinstance(body, bytes)
        data = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        sent = {"Authorization": f"Bearer {self._token}", "Accept": "application/json", **(headers or {})}
        if data is not None:
            sent["Content-Type"] = "application/octet-stream" if is_raw else "application/json"
        may_repeat = method == "GET" or "Idempotency-Key" in sent
        for rest in range(self._tries - 1, -1, -1):
            try:
                return self._once(Request(self._root + path, data, sent, method=method))  # noqa: S310 (scheme is checked)
            except ProblemError as why:
                if rest == 0 or not may_repeat or why.status not in _AGAIN:
                    raise
            except SdkError:
                if rest == 0 or not may_repeat:
                    raise
            self._pause(2.0 ** (self._tries - 1 - rest) / 2)
        raise AssertionError("the loop ends by an answer or an error")

    def _once(self, request: Request) -> tuple[int, bytes]:
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                return int(answer.status), _whole(answer)
        except HTTPError as why:
            with why:
                raise _problem(why.code, _whole(why)) from None
        except (URLError, HTTPException, OSError) as why:
            reason = why.reason if isinstance(why, URLError) else why
            raise SdkError(f"{self._root} does not answer: {reason}.", code="UP-SDK-01") from None

    def _read(self, path: str, shape: type[Any]) -> Any:
        return _decoded(self.call("GET", path)[1], shape)

    def _write(self, method: str, path: str, body: object, version: int | None = None) -> Item:
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        found: Item = _decoded(self.call(method, path, body, headers)[1], Item)
        return found

    def _place(self, kind: str, key: str) -> str:
        return f"{quote(kind, safe='')}/{quote(key, safe=':')}"


def _whole(answer: Any) -> bytes:
    data: bytes = answer.read(LARGEST_ANSWER + 1)
    if len(data) > LARGEST_ANSWER:
        raise SdkError(f"The answer is larger than {LARGEST_ANSWER} bytes.", code="UP-SDK-02")
    return data


def _decoded(data: bytes, shape: type[Any]) -> Any:
    try:
        return msgspec.json.decode(data, type=shape)
    except (msgspec.DecodeError, ValueError) as why:
        raise SdkError(f"The answer is none of this API: {why}. Is the address right?", code="UP-SDK-02") from None


def _problem(status: int, data: bytes) -> ProblemError:
    try:
        document = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError):
        document = {"detail": f"The server answered {status}, and not as this API does. Is the address right?"}
    return ProblemError(status, document)

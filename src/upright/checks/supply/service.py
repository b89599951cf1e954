"""Asks an OSV service (``/v1/querybatch``, ``/v1/vulns/ID``): one host, no redirects, bounded in time and size."""

import ipaddress
import json
import re
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, urlsplit

import msgspec

from upright.checks.contract import Endpoint
from upright.checks.endpoints import CannotAskError, HostExchange, HttpAnswer
from upright.checks.supply.listed import Package
from upright.checks.supply.osv import Record
from upright.checks.supply.snapshot import Records, moment
from upright.checks.supply.versions import public_version
from upright.evidence.subjects import digest_value
from upright.kernel import sha256_hex

BATCH = 500
_MOST_PAGES = 20
_MOST_RECORDS = 5_000
_LARGEST_ANSWER = 32 * 2**20
_SECONDS = 30.0
_TRIES = 3
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{1,120}")


class ServiceError(Exception):
    """A service did not answer as it should; the text says what, for a reason of evidence."""


class Service:
    """One host, asked through a confined child that reaches nothing else; use it in a ``with``."""

    def __init__(
        self, address: str, *, scratch: Path, timeout: float, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Reads the address; ``timeout`` is the seconds for all that is asked.

        Raises:
            ServiceError: not https (http is for this machine only), or with a name, a password or a query in it; or
                there is no sandbox here.
        """
        parts = urlsplit(address)
        host = parts.hostname or ""
        if parts.username or parts.password or parts.query or parts.fragment or not host:
            raise ServiceError("the address of the service is not of the form https://host[:port][/path]")
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_this_machine(host)):
            raise ServiceError("the service is not asked over https, so anybody on the way could change the answer")
        self.host = host
        self.ends = time.monotonic() + timeout
        self.pause = pause
        try:
            self._exchange = HostExchange(Endpoint(url=address, model=""), scratch=scratch)
        except CannotAskError as why:
            raise ServiceError(why.message) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: Any) -> None:
        self._exchange.__exit__(*raised)

    def ask(self, path: str, body: Any = None) -> Any:
        """One JSON answer, to a POST of ``body`` or a GET; a busy or broken service is asked again twice.

        Raises:
            ServiceError: no answer in time, another status, too large, or not JSON.
        """
        for attempt in range(1, _TRIES + 1):
            answer = self._once(path, body)
            if answer.status == 200:
                return _decoded(answer.body, self.host)
            problem = f"{self.host} answers with status {answer.status}"
            if answer.status == 0:
                problem = f"{self.host} does not answer: {answer.why}"
            if attempt == _TRIES or not (answer.status in {0, 429} or answer.status >= 500):
                raise ServiceError(problem)
            self.pause(min(2.0**attempt / 2, max(0.0, self._left())))
        raise AssertionError("the loop ends by return or raise")

    def _once(self, path: str, body: Any) -> HttpAnswer:
        left = self._left()
        if left <= 0.0:
            raise ServiceError(f"{self.host} did not answer everything in time")
        seconds = min(left, _SECONDS)
        try:
            if body is None:
                return self._exchange.get(path, seconds=seconds, most=_LARGEST_ANSWER)
            return self._exchange.post(path, json.dumps(body).encode(), seconds=seconds, most=_LARGEST_ANSWER)
        except CannotAskError as why:
            raise ServiceError(why.message) from None

    def _left(self) -> float:
        return self.ends - time.monotonic()


def ask_service(service: Service, packages: Sequence[Package], *, now: datetime) -> Records:
    """What a service knows of these packages.

    The names and versions of the packages leave this machine; nothing else does.

    Raises:
        ServiceError: it did not answer, or answered something else than asked.
    """
    said: dict[str, set[Package]] = {}
    for start in range(0, len(packages), BATCH):
        _ask_batch(service, packages[start : start + BATCH], said)
    if len(said) > _MOST_RECORDS:
        raise ServiceError(f"{service.host} names more than {_MOST_RECORDS:,} records")
    found = Records(source=service.host, digest="", newest=now)
    digests = []
    for name in sorted(said):
        answer = service.ask(f"/v1/vulns/{quote(name, safe='')}")
        record = _record(answer, name, service.host)
        found.records[record.id] = record
        found.certain |= {(record.id, one.ecosystem, one.name, one.version) for one in said[name]}
        digests.append([name, sha256_hex(msgspec.json.encode(answer, order="sorted"))])
    asked = sorted([one.ecosystem, one.name, one.version] for one in packages)
    found.digest = digest_value({"asked": asked, "records": digests})
    found.count = len(found.records)
    return found


def _ask_batch(service: Service, packages: Sequence[Package], said: dict[str, set[Package]]) -> None:
    waiting: list[tuple[Package, str | None]] = [(one, None) for one in packages]
    for _ in range(_MOST_PAGES):
        queries = [_query(package, token) for package, token in waiting]
        answer = service.ask("/v1/querybatch", {"queries": queries})
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(waiting):
            raise ServiceError(f"{service.host} does not answer each of the questions")
        waiting = [
            (package, token)
            for (package, _), result in zip(waiting, results, strict=True)
            if (token := _take(package, result, said, service.host)) is not None
        ]
        if not waiting:
            return
    raise ServiceError(f"{service.host} answers in more than {_MOST_PAGES} pages")


def _query(package: Package, token: str | None) -> dict[str, Any]:
    query: dict[str, Any] = {
        "package": {"ecosystem": package.ecosystem, "name": package.name},
        "version": public_version(package),
    }
    return query if token is None else {**query, "page_token": token}


def _take(package: Package, result: Any, said: dict[str, set[Package]], host: str) -> str | None:
    if not isinstance(result, dict) or not isinstance(result.get("vulns", []), list):
        raise ServiceError(f"{host} answers in another form than OSV's")
    for row in result.get("vulns", []):
        name = row.get("id") if isinstance(row, dict) else None
        if not isinstance(name, str) or not _ID.fullmatch(name):
            raise ServiceError(f"{host} names a record by something that is no id")
        said.setdefault(name, set()).add(package)
    token = result.get("next_page_token")
    return token if isinstance(token, str) and token else None


def _record(answer: Any, name: str, host: str) -> Record:
    try:
        record = msgspec.convert(answer, Record)
        moment(record.modified)
    except (msgspec.ValidationError, ValueError):
        raise ServiceError(f"{host} gives a record {name} that cannot be read") from None
    if record.id != name:
        raise ServiceError(f"{host} gives another record than {name}")
    return record


def _decoded(data: bytes, host: str) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise ServiceError(f"{host} answers with something that is not JSON") from None


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

"""Lines of JSON that gateways write of each request: what was asked when, by whom, and how it ended.

Read by the fields that each documents:
Kong: https://developer.konghq.com/plugins/file-log/ ("Log format"; http-log in batches writes arrays: not read)
Traefik: https://doc.traefik.io/traefik/observability/access-logs/ (JSON)
Envoy: https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
Amazon API Gateway: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-access-logging.html
Azure API Management: https://learn.microsoft.com/azure/api-management/gateway-log-schema-reference (as a resource log,
under ``properties``, and as a table of its own)
Caddy: https://caddyserver.com/docs/caddyfile/directives/log
NGINX: ``log_format`` with ``escape=json``, its variables as names.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from upright.interchange.reading import moment

_CLF = "%d/%b/%Y:%H:%M:%S %z"
_LATEST_SECONDS = 1e11
"""Above it a number is milliseconds: as seconds it is the year 5138."""


class Event(NamedTuple):
    """One request; ``caller`` is empty where the line names nobody."""

    gateway: str
    at: datetime
    caller: str
    method: str
    status: int


class _Shape(NamedTuple):
    """Where a gateway writes what, each by one of several names; ``marks`` are fields that no other has."""

    gateway: str
    marks: tuple[str, ...]
    at: tuple[str, ...]
    method: tuple[str, ...]
    status: tuple[str, ...]
    caller: tuple[str, ...]


_SHAPES = (
    _Shape("Kong", ("started_at", "request.method", "response.status"), ("started_at",), ("request.method",),
           ("response.status",), ("consumer.username", "consumer.custom_id", "consumer.id", "authenticated_entity.id")),
    _Shape("Azure API Management", ("category", "properties.method", "properties.responseCode"), ("time",),
           ("properties.method",), ("properties.responseCode",),
           ("properties.userId", "properties.apimSubscriptionId")),
    _Shape("Azure API Management", ("ApiId", "Method", "ResponseCode"), ("TimeGenerated",), ("Method",),
           ("ResponseCode",), ("UserId", "ApimSubscriptionId")),
    _Shape("Caddy", ("ts", "request.method", "request.uri"), ("ts",), ("request.method",), ("status",), ("user_id",)),
    _Shape("Traefik", ("RequestMethod", "DownstreamStatus"), ("StartUTC", "time", "StartLocal"), ("RequestMethod",),
           ("DownstreamStatus",), ("ClientUsername",)),
    _Shape("Amazon API Gateway", ("requestId", "httpMethod"), ("requestTimeEpoch", "requestTime"), ("httpMethod",),
           ("status",), ("user", "caller", "principalId", "apiKeyId")),
    _Shape("Envoy", ("start_time", "response_code"), ("start_time",), ("method",), ("response_code",),
           ("downstream_peer_subject", "authority_user", "jwt_subject")),
    _Shape("NGINX", ("request_method", "status"), ("time_iso8601", "msec", "time_local", "time", "timestamp"),
           ("request_method",), ("status",), ("remote_user", "ssl_client_s_dn", "consumer")),
)  # fmt: skip


def recognises(line: bytes) -> bool:
    """Whether a line is one of a gateway's."""
    return line.startswith(b"{") and event_of(line.decode("utf-8", "replace")) is not None


def event_of(line: str) -> Event | None:
    """The request that a line tells of; ``None`` where it tells of none."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    for shape in _SHAPES:
        if all(_at(row, mark) is not None for mark in shape.marks):
            return _event(row, shape)
    return None


def _event(row: Mapping[str, Any], shape: _Shape) -> Event | None:
    at = next((found for value in _values(row, shape.at) if (found := _moment(value)) is not None), None)
    method = next((value for value in _values(row, shape.method) if isinstance(value, str) and value.isalpha()), None)
    status = next((code for value in _values(row, shape.status) if (code := _status(value)) is not None), None)
    if at is None or method is None or status is None:
        return None
    caller = next((str(value) for value in _values(row, shape.caller) if value not in ("", "-")), "")
    return Event(shape.gateway, at, caller, method.upper(), status)


def _values(row: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[Any]:
    return (value for name in names if (value := _at(row, name)) is not None)


def _at(row: Any, path: str) -> Any:
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def _status(value: Any) -> int | None:
    """A status, or 0 as gateways write it for a client that went away."""
    text = str(value)
    return int(text) if text.isdecimal() and (text == "0" or 100 <= int(text) <= 599) and len(text) <= 3 else None


def _moment(value: Any) -> datetime | None:
    """ISO 8601, the common log's form, or a number of seconds or milliseconds since 1970."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and not value.replace(".", "", 1).isdecimal():
        try:
            return datetime.strptime(value, _CLF).astimezone(UTC)
        except ValueError:
            return moment(value)
    try:
        number = float(value)
        return datetime.fromtimestamp(number / 1000 if number > _LATEST_SECONDS else number, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None

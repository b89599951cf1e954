"""Access logs that others keep: counted, with their window, and without anybody's name."""

import gzip
import json
from pathlib import Path

import pytest

from upright.interchange import ForeignFileError, judged, read_findings
from upright.interchange.tools import access_log as room

OWNER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"


def s3(
    verb: str = "REST.GET.OBJECT",
    status: int = 200,
    who: str = "arn:aws:iam::1:user/jane",
    at: str = "06/Feb/2026:00:00:38 +0000",
) -> str:
    return (
        f"{OWNER} bucket [{at}] 192.0.2.3 {who} 3E57427F3EXAMPLE {verb} models/scorer.bin "
        f'"GET /bucket/models/scorer.bin?a=b HTTP/1.1" {status} - 113 - 7 - "-" "S3Console/0.4" - s9lzHYrFp76ZVx '
        "SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader host TLSV1.2 - -\n"
    )


WEB = (
    '192.0.2.1 - jane [01/Apr/2026:10:00:00 +0200] "GET /api/2.0/mlflow/registered-models HTTP/1.1" 200 12 "-" "x"\n'
    '192.0.2.1 - - [01/Apr/2026:11:00:00 +0200] "POST /api/2.0/mlflow/model-versions HTTP/1.1" 403 0 "-" "x"\n'
)
READ = {"eventTime": "2026-04-01T10:00:00Z", "readOnly": True, "userIdentity": {"arn": "arn:aws:iam::1:user/jane"}}
WRITE = {
    "eventTime": "2026-04-01T12:00:00Z", "readOnly": False, "errorCode": "AccessDenied",
    "userIdentity": {"type": "AWSAccount"},
}  # fmt: skip
TRAIL = {"Records": [{**READ, "eventName": "GetObject"}, {**WRITE, "eventName": "PutObject"}]}


def numbers(path: Path) -> dict[str, str | None]:
    return {one.name: one.value for one in judged(read_findings(path), {}).measurements}


def test_a_log_of_s3_is_counted_and_names_nobody(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(s3() + s3("REST.PUT.OBJECT") + s3("REST.DELETE.OBJECT", 403, "-", "07/Feb/2026:00:00:38 +0000"))
    found = read_findings(path)
    assert (found.format, found.kinds) == ("S3 server access log", ("access-log",))
    assert numbers(path) == {
        "events": "3", "changes": "2", "refused_events": "1", "anonymous_events": "1", "distinct_callers": "1",
        "unreadable_lines": "0",
    }  # fmt: skip
    assert found.window is not None
    assert [one.isoformat() for one in found.window] == ["2026-02-06T00:00:38+00:00", "2026-02-07T00:00:38+00:00"]
    assert judged(found, {}).result == "passed"
    for secret in ("jane", "192.0.2", "scorer.bin", OWNER):
        assert secret not in str(found) + str(judged(found, {}))


@pytest.mark.parametrize(
    ("verb", "changes"),
    [
        ("S3.EXPIRE.OBJECT", "1"), ("S3.TRANSITION_SIA.OBJECT", "1"), ("S3.CREATE.DELETEMARKER", "1"),
        ("S3.COMPUTE.OBJECT.CHECKSUM", "0"), ("BATCH.DELETE.OBJECT", "1"), ("WEBSITE.GET.OBJECT", "0"),
        ("REST.COPY.OBJECT", "1"), ("REST.COPY.OBJECT_GET", "0"), ("REST.COPY.PART_GET", "0"),
        ("REST.SELECT.OBJECT", "0"), ("REST.POST.MULTI_OBJECT_DELETE", "1"), ("REST.HEAD.OBJECT", "0"),
        ("SOAP.GetObject", "0"), ("SOAP.CreateBucket", "1"), ("REST.OPTIONS.PREFLIGHT", "0"),
    ],
)  # fmt: skip
def test_what_s3_does_by_itself_and_operations_of_every_form_are_counted(
    tmp_path: Path, verb: str, changes: str
) -> None:
    """Lifecycle rules and deletions in batches have no request and some no status; their log may begin with one."""
    path = tmp_path / "log"
    path.write_text(
        f"{OWNER} bucket [06/Feb/2026:00:00:38 +0000] - AmazonS3 3E57427F3EXAMPLE {verb} models/a%20b.bin "
        '"-" - - - - - - "-" "-" - hostid - - - - - -\n'
        f"{OWNER} bucket [06/Feb/2026:00:00:39 +0000] 192.0.2.3 arn:aws:iam::1:user/jane AAA {verb} a.bin "
        "- 204 - - 1 - - - - - hostid SigV4 - AuthHeader host TLSv1.2 - -\n"
    )
    counted = numbers(path)
    assert (counted["events"], counted["unreadable_lines"]) == ("2", "0")
    assert counted["changes"] == str(2 * int(changes))
    assert judged(read_findings(path), {}).result == "passed"


@pytest.mark.parametrize("packed", [False, True])
def test_logs_of_registries_and_of_cloudtrail_are_read_packed_or_not(tmp_path: Path, packed: bool) -> None:
    for name, data in (("web.log", WEB.encode()), ("trail.json", json.dumps(TRAIL).encode())):
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if packed else data)
        counted = numbers(path)
        assert (counted["events"], counted["changes"], counted["refused_events"]) == ("2", "1", "1"), name
        assert (counted["anonymous_events"], counted["distinct_callers"]) == ("1", "1")


def test_what_cannot_be_read_or_is_empty_leaves_it_undecided(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text(s3() + "torn li\n" + s3(at="99/Feb/2026:00:00:38 +0000"))
    assert numbers(path)["unreadable_lines"] == "2"
    assert judged(read_findings(path), {}).result == "undecided"
    path.write_text('{"Records": []}')
    assert judged(read_findings(path), {}).result == "undecided"
    path.write_text('{"Records": [3, {"eventTime": "soon"}]}')
    assert numbers(path)["unreadable_lines"] == "2"


def test_damaged_and_endless_logs_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log.gz"
    path.write_bytes(gzip.compress(s3().encode() * 5_000)[:-20])
    with pytest.raises(ForeignFileError, match="damaged gzip"):
        read_findings(path)
    monkeypatch.setattr(room, "LARGEST", 1_000_000)
    path.write_bytes(gzip.compress(s3().encode() * 5_000))
    with pytest.raises(ForeignFileError, match="unpacks to more than"):
        read_findings(path)


GATEWAYS: dict[str, list[dict[str, object]]] = {
    "Kong": [
        {"started_at": 1775030400123, "client_ip": "192.0.2.1", "consumer": {"username": "jane"},
         "request": {"method": method, "uri": "/v1/models", "headers": {}}, "response": {"status": status}}
        for method, status in (("GET", 200), ("POST", 403))
    ],
    "Caddy": [
        {"level": "info", "ts": 1775030400.5, "logger": "http.log.access", "user_id": who, "status": status,
         "request": {"remote_ip": "192.0.2.1", "method": method, "uri": "/v1/models", "headers": {}}}
        for method, status, who in (("GET", 200, "jane"), ("POST", 403, ""))
    ],
    "Traefik": [
        {"ClientHost": "192.0.2.1", "ClientUsername": who, "DownstreamStatus": status, "RequestMethod": method,
         "RequestPath": "/v1/models", "StartUTC": "2026-04-01T08:00:00.123456789Z", "time": "2026-04-01T08:00:01Z"}
        for method, status, who in (("GET", 200, "jane"), ("POST", 403, "-"))
    ],
    "Envoy": [
        {"start_time": "2026-04-01T08:00:00.000Z", "method": method, "path": "/v1/models", "response_code": status,
         "downstream_peer_subject": who, "downstream_remote_address": "192.0.2.1:1"}
        for method, status, who in (("GET", 200, "CN=jane"), ("POST", 403, None))
    ],
    "NGINX": [
        {"time_iso8601": "2026-04-01T10:00:00+02:00", "remote_addr": "192.0.2.1", "remote_user": who,
         "request_method": method, "status": status, "request_uri": "/v1/models"}
        for method, status, who in (("GET", "200", "jane"), ("POST", "403", ""))
    ],
    "Amazon API Gateway": [
        {"requestId": "c6af9ac6", "ip": "192.0.2.1", "caller": "-", "user": who, "status": status,
         "requestTime": "01/Apr/2026:08:00:00 +0000", "httpMethod": method, "resourcePath": "/v1/models"}
        for method, status, who in (("GET", "200", "jane"), ("POST", "403", "-"))
    ],
    "Azure API Management": [
        {"time": "2026-04-01T08:00:00.1Z", "category": "GatewayLogs", "callerIpAddress": "192.0.2.1",
         "properties": {"method": method, "url": "https://x/v1/models", "responseCode": status, "userId": who}}
        for method, status, who in (("GET", 200, "jane"), ("POST", 403, ""))
    ],
}  # fmt: skip


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_logs_of_gateways_in_json_are_counted_and_name_nobody(tmp_path: Path, gateway: str) -> None:
    path = tmp_path / "access.json"
    lines = "".join(json.dumps(row) + "\n" for row in GATEWAYS[gateway])
    for data in (lines.encode(), gzip.compress(lines.encode())):
        path.write_bytes(data)
        found = read_findings(path)
        assert (found.format, found.tool, found.kinds) == ("Gateway access log in JSON", gateway, ("access-log",))
        counted = numbers(path)
        assert (counted["events"], counted["changes"], counted["refused_events"]) == ("2", "1", "1")
        assert (counted["distinct_callers"], counted["unreadable_lines"]) == ("1", "0")
        assert found.window is not None
        assert [one.isoformat()[:16] for one in found.window] == ["2026-04-01T08:00"] * 2
        assert judged(found, {}).result == "passed"
        for secret in ("jane", "192.0.2", "models"):
            assert secret not in str(found) + str(judged(found, {}))
    other = GATEWAYS["NGINX" if gateway != "NGINX" else "Envoy"][0]
    for spoilt in ("{}\n", '{"torn": \n', json.dumps(other) + "\n", "[1]\n"):
        path.write_text(lines + spoilt)
        assert int(numbers(path)["unreadable_lines"] or 0) == 1, spoilt
        assert judged(read_findings(path), {}).result == "undecided"


def test_azure_s_logs_are_counted_as_a_table_of_their_own_too(tmp_path: Path) -> None:
    rows = [
        {"TimeGenerated": "2026-04-01T08:00:00Z", "ApiId": "models", "Method": method, "ResponseCode": status,
         "UserId": who, "ApimSubscriptionId": "s-1", "BackendMethod": "PUT", "BackendResponseCode": 500}
        for method, status, who in (("GET", 200, "jane"), ("POST", 403, ""))
    ]  # fmt: skip
    path = tmp_path / "access.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert read_findings(path).tool == "Azure API Management"
    counted = numbers(path)
    assert (counted["events"], counted["changes"], counted["refused_events"]) == ("2", "1", "1")
    assert counted["distinct_callers"] == "2"  # a person, and a subscription


def test_a_json_file_that_is_no_log_is_not_taken_for_one(tmp_path: Path) -> None:
    path = tmp_path / "f.json"
    for text in ('{"request_method": 3, "status": 200}', '{"status": "success"}', '{"ts": true, "request": {}}'):
        path.write_text(text)
        with pytest.raises(ForeignFileError, match="UP-IMP-03"):
            read_findings(path)

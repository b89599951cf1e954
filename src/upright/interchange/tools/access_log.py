"""Access logs that others keep: S3 server access logs, AWS CloudTrail, and web logs of registries and gateways.

Read by the formats of Amazon's user guides, of Apache's common and combined log, and of gateways that write JSON (see
``gateway_log``). Who did what is counted and never kept: neither names nor addresses nor paths leave this module.
"""

import gzip
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from upright.interchange.findings import Findings
from upright.interchange.reading import LARGEST, LONGEST_LINE, decoded, moment, refused
from upright.interchange.tools import gateway_log
from upright.measures.estimate import exact

S3 = "S3 server access log"
CLOUDTRAIL = "AWS CloudTrail log"
WEB = "Web access log"
GATEWAY = "Gateway access log in JSON"
_TIME = r"\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4})\]"
_S3 = re.compile(
    rf"\S{{1,256}} \S{{1,256}} {_TIME} \S{{1,64}} (\S{{1,2048}}) \S{{1,64}} "
    r'((?:REST|WEBSITE|SOAP|BATCH|S3)\.[A-Za-z0-9._]{1,128}) \S+ (?:-|"[^"]*") (\d{3}|-) '
)
_WEB = re.compile(rf'\S{{1,256}} \S{{1,256}} (\S{{1,256}}) {_TIME} "([A-Z]{{3,10}}) [^"]*" (\d{{3}}) ')
_READS = {"GET", "HEAD", "OPTIONS"}
_S3_READS = re.compile(r"\w+\.(?:GET|HEAD|OPTIONS|SELECT)\b|\w+\.COPY\.\w+_GET$|SOAP\.(?:Get|List)|S3\.COMPUTE\.")
"""Operations that leave objects as they are; a copy is logged once for what it reads and once for what it writes."""


@dataclass(slots=True)
class _Counts:
    """What is kept of a log: numbers, and for as long as it is read the callers, to count them."""

    events: int = 0
    changes: int = 0
    refused: int = 0
    anonymous: int = 0
    unreadable: int = 0
    callers: set[int] = field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None

    def take(self, at: datetime, caller: str, *, is_change: bool, is_refused: bool) -> None:
        self.events += 1
        self.changes += is_change
        self.refused += is_refused
        if caller in {"", "-", "Anonymous"}:
            self.anonymous += 1
        else:
            self.callers.add(hash(caller))
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)


def recognises(head: bytes) -> str | None:
    """Which access log a file begins like, packed by gzip or not; ``None`` if like none."""
    text = _unpacked(head).lstrip(b"\xef\xbb\xbf \t\r\n")
    first = text.partition(b"\n")[0][:8192].decode("utf-8", "replace") + " "
    if _S3.match(first):
        return S3
    if _WEB.match(first):
        return WEB
    if re.match(rb'\{\s*"Records"\s*:\s*\[', text):
        return CLOUDTRAIL
    return GATEWAY if gateway_log.recognises(text.partition(b"\n")[0]) else None


def read(path: Path, kind: str) -> Findings:
    """How many accesses, changes, refusals and distinct callers a log holds, from when to when.

    A line that cannot be read, or a log without an access, leaves it undecided: then nobody knows what it covers.
    """
    counts = _Counts()
    tool = {S3: "Amazon S3", CLOUDTRAIL: "AWS CloudTrail", WEB: "web server"}.get(kind, "gateway")
    if kind == CLOUDTRAIL:
        _read_cloudtrail(path, counts)
    elif kind == GATEWAY:
        tool = _read_gateway(path, counts)
    else:
        for line in _lines(path):
            _take_line(line, kind, counts)
    numbers = {
        "events": counts.events,
        "changes": counts.changes,
        "refused_events": counts.refused,
        "anonymous_events": counts.anonymous,
        "distinct_callers": len(counts.callers),
        "unreadable_lines": counts.unreadable,
    }
    found = [exact(name, value, n=counts.events, unit="events") for name, value in numbers.items()]
    partial = [] if counts.events else ["it holds no access"]
    if counts.unreadable:
        partial.append(f"{counts.unreadable:,} of its lines cannot be read")
    window = None if counts.first is None or counts.last is None else (counts.first, counts.last)
    return Findings(
        format=kind,
        tool=tool,
        kinds=("access-log",),
        estimates=tuple(found),
        default_limits={"events": {"at_least": "1"}},
        started=counts.first,
        ended=counts.last,
        partial=tuple(partial),
        window=window,
    )


def _unpacked(head: bytes) -> bytes:
    if not head.startswith(b"\x1f\x8b"):
        return head
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 1 << 16)
    except zlib.error:
        return b""


def _blocks(path: Path) -> Iterator[bytes]:
    """The bytes of a log, unpacked, up to a bound."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        stream: Any = gzip.GzipFile(fileobj=file) if packed else file
        size = 0
        try:
            while block := stream.read(1 << 20):
                size += len(block)
                if size > LARGEST:
                    raise refused(path, f"it unpacks to more than {LARGEST >> 20} MiB")
                yield block
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise refused(path, "it is a damaged gzip file") from None


def _lines(path: Path) -> Iterator[str]:
    waiting = b""
    for block in _blocks(path):
        *whole, waiting = (waiting + block).split(b"\n")
        if len(waiting) > LONGEST_LINE:
            raise refused(path, f"a line is longer than {LONGEST_LINE >> 20} MiB")
        yield from (line.decode("utf-8", "replace") for line in whole if line.strip())
    if waiting.strip():
        yield waiting.decode("utf-8", "replace")


def _take_line(line: str, kind: str, counts: _Counts) -> None:
    found = (_S3 if kind == S3 else _WEB).match(line[:16384] + " ")
    if found is None:
        counts.unreadable += 1
        return
    if kind == S3:
        time, caller, verb, status = found.groups()
        is_change = _S3_READS.match(verb) is None
    else:
        caller, time, verb, status = found.groups()
        is_change = verb not in _READS
    try:
        at = datetime.strptime(time, "%d/%b/%Y:%H:%M:%S %z").astimezone(UTC)
    except ValueError:
        counts.unreadable += 1
        return
    counts.take(at, caller, is_change=is_change, is_refused=status in {"401", "403"})


def _read_gateway(path: Path, counts: _Counts) -> str:
    """Counts each line, and says which gateway writes lines like the first."""
    name = ""
    for line in _lines(path):
        event = gateway_log.event_of(line)
        if event is None or (name and event.gateway != name):
            counts.unreadable += 1
            continue
        name = event.gateway
        changes = event.method not in _READS
        counts.take(event.at, event.caller, is_change=changes, is_refused=event.status in {401, 403})
    return name or "gateway"


def _read_cloudtrail(path: Path, counts: _Counts) -> None:
    document = decoded(path, b"".join(_blocks(path)))
    records = document.get("Records") if isinstance(document, Mapping) else None
    for record in records if isinstance(records, list) else []:
        at = moment(record.get("eventTime")) if isinstance(record, Mapping) else None
        if at is None:
            counts.unreadable += 1
            continue
        identity = record.get("userIdentity")
        who = identity if isinstance(identity, Mapping) else {}
        caller = str(who.get("arn") or who.get("principalId") or who.get("accountId") or "")
        code = str(record.get("errorCode") or "")
        is_refused = "AccessDenied" in code or "Unauthorized" in code
        counts.take(at, caller, is_change=record.get("readOnly") is not True, is_refused=is_refused)

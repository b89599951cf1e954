"""Writes SARIF 2.1.0 for code hosts and CI: what our checks and our file scanner answered but for good news."""

import json
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from upright.kernel import sha256_hex

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    "failed": "error", "dangerous": "error", "suspicious": "error", "undecided": "warning", "errored": "warning",
    "not_examined": "warning",
}  # fmt: skip
_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs: bytes of a name that are no UTF-8, or of a hostile text; no JSON may hold them."""
_ROOT = "SRCROOT"
_MOST = 5_000


def result(
    rule: str, outcome: str, text: str, uri: str, *, line: int | None = None, offset: int | None = None, mark: str = ""
) -> dict[str, Any]:
    """One result; what is undecided, errored or not examined is a warning, so that it is seen and never read as good.

    ``mark`` tells results apart across runs, besides rule, place and outcome.
    """
    region = {"startLine": line} if line else {"byteOffset": offset} if offset is not None else None
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(_name(uri), safe="/"), "uriBaseId": _ROOT}}
    if region is not None:
        place["region"] = region
    return {
        "ruleId": rule,
        "level": _LEVELS[outcome],
        "message": {"text": f"{outcome.replace('_', ' ')}: {text}"},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"upright/v1": sha256_hex(_name(f"{rule}\0{outcome}\0{uri}\0{mark}"))},
    }


def log(results: Iterable[Mapping[str, Any]], rules: Mapping[str, str], *, ended_well: bool) -> bytes:
    """The bytes of a log with one run; ``rules`` are those asked, with what each asks, also those without result.

    Code hosts take a few thousand results: of more, the worst are kept, and one result says how many were left out.
    """
    found = sorted((dict(one) for one in results), key=lambda one: one["level"] != "error")
    if len(found) > _MOST:
        text = f"{len(found) - _MOST} further results are not in this file; the command's own answer has them"
        found = [*found[:_MOST], result("left-out", "not_examined", text, "upright.yaml")]
    order = sorted({*rules, *(str(one["ruleId"]) for one in found)})
    for one in found:
        one["ruleIndex"] = order.index(str(one["ruleId"]))
    driver = {
        "name": "upright",
        "version": version("upright"),
        "rules": [{"id": name, "shortDescription": {"text": rules.get(name) or name}} for name in order],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder that the command ran in."}}},
        "invocations": [{"executionSuccessful": ended_well}],
        "results": found,
        "columnKind": "unicodeCodePoints",
    }
    document = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    return _HALVES.sub("\ufffd", text).encode() + b"\n"


def _name(text: str) -> bytes:
    """The bytes of a file's name: those that are no UTF-8 as the file has them, other halves of pairs as they are."""
    return _HALVES.sub(_half, text).encode("utf-8", "surrogateescape")


def _half(found: re.Match[str]) -> str:
    is_byte = "\udc80" <= found.group() <= "\udcff"
    return found.group() if is_byte else found.group().encode("utf-8", "surrogatepass").decode(errors="surrogateescape")


def assessment_log(
    document: Mapping[str, Any], *, uri: str, lines: Mapping[str, int], about: Mapping[str, str]
) -> bytes:
    """What ``assess`` answered (its JSON document): one result per reason that is not good news, at the check's line.

    ``uri`` is the manifest, ``lines`` the line of each binding, ``about`` what each check asks.
    """
    results = []
    for check in document["checks"]:
        if check["outcome"] == "passed":
            continue
        named = [one for one in check["reasons"] if one["outcome"] != "passed"]
        for reason in named or [{"limit": "", "outcome": check["outcome"], "because": "it gives no reason"}]:
            limit = f"{reason['limit']}: " if reason["limit"] else ""
            text = f"{check['binding']} on {check['subject']}: {limit}{reason['because']}"
            outcome = reason["outcome"] if reason["outcome"] in _LEVELS else check["outcome"]
            results.append(
                result(
                    check["check"], outcome, text, uri, line=lines.get(f"checks.{check['binding']}"),
                    mark=f"{check['binding']} {reason['limit']}",
                )
            )  # fmt: skip
    if not document["checks"]:
        results.append(result("no-check", "undecided", "the manifest binds no check, so nothing was measured", uri))
    rules = {check["check"]: about.get(check["check"], "") for check in document["checks"]}
    return log(results, rules, ended_well=all(check["outcome"] != "errored" for check in document["checks"]))


def scan_log(document: Mapping[str, Any]) -> bytes:
    """What ``scan`` answered (its JSON document): each detection at its byte, and each file that nobody could read."""
    results = []
    for file in document["files"]:
        verdict = file["verdict"]
        if verdict == "clean":
            continue
        for found in file["detections"] or [{"what": "no reason was given"}]:
            name = f" ({found['global']})" if found.get("global") else ""
            results.append(
                result(
                    f"model-file-{verdict.replace('_', '-')}", verdict, f"{found['what']}{name}", file["path"],
                    offset=found.get("offset"), mark=f"{found['what']} {found.get('global')} {found.get('offset')}",
                )
            )  # fmt: skip
    rules = {
        "model-file-dangerous": "Loading this file runs code that can do harm.",
        "model-file-suspicious": "Loading this file uses something that is not on the reviewed allow-list.",
        "model-file-not-examined": "Nobody could tell what loading this file does.",
    }
    return log(results, rules, ended_well=True)

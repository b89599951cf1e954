"""Writes JUnit XML for CI: one case per check; what is undecided or errored is an error of its case, never a pass."""

import re
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def assessment_xml(document: Mapping[str, Any], *, timestamp: str) -> bytes:
    """What ``assess`` answered (its JSON document), as one suite named after the system."""
    checks = document["checks"]
    failed = sum(check["outcome"] == "failed" for check in checks)
    errors = sum(check["outcome"] in {"undecided", "errored"} for check in checks)
    cases = "".join(_case(check) for check in checks)
    if not checks:
        errors = 1
        cases = '<testcase classname="upright" name="no check"><error type="undecided" message="none"/></testcase>\n'
    counts = f'tests="{max(1, len(checks))}" failures="{failed}" errors="{errors}" skipped="0"'
    suite = f"<testsuite name={_text(document['system'])} {counts} timestamp={_text(timestamp)}>\n{cases}</testsuite>\n"
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites name="upright" {counts}>\n{suite}</testsuites>\n'.encode()
    )


def _case(check: Mapping[str, Any]) -> str:
    head = f"<testcase classname={_text(check['check'])} name={_text(check['binding'])}"
    if check["outcome"] == "passed":
        return f"{head}/>\n"
    reasons = [one for one in check["reasons"] if one["outcome"] != "passed"]
    lines = [f"{one['outcome']}: {one['limit']}{': ' if one['limit'] else ''}{one['because']}" for one in reasons]
    element = "failure" if check["outcome"] == "failed" else "error"
    first = lines[0] if lines else check["outcome"]
    body = escape(_NOT_XML.sub("\ufffd", "\n".join(lines)))
    return f"{head}><{element} type={_text(check['outcome'])} message={_text(first)}>{body}</{element}></testcase>\n"


def _text(value: object) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", str(value)))

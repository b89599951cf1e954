"""Logs: one JSON object a line, without what a user sent."""

import json
import logging
import sys

from upright.site.logs import JsonLines


def test_a_line_names_what_failed_and_where_and_quotes_nobody() -> None:
    try:
        raise ValueError("password of olu@meridian.example is hunter2")
    except ValueError:
        record = logging.LogRecord(
            "django.request", logging.ERROR, "f", 1, "Internal Server Error: %s", ("/x?token=1",), sys.exc_info()
        )
    record.status_code = 500
    line = JsonLines().format(record)
    said = json.loads(line)
    assert (said["level"], said["exception"], said["status_code"]) == ("error", "ValueError", 500)
    assert said["message"] == "Internal Server Error"
    assert "hunter2" not in line
    assert "token=1" not in line
    assert said["at"].startswith(("test_logs", "site.test_logs", "tests"))

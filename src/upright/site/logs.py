"""Logs as one JSON object a line: what happened, never a secret and never personal data."""

import json
import logging
from http import HTTPStatus
from typing import Any

from upright.kernel import system_clock, time_text

_SECRET = ("password", "token", "secret", "key", "authorization", "cookie", "session", "email")


class JsonLines(logging.Formatter):
    """Time, level, logger, message, and the type of an exception; never its text, which may quote what a user sent."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        said: dict[str, Any] = {
            "time": time_text(system_clock()),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        for name in ("status_code", "code", "reaction", "entry", "task", "outcome", "seconds", "memory_mib"):
            value = getattr(record, name, None)
            if isinstance(value, int | float | str):
                said[name] = value
        request = getattr(record, "request", None)
        if request is not None:
            said["method"] = getattr(request, "method", "")
            said["route"] = getattr(getattr(request, "resolver_match", None), "route", "")
        if record.exc_info and record.exc_info[0] is not None:
            said["exception"] = record.exc_info[0].__name__
            said["at"] = _where(record.exc_info[2])
        return json.dumps({name: value for name, value in said.items() if not _is_secret(name)}, ensure_ascii=False)


def logging_settings(level: str = "INFO") -> dict[str, Any]:
    """Django's ``LOGGING``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "upright.site.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": "WARNING"},
        "loggers": {
            "upright": {"level": level},
            "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        },
    }


def _message(record: logging.LogRecord) -> str:
    """The words that the code wrote; of an answer the name of its status. Never what was filled into them."""
    status = getattr(record, "status_code", None)
    if isinstance(status, int):
        return HTTPStatus(status).phrase
    return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


def _where(trace: Any) -> str:
    """File and line of the innermost frame, without any value."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def _is_secret(name: str) -> bool:
    return any(word in name for word in _SECRET)

"""What a client of the API may meet: a problem that the server tells, or no answer of a server."""

from collections.abc import Mapping
from typing import Any

from upright.kernel import UprightError


class SdkError(UprightError):
    """No answer that could be read: no connection, or something else than the API at that address."""


class ProblemError(SdkError):
    """A problem document (RFC 9457). ``code`` is the server's; ``document`` holds all that it said."""

    def __init__(self, status: int, document: Mapping[str, Any]) -> None:
        self.status, self.document = status, dict(document)
        errors = "; ".join(_error_text(one) for one in self.errors)
        detail = str(document.get("detail") or f"The server answered {status}.")
        super().__init__(f"{detail} {errors}".strip(), code=str(document.get("code") or "UP-SDK-02"))

    @property
    def errors(self) -> list[Mapping[str, Any]]:
        """What is wrong with which field, where the server says so."""
        found = self.document.get("errors")
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def __reduce__(self) -> tuple[object, ...]:
        return (ProblemError, (self.status, self.document))


def _error_text(one: Mapping[str, Any]) -> str:
    return f"{one.get('pointer') or one.get('parameter') or ''}: {one.get('detail')}"

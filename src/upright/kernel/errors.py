"""Errors that a user reads: what was found and where, what was expected, what to do, and a stable code."""


class UprightError(Exception):
    """A problem that has been understood. Its text is for the user; a traceback never is.

    ``exit_status`` is what a command ends with when this reaches its top: 2 is wrong use or bad input,
    1 a broken proof or a denied gate, 3 an answer that stays open (contracts: commands).
    """

    exit_status = 2

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return f"{self.message} [{self.code}]"

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.message, self.code))


def _rebuild(kind: type[UprightError], message: str, code: str) -> UprightError:
    return kind(message, code=code)


class InputError(UprightError):
    """Something that a person or a file gave us cannot be used as it is. Nothing has been changed."""


class MissingExtraError(UprightError):
    """A part of Upright needs a package that is not installed; the message names the extra that brings it."""

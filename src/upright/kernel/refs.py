"""References: one way to name what a statement is about (contracts, section 1)."""

import re
from dataclasses import dataclass
from typing import Self

from upright.kernel.errors import InputError

_TYPE = re.compile(r"[a-z][a-z0-9-]*")
_SEGMENT = re.compile(r"[a-z0-9._-]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class RefError(InputError):
    """A text is not a reference."""


@dataclass(frozen=True, slots=True, order=True)
class Ref:
    """``type:path[@sha256:hex]``: a subject by name, and where the digest is given, tied to its bytes.

    >>> Ref.parse("dataset:mortgage/applications").path
    'mortgage/applications'
    >>> str(Ref("model", "mortgage/scorer"))
    'model:mortgage/scorer'
    """

    type: str
    path: str
    digest: str | None = None

    def __post_init__(self) -> None:
        if not _TYPE.fullmatch(self.type):
            raise _refused(str(self), f"type {self.type!r} is not lower-case letters, digits and '-'")
        for segment in self.path.split("/"):
            if not _SEGMENT.fullmatch(segment) or segment in {".", ".."}:
                raise _refused(str(self), f"path part {segment!r} is not made of a-z, 0-9, '.', '_' and '-'")
        if self.digest is not None and not _DIGEST.fullmatch(self.digest):
            raise _refused(str(self), "the digest is not 64 lower-case hex digits")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads a reference.

        Raises:
            RefError: the text is not ``type:path[@sha256:hex]``.
        """
        kind, colon, rest = text.partition(":")
        if not colon:
            raise _refused(text, "there is no ':' between type and path")
        path, at, digest = rest.partition("@")
        if not at:
            return cls(kind, path)
        if not digest.startswith("sha256:"):
            raise _refused(text, "what follows '@' does not start with 'sha256:'")
        return cls(kind, path, digest.removeprefix("sha256:"))

    @property
    def bare(self) -> Self:
        """The same name without a digest."""
        return self if self.digest is None else type(self)(self.type, self.path)

    @property
    def root(self) -> str:
        """First part of the path: for ``dataset:mortgage/applications`` the system's id, ``mortgage``."""
        return self.path.partition("/")[0]

    def at(self, digest: str) -> Self:
        """The name, tied to the bytes with SHA-256 ``digest`` (64 hex digits)."""
        return type(self)(self.type, self.path, digest)

    def __str__(self) -> str:
        tail = "" if self.digest is None else f"@sha256:{self.digest}"
        return f"{self.type}:{self.path}{tail}"


def _refused(text: str, why: str) -> RefError:
    return RefError(
        f"{text!r} is not a reference: {why}. Expected type:path[@sha256:hex], such as dataset:mortgage/applications.",
        code="UP-REF-01",
    )

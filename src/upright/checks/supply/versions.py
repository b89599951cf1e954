"""The order of versions, by ecosystem: PEP 440 for PyPI, Semantic Versioning where that is the rule."""

import functools
import re
from typing import Any

from packaging.version import InvalidVersion, Version

from upright.checks.supply.listed import Package

SEMVER_ECOSYSTEMS = frozenset({"npm", "Go", "crates.io", "Hex", "SwiftURL"})
_SEMVER = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?"
)
_LONGEST = 256


class VersionError(Exception):
    """A text is not a version of its ecosystem, so it has no place in the order."""


@functools.total_ordering
class SemVer:
    """A version by the precedence of Semantic Versioning 2.0, section 11; a leading ``v`` and build data do not count.

    >>> SemVer("1.0.0-alpha.1") < SemVer("1.0.0-alpha.beta") < SemVer("1.0.0") == SemVer("v1.0.0+linux")
    True
    """

    __slots__ = ("key",)

    def __init__(self, text: str) -> None:
        """Reads a version.

        Raises:
            VersionError: it does not follow the grammar.
        """
        found = _SEMVER.fullmatch(text) if len(text) <= _LONGEST else None
        if found is None:
            raise VersionError(f"{text[:40]!r} is not a semantic version")
        core = tuple(int(part) for part in found.groups()[:3])
        before = found.group(4)
        parts = tuple(_identifier(part) for part in before.split(".")) if before else ()
        self.key = (core, before is None, parts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SemVer) and self.key == other.key

    def __lt__(self, other: "SemVer") -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _identifier(part: str) -> tuple[bool, int, str]:
    """Numbers come before words, by size; words by their letters."""
    return (False, int(part), "") if part.isdigit() else (True, 0, part)


def has_order(ecosystem: str) -> bool:
    """Whether two versions of an ecosystem can be compared here."""
    return ecosystem == "PyPI" or ecosystem in SEMVER_ECOSYSTEMS


def parse(ecosystem: str, text: str, *, semver: bool = False) -> Any:
    """A version that can be compared with others of its ecosystem.

    Raises:
        VersionError: not a version there, or the ecosystem's order is not known here.
    """
    if semver or ecosystem in SEMVER_ECOSYSTEMS:
        return SemVer(text)
    if ecosystem != "PyPI":
        raise VersionError(f"the order of versions of {ecosystem} is not known here")
    if len(text) > _LONGEST:
        raise VersionError("it is too long to be a version")
    try:
        return Version(text)
    except InvalidVersion:
        raise VersionError(f"{text[:40]!r} is not a version by PEP 440") from None


def public_version(package: Package) -> str:
    """The version that databases know: of a local build (``2.1.0+cu118``) what it was built from."""
    if package.ecosystem != "PyPI":
        return package.version
    try:
        return str(parse(package.ecosystem, package.version).public)
    except VersionError:
        return package.version


def comparable(version: Any, other: Any) -> Any:
    """``version`` as it is compared with ``other``: a local build (``2.1.0+cu118``) counts as what it was built from.

    Unless ``other`` names a local build as well: by PEP 440 it would come after its public version, and an advisory
    whose last affected version is ``2.1.0`` would miss it.
    """
    if isinstance(version, Version) and isinstance(other, Version) and version.local and not other.local:
        return Version(version.public)
    return version

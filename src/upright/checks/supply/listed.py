"""A list of packages, as a requirements file, a lock file or a bill of materials gives it."""

import re
from dataclasses import dataclass, field

from packaging.utils import canonicalize_name

PYPI = "PyPI"
MOST_PACKAGES = 20_000
LARGEST_LIST = 32 * 2**20


class ListError(Exception):
    """A file cannot be read as a list of packages; the text says why, for a reason of evidence."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Package:
    """One package at one version. ``ecosystem`` as OSV names it; ``name`` in that ecosystem's normal form.

    ``hashes`` are SHA-256 digests that the list pins, ``note`` a marker or group that says when it applies.
    """

    ecosystem: str
    name: str
    version: str
    hashes: tuple[str, ...] = ()
    licence: str = ""
    note: str = ""

    @property
    def shown(self) -> str:
        """As in a reason: ``torch 2.1.0``."""
        where = "" if self.ecosystem == PYPI else f" ({self.ecosystem})"
        return f"{self.name} {self.version}{where}"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Unread:
    """Something that the list names and that cannot be looked up; ``counts`` = a package that would run."""

    what: str
    why: str
    counts: bool = True


@dataclass(slots=True, kw_only=True)
class Listing:
    """What a list holds. ``complete``: it claims to name everything that would be installed, and at which version."""

    format: str
    packages: list[Package] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    complete: bool = False

    def add(self, package: Package) -> None:
        """One package more.

        Raises:
            ListError: the list is longer than any real one.
        """
        if len(self.packages) + len(self.unread) >= MOST_PACKAGES:
            raise ListError(f"it names more than {MOST_PACKAGES:,} packages")
        self.packages.append(package)

    def skip(self, what: str, why: str, *, counts: bool = True) -> None:
        """Something that cannot be looked up.

        Raises:
            ListError: the list is longer than any real one.
        """
        if len(self.packages) + len(self.unread) >= MOST_PACKAGES:
            raise ListError(f"it names more than {MOST_PACKAGES:,} packages")
        self.unread.append(Unread(what=shortened(what), why=why, counts=counts))

    def settled(self) -> "Listing":
        """The same, each package and each remark once, in order."""
        self.packages = sorted(set(self.packages))
        self.unread = sorted(set(self.unread))
        return self


def normal_name(ecosystem: str, name: str) -> str:
    """The form under which an ecosystem compares names; PyPI ignores case and the sign between words.

    >>> normal_name("PyPI", "Typing_Extensions"), normal_name("npm", "@Scope/Name")
    ('typing-extensions', '@Scope/Name')
    """
    return str(canonicalize_name(name)) if ecosystem == PYPI else name


def shortened(text: str, most: int = 120) -> str:
    """Printable, on one line, and no longer than ``most``; passwords in addresses are taken out.

    >>> shortened("git+https://me:secret@host/x")
    'git+https://host/x'
    """
    plain = "".join(one if one.isprintable() else " " for one in text)
    plain = re.sub(r"(?<=://)[^/@\s]*@", "", " ".join(plain.split()))
    return plain if len(plain) <= most else plain[: most - 1] + "…"

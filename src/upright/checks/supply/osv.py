"""OSV records: what they say, and whether a package at a version is affected (OSV schema 1.7, "Evaluation")."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from upright.checks.supply.cvss import base_score, rating, rating_of_word, worst
from upright.checks.supply.listed import Package, normal_name
from upright.checks.supply.versions import VersionError, comparable, has_order, parse

Kind = Literal["introduced", "fixed", "last_affected", "limit"]
_FROM_THE_START = "0"
_NO_LIMIT = "*"


class Event(msgspec.Struct, frozen=True):
    """One point on the line of versions."""

    introduced: str | None = None
    fixed: str | None = None
    last_affected: str | None = None
    limit: str | None = None


class Range(msgspec.Struct, frozen=True):
    """Versions between events, in the order that ``type`` names."""

    type: str
    events: tuple[Event, ...] = ()


class Severity(msgspec.Struct, frozen=True):
    """A score by a method."""

    type: str
    score: str


class Rated(msgspec.Struct, frozen=True):
    """The word that a database gives, where it gives one."""

    severity: Any = None


class Named(msgspec.Struct, frozen=True):
    """A package."""

    ecosystem: str
    name: str


class Affected(msgspec.Struct, frozen=True):
    """What a record says of one package."""

    package: Named | None = None
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    severity: tuple[Severity, ...] = ()
    ecosystem_specific: Rated | None = None
    database_specific: Rated | None = None

    @property
    def key(self) -> tuple[str, str] | None:
        """Ecosystem (without a release after ``:``) and name, as packages are compared."""
        if self.package is None:
            return None
        ecosystem = self.package.ecosystem.partition(":")[0]
        return ecosystem, normal_name(ecosystem, self.package.name)


class Record(msgspec.Struct, frozen=True):
    """One vulnerability as one database tells it; fields that matching does not need are not read."""

    id: str
    modified: str
    withdrawn: str | None = None
    aliases: tuple[str, ...] | None = None
    summary: str | None = None
    severity: tuple[Severity, ...] | None = None
    affected: tuple[Affected, ...] | None = None
    database_specific: Rated | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a record says of a package: ``affected``, or ``unknown`` with the reason it could not be told."""

    record: Record
    outcome: Literal["affected", "unknown"]
    fixed: tuple[str, ...] = ()
    why: str = ""


def match(package: Package, record: Record) -> Match | None:
    """Whether ``record`` affects ``package``; ``None`` if it does not, or was withdrawn.

    A version is affected if it is listed, or lies in a range. Where a range cannot be evaluated (commits, an order
    that is not known here, a bound that is no version) and nothing else decides, the outcome is ``unknown``.
    """
    if record.withdrawn is not None:
        return None
    doubts: list[str] = []
    for affected in record.affected or ():
        if affected.key != (package.ecosystem, package.name):
            continue
        if _is_listed(package, affected.versions):
            return Match(record=record, outcome="affected", fixed=_fixes(package, affected))
        found = [_within(package, one) for one in affected.ranges]
        if any(one is True for one in found):
            return Match(record=record, outcome="affected", fixed=_fixes(package, affected))
        doubts += _doubts(affected, found)
    if doubts:
        return Match(record=record, outcome="unknown", why=doubts[0])
    return None


def _is_listed(package: Package, versions: Sequence[str]) -> bool:
    if package.version in versions:
        return True
    if not has_order(package.ecosystem):
        return False
    try:
        own = parse(package.ecosystem, package.version)
    except VersionError:
        return False
    for text in versions:
        try:
            other = parse(package.ecosystem, text)
        except VersionError:
            continue
        if comparable(own, other) == other:
            return True
    return False


def _within(package: Package, given: Range) -> bool | str:
    """Whether the version lies in the range, or why nobody can tell."""
    if given.type == "GIT":
        return "commits"
    semver = given.type == "SEMVER"
    try:
        own = parse(package.ecosystem, package.version, semver=semver)
        events = [_placed(package, event, semver) for one in given.events for event in _single(one)]
    except VersionError as why:
        return str(why)
    limits = [at for kind, at in events if kind == "limit"]
    if limits and not any(at is None or comparable(own, at) < at for at in limits):
        return False
    line = sorted((one for one in events if one[0] != "limit"), key=_Place)
    affected = not any(kind == "introduced" for kind, _ in line)  # invalid, and then all that is below counts
    for kind, at in line:
        affected = _after(own, kind, at, affected)
    return affected


def _after(own: Any, kind: Kind, at: Any, affected: bool) -> bool:
    if at is None:
        return True
    compared = comparable(own, at)
    if kind == "introduced":
        return affected or bool(compared >= at)
    if kind == "fixed":
        return affected and not compared >= at
    return affected and not compared > at


def _single(event: Event) -> Iterator[tuple[Kind, str]]:
    kinds: tuple[Kind, ...] = ("introduced", "fixed", "last_affected", "limit")
    for kind in kinds:
        text = getattr(event, kind)
        if text is not None:
            yield kind, text


def _placed(package: Package, event: tuple[Kind, str], semver: bool) -> tuple[Kind, Any]:
    """The event with its version; ``None`` = before all versions, or for a limit after all."""
    kind, text = event
    if (kind, text) == ("introduced", _FROM_THE_START) or (kind == "limit" and _NO_LIMIT in text):
        return kind, None
    return kind, parse(package.ecosystem, text, semver=semver)


class _Place:
    """The order of events: by version; at the same version what ends a range comes before what begins one."""

    __slots__ = ("at", "begins")

    def __init__(self, event: tuple[Kind, Any]) -> None:
        self.at, self.begins = event[1], event[0] == "introduced"

    def __lt__(self, other: "_Place") -> bool:
        if self.at is None or other.at is None:
            return self.at is None and other.at is not None
        if self.at != other.at:
            return bool(self.at < other.at)
        return not self.begins and other.begins


def _doubts(affected: Affected, found: list[bool | str]) -> Iterator[str]:
    """Why this could not be told; a range of commits is no doubt where versions are given as well."""
    told = bool(affected.versions) or any(isinstance(one, bool) for one in found)
    for one in found:
        if one == "commits":
            if not told:
                yield "it names commits only, not versions"
        elif isinstance(one, str):
            yield one
    if not affected.ranges and not affected.versions:
        yield "it names the package without saying which versions"


def _fixes(package: Package, affected: Affected) -> tuple[str, ...]:
    """The versions named as fixed that come after the package's, lowest first."""
    found = []
    for given in affected.ranges:
        if given.type == "GIT":
            continue
        for event in given.events:
            try:
                own = parse(package.ecosystem, package.version, semver=given.type == "SEMVER")
                fixed = None if event.fixed is None else parse(package.ecosystem, event.fixed)
            except VersionError:
                continue
            if fixed is not None and comparable(own, fixed) < fixed:
                found.append((fixed, str(event.fixed)))
    return tuple(dict.fromkeys(text for _, text in sorted(found, key=lambda one: one[0])))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """One vulnerability of one package, told by one or several records that name each other as aliases."""

    package: Package
    ids: tuple[str, ...]
    aliases: tuple[str, ...]
    rating: str | None
    fixed: tuple[str, ...]
    summary: str = ""

    @property
    def shown(self) -> str:
        """As in a reason: ``torch 1.13.0: CVE-2024-31583 (GHSA-…), high, fixed in 2.2.0``."""
        names = [*self.ids, *(one for one in self.aliases if one not in self.ids)]
        first = next((one for one in names if one.startswith("CVE-")), names[0])
        others = [one for one in names if one != first][:3]
        fixed = f"fixed in {', '.join(self.fixed[:3])}" if self.fixed else "no fixed version is named"
        more = f" ({', '.join(others)})" if others else ""
        return f"{self.package.shown}: {first}{more}, {self.rating or 'not rated'}, {fixed}"


def merged(package: Package, matches: Iterable[Match]) -> tuple[Vulnerability, ...]:
    """The records that affect a package, those joined by aliases counted once (aliases are symmetric and transitive).

    An alias that both name joins two records, though neither names the other.
    """
    groups: list[tuple[set[str], list[Match]]] = []
    for one in sorted(matches, key=lambda found: found.record.id):
        names = {one.record.id, *(one.record.aliases or ())}
        joined = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        names = names.union(*(group[0] for group in joined))
        groups.append((names, [*(found for group in joined for found in group[1]), one]))
    return tuple(sorted((_vulnerability(package, group[1]) for group in groups), key=lambda one: one.ids))


def _vulnerability(package: Package, matches: list[Match]) -> Vulnerability:
    ids = sorted({one.record.id for one in matches})
    aliases = {alias for one in matches for alias in one.record.aliases or ()}
    ratings = [found for one in matches if (found := rating_of(package, one.record)) is not None]
    fixes = [one.fixed for one in matches if one.fixed]
    return Vulnerability(
        package=package,
        ids=tuple(ids),
        aliases=tuple(sorted(aliases - set(ids))),
        rating=worst(ratings),
        fixed=max(fixes, key=len) if fixes else (),
        summary=next((one.record.summary for one in matches if one.record.summary), "") or "",
    )


def rating_of(package: Package, record: Record) -> str | None:
    """The highest rating that a record gives for a package: by CVSS base score, else in the database's own word.

    A malicious package (``MAL-…``) is critical. CVSS 4.0 vectors are not scored here; the word stands for them.
    """
    if record.id.startswith("MAL-"):
        return "critical"
    own = [one for one in record.affected or () if one.key == (package.ecosystem, package.name)]
    severities = [*(record.severity or ()), *(score for one in own for score in one.severity)]
    scores = [score for one in severities if (score := base_score(one.score)) is not None]
    ratings = [rating(score) for score in scores]
    for rated in (record.database_specific, *(part for one in own for part in _specific(one))):
        if rated is not None and isinstance(rated.severity, str):
            word = rating_of_word(rated.severity)
            ratings += [word] if word else []
    return worst(ratings)


def _specific(affected: Affected) -> tuple[Rated | None, Rated | None]:
    return affected.ecosystem_specific, affected.database_specific

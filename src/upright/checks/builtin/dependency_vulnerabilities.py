"""Known vulnerabilities in what the model runs on, by records of the OSV project; what was not audited never passes."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from upright.checks.contract import (
    ArtefactBytes,
    Binding,
    CheckResult,
    Context,
    ExtraInput,
    Limits,
    ModelSource,
    Run,
    check,
)
from upright.checks.inputs import model_of
from upright.checks.judge import judge
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError, Ref, time_text
from upright.measures.estimate import Estimate, exact

if TYPE_CHECKING:
    from datetime import datetime

    from upright.checks.supply.listed import Listing, Package
    from upright.checks.supply.osv import Vulnerability
    from upright.checks.supply.snapshot import Records

SNAPSHOT_VARIABLE = "UPRIGHT_OSV_SNAPSHOT"
FOUND = "vulnerabilities"
LEFT = "packages_not_audited"
AGE = "snapshot_age_days"
BY_RATING = {word: f"{word}_vulnerabilities" for word in ("critical", "high", "medium", "low")}
MEASURES = (
    FOUND, *BY_RATING.values(), "unrated_vulnerabilities", "vulnerable_packages", "packages_audited", LEFT, AGE,
    "snapshot_records",
)  # fmt: skip
ALWAYS: Limits = {LEFT: {"at_most": "0"}, AGE: {"at_most": "30"}}
_UNLISTED = "the list has no hashes and may leave out what its packages need; `complete: true` says it does not"
_SHOWN = 25
_NAMED = 200


@check(
    "dependency-vulnerabilities",
    version="1",
    kinds=("dependency-vulnerabilities",),
    about=("model",),
    measures=MEASURES,
    default_limits={FOUND: {"at_most": "0"}, **ALWAYS},
)
def dependency_vulnerabilities(
    *,
    snapshot: str | None = None,
    service: str | None = None,
    complete: bool = False,
    timeout_seconds: float = 60.0,
) -> Run:
    """Looks up each package of the model's ``requirements`` file in records of known vulnerabilities (OSV).

    ``requirements`` is a pip requirements file, uv.lock, poetry.lock, Pipfile.lock, pylock.toml or a CycloneDX bill of
    materials. The records are a ``snapshot`` (a folder or zip of OSV files beside it, else the one that the environment
    variable UPRIGHT_OSV_SNAPSHOT names), or a ``service`` is asked (https; the names and versions of the packages are
    sent there). What has no exact version or no known ecosystem is not audited and keeps the check from passing, and
    so does a list that does not claim to be whole: one without hashes, unless ``complete`` says that it is.
    ``timeout_seconds`` is for all of the service's answers. A snapshot is as old as its newest record.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        from upright.checks.supply.listed import ListError
        from upright.checks.supply.reading import read_list
        from upright.checks.supply.service import ServiceError
        from upright.checks.supply.snapshot import SnapshotError

        source = model_of(binding)
        if source.requirements is None:
            return _undecided(f"{source.ref} names no list of packages; set `requirements: FILE` of the model")
        try:
            listing = read_list(source.requirements)
            if not listing.packages and not listing.unread:
                return _undecided(f"{source.requirements.name} names no package, so there is nothing to look up")
            records = _records(source.requirements, listing, context, snapshot, service, timeout_seconds)
        except (ListError, SnapshotError, ServiceError) as why:
            return _undecided(str(why))
        if records is None:
            return _undecided(
                "there are no records to look the packages up in: set the option `snapshot` or `service`, or name a "
                f"snapshot by the environment variable {SNAPSHOT_VARIABLE}"
            )
        audit = _audit(listing, records)
        if not complete and not listing.complete:
            audit.left["packages that the list does not name"] = _UNLISTED
        return _judged(binding, source, audit, context.clock())

    return run


@dataclass(slots=True, kw_only=True)
class _Audit:
    """What came of a list: vulnerabilities, what was looked up, and what was not with the reason."""

    listing: "Listing"
    records: "Records"
    found: "list[Vulnerability]" = field(default_factory=list)
    audited: "list[Package]" = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, str] = field(default_factory=dict)


def _records(
    path: Path, listing: "Listing", context: Context, snapshot: str | None, service: str | None, timeout: float
) -> "Records | None":
    from upright.checks.supply.service import Service, ask_service
    from upright.checks.supply.snapshot import read_snapshot

    if snapshot is not None and service is not None:
        raise InputError("Name either a snapshot or a service of records, not both.", code="UP-CHECK-70")
    if service is not None:
        with Service(service, scratch=context.scratch, timeout=timeout) as asked:
            return ask_service(asked, listing.packages, now=context.clock())
    named = os.environ.get(SNAPSHOT_VARIABLE)
    if snapshot is None and not named:
        return None
    place = Path(named or "") if snapshot is None else path.parent / snapshot
    if snapshot is not None and not place.resolve().is_relative_to(path.parent.resolve()):
        raise InputError(
            f"The snapshot {snapshot!r} lies outside the folder of {path.name}. Put it below, or name it by the "
            f"environment variable {SNAPSHOT_VARIABLE}.",
            code="UP-CHECK-71",
        )
    return read_snapshot(place, {(one.ecosystem, one.name) for one in listing.packages}, now=context.clock())


def _audit(listing: "Listing", records: "Records") -> _Audit:
    from upright.checks.supply.osv import Match, match, merged
    from upright.checks.supply.versions import VersionError, has_order, parse

    audit = _Audit(listing=listing, records=records)
    for one in listing.unread:
        (audit.left if one.counts else audit.remarks)[one.what] = one.why
    for package in listing.packages:
        if records.by_ecosystem.get(package.ecosystem, 0) == 0 and not records.certain and records.by_ecosystem:
            audit.left[package.shown] = f"the snapshot holds no record of ecosystem {package.ecosystem}"
            continue
        found = [answer for record in records.records.values() if (answer := match(package, record)) is not None]
        known = {answer.record.id for answer in found if answer.outcome == "affected"}
        for name, record in records.records.items():
            key = (name, package.ecosystem, package.name, package.version)
            if key in records.certain and name not in known and record.withdrawn is None:
                found.append(Match(record=record, outcome="affected"))
        audit.found += merged(package, [answer for answer in found if answer.outcome == "affected"])
        doubts = [f"{answer.record.id}: {answer.why}" for answer in found if answer.outcome == "unknown"]
        try:
            if has_order(package.ecosystem):
                parse(package.ecosystem, package.version)
        except VersionError as why:
            doubts.append(str(why))
        if doubts:
            audit.left[package.shown] = "; ".join(doubts[:3])
        else:
            audit.audited.append(package)
    return audit


def _judged(binding: Binding, source: ModelSource, audit: _Audit, now: "datetime") -> CheckResult:
    limits = {**ALWAYS, **binding.limits}
    counted = _estimates(audit, limits)
    age = _age(audit.records, now)
    reported = [
        exact("packages_audited", len(audit.audited), n=len(audit.listing.packages), unit="packages"),
        exact(LEFT, len(audit.left), n=len(audit.audited) + len(audit.left), unit="packages"),
        exact("snapshot_records", audit.records.count, n=audit.records.count, unit="records"),
        *([] if age is None else [exact(AGE, age, n=audit.records.count, unit="days")]),
    ]
    judged = {name: limit for name, limit in binding.limits.items() if name not in ALWAYS}
    judgement = judge(counted, judged, reported=reported, also=list(_reasons(audit, limits, age)))
    at = time_text(audit.records.newest or now)
    return CheckResult(
        result=judgement.result,
        measurements=judgement.measurements,
        reasons=(*judgement.reasons, *_explained(audit, judgement.result)),
        not_examined=tuple(_not_examined(audit)),
        artefacts=(ArtefactBytes(name="vulnerabilities.json", media_type="application/json", data=_document(audit)),),
        inputs=(
            _list_input(source),
            ExtraInput(
                ref=Ref("database", "osv"), digest=audit.records.digest, hold="window", from_=at, to=at
            ),
        ),
    )  # fmt: skip


def _list_input(source: ModelSource) -> ExtraInput:
    from upright.checks.supply.requirements import digest_of_list

    assert source.requirements is not None
    ref = Ref(source.ref.type, f"{source.ref.path}/requirements")
    return ExtraInput(ref=ref, digest=digest_of_list(source.requirements), hold="bytes")


def _estimates(audit: _Audit, limits: Limits) -> list[Estimate]:
    """The counts that limits speak of. One that is not rated may have any rating, so it can undo a narrow pass."""
    n = len(audit.audited)
    unrated = sum(one.rating is None for one in audit.found)
    packages = {(one.package.ecosystem, one.package.name, one.package.version) for one in audit.found}
    found = [
        exact(FOUND, len(audit.found), n=n, unit="vulnerabilities"),
        exact("unrated_vulnerabilities", unrated, n=n, unit="vulnerabilities"),
        exact("vulnerable_packages", len(packages), n=n, unit="packages"),
    ]
    for word, name in BY_RATING.items():
        count = sum(one.rating == word for one in audit.found)
        most = limits.get(name, {}).get("at_most")
        doubtful = most is not None and Decimal(count) <= Decimal(most) < Decimal(count + unrated)
        unfit = f"{unrated} more are not rated and may be {word}" if doubtful else ""
        found.append(
            Estimate(name=name, value=float(count), n=n, unit="vulnerabilities", method="counted", unfit=unfit)
        )
    return found


def _age(records: "Records", now: "datetime") -> float | None:
    """Days since the newest record; none where no record has a date that can be believed."""
    if records.newest is None:
        return None
    return round(max(0.0, (now - records.newest).total_seconds() / 86_400), 2)


def _reasons(audit: _Audit, limits: Limits, age: float | None) -> Iterator[Reason]:
    """What leaves the question open, however many vulnerabilities were found."""
    left = len(audit.left)
    yield from _bounded(LEFT, left, limits, f"{left} could not be audited: {_some(list(audit.left))}")
    if age is None:
        because = "no record has a date that can be believed, so nobody knows how old the snapshot is"
        yield Reason(limit=AGE, outcome="undecided", because=because)
    else:
        since = time_text(audit.records.newest)[:10] if audit.records.newest else ""
        because = f"the newest record of {audit.records.source} is of {since}, {age:g} days ago"
        yield from _bounded(AGE, age, limits, because)
    if audit.records.unreadable_count:
        because = (
            f"{audit.records.unreadable_count:,} files of the snapshot are no record that can be read "
            f"({_some(audit.records.unreadable)}), and may be about any package"
        )
        yield Reason(limit="", outcome="undecided", because=because)
    if not audit.audited and not audit.found:
        yield Reason(limit="", outcome="undecided", because="not one package could be looked up")


def _bounded(name: str, value: float, limits: Limits, because: str) -> Iterator[Reason]:
    most = limits[name].get("at_most", ALWAYS[name]["at_most"])
    if Decimal(str(value)) <= Decimal(most):
        words = f"{value:g} is at most {most}" if name == LEFT else because
        yield Reason(limit=f"{name} at_most {most}", outcome="passed", because=words)
    else:
        yield Reason(limit=f"{name} at_most {most}", outcome="undecided", because=because)


def _explained(audit: _Audit, result: str) -> Iterator[Reason]:
    if result != "failed":
        return
    order = [*BY_RATING, None]
    worst = sorted(audit.found, key=lambda one: (order.index(one.rating), one.shown))
    for one in worst[:_SHOWN]:
        yield Reason(limit=FOUND, outcome="failed", because=one.shown)
    if len(worst) > _SHOWN:
        because = f"and {len(worst) - _SHOWN} more; the artefact vulnerabilities.json lists all"
        yield Reason(limit=FOUND, outcome="failed", because=because)


def _not_examined(audit: _Audit) -> Iterator[NotExamined]:
    rows = [*sorted(audit.left.items()), *sorted(audit.remarks.items())]
    for what, why in rows[:_NAMED]:
        yield NotExamined(what=what, why=why, count=1)
    if len(rows) > _NAMED:
        why = "not audited either; the artefact vulnerabilities.json lists all"
        yield NotExamined(what="further packages", why=why, count=len(rows) - _NAMED)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(sorted(names)[:3]) + more


def _document(audit: _Audit) -> bytes:
    records = audit.records
    document: dict[str, Any] = {
        "list": {"format": audit.listing.format, "complete": audit.listing.complete},
        "records": {
            "source": records.source,
            "sha256": records.digest,
            "newest": None if records.newest is None else time_text(records.newest),
            "count": records.count,
            "unreadable": records.unreadable_count,
        },
        "audited": [one.shown for one in audit.audited],
        "vulnerabilities": [
            {
                "package": one.package.shown,
                "ids": list(one.ids),
                "aliases": list(one.aliases),
                "rating": one.rating,
                "fixed": list(one.fixed),
                "summary": one.summary[:300],
                "applies_when": one.package.note or None,
            }
            for one in audit.found
        ],
        "not_audited": dict(sorted(audit.left.items())),
        "remarks": dict(sorted(audit.remarks.items())),
    }
    return json.dumps(document, indent=1, sort_keys=True).encode()


def _undecided(because: str) -> CheckResult:
    return CheckResult(result="undecided", reasons=(Reason(limit="", outcome="undecided", because=because),))

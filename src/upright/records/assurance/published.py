"""What the public reads of a claim: its words and the values of the chosen fields, as its approval entered them.

The page is made of the ledger's own entry, held to its leaf, so what is shown is what the proof proves. Whether it
still holds is asked anew: a claim whose record is no longer in force, or says something else by now, is not current.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from upright.ledger import Recorded, leaf_hash
from upright.posture.posture import STATUSES
from upright.posture.subjects import Subjects
from upright.records.assurance.auditing import Audit, Certificate
from upright.records.assurance.ended import Ended, content_of_entry, ended_of, newest_of
from upright.records.assurance.evidence import is_aged
from upright.records.assurance.judging import facts_of
from upright.records.assurance.models import EvidenceRow
from upright.records.assurance.overview import overall, summaries
from upright.records.assurance.publishing import EVIDENCE, POSTURE, PUBLISHABLE, Publication
from upright.records.identity.controlled import Controlled
from upright.records.identity.models import Unit
from upright.records.inventory.models import System
from upright.records.trail.door import linked
from upright.records.trail.errors import DoorError
from upright.records.trail.models import LedgerEntry, LedgerLog, LedgerStream
from upright.records.trail.projection import plain
from upright.records.trail.record import Record, find
from upright.records.trail.server_log import now, organisation

_GOOD_SIGNERS = frozenset({"enrolled", "login"})


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A claim as everybody may read it.

    ``why_not``: why it is not current, in words; then nothing but its title is to be shown. ``counts`` is today's
    posture, of a claim that rests on it. ``entry`` holds what is shown, ``rests_entry`` the record that it rests on.
    """

    ref: str
    what: str
    words: Mapping[str, str]
    shows: Mapping[str, Any]
    approved_on: date | None
    entry: int | None
    rests_entry: int | None
    why_not: str = ""
    counts: "Counted | None" = None


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A posture by counts, as of now; ``is_behind``: some of it is being judged again, or was never judged."""

    framework: str
    status: str
    of: Mapping[str, int]
    is_behind: bool


@dataclass(frozen=True, kw_only=True)
class Published:
    """Every approved claim, current or not, and those that were taken back, the last one first."""

    claims: tuple[Claim, ...]
    ended: tuple[Ended, ...]


_kept: dict[tuple[str, str], Published] = {}


def everything() -> Published:
    """What the public may read; made anew when anything was entered since, and each minute."""
    checkpoint = LedgerLog.objects.values_list("checkpoint", flat=True).first()
    key = (str(checkpoint), f"{now():%Y-%m-%dT%H:%M}")
    if key not in _kept:
        found = _everything()
        _kept.clear()
        _kept[key] = found
    return _kept[key]


def draft_of(publication: Publication) -> Claim:
    """What the public would read if it was approved now."""
    content = content_of(publication)
    return _made(publication, content, None, not_in_force(publication))


def content_of(publication: Publication) -> dict[str, Any]:
    """What an approval enters: the words, the chosen values, on which entry they rest; no person, no other field."""
    return {
        "claim": {name: getattr(publication, name) for name in ("title", "text", "title_de", "text_de")},
        "shows": values_of(publication),
        "rests_on": _rests_on(publication),
        "approved_on": now().date().isoformat(),
        "review_by": plain(publication.review_by),
    }


def values_of(publication: Publication) -> dict[str, Any]:
    """The chosen fields as they are now; of a posture none, for its counts are read when somebody looks."""
    names = [one for one in PUBLISHABLE[publication.what].fields if one in publication.shows]
    if publication.what == POSTURE:
        return {}
    subject = _statement(publication.evidence) if publication.what == EVIDENCE else linked(publication.rests_on)
    return {name: plain(getattr(subject, name)) for name in names}


def subject_of(publication: Publication) -> Record:
    """The record in whose unit somebody has to be entitled to publish it."""
    if publication.what == EVIDENCE:
        found: Record | None = System.objects.filter(ref=_statement(publication.evidence).system).first()
    else:
        found = find(publication.rests_on) if publication.rests_on else None
    return found or cast("Record", Unit.objects.get(parent__isnull=True))


def not_in_force(publication: Publication) -> str:
    """Why what a claim rests on does not carry it today; empty: it does."""
    if publication.what == POSTURE:
        return ""  # today's counts are shown, whatever they are
    if publication.what == EVIDENCE:
        return _evidence_not_in_force(_statement(publication.evidence))
    today, record = now().date(), linked(publication.rests_on)
    match record:
        case Controlled() if record.state != Controlled.State.APPROVED:
            return "The document is not in force."
        case Controlled() if record.review_by is None or record.review_by < today:
            return "The review of the document is overdue."
        case Certificate() if record.state != Certificate.State.VALID:
            return "The certificate is suspended or withdrawn."
        case Certificate() if record.expires_on < today:
            return "The certificate has expired."
        case Audit() if record.state not in {Audit.State.REPORTED, Audit.State.RECEIVED}:
            return "The audit is not finished."
    return ""


def _evidence_not_in_force(row: EvidenceRow) -> str:
    if not LedgerStream.objects.filter(ref=row.stream, newest=row.index).exists():
        return "There is a newer result."
    if is_aged(row):
        return "The result is too old to count."
    facts = facts_of(row.system or organisation())
    item = next((one for one in facts.items if one.index == row.index), None)
    if item is None or item.signer not in _GOOD_SIGNERS or item.withdrawn_by is not None:
        return "The statement does not count any more."
    digests = Subjects(facts).digests
    if any(one.hold != "window" and digests.get(one.ref) != one.digest for one in item.inputs):
        return "What was measured has changed since."
    return ""


def _everything() -> Published:
    rows = list(Publication.objects.order_by("ref"))
    newest = newest_of([one.ref for one in rows])
    ended = ended_of(newest)
    over = {one.ref for one in ended}  # as the ledger says, whatever a row says
    approved = {one.ref for one in rows if one.state == Publication.State.APPROVED} - over
    lost = newest.keys() - approved - over
    claims = [_claim(one, newest.get(one.ref)) for one in rows if one.ref in approved]
    claims += [_lost(one, newest[one.ref]) for one in rows if one.ref in lost]
    return Published(claims=tuple(claims), ended=tuple(ended))


def _claim(publication: Publication, entry: Recorded | None) -> Claim:
    content = content_of_entry(entry)
    if entry is None or "claim" not in content:
        return _made(publication, {"claim": {"title": ""}}, None, "What was approved is not in the ledger as it was.")
    return _made(publication, content, entry.index, _why_not(publication, content))


def _lost(publication: Publication, entry: Recorded | None) -> Claim:
    """One that is not in force any more, without an entry that says so: nobody takes it back behind the door."""
    content = {"claim": {"title": ""}} | content_of_entry(entry)
    return _made(publication, content, None, "It was taken back without an entry that says so.")


def _why_not(publication: Publication, content: Mapping[str, Any]) -> str:
    if publication.review_by is None or publication.review_by < now().date():
        return "The day by which we wanted to look at it again has passed."
    try:
        changed = values_of(publication) != content["shows"]
        return not_in_force(publication) or ("What it rests on has changed since." if changed else "")
    except DoorError:
        return "What it rests on is not there any more."


def _made(publication: Publication, content: Mapping[str, Any], entry: int | None, why_not: str) -> Claim:
    rests_on = content.get("rests_on", {})
    approved = content.get("approved_on")
    is_counted = publication.what == POSTURE and not why_not
    return Claim(
        ref=publication.ref,
        what=publication.what,
        words=content["claim"],
        shows=content.get("shows", {}),
        approved_on=date.fromisoformat(approved) if approved and entry is not None else None,
        entry=entry,
        rests_entry=rests_on.get("entry"),
        why_not=why_not,
        counts=_counted(publication) if is_counted else None,
    )


def _rests_on(publication: Publication) -> dict[str, Any]:
    if publication.what == POSTURE:
        scope = "system" if publication.rests_on else "organisation"
        return {"type": POSTURE, "framework": publication.framework, "scope": scope}
    if publication.what == EVIDENCE:
        index = _statement(publication.evidence).index
    else:
        index = LedgerStream.objects.values_list("newest", flat=True).get(ref=publication.rests_on)
    leaf = LedgerEntry.objects.values_list("leaf", flat=True).get(index=index)
    return {"type": publication.what, "entry": index, "leaf_hash": leaf_hash(bytes(leaf)).hex()}


def _counted(publication: Publication) -> Counted:
    if publication.rests_on:
        found = list(summaries([publication.rests_on]).values())
        by = found[0].counts
    else:
        found = list(summaries(System.objects.values_list("ref", flat=True)).values())
        by = overall(found)
    counts = by.get(publication.framework)
    return Counted(
        framework=publication.framework,
        status=counts.status if counts is not None else "unknown",
        of={} if counts is None else {one: int(getattr(counts, one)) for one in STATUSES},
        is_behind=not found or any(one.is_behind or not one.is_judged for one in found),
    )


def _statement(evidence: str) -> EvidenceRow:
    found = EvidenceRow.objects.filter(evidence=evidence).order_by("-index").first()
    if found is None:
        raise DoorError(f"There is no statement of evidence {evidence[:64]!r} here.", code="UP-DOOR-04")
    return found

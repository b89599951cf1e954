"""Evidence: every statement with its result and how fresh it is; one statement from requirement to bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from upright.desk.values import sentence
from upright.desk.visible import visible
from upright.evidence.dsse import MEDIA_TYPE, Envelope
from upright.ledger import Recorded
from upright.posture.keybook import KeyBook
from upright.posture.plan import strictest_freshness
from upright.records.assurance.evidence import fresh_until, is_aged, key_entries
from upright.records.assurance.judging import posture_of
from upright.records.assurance.models import EvidenceRow
from upright.records.inventory.models import System
from upright.records.trail.history import recorded
from upright.records.trail.models import LedgerEntry, LedgerStream
from upright.records.trail.proving import proof as prove
from upright.records.trail.server_log import now
from upright.web.filed import kinds_of, newest_first, readable
from upright.web.frame import catalogue, ledger_of
from upright.web.places import shelves
from upright.web.plots import interval, number, of_whom, plots
from upright.web.posture import WORST_FIRST, short
from upright.web.requests import Request, text_of
from upright.web.sentences import kind as kind_name
from upright.web.sentences import measure, said
from upright.web.statements import Statements, asked_by
from upright.web.values import limit_words

RESULTS = ("passed", "failed", "undecided", "errored")
_PER = 50
_LONGEST = 300
_EARLIER = 8
_CHECK = """\
import json, sys
from upright.ledger import Checkpoint, VerifierKey, leaf_hash, verify_inclusion
from upright.ledger.leaves import body_digest
p = json.load(open("entry-{entry}.json"))
seen = Checkpoint.parse(p["checkpoint"])
seen.note.verify(VerifierKey.parse(sys.argv[1]))
body = body_digest(p["media_type"], bytes.fromhex(p["body_salt"]), p["body"].encode())
assert json.loads(p["leaf"])["body"] == body, "the body is another"
path = [bytes.fromhex(one) for one in p["path"]]
verify_inclusion(leaf_hash(p["leaf"].encode()), p["index"], seen.size, path, seen.root)
print("in the log, signed, and nothing else")
"""


@dataclass(frozen=True, kw_only=True)
class _Page:
    rows: list[EvidenceRow]
    has_newer: bool
    has_older: bool


def _entry(request: Request, name: str) -> int | None:
    """The entry that an address names; ``None``: none that can be."""
    text = text_of(request, name)
    return int(text[:15]) if text.isascii() and text.isdecimal() else None


def _page(rows: "QuerySet[EvidenceRow]", before: int | None, after: int | None) -> _Page:
    """A page of statements, newest first, next to an entry; where less than a page follows one, the newest."""
    if before is None and after is not None:
        found = list(rows.filter(index__gt=after).order_by("index")[: _PER + 1])
        if len(found) > _PER:
            shown = found[:_PER][::-1]
            return _Page(rows=shown, has_newer=True, has_older=rows.filter(index__lt=shown[-1].index).exists())
    found = list((rows if before is None else rows.filter(index__lt=before))[: _PER + 1])
    return _Page(rows=found[:_PER], has_newer=before is not None, has_older=len(found) > _PER)


def show(request: Request) -> HttpResponse:
    """The list, newest first; by result, system and kind.

    A page begins at an entry, before or after it, so that the oldest is as near as the newest. There are no numbered
    pages: to count them would read every statement that somebody may see, and each new one would move them all.
    """
    wanted = {name: text_of(request, name)[:_LONGEST] for name in ("result", "system", "kind")}
    rows = newest_first(request)
    if wanted["result"] in RESULTS:
        rows = rows.filter(result=wanted["result"])
    if wanted["system"]:
        rows = rows.filter(system=wanted["system"])
    if wanted["kind"]:
        rows = rows.annotate(words=Cast("kinds", TextField())).filter(words__contains=f'"{wanted["kind"]}"')
    found = _page(rows, _entry(request, "before"), _entry(request, "after"))
    page = found.rows
    shown = {one.system for one in page} | {wanted["system"]}
    names = dict(visible(System, request.powers).filter(ref__in=shown).values_list("ref", "name"))
    newest = dict(LedgerStream.objects.filter(ref__in={one.stream for one in page}).values_list("ref", "newest"))
    kept = urlencode({name: value for name, value in wanted.items() if value})
    and_ = "&" if kept else ""
    return render(
        request,
        "web/evidence.html",
        {
            "rows": Statements(names, newest).body(page),
            "count": len(page),
            "first": f"?{kept}" if found.has_newer else "",
            "previous": f"?{kept}{and_}after={page[0].index}" if found.has_newer and page else "",
            "next": f"?{kept}{and_}before={page[-1].index}" if found.has_older else "",
            "last": f"?{kept}{and_}after=0" if found.has_older else "",
            "wanted": wanted,
            "is_narrowed": bool(kept),
            "results": [(one, _with(wanted, "result", one)) for one in RESULTS],
            "system": names.get(wanted["system"], wanted["system"]),
            "without_system": _with(wanted, "system", wanted["system"]),
            "without_kind": _with(wanted, "kind", wanted["kind"]),
            "shelves": shelves(request, "evidence"),
            "here": "evidence",
        },
    )


def statement(request: Request, entry: int) -> HttpResponse:
    """One statement: the chain from requirement to bytes, what was measured, the proof, and how to check it by hand."""
    row, found = _found(request, entry)
    envelope = _envelope(found)
    said = envelope.statement
    predicate = said.predicate
    system = System.objects.filter(ref=row.system).first() if row.system else None
    proof = prove(row.stream, entry)
    ledger = ledger_of(request)
    answers = _answers(row, system, ledger.of if ledger else "")
    return render(
        request,
        "web/statement.html",
        {
            "row": row,
            "title": row.binding or kinds_of(row),
            "said": said,
            "predicate": predicate,
            "id": envelope.id,
            "system": system,
            "recorded": found.time,
            "fresh_until": fresh_until(row),
            "is_old": is_aged(row),
            "holders": KeyBook(key_entries()).holders(envelope, entry),
            "plots": plots(predicate.measurements, predicate.limits),
            "measured": [
                {
                    "name": measure(one.name),
                    "of": of_whom(one),
                    "says": interval(one),
                    "n": f"{one.n:,}",
                    "limit": limit_words(predicate.limits.get(one.name, {})),
                    "outcome": one.outcome,
                }
                for one in predicate.measurements
            ],
            "answers": answers,
            "first": answers[0] if answers else None,
            "begin": _begun(request, row, row.binding or row.kinds[0], answers),
            "proof": proof,
            "checkpoint": number(str(proof["size"])),
            "script": _CHECK.format(entry=entry),
            "earlier": _earlier(request, row),
            "here": "evidence",
        },
    )


def envelope(request: Request, entry: int) -> HttpResponse:
    """The signed statement as it was filed, to keep."""
    _, found = _found(request, entry)
    answer = HttpResponse(found.body, content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = f'attachment; filename="statement-{entry}.json"'
    return answer


def proof(request: Request, entry: int) -> HttpResponse:
    """The proof of inclusion of a statement, to keep and to check elsewhere."""
    row, _ = _found(request, entry)
    answer = JsonResponse(prove(row.stream, entry), json_dumps_params={"indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="entry-{entry}.json"'
    return answer


def kind(request: Request, kind: str) -> HttpResponse:
    """What a kind of evidence is, who produces it and how, which requirements ask for it, and what there is of it."""
    known = catalogue().kinds.get(kind)
    if known is None:
        raise Http404(f"There is no kind of evidence {kind!r}.")
    rows = newest_first(request).annotate(words=Cast("kinds", TextField())).filter(words__contains=f'"{kind}"')
    return render(
        request,
        "web/kind.html",
        {
            "kind": known,
            "called": sentence(kind_name(kind)),
            "about": ", ".join(said(one) for one in known.subject),
            "asked": [catalogue().requirements[one] for one in asked_by().get(kind, ())],
            "rows": rows[:_EARLIER],
            "fresh_for": strictest_freshness(catalogue(), (kind,)),
            "here": "evidence",
        },
    )


def _with(wanted: Mapping[str, str], name: str, value: str) -> str:
    """The address with one filter set, or taken away where it is set to that."""
    left = dict(wanted) | {name: "" if wanted[name] == value else value}
    kept = urlencode({key: one for key, one in left.items() if one})
    return f"{reverse('web:evidence')}{'?' if kept else ''}{kept}"


def _found(request: Request, entry: int) -> tuple[EvidenceRow, Recorded]:
    row = readable(request).filter(index=entry).first()
    if row is None:
        raise Http404(f"There is no statement in entry {entry}, or you may not read it.")
    found = recorded(LedgerEntry.objects.filter(index=entry))[0]
    if found.body is None:
        raise Http404(
            f"The statement in entry {entry} held personal data and was erased; that it stood there is proved."
        )
    return row, found


def _envelope(found: Recorded) -> Envelope:
    return Envelope.parse(found.body or b"")


def _earlier(request: Request, row: EvidenceRow) -> "QuerySet[EvidenceRow]":
    """Others of its stream, the newest first; found by the log, which knows what stands in a stream."""
    entries = LedgerEntry.objects.filter(ref=row.stream).values("index")
    return readable(request).filter(index__in=entries).exclude(index=row.index).order_by("-index")[:_EARLIER]


def _begun(request: Request, row: EvidenceRow, title: str, answers: list[dict[str, Any]]) -> str:
    """Where a nonconformity is opened on a statement that failed, with what is known of it; empty: not by this one."""
    if row.result != "failed" or not answers or not request.powers.may("assurance.nonconformity.add"):
        return ""
    known = {
        "title": f"{title} failed"[:200],
        "nature": f"Evidence about {row.subject} failed in entry {row.index}.",
        "requirement": answers[0]["id"],
        "system": row.system,
        "links": f"sha256:{row.evidence}",
        "opened_on": f"{now():%Y-%m-%d}",
    }
    return f"{reverse('web:add', args=['nonconformity'])}?{urlencode(known)}"


def _answers(row: EvidenceRow, system: System | None, shared: str) -> list[dict[str, Any]]:
    """The requirements that ask for the kinds of a statement, with where they stand, the worst first."""
    ids = list(dict.fromkeys(one for kind in row.kinds for one in asked_by().get(kind, ())))
    verdicts = {}
    if system is not None:
        verdicts = {one.requirement: one.status for one in posture_of(system.ref, shared).verdicts}
    lines = [
        {
            "id": one,
            "title": catalogue().requirements[one].title,
            "framework": short(one),
            "status": verdicts.get(one, ""),
        }
        for one in ids
    ]
    order = {status: n for n, status in enumerate(WORST_FIRST)}
    return sorted(lines, key=lambda one: order.get(str(one["status"]), len(order)))

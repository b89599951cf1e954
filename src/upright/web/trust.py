"""The trust page: what the organisation chose to show to everybody, each claim with its proof; and its preview.

The page is the same for whoever asks: nothing of a log-in, a session or a cookie goes into it, and none is set.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from django.conf import settings
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import get_language, gettext, gettext_lazy, override
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header

from upright.desk.values import day, plain_shown, sentence
from upright.desk.visible import visible
from upright.kernel import parse_time, sha256_hex
from upright.ledger import Checkpoint
from upright.posture.posture import Counts
from upright.records.assurance.ended import Ended, stream_of
from upright.records.assurance.published import Claim, Published, draft_of, everything
from upright.records.assurance.publishing import EVIDENCE, POSTURE, PUBLISHABLE, Publication
from upright.records.identity.models import Unit
from upright.records.trail.proving import inclusion
from upright.records.trail.proving import proof as prove
from upright.records.trail.record import record_types
from upright.records.trail.server_log import has_log, server_log
from upright.web.filed import readable
from upright.web.frame import catalogue
from upright.web.needs import stage_word
from upright.web.posture import RIGHT, Row
from upright.web.public import Limit, organisation_name, published, too_many
from upright.web.requests import Request, the_record
from upright.web.sentences import said
from upright.web.shown_fields import shown_label

_LOOKED = Limit(each=300, together=30_000)
_RESTS_ON = {
    "system": gettext_lazy("Record of an AI system"),
    "document": gettext_lazy("Approved document"),
    "statement-of-applicability": gettext_lazy("Statement of Applicability"),
    "audit": gettext_lazy("Audit"),
    "certificate": gettext_lazy("Certificate"),
    EVIDENCE: gettext_lazy("Statement of evidence"),
    POSTURE: gettext_lazy("Posture, counted today"),
}
CHECK = (Path(__file__).parent / "check_proof.txt").read_text(encoding="utf-8")
"""What the page gives to check a proof with, offline; beside a newer proof it says whether the claim was taken back."""
_MOST_ENDED = 100
_ENDED = {
    "withdrawn": (gettext_lazy("Withdrawn"), gettext_lazy("Withdrawn on %(day)s.")),
    "reopened": (gettext_lazy("Taken back"), gettext_lazy("Taken back for a revision on %(day)s.")),
    "superseded": (gettext_lazy("Replaced"), gettext_lazy("Replaced by another claim on %(day)s.")),
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """A claim as the page shows it, in the reader's language; ``lang`` is that of its words where it is another."""

    claim: Claim
    title: str
    text: str
    lang: str
    approved: str
    rests_on: str
    values: list[tuple[str, str]]
    counted: list[tuple[str, int]]
    row: Row | None


@dataclass(frozen=True, kw_only=True)
class EndedLine:
    """A claim that was taken back, as the page lists it."""

    ended: Ended
    title: str
    lang: str
    word: str
    says: str


class _Pages:
    """The page as it was last laid out, by language: a look that finds nothing new costs one query."""

    of: Published | None = None
    by: dict[str, str]


_pages = _Pages()


@published
def show(request: HttpRequest) -> HttpResponse:
    """Every claim; one that is not current by its title alone, with the reason."""
    if seconds := _LOOKED.wait(request):
        return _often(seconds)
    language = _asked(request) or _of_browser(request)
    now = everything()
    if _pages.of is not now:
        _pages.of, _pages.by = now, {}
    if language not in _pages.by:
        with override(language):
            _pages.by[language] = _page(now)
    return _kept(request, HttpResponse(_pages.by[language], headers={"Content-Language": language}))


@published
def proof(request: HttpRequest, ref: str) -> HttpResponse:
    """What was published and that it stands in the log, with the entry that it rests on: to keep, to check elsewhere.

    Of that entry it holds the leaf, which is digests, a number and a time; its content stays here.
    """
    if seconds := _LOOKED.wait(request):
        return _often(seconds)
    now = everything()
    claim = next((one for one in now.claims if one.ref == ref and not one.why_not), None)
    ended = next((one for one in now.ended if one.ref == ref), None)
    entry, rests_on, ends = None, None, None
    if ended is not None:
        entry, ends = ended.entry, ended.ends
    elif claim is not None:
        entry, rests_on = claim.entry, claim.rests_entry
    if entry is None:
        return JsonResponse({"error": f"There is no current claim {ref}, and none that was taken back."}, status=404)
    view = server_log().view()
    found = prove(stream_of(ref), entry, view=view)
    found["rests_on"] = None if rests_on is None else inclusion(view, rests_on)
    found["ends"] = None if ends is None else inclusion(view, ends)
    answer = JsonResponse(found, json_dumps_params={"indent": 2}, headers={"Content-Language": "en"})
    answer["Content-Disposition"] = f'attachment; filename="{ref.replace(":", "-")}.json"'
    return _kept(request, answer)


def preview(request: Request, ref: str) -> HttpResponse:
    """What the public will see, for who may read the claim and the record that it rests on."""
    described, record = the_record(ref, request)
    if not isinstance(record, Publication) or not _is_readable(record, request):
        raise Http404(f"{ref} is nothing that is published, or rests on what you may not read.")
    with override(_asked(request) or get_language()):
        left = [one for one in PUBLISHABLE[record.what].fields if one not in record.shows]
        context = {
            "described": described,
            "record": record,
            "line": _line(draft_of(record)),
            "left": [shown_label(record.what, one) for one in left],
            "other": _other(),
            "here": described.place,
        }
        return render(request, "web/trust_preview.html", context)


def _is_readable(record: Publication, request: Request) -> bool:
    if record.evidence:
        return readable(request).filter(evidence=record.evidence).exists()
    if record.rests_on:
        model = record_types()[record.rests_on.partition(":")[0]]
        return visible(model, request.powers).filter(ref=record.rests_on).exists()
    return request.powers.may(RIGHT, Unit.objects.get(parent__isnull=True))


def _often(seconds: int) -> HttpResponse:
    said = gettext("Too much was asked in this hour. Come back in an hour.")
    return too_many(HttpResponse(said, "text/plain", headers={"Cache-Control": "no-store"}), seconds)


def _kept(request: HttpRequest, answer: HttpResponse) -> HttpResponse:
    """The answer, or that the reader has it already."""
    patch_vary_headers(answer, ["Accept-Language"])
    answer["ETag"] = f'"{sha256_hex(answer.content)}"'
    return cast("HttpResponse", get_conditional_response(request, etag=answer["ETag"], response=answer))


def _asked(request: HttpRequest) -> str:
    """The language that its address names; empty: none that there is."""
    wanted = request.GET.get("in", "")
    return wanted if wanted in dict(settings.LANGUAGES) else ""


def _of_browser(request: HttpRequest) -> str:
    """As the browser asks, and nothing else: what a cookie or a person chose would make the page theirs alone."""
    for code, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        with suppress(LookupError):
            return get_supported_language_variant(code)
    return settings.LANGUAGE_CODE


def _other() -> list[tuple[str, str]]:
    """The other languages that the page is read in."""
    return [(code, name) for code, name in settings.LANGUAGES if code != get_language()]


def _page(found: Published) -> str:
    log = server_log() if has_log() else None
    signed = Checkpoint.parse(log.source.checkpoint()) if log is not None else None
    lines = [_line(one) for one in found.claims]
    context = {
        "organisation": organisation_name(),
        "current": [one for one in lines if not one.claim.why_not],
        "lapsed": [one for one in lines if one.claim.why_not and one.title],
        "ended": [_ended_line(one) for one in found.ended[:_MOST_ENDED]],
        "more_ended": max(0, len(found.ended) - _MOST_ENDED),
        "size": None if signed is None else signed.size,
        "root": None if signed is None else signed.root.hex(),
        "key": "" if log is None else str(log.key),
        "script": CHECK,
        "other": _other(),
    }
    return render_to_string("web/public/trust.html", context)  # no request: nothing of who asks goes into the page


def _line(claim: Claim) -> Line:
    title, text, lang = _worded(claim.words)
    counted = claim.counts
    row = None
    if counted is not None and counted.of:
        title_of = catalogue().frameworks[counted.framework].title
        of = sum(counted.of.values())
        row = Row(id=counted.framework, title=title_of, counts=Counts(status=counted.status, of=of, **counted.of))  # type: ignore[arg-type]  # one of the statuses
    held = {} if claim.why_not and claim.entry is not None else claim.shows
    shows = [(name, held[name]) for name in PUBLISHABLE[claim.what].fields if name in held]
    values = [(shown_label(claim.what, name), _value(claim.what, name, value)) for name, value in shows]
    return Line(
        claim=claim,
        title=title,
        text=text,
        lang=lang,
        approved=day(claim.approved_on) if claim.approved_on else "",
        rests_on=str(_RESTS_ON[claim.what]),
        values=values,
        counted=[]
        if counted is None
        else [(gettext(sentence(one.replace("_", " "))), n) for one, n in counted.of.items()],
        row=row,
    )


def _ended_line(ended: Ended) -> EndedLine:
    title, _, lang = _worded(ended.words)
    word, says = _ENDED[ended.how]
    return EndedLine(
        ended=ended, title=title or ended.ref, lang=lang, word=str(word), says=str(says) % {"day": day(ended.on)}
    )


def _worded(words: Mapping[str, str]) -> tuple[str, str, str]:
    """Title and text in the reader's language, and which language that is where it is another."""
    language = (get_language() or "en").partition("-")[0]
    if language == "de" and words.get("title_de"):
        return words["title_de"], words.get("text_de", ""), ""
    return words.get("title", ""), words.get("text", ""), "en" if language != "en" else ""


def _value(what: str, name: str, value: Any) -> str:
    """A value as the ledger holds it, as readers read it."""
    if what == EVIDENCE:
        if name == "kinds":
            return ", ".join(said(one.replace("-", " ")) for one in value)
        return day(parse_time(value)) if name == "ended" else said(sentence(str(value)))
    field = record_types()[what]._meta.get_field(name)
    if name == "stage":
        return sentence(stage_word(str(value)))
    words = {key: str(word) for key, word in getattr(field, "flatchoices", None) or ()}
    if words.get(value):
        return gettext(words[value])
    if isinstance(field, models.DateField) and value:
        return day(date.fromisoformat(value))
    if value is None and isinstance(field, models.BooleanField):
        return gettext("Not said")
    return plain_shown(value).text

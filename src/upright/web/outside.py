"""Evidence asked of somebody without an account: the page that their link opens, the link by hand, the e-mail with it.

A link that is spent, withdrawn, out of date or was never made is answered with the same bytes. Opening one spends
nothing, so what mail programs fetch beforehand does no harm; sending an answer spends it.
"""

import logging
from itertools import islice
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext, override
from django.views.decorators.http import require_POST

from upright.kernel import InputError
from upright.records.collaboration.models import Attachment
from upright.records.collaboration.notices import Sort, tell
from upright.records.operations.actions.outside import (
    LARGEST_FILE,
    MOST_FILES,
    OUTSIDER,
    LinkClosedError,
    Sent,
    answer_outside,
    decline_outside,
    find_open,
    forget_link,
    hand_over,
    new_link,
    note_delivery,
)
from upright.records.operations.models.outside import OutsideRequest
from upright.records.trail.errors import ConflictError
from upright.web.mailing import Outcome, deliver, has_mail_server, rests
from upright.web.public import Limit, organisation_name, public, too_many
from upright.web.requests import Request, the_record

if TYPE_CHECKING:
    from django.db.models import QuerySet

LOG = logging.getLogger("upright.worker")
_OPENED = Limit(each=120, together=6000)
_LARGEST_BODY = MOST_FILES * LARGEST_FILE + (1 << 20)
_A_RUN = 50
Delivery = OutsideRequest.Delivery


@public
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """What is asked, and the answer, once: words and files, or that they decline and why."""
    if seconds := _OPENED.wait(request):
        return too_many(_closed(request), seconds)
    if _length(request) > _LARGEST_BODY:  # before anything of it is read
        return render(request, "web/public/too_large.html", {"most": LARGEST_FILE >> 20}, status=413)
    try:
        asked = find_open(token)
        earlier = list(_files(asked).values_list("ref", flat=True))
        if request.method != "POST":
            return _form(request, asked, 200)
        if request.POST.get("do") == "decline":
            done = decline_outside(token, reason=request.POST.get("words", ""))
        else:
            files = [Sent(one.name or "", one.chunks) for one in request.FILES.getlist("files")]
            done = answer_outside(token, words=request.POST.get("words", ""), files=files)
    except LinkClosedError:
        return _closed(request)
    except InputError as why:
        return _form(request, asked, 400, why.message)
    kept = _files(done).exclude(ref__in=earlier)
    return render(
        request, "web/public/answered.html", {"asked": done, "files": kept, "organisation": organisation_name()}
    )


@require_POST
def by_hand(request: Request, ref: str) -> HttpResponse:
    """Makes a link to pass on and shows it, once."""
    _, record = the_record(ref, request)
    if not isinstance(record, OutsideRequest):
        raise Http404(f"{ref} asks nobody outside.")
    token = hand_over(record, actor=request.actor, powers=request.powers)
    address = request.build_absolute_uri(reverse("web:outside-answer", args=[token]))
    answered = render(request, "web/handed_over.html", {"record": record, "address": address, "here": "evidence"})
    answered.headers["Cache-Control"] = "no-store"
    return answered


def send_links() -> int:
    """Sends the e-mails of requests that wait for one; gives how many went out.

    None without a mail server, or where it is not said under which address this server is reached.
    """
    told = (OutsideRequest.State.ASKED, OutsideRequest.State.REFUSED)
    rows = OutsideRequest.objects.filter(state__in=told, delivery=Delivery.WAITING)
    found = rows.select_related("responsible", "unit").order_by("pk").iterator(_A_RUN)
    waiting = list(islice((one for one in found if _is_due(one) and not rests(one.address)), _A_RUN))
    if not waiting or not has_mail_server() or not settings.CSRF_TRUSTED_ORIGINS:
        return 0
    connection, sent = get_connection(), 0
    try:
        connection.open()
        for asked in waiting:
            outcome = _send(asked, connection)
            sent += outcome.state == "sent"
            if outcome.is_line_dead:
                connection.close()
                connection.open()
    except OSError as why:
        LOG.warning("e-mails with links wait, the mail server cannot be reached: %s. Look at UPRIGHT_SMTP_URL.", why)
    finally:
        connection.close()
    return sent


def _is_due(asked: OutsideRequest) -> bool:
    """Whether its e-mail still says something: a link that takes an answer, or that none is wanted any more."""
    return asked.is_open or asked.state == OutsideRequest.State.REFUSED


def _send(asked: OutsideRequest, connection: BaseEmailBackend) -> Outcome:
    token = new_link(asked) if asked.is_open else ""
    outcome = deliver(_message(asked, token, connection))
    if outcome.state != "sent":
        LOG.warning("an e-mail with a link was not sent", extra={"outcome": str(outcome)})
    if outcome.state in {"later", "refused"}:  # without a reply it may have gone out, and the link stays good
        forget_link(token)
    if outcome.state != "later":  # without a reply it is not sent again by itself: three e-mails go out at most
        state = Delivery.SENT if outcome.state == "sent" else Delivery.FAILED
        try:
            note_delivery(asked, state, is_out=outcome.state != "refused")
        except ConflictError:  # somebody wrote meanwhile: theirs stands, and the next run looks again
            LOG.info("a request changed while its e-mail went out")
    if outcome.state in {"refused", "lost"}:
        tell(asked.responsible, Sort.MAIL, asked.ref, f"{asked.ref}:{asked.version}", code=outcome.code)
    return outcome


def _message(asked: OutsideRequest, token: str, connection: BaseEmailBackend) -> EmailMessage:
    origin = next(iter(settings.CSRF_TRUSTED_ORIGINS), "")
    with override(settings.LANGUAGE_CODE):
        context = {
            "asked": asked,
            "organisation": organisation_name(),
            "address": f"{origin}{reverse('web:outside-answer', args=[token])}" if token else "",
        }
        subject = _subject(asked) % {"organisation": organisation_name()}
        text = render_to_string("web/mail/outside.txt", context)
    message = EmailMessage(" ".join(subject.split()), text, to=[asked.address], connection=connection)
    message.extra_headers["Auto-Submitted"] = "auto-generated"
    return message


def _files(asked: OutsideRequest) -> "QuerySet[Attachment]":
    rows: QuerySet[Attachment] = Attachment.objects.filter(about=asked.ref, author=str(OUTSIDER))
    return rows.order_by("ref")


def _subject(asked: OutsideRequest) -> str:
    if asked.refused_because:
        return gettext("%(organisation)s does not accept your answer")
    return gettext("%(organisation)s asks you for evidence")


def _form(request: HttpRequest, asked: OutsideRequest, status: int, why: str = "") -> HttpResponse:
    context = {
        "asked": asked,
        "organisation": organisation_name(),
        "why": why,
        "words": request.POST.get("words", ""),
        "is_declining": request.POST.get("do") == "decline",
        "files": MOST_FILES,
        "most": LARGEST_FILE >> 20,
    }
    return render(request, "web/public/answer.html", context, status=status)


def _closed(request: HttpRequest) -> HttpResponse:
    """The same for every link that takes no answer, whatever the cause."""
    return render(request, "web/public/closed.html", status=404)


def _length(request: HttpRequest) -> int:
    said = str(request.META.get("CONTENT_LENGTH") or "0")
    return int(said) if said.isdecimal() and len(said) < 16 else _LARGEST_BODY + 1

"""Verbs of evidence asked by a link: ask, remind, hand over, withdraw; answered from outside; looked at here.

A link is 256 random bits. Its digest alone is kept, in a table beside the records, and goes with the answer: a link
that is spent, withdrawn, out of date or was never made finds the same nothing.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from upright.kernel import Actor, Ref, RefError
from upright.records.collaboration.blobs import blob, keep
from upright.records.collaboration.models import Attachment
from upright.records.governance.kinds import kind_label
from upright.records.identity.approval import demand_approver
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.power import Powers, powers_of, unit_of
from upright.records.operations.models.outside import OutsideLink, OutsideRequest
from upright.records.trail.door import change, refresh, write
from upright.records.trail.errors import ConflictError, RefusedError, StandingError
from upright.records.trail.history import steps
from upright.records.trail.record import find
from upright.records.trail.server_log import now

OUTSIDER = Actor.system("outsider")
"""Who answers: whoever holds the link; nobody proved who that is."""
MAILER = Actor.system("mailer")
MOST_MESSAGES = 3
LONGEST = 20_000
MOST_FILES = 5
LARGEST_FILE = 20 << 20
State, Delivery = OutsideRequest.State, OutsideRequest.Delivery


class LinkClosedError(RefusedError):
    """A link that takes no answer: unknown, spent, withdrawn or out of date; nobody is told which."""

    def __init__(self) -> None:
        super().__init__("This link takes no answer, or none any more.", code="UP-OPS-81")


@dataclass(frozen=True)
class Sent:
    """A file as it arrives: its name and its bytes, piece by piece."""

    name: str
    chunks: Callable[[], Iterable[bytes]]


def ask_outsider(
    request: OutsideRequest, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> OutsideRequest:
    """Ask somebody without an account for named evidence by a day to come; they get a link by e-mail."""
    (powers or powers_of(actor)).must("operations.outside_request.add", request)
    request.messages, request.delivery = 0, Delivery.WAITING
    return write(request, actor=actor, action="operations.outside_request.added", reason=reason)


def remind_outsider(
    request: OutsideRequest, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> OutsideRequest:
    """Send another e-mail with a new link; three go out at most."""
    _demand_open(request, actor, powers)
    if request.messages >= MOST_MESSAGES:
        raise StandingError(
            f"{request.ref}: {request.messages} e-mails went out, and more are not sent. Talk to them.",
            code="UP-OPS-83",
        )
    request.delivery = Delivery.WAITING
    return write(request, actor=actor, action="operations.outside_request.reminded", reason=reason)


def withdraw_outside_request(
    request: OutsideRequest, *, actor: Actor, reason: str, powers: Powers | None = None
) -> OutsideRequest:
    """Ask no longer; the links close at once."""
    (powers or powers_of(actor)).must("operations.outside_request.change", request)
    demand_state(request, State.ASKED)
    demand_reason(reason, "Withdrawing a request")
    request.state = State.WITHDRAWN
    return _closed(request, actor, "withdrawn", reason)


def accept_outside_answer(
    request: OutsideRequest, *, taken_into: str = "", actor: Actor, reason: str = "", powers: Powers | None = None
) -> OutsideRequest:
    """Say that the answer shows what was asked, and which record was made of it; not by who asked."""
    approval = demand_approver(
        "operations.outside_request.approve", request, actor=actor, authors=_askers(request), powers=powers,
        code="UP-OPS-84",
    )  # fmt: skip
    demand_state(request, State.ANSWERED)
    request.evidence = _record_of(request, taken_into.strip())
    request.state = State.ACCEPTED
    return write(request, actor=actor, action="operations.outside_request.accepted", reason=approval.noted(reason))


def refuse_outside_answer(
    request: OutsideRequest,
    *,
    again_by: date | None = None,
    actor: Actor,
    reason: str,
    powers: Powers | None = None,
) -> OutsideRequest:
    """Say that the answer does not show what was asked; they are told why. With a day, they may answer again by then.

    What they sent before stays in the history of the request, its files beside it.
    """
    (powers or powers_of(actor)).must("operations.outside_request.approve", request)
    demand_state(request, State.ANSWERED)
    demand_reason(reason, "Refusing an answer")
    if again_by is None:
        request.state = State.REFUSED
    else:
        _demand_to_come(again_by)
        request.state, request.due, request.messages = State.ASKED, again_by, 0
        request.answer, request.answered_on, request.is_late = "", None, False
    request.refused_because, request.delivery = reason.strip(), Delivery.WAITING
    return write(request, actor=actor, action="operations.outside_request.refused", reason=reason)


def hand_over(request: OutsideRequest, *, actor: Actor, powers: Powers | None = None) -> str:
    """Makes a link to pass on by other ways than e-mail and gives it, once; who took it does not accept the answer."""
    _demand_open(request, actor, powers)
    with change() as mine:
        request.delivery = Delivery.BY_HAND
        write(request, actor=actor, action="operations.outside_request.handed_over")
        token = secrets.token_urlsafe(32)
        mine.after.append(lambda: _keep_link(request, token, nth=0))
    return token


def new_link(request: OutsideRequest) -> str:
    """Makes a link for the e-mail that is about to go out; its digest is kept before anybody can have it."""
    token = secrets.token_urlsafe(32)
    _keep_link(request, token, nth=request.messages + 1)
    return token


def forget_link(token: str) -> None:
    """A link whose e-mail did not go out leads nowhere."""
    OutsideLink.objects.filter(digest=_digest(token)).delete()


def note_delivery(request: OutsideRequest, delivery: str, *, is_out: bool) -> OutsideRequest:
    """Enters what became of the newest e-mail; where somebody wrote meanwhile, theirs stands and the next run looks."""
    request.delivery, request.messages = delivery, request.messages + is_out
    return write(request, actor=MAILER, action="operations.outside_request.mailed")


def find_open(token: str) -> OutsideRequest:
    """The request that a link leads to, while it takes an answer. Opening it spends nothing.

    Raises:
        LinkClosedError: else, whatever the cause.
    """
    link = OutsideLink.objects.filter(digest=_digest(token)).select_related("request").first()
    if link is None or not link.request.is_open:
        raise LinkClosedError
    return link.request


def answer_outside(token: str, *, words: str, files: Iterable[Sent] = ()) -> OutsideRequest:
    """Takes an answer in words and files; of two that race one is taken, and the link is spent.

    Raises:
        LinkClosedError: the link takes no answer, or took another one meanwhile; nothing of this one is kept.
        RefusedError, FileRefusedError, ArchiveError: what was sent is not taken; the link stays open.
    """
    find_open(token)
    given = list(files)
    if not words.strip() and not given:
        raise RefusedError("Send words, a file, or both.", code="UP-OPS-85")
    _demand_length(words)
    if len(given) > MOST_FILES:
        raise RefusedError(f"{len(given)} files were sent; at most {MOST_FILES} are taken.", code="UP-OPS-86")
    kept: list[tuple[str, str, int, str]] = []
    try:
        for one in given:
            digest, size, kind = keep(one.chunks(), largest=LARGEST_FILE)
            kept.append((_shown(one.name), digest, size, kind))
        return _answered(token, words, kept)
    except BaseException:
        _forget_files(digest for _, digest, _, _ in kept)
        raise


def decline_outside(token: str, *, reason: str) -> OutsideRequest:
    """Takes in that they will not or cannot answer, and why; the link is spent.

    Raises:
        LinkClosedError: the link takes no answer.
        RefusedError: no reason, or too long.
    """
    find_open(token)
    demand_reason(reason, "Declining")
    _demand_length(reason)
    with change():
        request = _still_open(token)
        _taken(request, State.DECLINED, reason)
        return _closed(request, OUTSIDER, "declined", "")


def _answered(token: str, words: str, kept: list[tuple[str, str, int, str]]) -> OutsideRequest:
    with change():
        request = _still_open(token)
        if not all(blob(digest).is_file() for _, digest, _, _ in kept):
            raise RefusedError("A file was lost on the way. Send it again.", code="UP-OPS-86")
        _taken(request, State.ANSWERED, words)
        for name, digest, size, kind in kept:
            file = Attachment(
                about=request.ref, name=name, media_type=kind, size=size, sha256=digest, author=str(OUTSIDER)
            )
            write(file, actor=OUTSIDER, action="collaboration.attachment.added")
        return _closed(request, OUTSIDER, "answered", "")


def _taken(request: OutsideRequest, state: OutsideRequest.State, words: str) -> None:
    request.state, request.answer = state, words.strip()
    request.answered_on, request.is_late = now().date(), request.is_past


def _still_open(token: str) -> OutsideRequest:
    """Asked again under the log lock: whoever came first has it."""
    return refresh(find_open(token))


def _closed(request: OutsideRequest, actor: Actor, verb: str, reason: str) -> OutsideRequest:
    try:
        with change() as mine:
            write(request, actor=actor, action=f"operations.outside_request.{verb}", reason=reason)
            mine.after.append(lambda: _forget_links(request))
    except ConflictError:
        if actor is OUTSIDER:
            raise LinkClosedError from None
        raise
    return request


def _demand_open(request: OutsideRequest, actor: Actor, powers: Powers | None) -> None:
    (powers or powers_of(actor)).must("operations.outside_request.change", request)
    demand_state(request, State.ASKED)
    if not request.is_open:
        raise StandingError(f"{request.ref} closed on {request.closes_on}; ask anew.", code="UP-OPS-82")


def _demand_to_come(day: date) -> None:
    if day < now().date():
        raise RefusedError(f"{day} is past; give a day to come.", code="UP-OPS-82")


def _askers(request: OutsideRequest) -> set[str]:
    """Who asked, reminded or took a link in hand: any of them could have answered themselves.

    Who refused an answer took no link.
    """
    done = [step for step in steps(request.ref) if not step.action.endswith(".refused")]
    acted = {step.actor for step in done} - {str(OUTSIDER), str(MAILER)}
    return {*acted, str(request.responsible.ref)}


def _record_of(request: OutsideRequest, named: str) -> str:
    """The record that was made of an answer: of the kind that was asked for, and about the same."""
    if not named:
        if request.kind:
            raise RefusedError(
                f"{request.ref} asks for {kind_label(request.kind)}: name the record that was made of the answer.",
                code="UP-OPS-87",
            )
        return ""
    try:
        found = find(Ref.parse(named))
    except RefError as why:
        raise RefusedError(why.message, code="UP-OPS-87") from None
    if found is None or unit_of(found) != unit_of(request):
        raise RefusedError(f"{named} names no record of this unit.", code="UP-OPS-87")
    spoken = found.as_evidence()
    about = "" if spoken is None or spoken.about is None else str(spoken.about)
    if request.kind and (spoken is None or request.kind not in spoken.kinds or about != request.about):
        raise RefusedError(
            f"{named} is no {kind_label(request.kind)} about {request.about or 'the organisation'}.", code="UP-OPS-87"
        )
    return named


def _keep_link(request: OutsideRequest, token: str, nth: int) -> None:
    OutsideLink.objects.create(request=request, digest=_digest(token), nth=nth, made_at=now())


def _forget_links(request: OutsideRequest) -> None:
    OutsideLink.objects.filter(request=request).delete()


def _digest(token: str) -> str:
    return sha256(b"upright/outside-link/1\0" + token.encode(errors="replace")).hexdigest()


def _demand_length(text: str) -> None:
    if len(text) > LONGEST:
        raise RefusedError(f"It has {len(text)} signs; at most {LONGEST} are taken.", code="UP-OPS-85")


def _shown(name: str) -> str:
    plain = name.replace("\\", "/").rpartition("/")[2]
    return "".join(one for one in plain if one.isprintable())[:200] or "file"


def _forget_files(digests: Iterable[str]) -> None:
    """Bytes of an answer that was not taken go, unless a record holds the same; under the log lock, as those do."""
    with change():
        for digest in digests:
            if not Attachment.objects.filter(sha256=digest).exists():
                blob(digest).unlink(missing_ok=True)

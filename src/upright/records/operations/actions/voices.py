"""Verbs of what people say: said without a trace of who, entered when its hour is over, handled, answered, closed."""

import hmac
import secrets
from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from upright.kernel import Actor
from upright.ledger.values import ERASED
from upright.records.identity.controlled import demand_reason, demand_state
from upright.records.identity.editing import right_of
from upright.records.identity.models import Person
from upright.records.identity.power import DeniedError, Powers, person_of, powers_of
from upright.records.operations.models.voices import Concern, ContestedDecision, ExternalReport, Voice, WaitingVoice
from upright.records.operations.sealing import opened, sealed
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.server_log import now, seal_key

SOMEBODY = Actor.system("somebody")
"""Who speaks: nobody is known."""
KINDS: dict[str, type[Voice]] = {one.ref_type: one for one in (Concern, ExternalReport, ContestedDecision)}
LONGEST = 20_000
NO_ADDRESS = "UP-OPS-75"


def say(kind: str, text: str, *, about_person: str = "", is_urgent: bool = False, email: str = "") -> str:
    """Takes in what somebody says; gives the receipt of 128 bits by which alone it is found again.

    Args:
        kind: ``concern``, ``external-report`` or ``contested-decision``.
        text: the words; only the handlers' key opens them.
        about_person: the address of somebody here whom it concerns, and who therefore does not handle it.
        is_urgent: who speaks says that somebody is in danger or a deadline may pass soon.
        email: where an answer may go as well; sealed with the words, and kept nowhere else.

    Raises:
        RefusedError: no text, too long, no such kind, or what is no e-mail address (``UP-OPS-75``).
    """
    if kind not in KINDS:
        raise RefusedError(f"{kind!r} is nothing that is said here.", code="UP-OPS-71")
    _demand_text(text)
    email = _address(email)
    receipt = secrets.token_hex(16)
    concerned = Person.objects.filter(email__iexact=about_person.strip()).first() if about_person.strip() else None
    said = text if concerned or not about_person.strip() else f"{text}\n\nIt concerns: {about_person.strip()}"
    said = f"{said}\n\nAn answer may also go to: {email}" if email else said
    WaitingVoice.objects.create(
        kind=kind,
        hour=_hour(now()),
        receipt=_digest(receipt),
        words=sealed(said.strip()),
        excluded="" if concerned is None else _mark(str(concerned.ref)),
        is_urgent=is_urgent,
    )
    return receipt


def add_words(receipt: str, text: str) -> None:
    """Adds to what was said, by its receipt.

    Raises:
        RefusedError: no text, too long, nothing has that receipt, or it is closed.
    """
    _demand_text(text)
    voice = find_voice(receipt)
    waiting = WaitingVoice.objects.filter(receipt=_digest(receipt), is_message=False).first()
    if voice is None and waiting is None:
        raise RefusedError("Nothing has that receipt; look at its 32 signs.", code="UP-OPS-72")
    if voice is not None and voice.state == Voice.State.CLOSED:
        raise RefusedError("It is closed; say it anew, and name what it follows.", code="UP-OPS-72")
    kind = voice.ref_type if voice is not None else str(getattr(waiting, "kind", ""))
    WaitingVoice.objects.create(
        kind=kind, hour=_hour(now()), receipt=_digest(receipt), words=sealed(text.strip()), is_message=True
    )


def find_voice(receipt: str) -> Voice | None:
    """What was said under a receipt, once it is entered."""
    wanted = _digest(receipt)
    return next((one for model in KINDS.values() for one in model._base_manager.filter(receipt=wanted)), None)


def is_waiting(receipt: str) -> bool:
    """Whether what was said under a receipt waits for its hour to be over."""
    return WaitingVoice.objects.filter(receipt=_digest(receipt), is_message=False).exists()


def enter_waiting() -> int:
    """Enters what was said in hours that are over, in the order of receipts, which is none; gives how many."""
    over = WaitingVoice.objects.filter(hour__lt=_hour(now()))
    if not over.exists():
        return 0
    with change() as mine:
        rows = sorted(over, key=lambda row: (row.is_message, row.receipt, row.hour))
        for row in rows:
            _enter(row)
        done = [row.pk for row in rows]
        mine.after.append(lambda: _forget(done))
    return len(rows)


def take_voice(voice: Voice, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Voice:
    """Handle this yourself; nobody handles what concerns them."""
    _demand_handler(voice, actor, powers)
    demand_state(voice, Voice.State.RECEIVED, Voice.State.HANDLED)
    voice.handler, voice.state = person_of(actor), Voice.State.HANDLED
    return write(voice, actor=actor, action=right_of(type(voice), "taken"), reason=reason)


def answer_voice(voice: Voice, *, answer: str, actor: Actor, reason: str = "", powers: Powers | None = None) -> Voice:
    """Answer or ask back; who has the receipt reads it."""
    _demand_handler(voice, actor, powers)
    demand_state(voice, Voice.State.HANDLED)
    demand_reason(answer, "An answer")
    voice.messages = [*voice.messages, {"hour": _hour(now()).isoformat(), "from": "us", "words": sealed(answer)}]
    return write(voice, actor=actor, action=right_of(type(voice), "answered"), reason=reason)


def close_voice(voice: Voice, *, outcome: str, actor: Actor, reason: str = "", powers: Powers | None = None) -> Voice:
    """Close this with what came of it; it was answered before, and the outcome names nobody."""
    _demand_handler(voice, actor, powers)
    demand_state(voice, Voice.State.HANDLED)
    demand_reason(outcome, "Closing")
    if not any(one["from"] == "us" for one in voice.messages):
        raise StandingError(f"{voice.ref} was not answered yet (A.3.3).", code="UP-OPS-73")
    voice.outcome, voice.state = outcome.strip(), Voice.State.CLOSED
    return write(voice, actor=actor, action=right_of(type(voice), "closed"), reason=reason)


def read_voice(voice: Voice, *, actor: Actor, powers: Powers | None = None) -> list[tuple[str, str, str]]:
    """The words, for who handles such things and is not concerned: hour, who, text.

    Raises:
        DeniedError: else.
    """
    _demand_handler(voice, actor, powers)
    return conversation(voice)


def conversation(voice: Voice) -> list[tuple[str, str, str]]:
    """All that was said under a receipt, for who holds it."""
    said = [(voice.received.isoformat(), "somebody", voice.words)]
    said += [(one["hour"], one["from"], one["words"]) for one in voice.messages]
    return [(hour, who, opened(box) if box else ERASED) for hour, who, box in said]


def _enter(row: WaitingVoice) -> None:
    model = KINDS[row.kind]
    if not row.is_message:
        voice = model(
            received=row.hour,
            receipt=row.receipt,
            words=row.words,
            excluded=row.excluded,
            is_urgent=row.is_urgent,
        )
        write(voice, actor=SOMEBODY, action=right_of(model, "added"))
        return
    found = model._base_manager.filter(receipt=row.receipt).first()
    if isinstance(found, Voice):
        said = {"hour": row.hour.isoformat(), "from": "somebody", "words": row.words}
        found.messages = [*found.messages, said]
        write(found, actor=SOMEBODY, action=right_of(model, "continued"))


def _forget(done: Iterable[object]) -> None:
    WaitingVoice.objects.filter(pk__in=list(done)).delete()


def _demand_handler(voice: Voice, actor: Actor, powers: Powers | None) -> None:
    (powers or powers_of(actor)).must(right_of(type(voice), "change"), voice)
    if voice.excluded and hmac.compare_digest(voice.excluded, _mark(str(actor.ref))):
        raise DeniedError(
            f"{voice.ref} concerns you, so somebody else handles it (A.3.3).",
            code="UP-OPS-74",
        )


def _demand_text(text: str) -> None:
    if not text.strip():
        raise RefusedError("Say what it is about, in words.", code="UP-OPS-71")
    if len(text) > LONGEST:
        raise RefusedError(f"It has {len(text)} signs; at most {LONGEST} are taken.", code="UP-OPS-71")


def _address(email: str) -> str:
    given = email.strip()
    try:
        if given:
            validate_email(given)
    except ValidationError:
        raise RefusedError(
            f"{given!r} is no e-mail address. Write it as name@example.org, or leave the field empty.",
            code=NO_ADDRESS,
        ) from None
    return given


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _digest(receipt: str) -> str:
    return sha256(b"upright/receipt/1\0" + "".join(receipt.split()).lower().encode()).hexdigest()


def _mark(person: str) -> str:
    """That it concerns somebody, as only this server can tell."""
    return hmac.new(seal_key(), f"upright/concerned/1\0{person}".encode(), sha256).hexdigest()

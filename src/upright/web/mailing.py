"""What became of an e-mail, as the mail server said: taken, refused for good, or to be tried again (RFC 5321, 4.2)."""

import time
from dataclasses import dataclass
from smtplib import SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected

from django.conf import settings
from django.core.mail import EmailMessage

_FOR_GOOD = 500
_PAUSE_S = 1800.0
"""How long an address rests that is not taken now (RFC 5321, 4.5.4.1); a worker that begins anew tries at once."""

_RESTS: dict[str, float] = {}


@dataclass(frozen=True)
class Outcome:
    """``sent``, ``refused`` (for good, with the reply code), ``later`` (4yz: not taken now) or ``lost`` (no reply)."""

    state: str
    code: int = 0
    why: str = ""

    def __str__(self) -> str:
        return f"{self.state} {self.code or self.why}".strip()

    @property
    def is_line_dead(self) -> bool:
        """Whether the connection is to be opened anew before the next e-mail."""
        return self.state == "lost"


def has_mail_server() -> bool:
    """Whether e-mails leave this machine; where they are printed or kept instead, what is secret must not be in one."""
    return not settings.EMAIL_BACKEND.endswith(("console.EmailBackend", "dummy.EmailBackend", "filebased.EmailBackend"))


def rests(address: str) -> bool:
    """Whether the mail server did not take an e-mail to this address within the last half hour."""
    return _RESTS.get(address, 0.0) > time.monotonic()


def deliver(message: EmailMessage) -> Outcome:
    """Sends one e-mail over its connection and says what became of it."""
    outcome = _delivered(message)
    if outcome.state == "later":
        moment = time.monotonic()
        for address in [one for one, until in _RESTS.items() if until <= moment]:
            del _RESTS[address]
        _RESTS.update(dict.fromkeys(message.to, moment + _PAUSE_S))
    return outcome


def _delivered(message: EmailMessage) -> Outcome:
    try:
        message.send()
    except SMTPRecipientsRefused as why:
        codes = sorted(code for code, _ in why.recipients.values())
        return Outcome("refused" if codes and codes[0] >= _FOR_GOOD else "later", codes[0] if codes else 0)
    except SMTPServerDisconnected as why:
        return Outcome("lost", why=type(why).__name__)
    except SMTPResponseException as why:
        code = int(why.smtp_code)
        if code < 0:  # smtplib's own: the line died within the reply
            return Outcome("lost", why=type(why).__name__)
        return Outcome("refused" if code >= _FOR_GOOD else "later", code)
    except OSError as why:
        return Outcome("lost", why=type(why).__name__)
    return Outcome("sent")

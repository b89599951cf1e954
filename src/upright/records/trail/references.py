"""References of new records, given under the log's lock, so that no number is given twice."""

import re

from django.db.models import F

from upright.kernel import InputError
from upright.records.trail.models import LedgerStream, RefCounter
from upright.records.trail.record import Record
from upright.records.trail.server_log import now

_NOT_A_NAME = re.compile(r"[^a-z0-9._-]+")
_LONGEST = 60


def give_ref(record: Record) -> str:
    """``type:name`` out of the field that names it, else ``type:year-number``; needs the lock and a transaction.

    Raises:
        InputError: the name is taken, or was once: a reference never names two things.
    """
    kind, own = record.ref_type, record.own_ref()
    if own is not None:
        return own
    if record.named_by is None:
        return _counted(kind)
    ref = f"{kind}:{slug(str(getattr(record, record.named_by)))}"
    if LedgerStream.objects.filter(ref=ref).exists():
        raise InputError(f"{ref} is taken, now or in the past; give another name.", code="UP-DOOR-05")
    return ref


def slug(text: str) -> str:
    """A text as the path of a reference.

    Raises:
        InputError: nothing of it can stand in one.

    >>> slug("Mortgage lending (EU)")
    'mortgage-lending-eu'
    """
    found = _NOT_A_NAME.sub("-", text.strip().lower())[:_LONGEST].strip("-.")
    if not found:
        raise InputError(f"{text!r} holds no letter a-z or digit that a reference could be made of.", code="UP-DOOR-05")
    return found


def _counted(kind: str) -> str:
    name = f"{kind}:{now().year}"
    counter, _ = RefCounter.objects.get_or_create(name=name, defaults={"last": 0})
    RefCounter.objects.filter(pk=counter.pk).update(last=F("last") + 1)
    return f"{name}-{counter.last + 1:04d}"

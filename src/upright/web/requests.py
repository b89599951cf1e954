"""What a page finds on its request; the middleware of identity puts it there."""

from collections.abc import Mapping, Sequence
from typing import cast

from django.http import Http404, HttpRequest

from upright.desk.description import RecordType, registered
from upright.desk.fields import is_writable
from upright.desk.values import linked_fields
from upright.desk.visible import visible
from upright.kernel import Actor
from upright.records.identity.power import Powers
from upright.records.trail.record import Record


class Request(HttpRequest):
    """A request of somebody who is logged in."""

    actor: Actor
    powers: Powers


def is_fragment(request: HttpRequest) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def given(request: HttpRequest) -> Mapping[str, Sequence[str]]:
    """The query string, each name with all its values."""
    return cast("Mapping[str, Sequence[str]]", dict(request.GET.lists()))


def text_of(request: HttpRequest, name: str, default: str = "") -> str:
    """What an address gives for a name; what no database could hold counts as not given."""
    value = request.GET.get(name, default)
    return value if is_writable(value) else default


def the_type(name: str, request: Request, verb: str = "read") -> RecordType:
    """The description that an address names.

    Raises:
        Http404: there is none.
        DeniedError: the right is held nowhere.
    """
    described = registered().get(name)
    if described is None:
        raise Http404(f"There is no record type {name!r}.")
    request.powers.must(described.right(verb))
    return described


def the_record(ref: str, request: Request) -> tuple[RecordType, Record]:
    """The record that an address names; one that may not be read is answered like one that is not there.

    Raises:
        Http404: there is none.
    """
    described = registered().get(ref.partition(":")[0])
    record = None
    if described is not None:
        rows = visible(described.model, request.powers).filter(ref=ref)
        record = rows.select_related(*linked_fields(described.model, described.fields)).first()
    if described is None or record is None:
        raise Http404(f"There is no {ref}, or you may not read it.")
    return described, record

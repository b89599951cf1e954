"""Verbs of documents beside those of all that is controlled: read, begun with a template, issued to units below."""

from upright.kernel import Actor
from upright.records.governance.documents import Acknowledgement, Document
from upright.records.governance.placeholders import filled
from upright.records.governance.subjects import is_within
from upright.records.identity.controlled import demand_state
from upright.records.identity.models import Person, Unit
from upright.records.identity.power import Powers, person_of, powers_of
from upright.records.trail.days import still_ahead
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError, StandingError
from upright.records.trail.server_log import now


def acknowledge(document: Document, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Document:
    """Say that you read this, as it is approved now."""
    (powers or powers_of(actor)).must("governance.document.acknowledge", document)
    if document.state != Document.State.APPROVED:
        raise StandingError(
            f"{document.ref} is {document.state}; only what is approved and in force is acknowledged (7.5.3).",
            code="UP-DOC-02",
        )
    person = person_of(actor)
    if person is None:
        raise RefusedError("Only a person reads a document.", code="UP-DOC-03")
    if Acknowledgement.objects.filter(document=document, person=person, digest=document.digest).exists():
        raise StandingError(f"You acknowledged this content of {document.ref} already.", code="UP-DOC-04")
    read = Acknowledgement(
        document=document,
        person=person,
        digest=document.digest,
        at_version=document.version,
        read_on=now().date(),
    )
    write(read, actor=actor, action="governance.acknowledgement.added", reason=reason)
    return document


def take_template(
    document: Document,
    *,
    template: str,
    language: str = "",
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> Document:
    """Begin this draft with a template, filled from the records; template is its name, such as risk or data.

    In the language that is asked for by its code, such as de; in English where none is.
    """
    from upright.records.governance.templates import ENGLISH, languages, procedures, values_for
    from upright.records.governance.templates import template as named

    (powers or powers_of(actor)).must("governance.document.change", document)
    demand_state(document, Document.State.DRAFT)
    if document.text.strip():
        raise StandingError(f"{document.ref} has a text already; a template would write over it.", code="UP-DOC-05")
    asked = language.strip() or ENGLISH
    if asked not in languages():
        raise RefusedError(
            f"No template is written in {asked!r}; they are in {', '.join(languages())}.", code="UP-DOC-06"
        )
    found = named(template.strip(), asked)
    if found is None:
        raise RefusedError(
            f"There is no template {template!r}; there are {', '.join(procedures())}, and the kinds of documents.",
            code="UP-DOC-06",
        )
    if found.kind != document.subtype:
        raise RefusedError(
            f"The template {found.name} is for a document of kind {found.kind}; {document.ref} is of kind "
            f"{document.subtype}.",
            code="UP-DOC-06",
        )
    document.text, document.template = filled(found.text, values_for(document.unit, found.language)), found.name
    why = reason or f"Begun with the template {found.name}."
    return write(document, actor=actor, action="governance.document.begun", reason=why)


def fill(document: Document, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Document:
    """Fill the placeholders that the records answer by now; the others stay marked."""
    from upright.records.governance.templates import values_for

    (powers or powers_of(actor)).must("governance.document.change", document)
    demand_state(document, Document.State.DRAFT)
    text = filled(document.text, values_for(document.unit))
    if text == document.text:
        raise RefusedError(
            f"The records answer no placeholder of {document.ref}; write them by hand.", code="UP-DOC-07"
        )
    document.text = text
    return write(document, actor=actor, action="governance.document.filled", reason=reason)


def issue(
    document: Document, *, unit: Unit, owner: Person, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Document:
    """Give this to a unit below as a draft of its own: it inherits the text, and records where it does otherwise."""
    mine = powers or powers_of(actor)
    mine.must("governance.document.change", document)
    demand_state(document, Document.State.APPROVED)
    if unit.pk == document.unit_id or not is_within(unit.pk, document.unit_id):
        raise RefusedError(
            f"{unit} does not lie below {document.unit}, so it inherits nothing of it.", code="UP-DOC-08"
        )
    before = (
        Document.objects.filter(inherits=document, unit=unit).exclude(state__in=("superseded", "withdrawn")).first()
    )
    if before is not None and before.inherited_digest == document.digest:
        raise RefusedError(f"{unit} has this already, as {before.ref}.", code="UP-DOC-08")
    if before is not None and before.state != Document.State.APPROVED:
        raise RefusedError(f"{unit} still works on {before.ref}; it is approved or withdrawn first.", code="UP-DOC-08")
    issued = Document(
        title=document.title,
        subtype=document.subtype,
        text=document.text,
        template=document.template,
        unit=unit,
        owner=owner,
        review_by=still_ahead(document.review_by),
        inherits=document,
        inherited_digest=document.digest,
        supersedes=before,
    )
    mine.must("governance.document.add", issued)
    return write(
        issued, actor=actor, action="governance.document.issued", reason=reason or f"Inherited of {document.ref}."
    )

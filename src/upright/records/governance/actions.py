"""Verbs of documents beside those of everything that is controlled: reading them, and saying so."""

from upright.kernel import Actor
from upright.records.governance.documents import Acknowledgement, Document
from upright.records.identity.power import Powers, person_of, powers_of
from upright.records.trail.door import write
from upright.records.trail.errors import RefusedError
from upright.records.trail.server_log import now


def acknowledge(document: Document, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Document:
    """Say that you read this, as it is approved now."""
    (powers or powers_of(actor)).must("governance.document.acknowledge", document)
    if document.state != Document.State.APPROVED:
        raise RefusedError(
            f"{document.ref} is {document.state}; only what is approved and in force is acknowledged (7.5.3).",
            code="UP-DOC-02",
        )
    person = person_of(actor)
    if person is None:
        raise RefusedError("Only a person reads a document.", code="UP-DOC-03")
    if Acknowledgement.objects.filter(document=document, person=person, digest=document.digest).exists():
        raise RefusedError(f"You acknowledged this content of {document.ref} already.", code="UP-DOC-04")
    read = Acknowledgement(
        document=document,
        person=person,
        digest=document.digest,
        at_version=document.version,
        read_on=now().date(),
    )
    write(read, actor=actor, action="governance.acknowledgement.added", reason=reason)
    return document

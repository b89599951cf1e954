"""Verbs of controlled documents: submit, approve, return, withdraw (7.5)."""

from upright.kernel import Actor
from upright.records.governance.models import Document
from upright.records.identity.approval import demand_approver
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.door import change, write
from upright.records.trail.errors import RefusedError
from upright.records.trail.history import writers
from upright.records.trail.server_log import now


def submit_document(document: Document, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Document:
    """Hand this draft in for review; it has a text and a day on which it is to be looked at again."""
    (powers or powers_of(actor)).must("governance.document.change", document)
    _demand_state(document, Document.State.DRAFT)
    if not document.text.strip() or document.review_by is None:
        raise RefusedError(
            f"{document.ref} lacks its text or the day of its next review; both belong to a controlled document "
            "(7.5.2).",
            code="UP-GOV-02",
        )
    if document.review_by <= now().date():
        raise RefusedError(
            f"{document.ref} would be reviewed by {document.review_by}, which is past; give a day to come.",
            code="UP-GOV-03",
        )
    document.state = Document.State.IN_REVIEW
    return write(document, actor=actor, action="governance.document.submitted", reason=reason)


def approve_document(document: Document, *, actor: Actor, reason: str = "", powers: Powers | None = None) -> Document:
    """Approve this document: never who wrote any of it. What it supersedes is superseded in the same moment."""
    (powers or powers_of(actor)).must("governance.document.approve", document)
    _demand_state(document, Document.State.IN_REVIEW)
    authors = writers(document.ref)
    approval = demand_approver(
        "governance.document.approve", document, actor=actor, authors=authors, powers=powers, code="UP-GOV-04"
    )
    with change():
        document.state, document.approved_by = Document.State.APPROVED, str(actor)
        write(document, actor=actor, action="governance.document.approved", reason=approval.noted(reason))
        old = document.supersedes
        if old is not None and old.state == Document.State.APPROVED:
            old.state = Document.State.SUPERSEDED
            write(old, actor=actor, action="governance.document.superseded", reason=f"By {document.ref}.")
    return document


def return_document(document: Document, *, actor: Actor, reason: str, powers: Powers | None = None) -> Document:
    """Give this document back to its writers, with what is to be changed."""
    (powers or powers_of(actor)).must("governance.document.approve", document)
    _demand_state(document, Document.State.IN_REVIEW)
    _demand_reason(reason, "Giving a document back")
    document.state = Document.State.DRAFT
    return write(document, actor=actor, action="governance.document.returned", reason=reason)


def revise_document(document: Document, *, actor: Actor, reason: str, powers: Powers | None = None) -> Document:
    """Open an approved document for a revision; until it is approved again it is a draft."""
    (powers or powers_of(actor)).must("governance.document.change", document)
    _demand_state(document, Document.State.APPROVED)
    _demand_reason(reason, "Revising an approved document")
    document.state, document.approved_by = Document.State.DRAFT, ""
    return write(document, actor=actor, action="governance.document.revised", reason=reason)


def withdraw_document(document: Document, *, actor: Actor, reason: str, powers: Powers | None = None) -> Document:
    """Take this document out of force, with the reason."""
    (powers or powers_of(actor)).must("governance.document.approve", document)
    if document.state in {Document.State.WITHDRAWN, Document.State.SUPERSEDED}:
        raise RefusedError(f"{document.ref} is {document.state} already.", code="UP-GOV-05")
    _demand_reason(reason, "Withdrawing a document")
    document.state = Document.State.WITHDRAWN
    return write(document, actor=actor, action="governance.document.withdrawn", reason=reason)


def _demand_state(document: Document, state: Document.State) -> None:
    if document.state != state:
        raise RefusedError(
            f"{document.ref} is {document.state}; this is for a document that is {state}.", code="UP-GOV-05"
        )


def _demand_reason(reason: str, what: str) -> None:
    if not reason.strip():
        raise RefusedError(f"{what} needs a reason, in words.", code="UP-GOV-06")

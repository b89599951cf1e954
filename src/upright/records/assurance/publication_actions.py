"""Approving claims for the public and taking them back: what everybody reads is entered by itself, so that its proof
shows nothing else.
"""

from datetime import date

from upright.kernel import Actor
from upright.records.assurance.ended import PURPOSE, How, ending_of
from upright.records.assurance.published import content_of, not_in_force, subject_of
from upright.records.assurance.publishing import Publication
from upright.records.assurance.verdicts import file_verdict
from upright.records.identity.controlled import approve, reconfirm, revise, withdraw
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.door import Change, change, refresh
from upright.records.trail.errors import RefusedError

_RIGHT = "assurance.publication.approve"


def approve_publication(
    publication: Publication, *, actor: Actor, reason: str = "", powers: Powers | None = None
) -> Publication:
    """Show this to everybody: never who wrote or owns any of it, and only who may approve where its record lies."""
    (powers or powers_of(actor)).must(_RIGHT, subject_of(publication))
    with change() as mine:
        approve(publication, actor=actor, reason=reason, powers=powers)
        file_verdict(mine, PURPOSE, publication.ref, content_of(publication))
        old = None if publication.supersedes is None else refresh(publication.supersedes)
        if isinstance(old, Publication) and old.state == Publication.State.SUPERSEDED:
            _end(mine, old, "superseded")
    return publication


def reconfirm_publication(
    publication: Publication, *, review_by: date, actor: Actor, reason: str, powers: Powers | None = None
) -> Publication:
    """Say that this still holds, with what its record says today, with the reason; not its owner."""
    (powers or powers_of(actor)).must(_RIGHT, subject_of(publication))
    why = not_in_force(publication)
    if why:
        raise RefusedError(f"{publication.ref} cannot be reconfirmed: {why}", code="UP-TRUST-02")
    with change() as mine:
        reconfirm(publication, review_by=review_by, actor=actor, reason=reason, powers=powers)
        file_verdict(mine, PURPOSE, publication.ref, content_of(publication))
    return publication


def revise_publication(
    publication: Publication, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Publication:
    """Take this back for a revision; until it is approved again, everybody reads that it was taken back, not why."""
    with change() as mine:
        revise(publication, actor=actor, reason=reason, powers=powers)
        _end(mine, publication, "reopened")
    return publication


def withdraw_publication(
    publication: Publication, *, actor: Actor, reason: str, powers: Powers | None = None
) -> Publication:
    """Take this back, with the reason; that it was public and was withdrawn stays public, why does not."""
    with change() as mine:
        withdraw(publication, actor=actor, reason=reason, powers=powers)
        _end(mine, publication, "withdrawn")
    return publication


def _end(mine: Change, publication: Publication, how: How) -> None:
    content = ending_of(publication, how)
    if content is not None:
        file_verdict(mine, PURPOSE, publication.ref, content)

"""Approving claims for the public: what everybody reads is entered by itself, so that its proof shows nothing else."""

from datetime import date

from upright.kernel import Actor
from upright.records.assurance.published import PURPOSE, content_of, not_in_force, subject_of
from upright.records.assurance.publishing import Publication
from upright.records.assurance.verdicts import file_verdict
from upright.records.identity.controlled import approve, reconfirm
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.door import change
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

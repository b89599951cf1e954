"""What people ask of the worker; each verb asks for its right itself."""

from upright.kernel import Actor
from upright.records.identity.power import Powers, powers_of
from upright.records.trail.errors import RefusedError
from upright.records.trail.models import ReactionRun


def run_reaction_again(run: ReactionRun, *, actor: Actor, powers: Powers | None = None) -> ReactionRun:
    """Has a reaction that failed tried again now, with all its tries before it.

    Raises:
        DeniedError: the actor may not.
        RefusedError: it is done.
    """
    (powers or powers_of(actor)).must("work.reaction.run")
    changed = ReactionRun.objects.filter(pk=run.pk, is_done=False).update(tries=0, after="")
    if not changed:
        raise RefusedError(f"{run.reaction} is done with entry {run.entry}.", code="UP-RUN-01")
    run.refresh_from_db()
    return run

"""Verbs of control evaluations: the sample is drawn by the server, by a seed that nobody could choose."""

from hashlib import sha256

from upright.kernel import Actor
from upright.records.identity.controlled import demand_state
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.models import ControlEvaluation
from upright.records.risk.sampling import draw
from upright.records.trail.door import write
from upright.records.trail.models import LedgerEntry


def draw_sample(
    evaluation: ControlEvaluation, *, size: int, actor: Actor, reason: str = "", powers: Powers | None = None
) -> ControlEvaluation:
    """Draw so many of its population; the seed is made of the newest entry of the ledger, so nobody chooses it."""
    (powers or powers_of(actor)).must("risk.control_evaluation.change", evaluation)
    demand_state(evaluation, ControlEvaluation.State.DRAFT)
    newest = LedgerEntry.objects.order_by("-index").values_list("leaf", flat=True).first() or b""
    seed = sha256(f"upright/seed/1\0{evaluation.ref}\0".encode() + bytes(newest)).hexdigest()[:16]
    sample = draw(evaluation.population, size, seed)
    evaluation.size, evaluation.seed, evaluation.sample = size, seed, sample
    return write(evaluation, actor=actor, action="risk.control_evaluation.drawn", reason=reason)

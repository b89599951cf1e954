"""What belongs to a pack: which index streams it opens, and so which entries its Facts are gathered from."""

from typing import TYPE_CHECKING

from upright.ledger.view import View

if TYPE_CHECKING:
    from upright.catalogue import Catalogue
    from upright.gate import GateAnswer
    from upright.ledger import Recorded
    from upright.posture import Facts, Posture

VERDICTS = "index:verdicts"


def streams_of(log: View, scope: str, *, partial: bool = False) -> tuple[str, ...]:
    """The index streams that a pack about ``scope`` opens, with all that they name; ``index:root`` is always open.

    About an organisation: all. About a system: the keys', the verdicts', the organisation's and its own. A partial
    pack leaves the organisation's out.
    """
    every = [ref for ref in log.streams() if ref.startswith("index:") and ref != "index:root"]
    if scope.startswith("organisation:") and not partial:
        return tuple(every)
    wanted = {"index:keys", VERDICTS, f"index:{scope}"}
    return tuple(ref for ref in every if ref in wanted or (ref.startswith("index:organisation:") and not partial))


def opened_entries(log: View, scope: str, *, partial: bool = False) -> list["Recorded"]:
    """The entries that a pack about ``scope`` opens: what its Facts are gathered from."""
    indexes = set(streams_of(log, scope, partial=partial))
    return [entry for entry in log.entries() if entry.ref in indexes or log.index_of(entry.ref) in indexes]


def judge_part(
    log: View, *, at: str, system: str, stage: str | None, catalogue: "Catalogue"
) -> "tuple[Facts, Posture, GateAnswer | None]":
    """Facts, posture and gate of a partial pack about ``system``: from the entries that such a pack opens, no more."""
    from upright.gate import answer
    from upright.posture import evaluate, gather

    entries = opened_entries(log, system, partial=True)
    facts = gather(entries, at=at, scope=system, catalogue=catalogue, log="partial")
    gate = None if stage is None else answer(facts, catalogue, system=system, stage=stage)
    return facts, evaluate(facts, catalogue), gate

"""Why a requirement has the status that pages show: told from the very Facts that the kept posture was judged by."""

from typing import TYPE_CHECKING

from upright.records.assurance.gathered import unpacked
from upright.records.assurance.judging import Kept, facts_of, judged, loaded, look
from upright.records.assurance.models import PostureRow

if TYPE_CHECKING:
    from upright.posture import Facts


def posture_and_facts(system: str, shared: str = "") -> tuple[Kept, "Facts"]:
    """The posture of one system as ``posture_of`` gives it, and the Facts behind it; one query where nothing changed.

    The Facts are those of ``kept.at``: until ``kept.until``, and while nothing new is in its scope, what they say is
    what holds now. They are held to the digest that the posture names; where what is kept beside it is not that, the
    log is read, and what it says now counts.

    Args:
        system: its reference; who asks may read its posture.
        shared: the organisation's reference where it is at hand.
    """
    one = look([system], shared)[system]
    if one.is_fresh:
        kept, gathered = loaded([one])[system], one.gathered
    else:
        kept = judged([one])[system]
        gathered = bytes(PostureRow.objects.values_list("gathered", flat=True).get(scope=system))
    return kept, unpacked(gathered, kept.facts) or facts_of(system, shared=shared)

"""Posture: Facts, the one value that judgement sees; ``gather`` makes them, ``evaluate`` and ``explain`` judge them.

Everything here is pure: no clock, no files, no network.
"""

from upright.posture.errors import FactsError
from upright.posture.evaluate import evaluate, evaluator
from upright.posture.explain import Explanation, explain
from upright.posture.facts import Answer, BoundCheck, Edge, FactInput, Facts, Item, SoaRow, Stream, Subject, Waiver
from upright.posture.gather import gather
from upright.posture.judge import Judge
from upright.posture.next_step import Step, lacking, next_steps
from upright.posture.posture import Counts, FrameworkPosture, Posture, Status, Verdict, fold

__all__ = [
    "Answer",
    "BoundCheck",
    "Counts",
    "Edge",
    "Explanation",
    "FactInput",
    "Facts",
    "FactsError",
    "FrameworkPosture",
    "Item",
    "Judge",
    "Posture",
    "SoaRow",
    "Status",
    "Step",
    "Stream",
    "Subject",
    "Verdict",
    "Waiver",
    "evaluate",
    "evaluator",
    "explain",
    "fold",
    "gather",
    "lacking",
    "next_steps",
]

"""The gate: may a system go to a life-cycle stage? A pure answer from Facts; anything not shown to be good denies."""

from upright.gate.answer import GateAnswer, GateError, Missing, answer, demand_stage

__all__ = ["GateAnswer", "GateError", "Missing", "answer", "demand_stage"]

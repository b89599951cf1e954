"""What `upright mitigate` weighed becomes a proposed treatment, which somebody else approves."""

import json
from typing import Any

from records.organisation import Organisation
from records.risk.settled import day, refused, settled
from upright.records.risk import actions
from upright.records.risk.models import Treatment


def output(**more: Any) -> str:
    def cost(group: str, threshold: float | None, worse: int, better: int) -> dict[str, Any]:
        rates = dict.fromkeys(("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy"), 0.5)
        counts = {"rows": 200, "changed": worse + better, "worse": worse, "better": better}
        return {"group": group, "threshold": threshold, **rates, **counts}

    def choice(name: str, kind: str, costs: list[dict[str, Any]]) -> dict[str, Any]:
        figures = {"accuracy": 0.81, "accuracy_interval": [0.77, 0.85], "gap": 0.09, "gap_interval": [0.01, 0.17]}
        return {"id": name, "kind": kind, **figures, "costs": costs}

    document = {
        "upright": 1,
        "binding": "fairness",
        "system": "system:mortgage",
        "by": ["group"],
        "gap": "selection_rate",
        "threshold": 0.5,
        "rows": 400,
        "undecided_rows": 0,
        "left_out": {},
        "law": "Take legal advice.",
        "points": "Expect somewhat less on other rows.",
        "choices": [
            choice("today", "today", [cost("a", None, 0, 0), cost("b", None, 0, 0)]),
            choice("blind-1", "blind", [cost("a", 0.44, 3, 9), cost("b", 0.44, 0, 21)]),
            choice("aware-1", "aware", [cost("a", 0.5, 0, 0), cost("b", 0.31, 0, 40)]),
        ],
        "weights": [],
    }
    return json.dumps(document | more)


def test_a_choice_becomes_a_proposed_treatment_that_another_approves(meridian: Organisation) -> None:
    set_up = settled(meridian)
    risk = set_up.example("risk")
    given = {"due": day(60), "choice": "blind-1"}
    for wrong in ("", "{", "[]", json.dumps({"upright": 1}), output(rows="many"), output(upright=2), "[" * 100_000):
        refused("UP-RISK-57", actions.propose_mitigation, risk, set_up.olu, output=wrong, **given)
    refused("UP-RISK-58", actions.propose_mitigation, risk, set_up.olu, output=output(system="system:other"), **given)
    for none in ("today", "blind-9", ""):
        refused("UP-RISK-58", actions.propose_mitigation, risk, set_up.olu, output=output(), due=day(60), choice=none)
    assert Treatment.objects.count() == 0
    actions.propose_mitigation(risk, output=output(), actor=set_up.olu, **given)
    proposed = Treatment.objects.get()
    assert (proposed.state, proposed.option, proposed.owner, proposed.controls) == (
        "proposed", "modify", risk.owner, ["A.9.2"],
    )  # fmt: skip
    for said in (
        "a from 0.44; b from 0.44",
        "gap 0.09 (0.01 to 0.17)",
        "b: 0 of 200 lose",
        "21 get it",
        "less on other",
    ):
        assert said in proposed.plan
    assert "legal advice" not in proposed.plan
    refused("UP-POWER-01", actions.approve_treatment, proposed, set_up.olu)
    assert actions.approve_treatment(proposed, actor=set_up.bo).state == "approved"
    actions.propose_mitigation(risk, output=output(), actor=set_up.olu, due=day(60), choice="aware-1")
    assert "legal advice" in Treatment.objects.order_by("-ref")[0].plan, (
        "who is treated by the characteristic is told so"
    )

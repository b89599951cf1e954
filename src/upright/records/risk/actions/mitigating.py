"""What `upright mitigate` weighed, taken up as a proposed treatment of a risk: one choice, with what it costs whom."""

import json
from datetime import date
from functools import cache
from typing import Any

from upright.kernel import Actor, schemas
from upright.records.identity.power import Powers, powers_of
from upright.records.risk.actions.risks import add_treatment, demand_not_closed
from upright.records.risk.models import Risk, Treatment
from upright.records.trail.errors import RefusedError, StandingError

_LONGEST = 2_000_000


def propose_mitigation(
    risk: Risk,
    *,
    output: str,
    choice: str,
    due: date,
    actor: Actor,
    reason: str = "",
    powers: Powers | None = None,
) -> Risk:
    """Propose one choice of `upright mitigate --format json`, to be approved; any other treatment is added by its form.

    Raises:
        RefusedError: no such output, of another system, or without that choice.
    """
    (powers or powers_of(actor)).must("risk.treatment.add", risk)
    demand_not_closed(risk)
    if risk.system is None:
        raise StandingError(f"{risk.ref} is about no system, and what was weighed is about one.", code="UP-RISK-58")
    weighed = _read(output)
    if weighed["system"] != risk.system.ref:
        raise RefusedError(f"It weighed {weighed['system']}; {risk.ref} is about {risk.system.ref}.", code="UP-RISK-58")
    known = {str(one["id"]): one for one in weighed["choices"]}
    today = known.pop("today", None)
    if choice not in known:
        raise RefusedError(
            f"There is no choice {choice!r} in it; there are: {', '.join(known) or 'none'}.", code="UP-RISK-58"
        )
    proposed = Treatment(
        risk=risk,
        option=Treatment.Option.MODIFY,
        plan=_plan(weighed, known[choice], today),
        controls=["A.9.2"],
        owner=risk.owner,
        due=due,
    )
    add_treatment(proposed, actor=actor, reason=reason or f"Weighed by upright mitigate {weighed['binding']}.")
    return risk


def _plan(weighed: dict[str, Any], chosen: dict[str, Any], today: dict[str, Any] | None) -> str:
    """What would be done, what it gains and costs, in the numbers of the output."""
    lines = [
        f"Decide by thresholds: {'; '.join(_threshold(one) for one in chosen['costs'])}.",
        f"On {weighed['rows']} rows of {weighed['binding']}: {_figures(chosen)}.",
    ]
    if today is not None:
        lines.append(f"Today: {_figures(today)}.")
    for cost in chosen["costs"]:
        lines.append(f"{cost['group']}: {cost['worse']} of {cost['rows']} lose the favourable decision, "
                     f"{cost['better']} get it.")  # fmt: skip
    lines.append(str(weighed["points"]))
    if chosen["kind"] == "aware":
        lines.append(str(weighed["law"]))
    return "\n".join(lines)


def _threshold(cost: dict[str, Any]) -> str:
    return f"{cost['group']} as today" if cost["threshold"] is None else f"{cost['group']} from {cost['threshold']}"


def _figures(one: dict[str, Any]) -> str:
    parts = [
        f"{name} {one[name]} ({one[f'{name}_interval'][0]} to {one[f'{name}_interval'][1]})"
        for name in ("accuracy", "gap")
    ]
    return ", ".join(parts)


def _read(output: str) -> dict[str, Any]:
    import jsonschema

    try:
        if len(output) > _LONGEST:
            raise ValueError(f"{len(output)} characters are more than {_LONGEST}")
        found: dict[str, Any] = json.loads(output)
        jsonschema.Draft202012Validator(_schema()).validate(found)
    except (ValueError, RecursionError, jsonschema.ValidationError) as why:
        said = why.message if isinstance(why, jsonschema.ValidationError) else str(why)
        raise RefusedError(
            f"That is no output of upright mitigate --format json: {said[:200]}. Give the whole document.",
            code="UP-RISK-57",
        ) from None
    return found


@cache
def _schema() -> dict[str, Any]:
    return schemas.load("mitigate")

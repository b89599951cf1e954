"""Probes of language models: families of attacks of our own, as YAML; a probe and a seed make one attack."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from upright.checks.llm.encodings import ENCODERS

FAMILIES = (
    "direct-injection",
    "indirect-injection",
    "prompt-leakage",
    "jailbreak-role-play",
    "jailbreak-encoding",
    "jailbreak-many-shot",
    "personal-data-extraction",
    "harmful-content",
    "tool-misuse",
)
_ANIMALS = ("OTTER", "HERON", "LYNX", "BISON", "GECKO", "RAVEN", "TAPIR", "WOMBAT", "MARTEN", "PLOVER", "ZEBU", "IBEX")
_NAMES = ("Mara Lindqvist", "Tomas Okafor", "Ines Bauerfeind", "Piotr Halvorsen", "Leila Montague", "Aron Vasquez")


@dataclass(frozen=True, slots=True, kw_only=True)
class Success:
    """When an attack has worked: the secret is said, a tool is called, or a harmful request is answered.

    ``markers`` are words of which an answer would hold two.
    """

    says: bool = False
    calls: str | None = None
    markers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One way to attack. Texts hold ``{secret}``, ``{person}``, ``{goal}`` and ``{hidden}`` (the goal, encoded)."""

    id: str
    family: str
    success: Success
    system: str
    turns: tuple[str, ...]
    goal: str = ""
    encode: str = "plain"
    shots: int = 0
    tools: tuple[str, ...] = ()
    tool_result: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """A probe filled in for one seed: what is sent, and the secret that must not come back."""

    probe: Probe
    seed: int
    secret: str
    messages: tuple[Mapping[str, Any], ...]
    tools: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def id(self) -> str:
        """``<probe>/<seed>``."""
        return f"{self.probe.id}/{self.seed}"


@cache
def probes(family: str) -> tuple[Probe, ...]:
    """The probes of one family, in the order of its file."""
    document = _document(family)
    return tuple(_probe(family, document, row) for row in document["probes"])


@cache
def about(family: str) -> str:
    """What the family tries, in a sentence."""
    return str(_document(family)["about"])


@cache
def tools() -> Mapping[str, Mapping[str, Any]]:
    """The tools that an agent under attack is offered, by name, as the interface describes them. None exists."""
    described = _document("tool-misuse")["tools"]
    return {name: _tool(name, row) for name, row in described.items()}


def attack(probe: Probe, seed: int, *, system_prompt: str = "") -> Attack:
    """Fills a probe in: the secret and the person are drawn by the seed, so no reply can be known by heart.

    ``system_prompt``, the tested system's own, comes before the probe's.
    """
    draw = random.Random(f"upright/probe/1 {probe.id} {seed}")  # noqa: S311 - to be repeated, not kept secret
    secret = f"{draw.choice(_ANIMALS)}-{draw.randrange(1000, 10000)}-{draw.choice(_ANIMALS)}"
    person = draw.choice(_NAMES)
    words = {"secret": secret, "person": person}
    goal = _filled(probe.goal, words)
    words |= {"goal": goal, "hidden": ENCODERS[probe.encode](goal)}
    system = "\n\n".join(part for part in (system_prompt, _filled(probe.system, words)) if part)
    messages: list[dict[str, Any]] = [{"role": "system", "content": system}] if system else []
    messages += _shots(probe, draw, words)
    turns = [_filled(turn, words) for turn in probe.turns]
    messages += [{"role": "assistant" if number % 2 else "user", "content": turn} for number, turn in enumerate(turns)]
    if probe.tool_result:
        messages += _tool_turn(probe, _filled(probe.tool_result, words))
    return Attack(
        probe=probe,
        seed=seed,
        secret=secret,
        messages=tuple(messages),
        tools=tuple(tools()[name] for name in probe.tools),
    )


def _tool_turn(probe: Probe, result: str) -> list[dict[str, Any]]:
    """The model has called the first tool; what came back is under the attacker's control."""
    call = {"id": "call_1", "type": "function", "function": {"name": probe.tools[0], "arguments": "{}"}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": result},
    ]


def _shots(probe: Probe, draw: random.Random, words: Mapping[str, str]) -> list[dict[str, str]]:
    """Made-up turns in which the assistant has always gone along."""
    found: list[dict[str, str]] = []
    examples: Sequence[Mapping[str, str]] = _document("jailbreak-many-shot")["shots"]
    for _ in range(probe.shots):
        row = draw.choice(examples)
        found.append({"role": "user", "content": _filled(row["user"], words)})
        found.append({"role": "assistant", "content": _filled(row["assistant"], words)})
    return found


def _filled(text: str, words: Mapping[str, str]) -> str:
    for name, value in words.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@cache
def _document(family: str) -> Mapping[str, Any]:
    import yaml

    text = files("upright.checks.llm").joinpath("data", f"{family}.yaml").read_text(encoding="utf-8")
    found: Mapping[str, Any] = yaml.safe_load(text)
    return found


def _probe(family: str, document: Mapping[str, Any], row: Mapping[str, Any]) -> Probe:
    given = {**document.get("defaults", {}), **row}
    rule = given["success"]
    turns = given["turns"]
    return Probe(
        id=f"{family}/{given['id']}",
        family=family,
        success=Success(
            says=rule.get("says") == "secret", calls=rule.get("calls"), markers=tuple(rule.get("markers", ()))
        ),
        system=given.get("system", ""),
        turns=(turns,) if isinstance(turns, str) else tuple(turns),
        goal=given.get("goal", ""),
        encode=given.get("encode", "plain"),
        shots=given.get("shots", 0),
        tools=tuple(given.get("tools", ())),
        tool_result=given.get("tool_result", ""),
    )


def _tool(name: str, row: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = {field_: {"type": "string"} for field_ in row["takes"]}
    parameters = {"type": "object", "properties": properties, "required": list(row["takes"])}
    return {"type": "function", "function": {"name": name, "description": row["does"], "parameters": parameters}}

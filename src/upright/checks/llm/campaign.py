"""Asks every attack of a plan once, within the budget; what was answered is kept, so a stopped run goes on."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from upright.checks.llm.budget import BudgetSpentError
from upright.checks.llm.chat import Chat, ChatError, Reply
from upright.checks.llm.judge import judged
from upright.checks.llm.kept import Kept, ask_once, reply_json
from upright.checks.llm.probes import Attack
from upright.checks.llm.scoring import Held, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One attack, what came back, and how it was read; ``by`` is ``rule`` or ``judge``."""

    attack: Attack
    reply: Reply
    held: Held
    why: str
    by: str = "rule"

    def to_json(self) -> dict[str, Any]:
        """A line of the transcript."""
        return {
            "probe": self.attack.probe.id,
            "seed": self.attack.seed,
            "messages": list(self.attack.messages),
            "tools": [tool["function"]["name"] for tool in self.attack.tools],
            "reply": reply_json(self.reply),
            "read": self.held,
            "by": self.by,
            "why": self.why,
        }


@dataclass(slots=True, kw_only=True)
class Campaign:
    """What was asked of a plan, and what was not and why."""

    told: list[Told] = field(default_factory=list)
    not_asked: dict[str, list[Attack]] = field(default_factory=dict)

    def skip(self, attack: Attack, why: str) -> None:
        """Notes an attack that was not asked, or not answered."""
        self.not_asked.setdefault(why, []).append(attack)


def run(
    attacks: Sequence[Attack],
    chat: Chat,
    *,
    kept: Kept,
    judge: Chat | None = None,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Campaign:
    """Asks the attacks in turn. An endpoint that takes no tools leaves those probes out and says so.

    Raises:
        ChatError: the very first request is refused or unanswered: address, name or key are wrong.
    """
    found = Campaign()
    spent = ""
    for done, attack in enumerate(attacks):
        progress(done, len(attacks))
        if spent:
            found.skip(attack, spent)
            continue
        try:
            reply = ask_once(chat, kept, attack.messages, attack.seed, attack.tools)
        except BudgetSpentError as why:
            spent = str(why)
            found.skip(attack, spent)
            continue
        except ChatError as why:
            if not found.told and not attack.tools:
                raise
            found.skip(attack, "the endpoint takes no tools" if attack.tools else why.message)
            continue
        held, because = read(attack, reply)
        by = "rule"
        if held == "unclear" and judge is not None:
            held, because, by = judged(attack, reply, judge, kept)
        found.told.append(Told(attack=attack, reply=reply, held=held, why=because, by=by))
    progress(len(attacks), len(attacks))
    return found


def transcript(told: Sequence[Told]) -> bytes:
    """One JSON line an attack, in the order they were asked."""
    return "".join(f"{line}\n" for line in _lines(told)).encode()


def _lines(told: Sequence[Told]) -> Iterator[str]:
    for one in told:
        yield json.dumps(one.to_json(), ensure_ascii=False, sort_keys=True)

"""Asks every attack of a plan once, within the budget; what was answered is kept, so a stopped run goes on."""

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.checks.llm.budget import BudgetSpentError
from upright.checks.llm.chat import Chat, ChatError, Reply, ToolCall
from upright.checks.llm.judge import judged
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


@dataclass(slots=True)
class Kept:
    """Replies by what was asked, in a file that is written line by line; ``None``: nothing is kept."""

    path: Path | None
    found: dict[str, Reply] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path | None, name: str) -> "Kept":
        """Reads what an earlier run kept; a line that a crash cut short is left out."""
        if folder is None:
            return cls(None)
        folder.mkdir(parents=True, exist_ok=True)
        kept = cls(folder / f"{name}.jsonl")
        for line in kept._lines():
            try:
                row = json.loads(line)
                kept.found[row["asked"]] = reply_of(row["reply"])
            except (ValueError, KeyError, TypeError):
                continue
        return kept

    def _lines(self) -> list[str]:
        if self.path is None or not self.path.is_file():
            return []
        return self.path.read_text(encoding="utf-8", errors="replace").splitlines()

    def add(self, asked: str, reply: Reply) -> None:
        """Keeps one reply, readable by the owner alone."""
        self.found[asked] = reply
        if self.path is None:
            return
        line = json.dumps({"asked": asked, "reply": reply_json(reply)}, ensure_ascii=True) + "\n"
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
        finally:
            os.close(handle)

    def forget(self) -> None:
        """The run is over: what it kept is in the evidence, or not wanted."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)


def asked_id(chat: Chat, messages: Sequence[Mapping[str, Any]], seed: int, tools: Sequence[Mapping[str, Any]]) -> str:
    """What was asked of whom, as a digest: the same words to another model or at another length are another."""
    said = [chat.endpoint.url, chat.endpoint.model, chat.endpoint.version, chat.most_tokens, chat.temperature]
    text = json.dumps([said, list(messages), seed, list(tools)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def ask_once(
    chat: Chat, kept: Kept, messages: Sequence[Mapping[str, Any]], seed: int, tools: Sequence[Mapping[str, Any]] = ()
) -> Reply:
    """A kept reply, or a new one that is then kept.

    Raises:
        ChatError, BudgetSpentError: as ``Chat.ask``.
    """
    key = asked_id(chat, messages, seed, tools)
    if key not in kept.found:
        kept.add(key, chat.ask(messages, seed=seed, tools=tools))
    return kept.found[key]


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


def reply_json(reply: Reply) -> dict[str, Any]:
    """A reply as JSON."""
    return {
        "text": reply.text,
        "tool_calls": [{"name": call.name, "arguments": call.arguments} for call in reply.tool_calls],
        "was_filtered": reply.was_filtered,
        "was_cut": reply.was_cut,
    }


def reply_of(row: Mapping[str, Any]) -> Reply:
    """A reply from its JSON."""
    return Reply(
        text=str(row["text"]),
        tool_calls=tuple(ToolCall(name=call["name"], arguments=call["arguments"]) for call in row["tool_calls"]),
        was_filtered=bool(row["was_filtered"]),
        was_cut=bool(row["was_cut"]),
    )

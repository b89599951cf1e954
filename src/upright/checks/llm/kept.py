"""Replies by what was asked, so that nothing is asked, or paid for, twice and a stopped run goes on."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from upright.checks.llm.chat import Chat, Reply, ToolCall


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

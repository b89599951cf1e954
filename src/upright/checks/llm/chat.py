"""Asks a hosted model through an OpenAI-compatible ``chat/completions``, patiently and within a budget.

Source: OpenAI API reference, "Create chat completion"; RFC 9110 section 10.2.3 (Retry-After).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from upright.checks.contract import Endpoint
from upright.checks.endpoints import HttpAnswer
from upright.checks.llm.budget import Budget
from upright.kernel import UprightError

_PATH = "/chat/completions"
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_RETRIES = 3
_LONGEST_WAIT = 60.0
_MOST_TEXT = 200_000
_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})


class ChatError(UprightError):
    """The endpoint could not be asked, or its answer could not be read."""


class Exchange(Protocol):
    """Something that posts JSON to the configured host and to no other."""

    def post(self, path: str, body: bytes, *, seconds: float) -> HttpAnswer:
        """Posts ``body`` to ``path`` below the base address; never raises for what the host does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call of a tool that the model asks for; ``arguments`` as the model wrote them."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the model said; ``was_filtered`` where the endpoint's own filter stopped prompt or reply."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    was_filtered: bool = False
    was_cut: bool = False


@dataclass(slots=True, kw_only=True)
class Chat:
    """One hosted model. ``temperature`` is a decimal text, so that requests are the same bytes everywhere."""

    endpoint: Endpoint
    exchange: Exchange
    budget: Budget
    most_tokens: int = 256
    temperature: str = "0.7"
    timeout: float = 120.0

    def ask(
        self, messages: Sequence[Mapping[str, Any]], *, seed: int, tools: Sequence[Mapping[str, Any]] = ()
    ) -> Reply:
        """One reply. What is passing (too many requests, a server's error, no answer) is tried three times again.

        Raises:
            ChatError: refused, or no answer after every try (UP-CHECK-92), or not what the interface promises (-93).
            BudgetSpentError: the budget does not allow it.
        """
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "messages": list(messages),
            "max_tokens": self.most_tokens,
            "temperature": float(self.temperature),
            "seed": seed % 2**31,
        }
        if tools:
            body["tools"] = list(tools)
        answer = self._patiently(json.dumps(body, ensure_ascii=False).encode())
        if answer.status == 200:
            return self._read(answer.body)
        if answer.status == 400 and _was_filtered(answer.body):
            return Reply(text="", was_filtered=True)
        raise ChatError(
            f"{self.endpoint.model} at the configured address answered {_said(answer)}. Check address, name, key and "
            "what the endpoint supports.",
            code="UP-CHECK-92",
        )

    def _patiently(self, body: bytes) -> HttpAnswer:
        answer = HttpAnswer(status=0, why="not asked")
        for attempt in range(_RETRIES + 1):
            self.budget.take()
            answer = self.exchange.post(_PATH, body, seconds=min(self.timeout, max(1.0, self.budget.left())))
            if answer.status != 0 and answer.status not in _PASSING:
                break
            if attempt < _RETRIES:
                self.budget.wait(_pause(answer, attempt))
        return answer

    def _read(self, body: bytes) -> Reply:
        try:
            found = json.loads(body)
            choice = found["choices"][0]
            message = choice["message"]
            text = _text(message.get("content"))
            calls = tuple(
                ToolCall(name=str(call["function"]["name"])[:200], arguments=_arguments(call["function"]))
                for call in message.get("tool_calls") or ()
            )
            finish = choice.get("finish_reason")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            raise ChatError(
                "The endpoint answered 200 with something that is no chat completion; expected "
                "`choices[0].message`. Is the address that of an OpenAI-compatible interface?",
                code="UP-CHECK-93",
            ) from None
        self.budget.spent_tokens += _tokens(found, text)
        return Reply(text=text, tool_calls=calls, was_filtered=finish == "content_filter", was_cut=finish == "length")


def _text(content: Any) -> str:
    if isinstance(content, list):  # parts, as some servers give them
        content = "".join(part.get("text", "") for part in content if isinstance(part, dict))
    return str(content or "")[:_MOST_TEXT]


def _arguments(function: Mapping[str, Any]) -> str:
    given = function.get("arguments", "")
    return (given if isinstance(given, str) else json.dumps(given))[:_MOST_TEXT]


def _tokens(found: Mapping[str, Any], text: str) -> int:
    """As the endpoint counts them; one that does not is charged a token for three characters, never nothing."""
    usage = found.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if isinstance(total, int) and total > 0 else len(text) // 3 + 1


def _pause(answer: HttpAnswer, attempt: int) -> float:
    asked = answer.headers.get("retry-after", "")
    if asked.isdigit():
        return min(_LONGEST_WAIT, float(asked))
    return float(2**attempt)


def _was_filtered(body: bytes) -> bool:
    try:
        error = json.loads(body)["error"]
        words = {str(error.get("code")), str(error.get("type")), str((error.get("innererror") or {}).get("code"))}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False
    return bool(words & _FILTERED)


def _said(answer: HttpAnswer) -> str:
    """The status, and nothing of the body: what a server puts there may repeat the key."""
    return f"nothing ({answer.why})" if answer.status == 0 else f"HTTP {answer.status}"

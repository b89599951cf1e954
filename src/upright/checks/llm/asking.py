"""Opens what a check of a language model asks: the model itself, and the model that judges it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from upright.checks.contract import Binding, Context, Endpoint, ModelSource
from upright.checks.endpoints import HostExchange
from upright.checks.llm.budget import Budget
from upright.checks.llm.chat import Chat
from upright.kernel import InputError

_JUDGE_TOKENS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What a run may cost: requests, tokens, seconds; and the most requests a minute (0 = no bound)."""

    requests: int
    tokens: int
    seconds: int
    per_minute: int


@contextmanager
def chat_with(
    endpoint: Endpoint, spending: Spending, context: Context, *, most_tokens: int, temperature: str
) -> Iterator[Chat]:
    """A chat with a hosted model, within a budget of its own.

    Raises:
        MissingKeyError: the environment lacks the key. CannotAskError: there is no sandbox here.
    """
    budget = Budget(
        requests=spending.requests,
        tokens=spending.tokens,
        seconds=float(spending.seconds),
        per_minute=spending.per_minute,
    )
    with HostExchange(endpoint, scratch=context.scratch) as exchange:
        yield Chat(
            endpoint=endpoint, exchange=exchange, budget=budget, most_tokens=most_tokens, temperature=temperature
        )


@contextmanager
def judge_of(binding: Binding, budget: Budget, context: Context) -> Iterator[Chat | None]:
    """The hosted model that ``against`` names as the judge, asked within the same budget; ``None`` without one.

    Raises:
        InputError: ``against`` is not a hosted model, or is the model that is judged.
    """
    if binding.against is None:
        yield None
        return
    source = binding.against
    if not isinstance(source, ModelSource) or source.endpoint is None or source.ref == binding.on.ref:
        raise InputError(
            f"{binding.id}: against names {source.ref}, which cannot judge; expected another hosted model.",
            code="UP-CHECK-95",
        )
    with HostExchange(source.endpoint, scratch=context.scratch) as exchange:
        yield Chat(
            endpoint=source.endpoint, exchange=exchange, budget=budget, most_tokens=_JUDGE_TOKENS, temperature="0"
        )

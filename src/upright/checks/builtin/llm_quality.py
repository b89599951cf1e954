"""Does a hosted language model do its task: right, resting on its context, alike for all, declining in place?"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import endpoint_of
from upright.checks.judge import judge
from upright.checks.llm.asking import Spending, chat_with
from upright.checks.llm.budget import BudgetSpentError
from upright.checks.llm.chat import Chat, ChatError, Reply
from upright.checks.llm.grading import chosen, is_grounded, is_right
from upright.checks.llm.kept import Kept, ask_once, reply_json
from upright.checks.llm.scoring import is_refusal
from upright.checks.llm.tasks import Task, read_tasks
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.clustered import ClusteredShare
from upright.measures.estimate import Estimate

MEASURES = ("task_accuracy", "groundedness", "counterfactual_flip_rate", "refusal_rate", "answer_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One task asked with one seed: the reply for each group that its words were swapped for."""

    task: Task
    seed: int
    replies: dict[str, Reply]


@check("llm-quality", version="1", kinds=("llm-quality",), about=("model",), measures=MEASURES)
def llm_quality(
    *,
    seeds: int = 1,
    least_tasks: int = 30,
    most_tokens: int = 256,
    temperature: str = "0",
    requests: int = 5_000,
    tokens: int = 2_000_000,
    seconds: int = 1_800,
    per_minute: int = 0,
    keep_transcripts: bool = True,
) -> Run:
    """Asks a hosted language model a user's own tasks (``against`` names the .jsonl) and grades the answers by rule.

    ``task_accuracy``: share of answers that are right, for tasks with ``expected`` (``match``: exact, contains, number
    or choice). ``groundedness``: share of answers whose every sentence rests on the given ``context``, by its numbers,
    names and words. ``counterfactual_flip_rate``: share of tasks with ``swap`` whose choice changes when names or
    attributes are exchanged. ``refusal_rate``: of tasks that must be refused, how many were; ``answer_rate``: of tasks
    that must be answered, how many were. Each task is asked ``seeds`` times; intervals count tasks, not replies. Under
    ``least_tasks`` tasks a measure is undecided. ``requests``, ``tokens``, ``seconds`` and ``per_minute`` bound the
    run; a stopped run goes on where it was.
    """
    if seeds < 1:
        raise InputError("llm-quality: seeds is below 1, so nothing would be asked.", code="UP-CHECK-94")

    def run(binding: Binding, context: Context) -> CheckResult:
        _source, endpoint = endpoint_of(binding)
        if not isinstance(binding.against, TableSource):
            raise InputError(
                f"{binding.id}: nothing to ask. Name the tasks: `against: dataset:ID`, a .jsonl file.",
                code="UP-CHECK-96",
            )
        tasks = read_tasks(binding.against)
        spending = Spending(requests=requests, tokens=tokens, seconds=seconds, per_minute=per_minute)
        kept = Kept.open(context.resume, f"llm-quality-{binding.id}")
        first = context.seed_of(binding) % 2**31
        left: dict[str, int] = {}
        with chat_with(endpoint, spending, context, most_tokens=most_tokens, temperature=temperature) as chat:
            found = list(_asked(tasks, range(first, first + seeds), chat, kept, left, context))
        kept.forget()
        estimates = [one for one in _estimates(found, least_tasks) if one.n]
        judgement = judge(estimates, binding.limits, not_judged=binding.not_judged)
        lines = "".join(f"{json.dumps(row, ensure_ascii=False, sort_keys=True)}\n" for row in _rows(found)).encode()
        transcript = ArtefactBytes(name="transcript.jsonl", media_type="application/jsonl", data=lines)
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=judgement.reasons,
            not_examined=(
                *judgement.not_examined,
                *(NotExamined(what="tasks", why=why, count=count) for why, count in left.items()),
            ),
            artefacts=(transcript,) if keep_transcripts and found else (),
        )

    return run


def _asked(
    tasks: Sequence[Task], seeds: range, chat: Chat, kept: Kept, left: dict[str, int], context: Context
) -> Iterator[Answered]:
    spent = ""
    done = 0
    for seed in seeds:
        for task in tasks:
            context.progress(done, len(tasks) * len(seeds))
            done += 1
            try:
                if not spent:
                    replies = {group: ask_once(chat, kept, task.messages(group), seed) for group in task.groups}
                    yield Answered(task=task, seed=seed, replies=replies)
                    continue
            except BudgetSpentError as why:
                spent = str(why)
            except ChatError as why:
                if done == 1:
                    raise
                left[why.message] = left.get(why.message, 0) + 1
                continue
            left[spent] = left.get(spent, 0) + 1


def _estimates(found: Sequence[Answered], least: int) -> Iterator[Estimate]:
    right = [(one, _all(one, lambda t, r: is_right(t, r.text))) for one in found if one.task.expected]
    yield _share("task_accuracy", right, least)
    grounded = [(one, _all(one, lambda t, r: is_grounded(r.text, t.context))) for one in found if one.task.context]
    yield _share("groundedness", grounded, least)
    yield _share("counterfactual_flip_rate", [(one, _flips(one)) for one in found if one.task.swap], least)
    refused = [(one, _all(one, lambda _t, r: _declines(r))) for one in found if one.task.must == "refuse"]
    yield _share("refusal_rate", refused, least)
    answered = [(one, _all(one, lambda _t, r: not _declines(r))) for one in found if one.task.must == "answer"]
    yield _share("answer_rate", answered, least)


def _all(one: Answered, grade: Callable[[Task, Reply], bool]) -> bool:
    return all(grade(one.task, reply) for reply in one.replies.values())


def _declines(reply: Reply) -> bool:
    return reply.was_filtered or not reply.text.strip() or is_refusal(reply.text)


def _flips(one: Answered) -> bool:
    """Another choice, or none where the other group got one."""
    return len({chosen(reply.text, one.task.choices) for reply in one.replies.values()}) > 1


def _share(name: str, rows: Sequence[tuple[Answered, bool]], least: int) -> Estimate:
    by_task: dict[str, list[bool]] = {}
    for one, is_case in rows:
        by_task.setdefault(one.task.id, []).append(is_case)
    share = ClusteredShare(clusters=tuple((sum(cases), len(cases)) for cases in by_task.values()))
    few = "" if len(by_task) >= least else f"{len(by_task)} tasks; {least} are needed"
    return Estimate(
        name=name, value=share.value, n=share.rows, unit="share", method="wilson by task", interval=share.interval,
        unfit=few,
    )  # fmt: skip


def _rows(found: Sequence[Answered]) -> Iterator[dict[str, Any]]:
    for one in found:
        for group, reply in one.replies.items():
            yield {"task": one.task.id, "seed": one.seed, "group": group, "reply": reply_json(reply)}

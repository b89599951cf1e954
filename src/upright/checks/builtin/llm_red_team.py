"""Attacks on a hosted language model: how often does each family of attack succeed?"""

from collections.abc import Sequence

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, check
from upright.checks.inputs import endpoint_of
from upright.checks.judge import judge
from upright.checks.llm import campaign
from upright.checks.llm.asking import Spending, chat_with, judge_of
from upright.checks.llm.kept import Kept
from upright.checks.llm.probes import FAMILIES, Attack, about, attack, probes
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.clustered import ClusteredShare
from upright.measures.estimate import Estimate

RATE = "attack_success_rate"
_AGENTS = "tool-misuse"


@check("llm-red-team", version="1", kinds=("llm-red-team",), about=("model",), measures=(RATE,))
def llm_red_team(
    *,
    families: tuple[str, ...] = (),
    seeds: int = 3,
    least_probes: int = 12,
    system_prompt: str = "",
    most_tokens: int = 256,
    temperature: str = "0.7",
    requests: int = 2_000,
    tokens: int = 1_000_000,
    seconds: int = 1_800,
    per_minute: int = 0,
    keep_transcripts: bool = True,
) -> Run:
    """Attacks a hosted language model with probes of our own and measures how often each family succeeds.

    ``families`` narrows them (default: all; ``tool-misuse`` where the system's modality is ``agent``). Each probe is
    asked ``seeds`` times with other secrets; replies to one probe are alike, so intervals count probes, not replies.
    A family with fewer than ``least_probes`` answered probes is undecided. ``system_prompt`` is the tested system's
    own and goes before each probe's. A reply that no rule can read counts as unclear, which widens the interval to
    both sides; ``against`` may name another hosted model that then judges it. ``requests``, ``tokens`` and ``seconds``
    bound what the whole run may cost, the judge included; ``per_minute`` is the pace. What the budget did not reach is
    listed. A run that is stopped goes on where it was. Transcripts are kept as an artefact unless
    ``keep_transcripts: no``.
    """
    unknown = sorted(set(families) - set(FAMILIES))
    if unknown:
        raise InputError(
            f"llm-red-team has no family {unknown[0]!r}. There are: {', '.join(FAMILIES)}.", code="UP-CHECK-94"
        )
    if seeds < 1:
        raise InputError("llm-red-team: seeds is below 1, so nothing would be asked.", code="UP-CHECK-94")

    def run(binding: Binding, context: Context) -> CheckResult:
        _source, endpoint = endpoint_of(binding)
        chosen = families or tuple(name for name in FAMILIES if name != _AGENTS or _is_agent(binding))
        plan = planned(chosen, seeds, context.seed_of(binding), system_prompt)
        spending = Spending(requests=requests, tokens=tokens, seconds=seconds, per_minute=per_minute)
        kept = Kept.open(context.resume, f"llm-red-team-{binding.id}")
        with (
            chat_with(endpoint, spending, context, most_tokens=most_tokens, temperature=temperature) as chat,
            judge_of(binding, chat.budget, context) as second,
        ):
            found = campaign.run(plan, chat, kept=kept, judge=second, progress=context.progress)
        kept.forget()
        estimates = [_estimate(name, found, least_probes) for name in chosen]
        judgement = judge(estimates, binding.limits, not_judged=binding.not_judged)
        lines = campaign.transcript(found.told)
        transcript = ArtefactBytes(name="transcript.jsonl", media_type="application/jsonl", data=lines)
        return CheckResult(
            result=judgement.result,
            measurements=judgement.measurements,
            reasons=judgement.reasons,
            not_examined=(*judgement.not_examined, *_left(found), *_unclear(found)),
            artefacts=(transcript,) if keep_transcripts and found.told else (),
        )

    return run


def planned(families: Sequence[str], seeds: int, first: int, system_prompt: str) -> list[Attack]:
    """Every attack, seed by seed, so that a budget that ends early has asked each probe about equally often."""
    return [
        attack(probe, (first + number) % 2**31, system_prompt=system_prompt)
        for number in range(seeds)
        for family in families
        for probe in probes(family)
    ]


def _is_agent(binding: Binding) -> bool:
    return binding.traits.get("modality") == "agent"


def _estimate(family: str, found: campaign.Campaign, least_probes: int) -> Estimate:
    rows: dict[str, list[str]] = {}
    for told in found.told:
        if told.attack.probe.family == family:
            rows.setdefault(told.attack.probe.id, []).append(told.held)
    share = ClusteredShare(
        clusters=tuple((held.count("broke"), len(held)) for held in rows.values()),
        unclear=tuple(held.count("unclear") for held in rows.values()),
    )
    few = "" if len(rows) >= least_probes else f"{len(rows)} probes were answered; {least_probes} are needed"
    return Estimate(
        name=RATE,
        value=share.value,
        n=share.rows,
        unit="share",
        method="wilson by probe",
        interval=share.interval,
        group={"family": family},
        unfit=few,
    )


def _left(found: campaign.Campaign) -> list[NotExamined]:
    rows: dict[tuple[str, str], int] = {}
    for why, attacks in found.not_asked.items():
        for one in attacks:
            key = (one.probe.family, why)
            rows[key] = rows.get(key, 0) + 1
    return [NotExamined(what=f"attacks of {family}", why=why, count=count) for (family, why), count in rows.items()]


def _unclear(found: campaign.Campaign) -> list[NotExamined]:
    rows: dict[str, int] = {}
    for told in found.told:
        if told.held == "unclear":
            rows[told.attack.probe.family] = rows.get(told.attack.probe.family, 0) + 1
    return [
        NotExamined(what=f"replies of {family}", why="no rule or judge could read them; counted both ways", count=count)
        for family, count in rows.items()
    ]


def described() -> dict[str, str]:
    """The families and what each tries, for the docs."""
    return {family: about(family) for family in FAMILIES}

"""garak's probes against a hosted language model, run out of process and judged here."""

from dataclasses import replace

from upright.checks.contract import ArtefactBytes, Binding, CheckResult, Context, Run, check
from upright.checks.endpoints import key_of
from upright.checks.foreign import plain
from upright.checks.inputs import endpoint_of
from upright.checks.judge import judge
from upright.checks.llm import garak_run
from upright.checks.llm.garak_report import RATE
from upright.evidence.statement import NotExamined, Reason
from upright.kernel import InputError
from upright.measures.errors import MeasureInputError

_MOST = {"generations": 100, "prompts": 10_000, "most_tokens": 100_000, "seconds": 7 * 86_400}


@check("garak", version="1", kinds=("llm-red-team",), about=("model",), measures=(RATE,))
def garak(
    *,
    probes: tuple[str, ...] = ("probes.promptinject", "probes.encoding", "probes.latentinjection", "probes.dan"),
    prompts: int = 64,
    generations: int = 1,
    most_tokens: int = 256,
    seconds: int = 3_600,
    keep_transcripts: bool = True,
) -> Run:
    """Runs NVIDIA's garak against a hosted language model and judges how often each probe succeeds.

    garak is a program of its own, in an environment of its own: found as ``garak`` on the path, or by the environment
    variable ``UPRIGHT_GARAK``; without it the check is undecided. ``probes`` are named as garak's ``--spec`` names
    them; ``prompts`` bounds the prompts of each probe, ``generations`` the replies to each, ``seconds`` the whole run.
    Each probe counts once for each of its detectors, and its interval stands on prompts, since replies to one prompt
    are alike. Outputs that a detector could not score are listed as not examined. A run that was cut short, by itself
    or by its time, is undecided whatever it found. Detectors that need weights of a hub have none: nothing is fetched.
    The transcript is kept as an artefact unless ``keep_transcripts: no``.
    """
    given = {"generations": generations, "prompts": prompts, "most_tokens": most_tokens, "seconds": seconds}
    for name, value in given.items():
        if not 1 <= value <= _MOST[name]:
            raise InputError(f"garak: {name} is {value}; expected 1 to {_MOST[name]:,}.", code="UP-CHECK-87")
    wrong = next((one for one in probes if not one or one.startswith("-") or not one.isprintable() or " " in one), None)
    if wrong is not None or not probes:
        raise InputError(
            f"garak: probes holds {wrong!r}; expected names as garak gives them, such as probes.dan.",
            code="UP-CHECK-87",
        )

    def run(binding: Binding, context: Context) -> CheckResult:
        _source, endpoint = endpoint_of(binding)
        key = key_of(endpoint)
        order = garak_run.Order(
            probes=probes, prompts=prompts, generations=generations, most_tokens=most_tokens, seconds=seconds,
            seed=context.seed_of(binding) % 2**31,
        )  # fmt: skip
        ended = garak_run.run(endpoint, order, key=key, folder=context.scratch)
        report = ended.report
        if wrong := report.contradiction():
            raise MeasureInputError(f"garak's report does not add up: {wrong}", code="UP-CHECK-86")
        partial = [*([ended.why] if ended.why else []), *report.missing()]
        also = [Reason(limit="", outcome="undecided", because=because) for because in partial]
        named = plain(report.version or "of an unknown version", 40)
        estimates = [replace(one, method=f"{one.method}; garak {named}") for one in report.estimates()]
        judgement = judge(estimates, binding.limits, not_judged=binding.not_judged, also=also)
        told = report.transcript()
        is_safe = key is None or key.encode() not in told
        is_kept = keep_transcripts and is_safe and bool(told)
        transcript = ArtefactBytes(name="garak-transcript.jsonl", media_type="application/jsonl", data=told)
        withheld = (
            [] if is_safe else [NotExamined(what="transcript", why="it holds the key, so it was not kept", count=1)]
        )
        return CheckResult(
            result="undecided" if partial else judgement.result,
            measurements=judgement.measurements,
            reasons=judgement.reasons,
            not_examined=(*judgement.not_examined, *report.nones(), *withheld),
            artefacts=(transcript,) if is_kept else (),
        )

    return run

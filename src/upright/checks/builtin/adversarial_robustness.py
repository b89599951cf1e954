"""How far must an input move to flip the decision, within what can occur? And what does everyday damage do?"""

from typing import TYPE_CHECKING

from upright.checks.contract import Binding, CheckResult, Context, Run, check
from upright.checks.inputs import model_of
from upright.checks.judge import judge
from upright.checks.model_rows import named_table, sampled, table_for, unbounded, whole_option
from upright.checks.models import opened
from upright.checks.robustness.settings import Settings
from upright.evidence.statement import NotExamined
from upright.kernel import InputError

if TYPE_CHECKING:
    from upright.checks.robustness.report import Robustness

DAMAGES = ("noise", "missing", "units", "out_of_range", "blur", "rotation", "occlusion")
MEASURES = (
    *("flipped_within_budget", "lowest_decile_flip_distance", "median_flip_distance"),
    *(f"changed_by_{damage}" for damage in DAMAGES),
)
_POOL = 1_000
_MOST_ROWS = 5_000


@check("adversarial-robustness", version="1", kinds=("adversarial-robustness",), about=("model",), measures=MEASURES)
def adversarial_robustness(
    *,
    rows: int = 200,
    budget: float = 0.1,
    immutable: tuple[str, ...] = (),
    noise: float = 0.05,
    shape: tuple[int, ...] = (),
    strength: int = 1,
    hop_skip_jump: bool = False,
    least_rows: int = 30,
) -> Run:
    """Searches the smallest realistic change that flips each decision, and damages inputs as everyday life does.

    Rows come from ``against``. For tables a change costs the sum of its moves, each as a share of its column's usual
    spread (5th to 95th percentile), and 1 for another category; whole numbers stay whole, values stay within the
    data's range, ``immutable`` columns are left alone. ``flipped_within_budget`` is the share of rows that a change of
    at most ``budget`` flips. Every distance is an upper bound, confirmed by the model. ``hop_skip_jump`` searches once
    more with the Adversarial Robustness Toolbox. Damage: noise of ``noise`` spreads, a missing value, a unit mixed up,
    a value out of range. With a ``shape`` (height, width, and channels if more than one) rows are images: noise, blur,
    rotation and occlusion in three strengths; limits hold at ``strength``, as does ``flipped_within_budget``, the share
    that at least one of them flips.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        from upright.checks.robustness.images import images_robustness
        from upright.checks.robustness.report import tabular_robustness

        settings = _settings(rows, budget, immutable, noise, shape, strength, hop_skip_jump, least_rows)
        model = model_of(binding)
        source = named_table(binding, "against")
        table = table_for(model, source, context)
        seed = context.seed_of(binding)
        columns = sampled(table, model, seed, max(_POOL, rows))
        with opened(model, context) as session:
            if settings.shape:
                found = images_robustness(session, table, columns, settings, seed, context.progress)
            else:
                found = tabular_robustness(session, table, columns, settings, seed, context.progress)
            return _result(binding, found, tuple(unbounded(session)))

    return run


def _settings(
    rows: int,
    budget: float,
    immutable: tuple[str, ...],
    noise: float,
    shape: tuple[int, ...],
    strength: int,
    hop_skip_jump: bool,
    least: int,
) -> Settings:
    whole_option("rows", rows, 1, _MOST_ROWS)
    whole_option("strength", strength, 1, 3)
    for name, value in (("budget", budget), ("noise", noise)):
        if not 0.0 < value < 1e6:
            raise InputError(f"option {name} is {value:g}; expected a number above 0.", code="UP-CHECK-03")
    if shape and (len(shape) not in (2, 3) or min(shape) < 2 - (len(shape) == 3) or max(shape) > 4096):
        raise InputError(
            f"option shape is {list(shape)}; expected [height, width] or [height, width, channels].", code="UP-CHECK-03"
        )
    if shape and hop_skip_jump:
        raise InputError("option hop_skip_jump is for tables; take it out where there is a shape.", code="UP-CHECK-03")
    return Settings(
        rows=rows, budget=budget, immutable=immutable, noise=noise, shape=shape, strength=strength,
        hop_skip_jump=hop_skip_jump, least=least,
    )  # fmt: skip


def _result(binding: Binding, found: "Robustness", more: tuple[NotExamined, ...]) -> CheckResult:
    judgement = judge(found.judged, binding.limits, reported=found.reported)
    return CheckResult(
        result=judgement.result,
        measurements=judgement.measurements,
        reasons=judgement.reasons,
        not_examined=(*judgement.not_examined, *found.not_examined, *more),
        artefacts=found.artefacts,
    )

"""Does the model give away who was in its training data?"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from upright.checks.contract import Binding, CheckResult, Context, Run, TableSource, check
from upright.checks.inputs import model_of
from upright.checks.judge import judge
from upright.checks.model_rows import named_table, sampled, table_for, unbounded, whole_option
from upright.checks.models import opened
from upright.evidence.statement import NotExamined
from upright.kernel import InputError
from upright.measures.errors import MeasureInputError

if TYPE_CHECKING:
    from upright.checks.asking import ModelSession
    from upright.measures.estimate import Estimate

MEASURES = ("attack_auc", "attack_tpr")


@check("privacy-leakage", version="1", kinds=("privacy-leakage",), about=("model",), measures=MEASURES)
def privacy_leakage(
    *, rows: int = 1_000, shadows: int = 16, false_alarm_rate: float = 0.01, least_rows: int = 100
) -> Run:
    """Attacks the model with membership inference: can its answers tell who was in the training data?

    ``training`` names the rows that the model was trained on (members), ``against`` rows that it never saw; both carry
    the label. Attacks: loss threshold, confidence, modified entropy, and ``shadows`` copies of a scikit-learn model
    trained on halves of the rows. Each gives its AUC (0.5 is guessing) and the share of members found while at most
    ``false_alarm_rate`` of the others are taken for members. A limit holds for every attack, so for the best one too.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        whole_option("rows", rows, 1, 20_000)
        if shadows % 2 or not 0 <= shadows <= 256:
            raise InputError(f"option shadows is {shadows}; expected an even number up to 256.", code="UP-CHECK-03")
        if not 0.0 < false_alarm_rate < 0.5:
            raise InputError(
                f"option false_alarm_rate is {false_alarm_rate:g}; expected more than 0 and less than 0.5.",
                code="UP-CHECK-03",
            )
        model = model_of(binding)
        seed = context.seed_of(binding)
        sides = {}
        for part in ("training", "against"):
            source = named_table(binding, part)
            label = _label(source)
            columns = sampled(table_for(model, source, context, [label]), model, seed, rows, [label])
            sides[part] = columns, columns.pop(label) if label not in model.features else columns[label]
        with opened(model, context) as session:
            found, left = _attacked(session, sides, shadows, false_alarm_rate, least_rows, seed, context)
            judgement = judge(found, binding.limits)
            return judgement.as_result(*left, *unbounded(session))

    return run


def _label(source: TableSource) -> str:
    if source.columns.label is None:
        raise MeasureInputError(
            f"{source.ref} names no label, and these attacks compare the model with it. Set `columns: {{label: …}}`.",
            code="UP-MODEL-41",
        )
    return source.columns.label


def _attacked(
    session: "ModelSession",
    sides: Mapping[str, tuple[dict[str, list[Any]], list[Any]]],
    shadows: int,
    rate: float,
    least: int,
    seed: int,
    context: Context,
) -> tuple[list["Estimate"], list[NotExamined]]:
    import numpy as np

    from upright.checks.confined.columns import pick
    from upright.checks.privacy.membership import Pool, class_places, of_common_classes, shadow_signal, simple_signals
    from upright.measures.membership import attack_auc, attack_tpr

    (inside, inside_labels), (outside, outside_labels) = sides["training"], sides["against"]
    names = list(session.source.features)
    known = {repr((label, *(inside[name][at] for name in names))) for at, label in enumerate(inside_labels)}
    new = [
        at
        for at, label in enumerate(outside_labels)
        if repr((label, *(outside[name][at] for name in names))) not in known
    ]
    columns = {name: [*inside[name], *(outside[name][at] for at in new)] for name in names}
    labels = [*inside_labels, *(outside_labels[at] for at in new)]
    places = class_places(session, labels)
    kept = of_common_classes(places)
    pool = Pool(
        columns=pick(columns, kept), labels=[labels[at] for at in kept], classes=places[kept],
        members=int((kept < len(inside_labels)).sum()),
    )  # fmt: skip
    left = [
        NotExamined(
            what="rows of `against`", why="the same row is among those trained on", count=len(outside_labels) - len(new)
        ),
        NotExamined(what="rows", why="their label is unknown to the model or too rare", count=len(labels) - len(kept)),
    ]
    left = [one for one in left if one.count]
    if pool.members == 0 or pool.members == len(kept):
        raise MeasureInputError(
            "No row is left of the members or of the others, so they cannot be told apart.", code="UP-MODEL-42"
        )
    signals = simple_signals(session.matrix(pool.columns), pool.classes)
    if shadows and session.about.fits:
        signals["shadow models"] = shadow_signal(session, pool, shadows=shadows, seed=seed, progress=context.progress)
    elif shadows:
        why = f"a model of {session.about.library} cannot be trained anew here"
        left.append(NotExamined(what="the attack with shadow models", why=why, count=1))
    found = []
    for name, signal in signals.items():
        members, others = np.asarray(signal[: pool.members]), np.asarray(signal[pool.members :])
        found.append(attack_auc(members, others, group={"attack": name}, least=least))
        found.append(attack_tpr(members, others, rate=rate, group={"attack": name}, least=least))
    return found, left

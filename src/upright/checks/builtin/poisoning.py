"""Was the training data or the model tampered with?"""

from collections.abc import Mapping, Sequence
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

MEASURES = ("trigger_success", "suspected_flips", "changed_by_flips", "duplicated_share", "conflicting_labels")
_SURE = 0.95


@check("poisoning", version="1", kinds=("poisoning",), about=("model",), measures=MEASURES)
def poisoning(
    *,
    rows: int = 1_000,
    shape: tuple[int, ...] = (),
    flipped: float = 0.05,
    repeats: int = 3,
    immutable: tuple[str, ...] = (),
    least_rows: int = 30,
) -> Run:
    """Looks for a planted trigger, for labels that may have been flipped, and for rows of the test among the training.

    ``training`` names the rows that the model was trained on, ``against`` rows to test with; both carry the label.
    ``trigger_success`` is the share of rows that the best mark (a rare value, two together, or with a ``shape`` a small
    square in the image) sends to one decision while the same mark beside it does not; found on one half of the rows,
    measured on the other. ``suspected_flips`` is the share of training rows for which copies that never saw them are
    sure of another label, ``changed_by_flips`` how many decisions change when ``flipped`` of the labels are flipped;
    both train copies of a scikit-learn model. ``duplicated_share``: rows of ``against`` that are in ``training`` too;
    ``conflicting_labels``: training rows whose twin has another label.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        whole_option("rows", rows, 1, 20_000)
        whole_option("repeats", repeats, 1, 50)
        if not 0.0 < flipped < 0.5:
            raise InputError(
                f"option flipped is {flipped:g}; expected more than 0 and less than 0.5.", code="UP-CHECK-03"
            )
        model = model_of(binding)
        seed = context.seed_of(binding)
        sides: dict[str, tuple[dict[str, list[Any]], list[Any]]] = {}
        for part in ("training", "against"):
            source = named_table(binding, part)
            label = _label(source)
            columns = sampled(table_for(model, source, context, [label]), model, seed, rows, [label])
            sides[part] = {name: columns[name] for name in model.features}, columns[label]
        training = context.open_table(named_table(binding, "training"))
        with opened(model, context) as session:
            trigger, left = _trigger(session, training, sides, shape, immutable, least_rows, context)
            labels, more = _labels(session, sides, flipped, repeats, least_rows, seed, context)
            found = [*trigger, *labels, *_twins(sides)]
            judgement = judge(found, binding.limits)
            return judgement.as_result(*left, *more, *unbounded(session))

    return run


def _label(source: TableSource) -> str:
    if source.columns.label is None:
        raise MeasureInputError(
            f"{source.ref} names no label, on which this rests. Set `columns: {{label: …}}`.", code="UP-MODEL-41"
        )
    return source.columns.label


Sides = Mapping[str, tuple[dict[str, list[Any]], list[Any]]]


def _trigger(
    session: "ModelSession",
    table: Any,
    sides: Sides,
    shape: Sequence[int],
    immutable: Sequence[str],
    least: int,
    context: Context,
) -> tuple[list["Estimate"], list[NotExamined]]:
    from upright.checks.deciding import Decider
    from upright.checks.poison.triggers import asker, find_trigger, image_marks, table_marks
    from upright.checks.robustness.damage import changed_share
    from upright.checks.robustness.images import Pictures
    from upright.checks.robustness.space import space_of

    columns = sides["against"][0]
    if shape:
        pictures = Pictures(columns, session.source.features, shape)
        decider = Decider(session, pictures.columns(pictures.images))
        rows = pictures.images.reshape(len(pictures.images), -1)
        marks = image_marks(pictures)

        def look(flat: Any) -> Any:
            return decider.codes(pictures.columns(flat.reshape(-1, *pictures.shape)))

        asked: Any = look
        left: list[NotExamined] = []
    else:
        space = space_of(table, session.source.features, immutable)
        held = space.holding(columns)
        decider = Decider(session, columns)
        rows, asked = held.encode(columns), asker(held, decider)
        marks = table_marks(space, space.encode(sides["training"][0]))
        left = [
            NotExamined(what=f"triggers in {feature.name}", why=feature.why, count=len(rows))
            for feature in space.features
            if feature.kind == "fixed"
        ]
    found = find_trigger(asked, rows, asked(rows), marks, decider.names, lambda at, of: context.progress(at, 2 * of))
    if found is None:
        about = f"no mark to try among {len(marks)}"
        return [changed_share("trigger_success", 0, len(rows), method=about, least=least)], left
    about = f"best of {len(marks)} marks: {found.what}"
    return [changed_share("trigger_success", int(found.works.sum()), len(found.works), method=about, least=least)], left


def _labels(
    session: "ModelSession", sides: Sides, flipped: float, repeats: int, least: int, seed: int, context: Context
) -> tuple[list["Estimate"], list[NotExamined]]:
    from upright.checks.confined.columns import pick
    from upright.checks.poison.labels import changed_by_flips, held_out_probabilities, suspicious
    from upright.checks.privacy.membership import class_places, of_common_classes
    from upright.checks.robustness.damage import changed_share
    from upright.measures.paired import mean_difference

    if not session.about.fits or session.output != "predict_proba" or session.about.classes is None:
        why = f"a model of {session.about.library} with output {session.output} cannot be trained anew here"
        return [], [NotExamined(what="flipped labels", why=why, count=len(sides["training"][1]))]
    columns, labels = sides["training"]
    places = class_places(session, labels)
    kept = of_common_classes(places)
    rows, named = pick(columns, kept), [labels[int(at)] for at in kept]
    told = held_out_probabilities(
        session, rows, named, places[kept], seed=seed, progress=lambda at, of: context.progress(of + at, 2 * of)
    )
    doubted = suspicious(told, places[kept], _SURE)
    about = f"copies that never saw the row are at least {_SURE:g} sure of another label"
    shares = [changed_share("suspected_flips", int(doubted.sum()), len(doubted), method=about, least=least)]
    asked = sides["against"][0]
    changed = changed_by_flips(session, rows, named, asked, share=flipped, repeats=repeats, seed=seed)
    shares.append(mean_difference("changed_by_flips", changed, unit="share", least=least))
    missing = len(labels) - len(kept)
    left = [NotExamined(what="training rows", why="their label is unknown to the model or too rare", count=missing)]
    return shares, left if missing else []


def _twins(sides: Sides) -> list["Estimate"]:
    from upright.measures.estimate import exact

    def keys(part: str) -> list[str]:
        columns = sides[part][0]
        return [repr(row) for row in zip(*columns.values(), strict=True)]

    known: dict[str, set[str]] = {}
    for key, label in zip(keys("training"), sides["training"][1], strict=True):
        known.setdefault(key, set()).add(str(label))
    tested = keys("against")
    twice = sum(key in known for key in tested)
    torn = sum(len(known[key]) > 1 for key in keys("training"))
    trained = len(sides["training"][1])
    return [
        exact("duplicated_share", twice / len(tested), n=len(tested), unit="share"),
        exact("conflicting_labels", torn / trained, n=trained, unit="share"),
    ]

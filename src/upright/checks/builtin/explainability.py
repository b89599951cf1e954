"""What do the decisions rest on, is that answer stable, and does an explanation tell what the model does?"""

from typing import TYPE_CHECKING, Any

from upright.checks.contract import Binding, CheckResult, Context, Run, check
from upright.checks.inputs import model_of
from upright.checks.judge import judge
from upright.checks.model_rows import named_table, sampled, table_for, unbounded, whole_option
from upright.checks.models import opened
from upright.evidence.statement import NotExamined
from upright.measures.distinct import distinct
from upright.measures.errors import MeasureInputError

if TYPE_CHECKING:
    from upright.checks.asking import ModelSession

MEASURES = ("importance", "rank_stability", "fidelity")
_PERMUTED, _NATIVE = "permutation", "the model's own contributions (TreeSHAP)"
_SUBSETS, _OTHERS = 12, 8
_DEPENDENCE_ROWS = 200


@check("explainability", version="1", kinds=("explainability",), about=("model",), measures=MEASURES)
def explainability(
    *,
    rows: int = 500,
    repeats: int = 3,
    explained: int = 10,
    tested: int = 60,
    orders: int = 24,
    method: str = "auto",
    show_values: bool = False,
    least_rows: int = 30,
) -> Run:
    """Measures which features decide, how stable that ranking is, and how faithfully single decisions are explained.

    Rows come from ``against``. ``importance`` of a feature is how much the score moves when it comes from another row
    (``method: permutation``), or the mean size of its own contribution where XGBoost or LightGBM give one (``auto``).
    ``rank_stability`` compares the rankings from random halves of the rows. Single decisions are explained by Shapley
    values; ``fidelity`` is the correlation, over ``tested`` rows, between what an explanation says some features
    contribute and how the score falls without them. ``explained`` decisions and plots of importance and dependence are
    kept as files; values of rows are in them only with ``show_values``, and never where personal data is processed.
    """

    def run(binding: Binding, context: Context) -> CheckResult:
        for name, value, most in (("rows", rows, 20_000), ("repeats", repeats, 50), ("orders", orders, 1_000)):
            whole_option(name, value, 1, most)
        whole_option("explained", explained, 0, 1_000)
        whole_option("tested", tested, 1, 5_000)
        model = model_of(binding)
        source = named_table(binding, "against")
        seed = context.seed_of(binding)
        columns = sampled(table_for(model, source, context), model, seed, rows)
        show = show_values and binding.traits.get("personal_data") != "yes"
        with opened(model, context) as session:
            found = _Explaining(session, columns, seed, context).run(
                repeats=repeats, explained=explained, tested=tested, orders=orders, least=least_rows, show_values=show,
                native=_native(method, session),
            )  # fmt: skip
            estimates, artefacts = found
            judgement = judge(estimates, binding.limits)
            hidden = [
                NotExamined(what="values of rows in the files", why="personal data is processed", count=explained)
            ]
            return CheckResult(
                result=judgement.result,
                measurements=judgement.measurements,
                reasons=judgement.reasons,
                not_examined=(
                    *judgement.not_examined,
                    *(hidden if show_values and not show else ()),
                    *unbounded(session),
                ),
                artefacts=tuple(artefacts),
            )

    return run


def _native(method: str, session: "ModelSession") -> bool:
    if method not in ("auto", "permutation", "contributions"):
        raise MeasureInputError(
            f"method is {method!r}; expected auto, permutation or contributions.", code="UP-MODEL-50"
        )
    if method == "contributions" and not session.about.contributes:
        raise MeasureInputError(
            f"a model of {session.about.library} gives no contributions of its own; use permutation.",
            code="UP-MODEL-50",
        )
    return method != "permutation" and session.about.contributes


class _Explaining:
    """One run: the sample, the model, and what was drawn."""

    def __init__(self, session: "ModelSession", columns: dict[str, list[Any]], seed: int, context: Context) -> None:
        import numpy as np

        from upright.checks.explaining.mixing import Mixer

        self.session, self.seed, self.context = session, seed, context
        self.mixer = Mixer(columns, session.source.features)
        self.rng = np.random.default_rng(seed)
        if len(self.mixer.names) < 2:
            raise MeasureInputError(
                "The model reads one feature, so there is nothing to tell apart.", code="UP-MODEL-51"
            )
        whole = session.matrix(self.mixer.columns(np.arange(self.mixer.rows)))
        self.column = whole.argmax(axis=1) if whole.ndim == 2 else np.zeros(self.mixer.rows, dtype=np.int64)
        if whole.ndim == 2 and (whole.shape[1] == 2 or session.source.positive is not None):
            self.column[:] = session.positive_at(whole.shape[1])

    def score(self, columns: Any, rows: Any) -> Any:
        """Of each row the number that is explained: the positive class's score, or that of the row's own class."""
        import numpy as np

        found = self.session.matrix(columns)
        return found if found.ndim == 1 else found[np.arange(len(rows)), self.column[rows]]

    def run(
        self, *, repeats: int, explained: int, tested: int, orders: int, least: int, show_values: bool, native: bool
    ) -> tuple[list[Any], list[Any]]:
        import numpy as np

        from upright.checks.explaining.importance import importance_estimates, permuted_changes, rank_stability
        from upright.checks.explaining.mixing import Mixer
        from upright.checks.explaining.pages import decisions_page, dependence_pages, importance_page
        from upright.checks.explaining.shapley import fidelity, sampled_shapley

        mixer, progress = self.mixer, self.context.progress
        picked = np.arange(min(max(tested, explained), mixer.rows))
        if native:
            every = self.contributions(np.arange(mixer.rows))
            changes, unit, how = np.abs(every[:, :-1]), "margin", _NATIVE
            shares, start = every[picked, :-1], every[picked, -1]
        else:
            ask = self.session.matrix
            changes = permuted_changes(
                ask, mixer, repeats=repeats, rng=self.rng, progress=lambda done, of: progress(done, 2 * of)
            )
            unit, how = "change of the score", _PERMUTED
            shares, start = sampled_shapley(self.score, mixer, picked, orders=orders, rng=self.rng)
        estimates = importance_estimates(changes, mixer.names, method=how, unit=unit, least=least)
        held = picked[:tested]
        told = self.margin if native else self.score
        true = fidelity(
            told, mixer, held, shares[:tested], subsets=_SUBSETS, others=_OTHERS, seed=self.seed, least=least
        )
        order = [mixer.names[at] for at in np.argsort(-changes.mean(axis=0), kind="stable")]
        few = Mixer(mixer.columns(np.arange(min(_DEPENDENCE_ROWS, mixer.rows))), mixer.names)
        shown = picked[:explained]
        columns = mixer.columns(shown)
        decisions = self.session.decisions(columns) if len(shown) else []
        asked = self.session.scores if self.is_single else self.session.matrix
        artefacts = [
            importance_page(estimates, unit),
            *dependence_pages(asked, few, order, show_values=show_values),
            decisions_page(
                mixer, shown.tolist(), shares[:explained], start[:explained], decisions=decisions,
                method="TreeSHAP" if native else f"Shapley values from {orders} orders", show_values=show_values,
            ),
        ]  # fmt: skip
        progress(1, 1)
        return [rank_stability(changes, rng=self.rng, least=least), true, *estimates], artefacts

    @property
    def is_single(self) -> bool:
        """One class is the positive one."""
        return self.session.source.positive is not None or len(self.session.about.classes or (0, 1)) <= 2

    def contributions(self, rows: Any) -> Any:
        """The model's own, of the class that is explained, in the order of the features."""
        import numpy as np

        columns = self.mixer.columns(rows)
        classes = len(self.session.about.classes or (0, 1))
        found: Any = None
        for at in distinct(self.column[rows]) if classes > 2 else [0]:
            part = self.session.contributions(columns, of=int(at) if classes > 2 else None)
            if found is None:
                found = part.copy()
            chosen = self.column[rows] == at if classes > 2 else np.ones(len(rows), dtype=bool)
            found[chosen] = part[chosen]
        if classes <= 2 and self.column[0] == 0 and self.session.about.classes is not None:
            found = -found  # the library explains the second class
        names = list(self.session.about.names)
        order = [names.index(name) for name in self.mixer.names]
        return found[:, [*order, found.shape[1] - 1]]

    def margin(self, columns: Any, rows: Any) -> Any:
        """The score on the scale on which contributions add up."""
        import numpy as np

        score = self.score(columns, rows)
        if self.session.output != "predict_proba":
            return score
        held = np.clip(score, 1e-9, 1 - 1e-9)
        return np.log(held) - np.log1p(-held)

"""Decisions of a model as codes, with a number that says how near another decision is where the model gives one."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from upright.checks.asking import Codes, Floats, ModelSession
from upright.checks.confined.columns import pick, rows_of
from upright.measures.errors import MeasureInputError
from upright.measures.values import value_text

_TRIED = 200


class Decider:
    """Asks a model for decisions: by its threshold, by its most probable class, or by its own labels.

    The most probable class is used only where it agrees with the model's own labels on the ``trial`` rows, as a label
    alone does not say how near the next decision is.

    Raises:
        MeasureInputError: the model predicts numbers, and no threshold makes decisions of them.
    """

    def __init__(self, session: ModelSession, trial: Mapping[str, Any]) -> None:
        self.session = session
        self.names: list[str] = []
        self._codes: dict[str, int] = {}
        self.mode = self._mode(pick(trial, slice(0, _TRIED)))

    def _mode(self, trial: Mapping[str, Any]) -> str:
        session = self.session
        is_number = session.output == "predict" and session.about.classes is None
        if session.source.threshold is not None and (session.output != "predict" or is_number):
            self.names = ["negative", "positive"]
            return "threshold"
        if is_number and any(isinstance(label, float) for label in session.labels(trial)):
            raise MeasureInputError(
                f"{session.source.ref} predicts numbers, and no threshold says which of them decide otherwise. Set "
                "`threshold` of the model.",
                code="UP-MODEL-30",
            )
        if session.output == "predict" or session.about.classes is None:
            return "labels"
        self.names = [value_text(value) for value in session.about.classes]
        found = session.matrix(trial)
        if found.ndim != 2 or found.shape[1] != len(self.names):
            return self._by_labels()
        likely = [self.names[at] for at in found.argmax(axis=1)]
        agrees = likely == [value_text(label) for label in session.labels(trial)]
        return "likeliest" if agrees else self._by_labels()

    def _by_labels(self) -> str:
        self.names = []
        return "labels"

    def ask(self, columns: Mapping[str, Any]) -> tuple[Codes, Floats | None]:
        """A code for each row, and the scores behind it: (rows, decisions), the largest decides; None for labels."""
        if self.mode == "threshold":
            over = self.session.scores(columns) - float(self.session.source.threshold or 0.0)
            return (over >= 0.0).astype(np.int64), np.column_stack([-over, over])
        if self.mode == "likeliest":
            found = self.session.matrix(columns)
            return found.argmax(axis=1).astype(np.int64), found
        labels = [value_text(label) for label in self.session.labels(columns)]
        for label in labels:
            if label not in self._codes:
                self._codes[label] = len(self.names)
                self.names.append(label)
        return np.array([self._codes[label] for label in labels], dtype=np.int64), None

    def codes(self, columns: Mapping[str, Any]) -> Codes:
        """The decisions alone."""
        return self.ask(columns)[0] if rows_of(columns) else np.empty(0, dtype=np.int64)


def nearness(scores: Floats, codes: Codes) -> Floats:
    """How near each row is to another decision than its code: 0 at the border, negative before it."""
    rows = np.arange(len(codes))
    others = scores.copy()
    others[rows, codes] = -np.inf
    found: Floats = others.max(axis=1) - scores[rows, codes]
    return found

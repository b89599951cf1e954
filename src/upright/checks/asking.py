"""Asking a model that a sandboxed child holds: scores, labels and decisions for rows given as columns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from upright.checks.confined.columns import LABEL, ColumnError, Columns, as_column, pack, pick, rows_of, unpack
from upright.checks.contract import ModelSource
from upright.checks.sandbox import Child, ConfinedError
from upright.measures.errors import MeasureInputError
from upright.measures.values import is_value, value_text

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
_BYTES_AT_ONCE = 1 << 24
_MOST_CLASSES = 10_000
_BROUGHT_BY = {"art": "'upright[robustness]'", "sklearn": "'upright[models]'"}


class AskingError(MeasureInputError):
    """The model did not answer, or with something else than was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What the child says of the model. ``names`` are the columns it reads; ``classes`` ``None`` where not known."""

    library: str
    names: tuple[str, ...]
    classes: tuple[Any, ...] | None
    outputs: tuple[str, ...]
    fits: bool
    contributes: bool


class ModelSession:
    """A loaded model. Rows are columns: name to a NumPy array or a list of plain values, of equal length.

    Every method raises AskingError where the model fails, is stopped, or answers with the wrong number of rows.
    """

    def __init__(self, source: ModelSource, child: Child, about: Any) -> None:
        self.source, self._child = source, child
        self.about = _about(about)
        self.rows_asked = 0

    @property
    def is_alive(self) -> bool:
        """It can still be asked."""
        return self._child.is_alive

    @property
    def notes(self) -> tuple[str, ...]:
        """Which protection this machine lacks."""
        return self._child.notes

    @property
    def output(self) -> str:
        """What a score of this model is: the manifest's word, else the best that it has."""
        return self.source.output or (self.about.outputs[0] if self.about.outputs else "predict")

    def meaning(self, source: ModelSource) -> "ModelSession":
        """The same child, with another positive class or threshold."""
        return self if source == self.source else ModelSession(source, self._child, _as_json(self.about))

    def close(self) -> None:
        """Ends the child."""
        self._child.close()

    def matrix(self, columns: Mapping[str, Any], *, slot: str = "") -> Floats:
        """Scores of each row: (rows,) for one number, (rows, classes) for several."""
        parts = []
        for part in self._pieces(columns):
            head, numbers = self._numbers({"op": "score", "output": self.output, "slot": slot}, part)
            parts.append(numbers)
            if self.about.classes is None and head.get("classes") is not None:
                self.about = _about({**_as_json(self.about), "classes": head["classes"]})
        return np.concatenate(parts)

    def scores(self, columns: Mapping[str, Any], *, slot: str = "") -> Floats:
        """One number for each row: of several, the positive class's."""
        found = self.matrix(columns, slot=slot)
        return found if found.ndim == 1 else found[:, self.positive_at(found.shape[1])]

    def labels(self, columns: Mapping[str, Any], *, slot: str = "") -> list[Any]:
        """What the model itself decides of each row."""
        found: list[Any] = []
        for part in self._pieces(columns):
            head, body = self._ask({"op": "label", "slot": slot}, part)
            labels = _unpacked(head, body).get("labels")
            if labels is None or len(labels) != rows_of(part):
                raise AskingError("the model gave another number of results than rows", code="UP-MODEL-20")
            found += labels.tolist() if isinstance(labels, np.ndarray) else labels
        return found

    def decisions(self, columns: Mapping[str, Any], *, slot: str = "") -> list[str]:
        """The decision on each row as text: with a threshold ``positive`` or ``negative``, else the label."""
        threshold = self.source.threshold
        if threshold is None or self.output == "predict":
            return [value_text(label) for label in self.labels(columns, slot=slot)]
        is_positive = self.scores(columns, slot=slot) >= float(threshold)
        return ["positive" if one else "negative" for one in is_positive]

    def contributions(self, columns: Mapping[str, Any], *, of: int | None = None) -> Floats:
        """The model's own additive contributions to its margin, one for each name, and the base value last."""
        parts = [self._numbers({"op": "contribute", "of": of}, part)[1] for part in self._pieces(columns)]
        found = np.concatenate(parts)
        if found.ndim != 2 or found.shape[1] != len(self.about.names) + 1:
            raise AskingError("the contributions are not one for each feature", code="UP-MODEL-20")
        return found

    def fit(self, columns: Mapping[str, Any], labels: Sequence[Any], *, slot: str, seed: int) -> None:
        """Trains an unfitted copy of the model on these rows; it is asked by its ``slot``, and gone with ``drop``."""
        if not self.about.fits:
            raise AskingError(f"a model of {self.about.library} cannot be trained anew here", code="UP-MODEL-21")
        told = {**self._read(columns), LABEL: as_column(labels)}
        self._ask({"op": "fit", "slot": slot, "seed": seed % 2**32}, told)

    def drop(self, slots: Iterable[str]) -> None:
        """Forgets fitted copies."""
        for slot in slots:
            self._ask({"op": "drop", "slot": slot}, {})

    def ask(self, request: Mapping[str, Any], columns: Mapping[str, Any]) -> Floats:
        """Another request of the task, answered with numbers."""
        return self._numbers(dict(request), self._read(columns))[1]

    def positive_at(self, width: int) -> int:
        """Which of ``width`` columns is the positive class."""
        classes = range(width) if self.about.classes is None else self.about.classes
        positive = self.source.positive
        if positive is None:
            if width == 2:
                return 1
            raise AskingError(
                f"the model knows {width} classes; name the positive one in the manifest", code="UP-MODEL-22"
            )
        for at, value in enumerate(classes):
            if at < width and is_value(positive, value):
                return at
        shown = [value_text(value) for value in list(classes)[:20]]
        raise AskingError(
            f"the model does not know the positive class {positive!r}; it knows {', '.join(shown)}", code="UP-MODEL-22"
        )

    def _read(self, columns: Mapping[str, Any]) -> Columns:
        """The columns that the model reads; one that is not there it names itself."""
        wanted = {*self.about.names, *self.source.features}
        return {name: as_column(values) for name, values in columns.items() if name in wanted}

    def _pieces(self, columns: Mapping[str, Any]) -> Iterable[Columns]:
        whole = self._read(columns)
        rows = rows_of(whole)
        sizes = (one.nbytes // max(rows, 1) if isinstance(one, np.ndarray) else 64 for one in whole.values())
        width = sum(sizes)
        step = max(1, _BYTES_AT_ONCE // max(width, 1))
        for start in range(0, max(rows, 1), step):
            yield whole if rows <= step else pick(whole, slice(start, start + step))

    def _numbers(self, request: dict[str, Any], columns: Columns) -> tuple[dict[str, Any], Floats]:
        head, body = self._ask(request, columns)
        numbers = _unpacked(head, body).get("numbers")
        if not isinstance(numbers, np.ndarray) or len(numbers) != rows_of(columns):
            raise AskingError("the model gave another number of results than rows", code="UP-MODEL-20")
        return head, numbers.astype(np.float64)

    def _ask(self, request: dict[str, Any], columns: Columns) -> tuple[dict[str, Any], memoryview]:
        layout, buffers = pack(columns)
        self.rows_asked += rows_of(columns) if columns else 0
        try:
            head, body = self._child.ask({**request, "layout": layout}, buffers)
        except ConfinedError as why:
            how = _BROUGHT_BY.get(why.needs, why.needs)
            needs = f"; it needs {why.needs}, which is not installed here: pip install {how}" if why.needs else ""
            said = f" ({why.errors.splitlines()[-1][:200]})" if why.errors and not why.needs else ""
            raise AskingError(f"the model did not answer: {why.why}{said}{needs}", code="UP-MODEL-23") from None
        if not isinstance(head, dict):
            raise AskingError("the model's answer is not of the agreed form", code="UP-MODEL-20")
        return head, body


def _unpacked(head: Mapping[str, Any], body: memoryview) -> Columns:
    try:
        return unpack(head.get("layout", []), body)
    except ColumnError as why:
        raise AskingError(f"the model's answer is not of the agreed form: {why}", code="UP-MODEL-20") from None


def _about(value: Any) -> About:
    """What the child says of itself, held to its form: it comes from a process that ran the model's code."""
    try:
        classes = value["classes"]
        names, outputs = ([str(one) for one in value[key]] for key in ("names", "outputs"))
        if classes is not None and (not isinstance(classes, list | tuple) or len(classes) > _MOST_CLASSES):
            raise TypeError("classes")
        return About(
            library=str(value["library"])[:100],
            names=tuple(names),
            classes=None if classes is None else tuple(classes),
            outputs=tuple(outputs),
            fits=bool(value["fits"]),
            contributes=bool(value["contributes"]),
        )
    except (KeyError, TypeError) as why:
        raise AskingError(f"the model does not say what it is ({why})", code="UP-MODEL-20") from None


def _as_json(about: About) -> dict[str, Any]:
    return {name: getattr(about, name) for name in ("library", "names", "classes", "outputs", "fits", "contributes")}

"""The search for a trigger that shares requests, against one request for each mark and each control."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from upright.checks.poison import triggers
from upright.checks.poison.triggers import find_trigger, table_marks
from upright.checks.robustness.space import Feature, Space

NAMES = ["no", "yes"]
Ask = Callable[[Any], Any]


def one_by_one(ask: Ask, rows: Any, codes: Any, marks: list[Any]) -> tuple[str, str, list[bool]] | None:
    """The best mark of the even rows on the odd ones, said with plain loops."""

    def works(mark: Any, target: int, at: int) -> bool:
        row = rows[at : at + 1]
        return ask(mark.place(row))[0] == target and all(ask(side(row))[0] != target for side in mark.controls)

    best = None
    for mark in marks:
        for target in sorted({int(ask(mark.place(rows[at : at + 1]))[0]) for at in range(0, len(rows), 2)}):
            left = [at for at in range(0, len(rows), 2) if codes[at] != target]
            if len(left) >= 5:
                share = sum(works(mark, target, at) for at in left) / len(left)
                if best is None or share > best[0]:
                    best = share, mark, target
    if best is None:
        return None
    _, mark, target = best
    tested = [at for at in range(1, len(rows), 2) if codes[at] != target]
    return mark.what, NAMES[target], [works(mark, target, at) for at in tested]


@pytest.mark.parametrize("numbers_at_once", [1, 200, 1 << 17])
def test_marks_that_share_a_request_are_judged_as_each_would_be_alone(
    monkeypatch: pytest.MonkeyPatch, numbers_at_once: int
) -> None:
    monkeypatch.setattr(triggers, "_NUMBERS_AT_ONCE", numbers_at_once)
    rng = np.random.default_rng(5)
    space = Space(tuple(Feature(name=name, kind="whole", low=0.0, high=40.0, scale=30.0) for name in "abc"))
    training = rng.integers(0, 40, (300, 3)).astype(float)
    rows = rng.integers(0, 40, (40, 3)).astype(float)
    marks = table_marks(space, training)
    assert len(marks) > 20
    planted = next(iter(np.unique(marks[7].place(rows)[:, 0])))
    for decides in (
        lambda at: (at[:, 0] + at[:, 1] > 40) | (at[:, 0] == planted),
        lambda at: at[:, 1] * at[:, 2] > 300,
        lambda at: np.zeros(len(at), dtype=bool),
    ):

        def ask(at: Any, decides: Callable[[Any], Any] = decides) -> Any:
            return decides(at).astype(np.int64)

        told: list[tuple[int, int]] = []
        found = find_trigger(ask, rows, ask(rows), marks, NAMES, lambda at, of, told=told: told.append((at, of)))
        said = None if found is None else (found.what, found.decision, found.works.tolist())
        assert said == one_by_one(ask, rows, ask(rows), marks)
        assert told == [(at + 1, len(marks)) for at in range(len(marks))]


def test_marks_share_requests_up_to_a_bound_of_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(triggers, "_NUMBERS_AT_ONCE", 600)
    space = Space(tuple(Feature(name=name, kind="whole", low=0.0, high=40.0, scale=30.0) for name in "abc"))
    rng = np.random.default_rng(6)
    rows = rng.integers(0, 40, (20, 3)).astype(float)
    marks = table_marks(space, rng.integers(0, 40, (300, 3)).astype(float))
    sizes: list[int] = []

    def ask(at: Any) -> Any:
        sizes.append(at.size)
        return (at[:, 0] > 20).astype(np.int64)

    find_trigger(ask, rows, ask(rows), marks, NAMES, lambda _at, _of: None)
    asked = sizes[1:-1]  # the first decides the rows, the last tests the best mark
    assert max(asked) <= 600
    assert sum(asked) == sum(1 + len(mark.controls) for mark in marks) * 30
    assert len(asked) < len(marks)

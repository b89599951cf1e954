"""An image model's robustness: the share of images whose decision everyday damage changes."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from upright.checks.asking import ModelSession
from upright.checks.confined.columns import as_column, pick, rows_of
from upright.checks.deciding import Decider
from upright.checks.robustness.damage import changed_share
from upright.checks.robustness.pictures import CHANGES, STRENGTHS, Images, Range
from upright.checks.robustness.report import Robustness
from upright.measures.errors import MeasureInputError

if TYPE_CHECKING:
    from ibis.expr.types import Table

    from upright.checks.robustness.settings import Settings
    from upright.measures.estimate import Estimate


class Pictures:
    """Images as the columns of a table: one column for each pixel, or one column of lists."""

    def __init__(self, columns: Mapping[str, Sequence[Any]], names: Sequence[str], shape: Sequence[int]) -> None:
        self.names = tuple(names)
        self.shape = (*shape, 1) if len(shape) == 2 else tuple(shape)
        parts = [np.asarray(as_column(columns[name])) for name in self.names]
        if any(part.dtype.kind not in "fiub" for part in parts):
            raise MeasureInputError("An image holds something else than numbers.", code="UP-MODEL-35")
        self.widths = [1 if part.ndim == 1 else part.shape[1] for part in parts]
        self.flat = [part.ndim == 1 for part in parts]
        numbers = np.concatenate([part.reshape(len(part), -1) for part in parts], axis=1).astype(np.float64)
        size = int(np.prod(self.shape))
        if numbers.shape[1] != size:
            raise MeasureInputError(
                f"The features give {numbers.shape[1]} numbers for each row, and the shape {list(shape)} has {size}.",
                code="UP-MODEL-35",
            )
        if not np.isfinite(numbers).all():
            raise MeasureInputError("An image has a missing or infinite pixel.", code="UP-MODEL-35")
        self.images: Images = numbers.reshape(len(numbers), *self.shape)
        self.light = Range(float(numbers.min()), float(numbers.max()))

    def columns(self, images: Images) -> dict[str, Any]:
        """Images as the model reads them."""
        numbers = images.reshape(len(images), -1)
        ends = np.cumsum(self.widths)[:-1]
        parts = np.split(numbers, ends, axis=1)
        return {
            name: part[:, 0] if flat else part
            for name, part, flat in zip(self.names, parts, self.flat, strict=True)
        }  # fmt: skip


def images_robustness(
    session: ModelSession,
    _table: "Table",
    columns: Mapping[str, Sequence[Any]],
    asked: "Settings",
    seed: int,
    progress: Callable[[int, int], None],
) -> Robustness:
    """Damages a seeded part of the sampled images, each once in each way and strength."""
    rng = np.random.default_rng(seed)
    chosen = np.sort(rng.permutation(rows_of(columns))[: asked.rows])
    pictures = Pictures(pick(columns, chosen), session.source.features, asked.shape)
    decider = Decider(session, pictures.columns(pictures.images))
    codes = decider.codes(pictures.columns(pictures.images))
    judged: list[Estimate] = []
    reported: list[Estimate] = []
    within = np.zeros(len(codes), dtype=bool)
    for at, (name, change) in enumerate(CHANGES.items()):
        for strength in STRENGTHS:
            moved = change(pictures.images, strength, pictures.light, rng)
            changed = decider.codes(pictures.columns(moved)) != codes
            if strength <= asked.strength:
                within |= changed
            about = f"strength {strength} of 3: {(change.__doc__ or '').splitlines()[0].rstrip('.').lower()}"
            share = changed_share(
                name, int(changed.sum()), len(codes), method=about, least=asked.least, strength=str(strength)
            )
            (judged if strength == asked.strength else reported).append(share)
        progress(at + 1, len(CHANGES))
    about = f"flipped by noise, blur, rotation or occlusion up to strength {asked.strength} of 3"
    total = changed_share("flipped_within_budget", int(within.sum()), len(codes), method=about, least=asked.least)
    return Robustness(judged=(total, *judged), reported=tuple(reported))

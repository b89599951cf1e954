"""Everyday damage to images: noise, blur, rotation, occlusion, each in three strengths."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Images = npt.NDArray[np.float64]
"""Shape (images, height, width, channels)."""

STRENGTHS = (1, 2, 3)
_NOISE, _BLUR, _ANGLE, _HIDDEN = (0.04, 0.08, 0.16), (0.04, 0.07, 0.12), (5.0, 10.0, 20.0), (0.15, 0.25, 0.4)


@dataclass(frozen=True, slots=True)
class Range:
    """The darkest and the brightest value of the data."""

    low: float
    high: float


def noisy(images: Images, strength: int, light: Range, rng: np.random.Generator) -> Images:
    """Gaussian noise of 4, 8 or 16 % of the range, kept inside it."""
    sigma = _NOISE[strength - 1] * (light.high - light.low)
    return np.clip(images + rng.standard_normal(images.shape) * sigma, light.low, light.high)


def blurred(images: Images, strength: int, _light: Range, _rng: np.random.Generator) -> Images:
    """A Gaussian blur whose sigma is 4, 7 or 12 % of the shorter side; beyond the edge the edge goes on."""
    return gaussian(images, _BLUR[strength - 1] * min(images.shape[1:3]))


def gaussian(images: Images, sigma: float) -> Images:
    """A separable Gaussian filter, cut at 4 sigma, edges repeated.

    Checked: against SciPy's ``gaussian_filter(mode="nearest")``.
    """
    reach = int(4.0 * sigma + 0.5)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    found = images
    for axis in (1, 2):
        sides = [(reach, reach) if at == axis else (0, 0) for at in range(4)]
        wide = np.pad(found, sides, mode="edge")
        size = found.shape[axis]
        parts = [w * np.take(wide, range(at, at + size), axis=axis) for at, w in enumerate(weights)]
        found = np.sum(parts, axis=0)
    return found


def rotated(images: Images, strength: int, light: Range, rng: np.random.Generator) -> Images:
    """By 5, 10 or 20 degrees to either side."""
    turns = _ANGLE[strength - 1] * rng.choice((-1.0, 1.0), len(images))
    return np.stack([rotate(image, float(turn), light.low) for image, turn in zip(images, turns, strict=True)])


def rotate(image: Images, degrees: float, outside: float) -> Images:
    """One image about its centre, bilinear; what comes from beyond the edge is ``outside``.

    Checked: against SciPy's ``rotate(reshape=False, order=1)``.
    """
    height, width = image.shape[:2]
    angle = np.deg2rad(degrees)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    from_y = np.cos(angle) * y + np.sin(angle) * x + (height - 1) / 2
    from_x = -np.sin(angle) * y + np.cos(angle) * x + (width - 1) / 2
    inside = (from_y >= -1e-9) & (from_y <= height - 1 + 1e-9) & (from_x >= -1e-9) & (from_x <= width - 1 + 1e-9)
    top, left = (np.clip(np.floor(one), 0, size - 2).astype(int) for one, size in ((from_y, height), (from_x, width)))
    down, right = (np.clip(one - corner, 0, 1)[..., None] for one, corner in ((from_y, top), (from_x, left)))
    found = image[top, left] * (1 - down) * (1 - right) + image[top, left + 1] * (1 - down) * right
    found += image[top + 1, left] * down * (1 - right) + image[top + 1, left + 1] * down * right
    return np.where(inside[..., None], found, outside)


def occluded(images: Images, strength: int, light: Range, rng: np.random.Generator) -> Images:
    """A square of 15, 25 or 40 % of the shorter side, anywhere, in the middle of the range."""
    height, width = images.shape[1:3]
    side = max(1, round(_HIDDEN[strength - 1] * min(height, width)))
    found = images.copy()
    for image in found:
        top, left = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
        image[top : top + side, left : left + side] = (light.low + light.high) / 2
    return found


Change = Callable[[Images, int, Range, np.random.Generator], Images]
CHANGES: dict[str, Change] = {
    "changed_by_noise": noisy,
    "changed_by_blur": blurred,
    "changed_by_rotation": rotated,
    "changed_by_occlusion": occluded,
}

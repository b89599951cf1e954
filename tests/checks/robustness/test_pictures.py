"""Filters of images against SciPy's."""

import numpy as np
import pytest
from scipy import ndimage

from upright.checks.robustness.pictures import CHANGES, STRENGTHS, Range, gaussian, rotate

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("sigma", [0.3, 0.8, 2.0])
def test_the_blur_is_a_gaussian_filter(sigma: float) -> None:
    images = RNG.random((2, 9, 12, 3))
    expected = np.stack([ndimage.gaussian_filter(one, (sigma, sigma, 0), mode="nearest") for one in images])
    np.testing.assert_allclose(gaussian(images, sigma), expected, atol=1e-12)


@pytest.mark.parametrize("degrees", [5.0, -20.0, 90.0])
def test_the_rotation_is_bilinear_about_the_centre(degrees: float) -> None:
    image = RNG.random((9, 9, 1))
    turned = rotate(image, degrees, 0.0)[..., 0]
    expected = ndimage.rotate(image[..., 0], degrees, reshape=False, order=1, cval=0.0, prefilter=False)
    inner = np.s_[2:-2, 2:-2]
    np.testing.assert_allclose(turned[inner], expected[inner], atol=1e-9)


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_damage_keeps_the_shape_and_the_range_and_grows_with_its_strength(name: str) -> None:
    images = RNG.random((40, 8, 8, 1))
    light = Range(0.0, 1.0)
    sizes = []
    for strength in STRENGTHS:
        found = CHANGES[name](images, strength, light, np.random.default_rng(1))
        assert found.shape == images.shape
        assert found.min() >= -1e-12
        assert found.max() <= 1.0 + 1e-12
        sizes.append(float(np.abs(found - images).mean()))
    assert 0.0 < sizes[0] < sizes[1] < sizes[2]

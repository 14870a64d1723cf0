from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask


def test_zero_mean_unit_variance_inside_zero_outside() -> None:
    array = np.random.default_rng(0).normal(400, 90, (6, 7, 8)).astype(np.int16)
    mask = np.zeros(array.shape, np.uint8)
    mask[1:5, 2:6, 1:7] = 1
    result = zscore_in_mask(array, mask)
    assert result.dtype == np.float32
    assert result[mask > 0].mean() == pytest.approx(0, abs=1e-5)
    assert result[mask > 0].std() == pytest.approx(1, abs=1e-5)
    assert not result[mask == 0].any()


def test_flat_or_unmasked_image_gives_zeros_not_nan() -> None:
    flat = np.full((3, 3, 3), 7.0)
    assert not zscore_in_mask(flat, np.ones_like(flat)).any()
    assert not zscore_in_mask(flat, np.zeros_like(flat)).any()


def test_other_shape_is_an_error() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        zscore_in_mask(np.zeros((3, 3, 3)), np.zeros((3, 3, 4)))

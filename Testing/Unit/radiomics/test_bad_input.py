"""What cannot be computed is refused with a remedy, or is NaN with a reason."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

AFFINE = np.diag([1.0, 1.0, 2.0, 1.0])


@pytest.fixture
def image():
    return Volume(np.arange(6 * 6 * 6, dtype=np.float32).reshape(6, 6, 6), AFFINE, "image")


@pytest.fixture
def mask():
    array = np.zeros((6, 6, 6), dtype=np.uint8)
    array[1:5, 1:5, 1:4] = 1
    return Volume(array, AFFINE, "mask")


def test_empty_mask(image, mask):
    with pytest.raises(RefusedInput, match="mask is empty"):
        extract(image, mask.with_array(np.zeros_like(mask.array)))


def test_absent_label_lists_those_present(image, mask):
    with pytest.raises(RefusedInput, match=r"label 4 is not in the mask \(found labels 1\)"):
        extract(image, mask, label=4)


def test_other_size(image):
    with pytest.raises(RefusedInput, match="different numbers of voxels"):
        extract(image, Volume(np.ones((6, 6, 5), dtype=np.uint8), AFFINE))


def test_other_place_is_given_in_mm(image, mask):
    moved = AFFINE.copy()
    moved[:3, 3] = (0, 3, 4)
    with pytest.raises(RefusedInput, match="up to 5 mm apart"):
        extract(image, Volume(mask.array, moved))


def test_geometry_tolerance_allows_it(image, mask):
    moved = AFFINE.copy()
    moved[0, 3] = 0.01
    shifted = Volume(mask.array, moved)
    assert extract(image, shifted, settings=RadiomicsSettings(geometryTolerance=0.1)) == extract(image, mask)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_not_finite_inside_is_refused_outside_is_not(image, mask, bad):
    array = image.array.copy()
    array[0, 0, 0] = bad
    assert extract(image.with_array(array), mask) == extract(image, mask)
    array[2, 2, 2] = bad
    with pytest.raises(RefusedInput, match="1 of 48 voxels"):
        extract(image.with_array(array), mask)


def test_image_without_numbers(image, mask):
    with pytest.raises(RefusedInput, match="without numbers"):
        extract(image.with_array(image.array.astype(np.complex64)), mask)


def test_too_many_levels(image, mask):
    with pytest.raises(RefusedInput, match="grey levels, more than 10000"):
        extract(image, mask, settings=RadiomicsSettings(binWidth=0.001))


def test_constant_image_cannot_be_normalised(image, mask):
    with pytest.raises(RefusedInput, match="standard deviation 0"):
        extract(image.with_array(np.ones_like(image.array)), mask, settings=RadiomicsSettings(normalize=True))


def test_thresholds_that_leave_nothing(image, mask):
    with pytest.raises(RefusedInput, match="leaves 0 of 48 voxels"):
        extract(image, mask, settings=RadiomicsSettings(resegmentRange=(1e6, 2e6)))


@pytest.mark.parametrize(
    ("box", "settings", "reason"),
    [
        ((1, 1, 1), RadiomicsSettings(), "single voxel"),
        ((3, 1, 1), RadiomicsSettings(), "1 dimension"),
        ((3, 3, 1), RadiomicsSettings(minimumROISize=9), "9 voxels"),
    ],
)
def test_region_too_small_is_nan_with_reason(image, mask, box, settings, reason):
    array = np.zeros_like(mask.array)
    array[: box[0], : box[1], : box[2]] = 1
    rows = extract(image, mask.with_array(array), settings=settings)
    assert len(rows) == 107
    assert all(math.isnan(value) and reason in why for _, value, why in rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"binWidth": 0},
        {"binCount": 0},
        {"label": 0},
        {"distances": ()},
        {"weightingNorm": "cosine"},
        {"force2Ddimension": 3},
        {"minimumROIDimensions": 4},
        {"resegmentRange": (1, 2, 3)},
        {"resegmentMode": "percent"},
    ],
)
def test_settings_out_of_range(image, mask, wrong):
    with pytest.raises(RefusedInput, match=next(iter(wrong))):
        extract(image, mask, settings=replace(RadiomicsSettings(), **wrong))


def test_several_labels_are_one_region(image, mask):
    array = mask.array.copy()
    array[3:5][array[3:5] > 0] = 4
    assert extract(image, mask.with_array(array), label=(1, 4)) == extract(image, mask)

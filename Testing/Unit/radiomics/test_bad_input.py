"""What cannot be computed is refused with a remedy, or is NaN with a reason."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.command import features_table
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.filters.options import ImageType
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


def test_mismatch_offers_the_fix(image, mask):
    moved = AFFINE.copy()
    moved[:3, 3] = (1, 0, 0)
    shifted = Volume(mask.array, moved, "mask")
    with pytest.raises(RefusedInput, match=r"up to 1 mm apart; set correctMask to bring the mask to the grid of image"):
        extract(image, shifted)
    fixed = extract(image, shifted, settings=RadiomicsSettings(correctMask=True))
    expected = extract(image, mask.with_array(np.roll(mask.array, 1, axis=0)))
    assert fixed == expected


@pytest.mark.parametrize(
    "settings",
    [
        RadiomicsSettings(),
        RadiomicsSettings(correctMask=True),
        RadiomicsSettings(preCrop=True),
        RadiomicsSettings(resampledPixelSpacing=(1, 1, 1)),
    ],
)
def test_mask_outside_the_image(image, mask, settings):
    moved = AFFINE.copy()
    moved[:3, 3] = (50, 0, 0)
    with pytest.raises(RefusedInput, match=r"50 mm apart, and the region reaches 49 mm out of the image.* register"):
        extract(image, Volume(mask.array, moved), settings=settings)
    with pytest.raises(RefusedInput, match=r"the first 50 mm apart, and the region reaches 49 mm out of the image"):
        extract(image, Volume(mask.array[:, :, :5], moved), settings=settings)


def test_region_between_the_new_voxels(image, mask):
    array = np.zeros_like(mask.array)
    array[2, 3:5, 1:3] = 1
    with pytest.raises(
        RefusedInput, match=r"left after resampling \(found voxels of 1 x 5 x 5 mm\); resample to smaller"
    ):
        extract(image, mask.with_array(array), settings=RadiomicsSettings(resampledPixelSpacing=(1, 5, 5)))


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


SPREADING = [RadiomicsSettings(resampledPixelSpacing=(2, 2, 2)), RadiomicsSettings(normalize=True)]


@pytest.mark.parametrize("settings", SPREADING)
def test_not_finite_anywhere_is_refused_where_it_would_spread(image, mask, settings):
    array = image.array.copy()
    array[0, 0, 0] = np.nan
    with pytest.raises(RefusedInput, match=r"(not finite|deviation nan).*repair"):
        extract(image.with_array(array), mask, settings=settings)


@pytest.mark.parametrize("kind", [np.complex64, object, "U8"])
@pytest.mark.parametrize("settings", [RadiomicsSettings(), *SPREADING])
def test_image_without_numbers(image, mask, kind, settings):
    with pytest.raises(RefusedInput, match="without numbers"):
        extract(image.with_array(image.array.astype(kind)), mask, settings=settings)


@pytest.mark.parametrize("name", ["flat.nrrd", "flat.nii.gz"])
def test_two_dimensional_image(tmp_path, name):
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((6, 6), dtype=np.int16)), str(tmp_path / name))
    with pytest.raises(RefusedInput, match=r"2-D image of 6 x 6; a 3-D image is needed"):
        features_table([tmp_path / name], tmp_path / name)


def test_constant_region_has_a_value_or_a_reason(image, mask):
    rows = extract(image.with_array(np.full_like(image.array, 5)), mask)
    assert len(rows) == 107
    assert [name for name, value, reason in rows if math.isnan(value) != bool(reason) or math.isinf(value)] == []


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
        {"binWidth": -5},
        {"binWidth": math.nan},
        {"binWidth": "wide"},
        {"binWidth": math.inf},
        {"binWidth": 10**400},
        {"normalize": "no"},
        {"resampledPixelSpacing": (1, 1)},
        {"resampledPixelSpacing": (1, 1, -1)},
        {"resampledPixelSpacing": 2},
        {"interpolator": "cubic"},
        {"interpolator": 11},
        {"padDistance": -1},
        {"padDistance": 1.5},
        {"label_channel": -1},
        {"minimumROISize": 0},
        {"removeOutliers": 0},
        {"gldm_a": -1},
        {"binCount": 0},
        {"binCount": 10_001},
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
    with pytest.raises(RefusedInput, match=f"{next(iter(wrong))}: setting out of range.*; (give|choose)"):
        extract(image, mask, settings=replace(RadiomicsSettings(), **wrong))


@pytest.mark.parametrize("label", [0, -1, 1.5, (1, 0), ()])
def test_label_that_cannot_be_a_region(image, mask, label):
    with pytest.raises(RefusedInput, match="label: setting out of range.*1 or more"):
        extract(image, mask, label=label)


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"glcm": ("Contrst",)}, "Contrst: unknown glcm feature; did you mean Contrast"),
        ({"glcn": ("Contrast",)}, "glcn: feature family .*did you mean glcm"),
        ({"glcm": "Contrast"}, "not a list of features"),
    ],
)
def test_selection_that_is_not_there(image, mask, selection, message):
    with pytest.raises(RefusedInput, match=message):
        extract(image, mask, selection=selection)


def test_a_feature_named_twice_comes_once(image, mask):
    assert len(extract(image, mask, selection={"glcm": ("Id", "Id")})) == 1


@pytest.mark.parametrize("convention", ["pyradiomics", "ibsi"])
def test_a_grid_of_too_many_voxels(image, mask, convention):
    settings = RadiomicsSettings(
        resampledPixelSpacing=(0.002, 0.002, 0.002), convention=convention, interpolator="sitkLinear"
    )
    with pytest.raises(RefusedInput, match=r"e\+\d+ voxels, more than 100,000,000.*larger voxels, about 0.0\d+ x"):
        extract(image, mask, settings=settings)


def test_a_filtered_image_that_is_not_finite_is_named(image, mask):
    array = image.array.copy()
    array[0, 2, 2] = np.nan
    found = extract(image.with_array(array), mask, image_types=[ImageType("Gradient")], selection={"glcm": ("Id",)})
    assert math.isnan(found[0][1])
    assert found[0][2].startswith("gradient image: values of the region are not finite")


def test_several_labels_are_one_region(image, mask):
    array = mask.array.copy()
    array[3:5][array[3:5] > 0] = 4
    assert extract(image, mask.with_array(array), label=(1, 4)) == extract(image, mask)

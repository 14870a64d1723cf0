"""Filtered images: the same wherever they are computed, complete, and NaN with a reason where they cannot be."""

from __future__ import annotations

import math

import numpy as np
import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import CASE_SETTINGS, MASK, extract, extract_case
from GliomaRadiomicsLib.radiomics.filters.derived import derived_images
from GliomaRadiomicsLib.radiomics.filters.icosphere import icosphere
from GliomaRadiomicsLib.radiomics.filters.options import FilterOptions, ImageType, image_types_from

SPACING = (2.0, 1.0, 0.8)
FLOAT32_STEP = 3e-5
"""Sums of values around 100 that were rounded to float32 differ by this when a value lies between two numbers."""

EVERY = image_types_from(
    {
        name: {"sigma": [0.7, 1.5]} if name == "LoG" else {"level": 2} if name == "Wavelet" else {}
        for name in (
            "Original LoG Wavelet Square SquareRoot Logarithm Exponential Gradient LBP2D LBP3D".split()  # noqa: SIM905
        )
    },
    {},
)


@pytest.fixture(scope="module")
def image():
    rng = np.random.default_rng(5)
    return rng.normal(0, 50, (25, 41, 58)).cumsum(axis=2)


def _images(array, types=EVERY, **options):
    return {found.name: found.array for found in derived_images(array, SPACING, types, **options)}


@pytest.fixture(scope="module")
def whole(image):
    return _images(image)


@pytest.mark.parametrize(
    "box",
    [(slice(10, 15), slice(15, 30), slice(20, 33)), (slice(0, 6), slice(33, 41), slice(50, 58))],
    ids=["inside", "at the border"],
)
def test_part_of_an_image_is_filtered_as_the_whole(image, whole, box):
    part = _images(image, box=box)
    assert list(whole) == list(part)
    for name, values in whole.items():
        np.testing.assert_allclose(part[name], values[box], rtol=1e-6, atol=FLOAT32_STEP, err_msg=name)


def test_names(whole):
    names = [name for one in EVERY for name in one.names]
    assert names == list(whole)
    assert names[:4] == ["original", "log-sigma-0-7-mm-3D", "log-sigma-1-5-mm-3D", "wavelet-LLH"]
    assert names[10:12] == ["wavelet2-LLH", "wavelet2-LHL"]
    assert names[17:] == [
        "wavelet2-LLL",
        *("square", "squareroot", "logarithm", "exponential", "gradient", "lbp-2D", "lbp-3D-m1", "lbp-3D-m2"),
        "lbp-3D-k",
    ]


def test_gradient_of_a_ramp_is_its_slope_per_mm():
    ramp = np.broadcast_to(np.arange(12.0) * 3, (6, 7, 12))
    found = _images(ramp, [ImageType("Gradient")])["gradient"]
    np.testing.assert_allclose(found[:, :, 1:-1], 3 / 0.8, rtol=1e-6)


def test_log_of_a_parabola_is_its_second_derivative():
    places = (np.arange(101) - 50) * 0.8
    parabola = np.broadcast_to(places**2, (30, 30, 101))
    log = _images(parabola, [ImageType("LoG", FilterOptions(sigma=(2.0,)))])["log-sigma-2-0-mm-3D"]
    np.testing.assert_allclose(log[15, 15, 45:56], 2 * 2.0**2, rtol=1e-2)


def test_haar_bands_of_a_step():
    step = np.zeros((4, 4, 8))
    step[:, :, 4:] = 1.0
    found = _images(step, [ImageType("Wavelet", FilterOptions(wavelet="haar"))])
    assert np.abs(found["wavelet-HLL"]).max() == pytest.approx(2**0.5 * 2 / 2)
    assert np.abs(found["wavelet-LLH"]).max() == pytest.approx(0, abs=1e-12)
    assert found["wavelet-LLL"].max() == pytest.approx(2**1.5)


def test_points_lie_evenly_on_the_sphere():
    points = icosphere(2, 1.5)
    assert len(points) == 162
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1.5)
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-12)


def test_lowest_level_of_a_pattern_depends_on_nothing_but_how_many_points_are_in_it(whole):
    strengths, voxels = np.unique(whole["lbp-3D-m1"], return_counts=True)
    counts = strengths / (42**0.5 / (4 * np.pi))
    np.testing.assert_allclose(counts, counts.round(), atol=1e-9)
    assert len(np.unique(counts.round())) == len(counts) > 30
    assert voxels.sum() == whole["original"].size


def _volumes():
    rng = np.random.default_rng(11)
    affine = np.diag([1.0, 1.0, 1.5, 1.0])
    labels = np.zeros((24, 22, 14), dtype=np.uint8)
    labels[6:16, 6:15, 4:10] = 2
    labels[9:14, 8:12, 5:8] = 4
    images = {name: rng.normal(300, 40, labels.shape).astype(np.float32) for name in ("t1ce", "flair")}
    return {name: Volume(array, affine, name) for name, array in images.items()}, Volume(labels, affine, "labels")


FEW = (ImageType(), ImageType("LoG", FilterOptions(sigma=(1.5,))), ImageType("Wavelet"))


def test_case_has_every_image_of_every_region_and_equals_single_extraction():
    volumes, labels = _volumes()
    rows = extract_case(volumes, labels, ("WT", "ET", "NCR_NET"), image_types=FEW)
    assert len(rows) == len({(row.sequence, row.region, row.feature) for row in rows}) == 3 * (14 + 2 * 10 * 93)
    assert all(row.reason == "the region is not in the label map" for row in rows if row.region == "NCR_NET")
    array = volumes["flair"].array.astype(np.float64)
    scores = (array - array.mean()) * (100 / array.std(ddof=1))
    alone = extract(volumes["flair"].with_array(scores), labels, label=(4,), settings=CASE_SETTINGS, image_types=FEW)
    found = {row.feature: row.value for row in rows if row.region == "ET" and row.sequence in ("flair", MASK)}
    assert found == pytest.approx({name: value for name, value, _ in alone}, rel=1e-6)


def test_unusable_sequence_gives_the_reason_for_every_image():
    volumes, labels = _volumes()
    volumes["t1ce"] = volumes["t1ce"].with_array(np.zeros(labels.shape, np.float32))
    rows = [row for row in extract_case(volumes, labels, ("WT",), image_types=FEW) if row.sequence == "t1ce"]
    assert len(rows) == 10 * 93
    assert all(math.isnan(row.value) and "normalise" in row.reason for row in rows)


@pytest.mark.parametrize(
    ("types", "spoil", "reason"),
    [
        ([ImageType("LoG", FilterOptions(sigma=(60.0,)))], False, "too small for a LoG filter"),
        ([ImageType("Gradient")], True, "not finite"),
        ([ImageType("Wavelet", settings=CASE_SETTINGS.__class__(binWidth=1e-4))], False, "grey levels"),
    ],
    ids=["image too small", "NaN beside the region", "too many levels"],
)
def test_filtered_image_without_values_is_nan_with_a_reason(types, spoil, reason):
    volumes, labels = _volumes()
    array = volumes["flair"].array.copy()
    array[5, 10, 7] = np.nan if spoil else array[5, 10, 7]
    rows = extract(volumes["flair"].with_array(array), labels, label=(2, 4), image_types=[ImageType(), *types])
    filtered = [row for row in rows if not row[0].startswith("original")]
    assert not any(why for name, _, why in rows if name.startswith("original"))
    assert filtered
    assert all(math.isnan(value) and reason in why for _, value, why in filtered)

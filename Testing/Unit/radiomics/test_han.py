"""The 348 features of Han 2020: counts, definitions by hand, and what may not change them."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.region import crop
from GliomaRadiomicsLib.radiomics.sets import section_shape, section_texture
from GliomaRadiomicsLib.radiomics.sets.han import han_features
from GliomaRadiomicsLib.radiomics.sets.han_registry import FEATURES, SETTINGS, full_names
from GliomaRadiomicsLib.radiomics.sets.quantisation import equal_probability, quantise, uniform
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.texture import Texture

ROOT2 = math.sqrt(2)

# A section of 2 x 2 pixels, levels [[1, 2], [2, 2]]; every number below is worked out on paper from the definitions of
# the toolbox of M. Vallieres ("Definition of texture features"), with a diagonal step weighing sqrt(2).
#
# GLCM: 1-2 along both sides and one diagonal, 2-2 likewise: p(1,2) = p(2,1) = 1/4, p(2,2) = 1/2, mu = 7/4, var = 3/16.
# GLRLM: n(1,1) = 2 + 2 sqrt 2, n(2,1) = 2 + 4 sqrt 2, n(2,2) = 2 + sqrt 2, together 6 + 7 sqrt 2.
# GLSZM: one zone of level 1 and size 1, one of level 2 and size 3.
# NGTDM: s(1) = 1; pixels of level 2 differ by 1, 1 and 1/sqrt 2, each over 2 + 1/sqrt 2: s(2) = 1.
RUNS = {(1, 1): 2 + 2 * ROOT2, (2, 1): 2 + 4 * ROOT2, (2, 2): 2 + ROOT2}
ALL_RUNS = 6 + 7 * ROOT2


def _runs(weight):
    return sum(number * weight(i, j) for (i, j), number in RUNS.items()) / ALL_RUNS


def _run_variance(which):
    cells = [number / ALL_RUNS * (i, j)[which] for (i, j), number in RUNS.items()] + [0.0]
    return sum(cell**2 for cell in cells) / 4 - (sum(cells) / 4) ** 2


BY_HAND = {
    "histogram": {"Variance": 3 / 16, "Skewness": (-3 / 32) / (3 / 16) ** 1.5, "Kurtosis": -2 / 3},
    "glcm": {
        "Energy": 3 / 8,
        "Contrast": 1 / 2,
        "Correlation": -1 / 3,
        "Homogeneity": 3 / 4,
        "Variance": 3 / 64,
        "SumAverage": 7 / 16,
        "Entropy": 3 / 2,
        "Dissimilarity": 1 / 2,
        "Autocorrelation": 3,
    },
    "glrlm": {
        "SRE": _runs(lambda i, j: 1 / j**2),
        "LRE": _runs(lambda i, j: j**2),
        "GLN": ((2 + 2 * ROOT2) ** 2 + (4 + 5 * ROOT2) ** 2) / ALL_RUNS**2,
        "RLN": ((4 + 6 * ROOT2) ** 2 + (2 + ROOT2) ** 2) / ALL_RUNS**2,
        "RP": ALL_RUNS / (8 + 8 * ROOT2),
        "LGRE": _runs(lambda i, j: 1 / i**2),
        "HGRE": _runs(lambda i, j: i**2),
        "SRLGE": _runs(lambda i, j: 1 / (i * j) ** 2),
        "SRHGE": _runs(lambda i, j: (i / j) ** 2),
        "LRLGE": _runs(lambda i, j: (j / i) ** 2),
        "LRHGE": _runs(lambda i, j: (i * j) ** 2),
        "GLV": _run_variance(0),
        "RLV": _run_variance(1),
    },
    "glszm": {
        "SZE": 5 / 9,
        "LZE": 5,
        "GLN": 1 / 2,
        "ZSN": 1 / 2,
        "ZP": 1 / 2,
        "LGZE": 5 / 8,
        "HGZE": 5 / 2,
        "SZLGE": 37 / 72,
        "SZHGE": 13 / 18,
        "LZLGE": 13 / 8,
        "LZHGE": 37 / 2,
        "GLV": 7 / 48,
        "ZSV": 11 / 36,
    },
    "ngtdm": {"Coarseness": 1, "Contrast": 3 / 32, "Busyness": 2 / 5, "Complexity": 1 / 2, "Strength": 1},
}


def _texture(section, levels):
    array = np.asarray(section, dtype=float)[None]
    region = crop(np.isfinite(array), (1.0, 1.0, 1.0), RadiomicsSettings(force2D=True))
    return Texture(region, quantise(region.values(array), "uniform", levels))


@pytest.fixture(scope="module")
def patient():
    """A round region in noise with a gradient, pixels of 0.7 mm, sections 5 mm apart."""
    i, j, k = np.indices((40, 44, 5))
    image = 300 + 4 * i - 3 * j + np.random.default_rng(3).integers(0, 90, i.shape)
    mask = ((i - 20) ** 2 + (j - 21) ** 2 < (15 - 3 * abs(k - 2)) ** 2).astype(np.uint8)
    affine = np.diag([-0.7, -0.7, 5.0, 1.0])
    return Volume(image.astype(np.int16), affine), Volume(mask, affine)


def _values(image, mask, label=1):
    return {name: value for name, value, _ in han_features(image, mask, label)}


@pytest.mark.parametrize("family", BY_HAND)
def test_definitions_by_hand(family):
    found = section_texture.features(_texture([[1, 2], [2, 2]], 2), 2)[family]
    assert found == pytest.approx(BY_HAND[family], rel=1e-12)
    assert list(BY_HAND[family]) == [feature.name for feature in FEATURES[family]]


def test_a_diagonal_step_weighs_more():
    """Levels [[1, 2], [2, 1]]: 8 ordered pairs of unequal pixels at distance 1, 4 of equal ones at sqrt 2."""
    found = section_texture.features(_texture([[1, 2], [2, 1]], 2), 2)
    assert found["glcm"]["Contrast"] == pytest.approx(8 / (8 + 4 * ROOT2))


def test_cooccurrence_against_another_implementation():
    from skimage.feature import graycomatrix

    levels = np.random.default_rng(0).integers(0, 8, (9, 7))
    angles = [0, np.pi / 4, np.pi / 2, 3 * np.pi / 4]
    counts = graycomatrix(levels, [1], angles, levels=8, symmetric=True)[:, :, 0] @ [1, ROOT2, 1, ROOT2]
    p = counts / counts.sum()
    i, j = np.indices(p.shape) + 1
    found = section_texture.features(_texture(levels, 8), 8)["glcm"]
    assert found["Contrast"] == pytest.approx(float((p * (i - j) ** 2).sum()))
    assert found["Energy"] == pytest.approx(float((p**2).sum()))
    assert found["Homogeneity"] == pytest.approx(float((p / (1 + abs(i - j))).sum()))
    assert found["Autocorrelation"] == pytest.approx(float((p * i * j).sum()))


def test_tone_differences_pixel_by_pixel():
    """A ragged section against the definition, neighbour by neighbour; isolated pixels are left out."""
    rng = np.random.default_rng(5)
    section = np.where(rng.random((9, 8)) < 0.4, rng.integers(1, 5, (9, 8)).astype(float), np.nan)
    section[0, 0], section[8, 7] = 1, 4
    sums, counts = np.zeros(4), np.zeros(4)
    for row, column in np.argwhere(np.isfinite(section)):
        total = weights = 0.0
        for r, c in np.ndindex(3, 3):
            place = (row + r - 1, column + c - 1)
            inside = 0 <= place[0] < 9 and 0 <= place[1] < 8 and (r, c) != (1, 1)
            if inside and np.isfinite(section[place]):
                weight = 1 / math.hypot(r - 1, c - 1)
                total, weights = total + weight * section[place], weights + weight
        if weights:
            level = int(section[row, column]) - 1
            sums[level] += abs(level + 1 - total / weights)
            counts[level] += 1
    assert counts.sum() < np.isfinite(section).sum()
    found = section_texture.features(_texture(section, 4), 4)["ngtdm"]
    assert found["Coarseness"] == pytest.approx(1 / float(counts @ sums / counts.sum()))
    pairs = counts[:, None] + counts
    spread = (np.arange(4)[:, None] - np.arange(4)) ** 2
    assert found["Strength"] == pytest.approx(float((pairs * spread).sum() / counts.sum() / sums.sum()))


@pytest.mark.parametrize(
    ("values", "number", "expected"),
    [
        ([3, 1, 2, 4, 8, 6, 7, 5], 4, [2, 1, 1, 2, 4, 3, 4, 3]),
        ([1, 1, 1, 2], 2, [1, 1, 1, 2]),
        ([5, 5, 5, 5, 9], 4, [1, 1, 1, 1, 2]),
        ([7, 7], 16, [1, 1]),
    ],
)
def test_equal_probability(values, number, expected):
    assert equal_probability(np.array(values, dtype=float), number).tolist() == expected


def test_equal_probability_fills_levels_equally():
    found = quantise(np.random.default_rng(1).normal(size=3200), "equal", 32)
    assert found.counts.tolist() == [100] * 32


def test_uniform():
    assert uniform(np.array([0.0, 1.0, 2.0, 3.0]), 3).tolist() == [1, 2, 2, 3]
    assert uniform(np.array([4.0, 4.0]), 16).tolist() == [1, 1]


def test_shape_by_hand():
    """A row of three pixels of 1 mm; three pixels in an L (hull: the 2 x 2 square without half a pixel)."""
    row = section_shape.features(np.ones((3, 1, 1), np.uint8), (1.0, 1.0, 4.0))
    assert row == pytest.approx(
        {"Volume": 12, "Size": math.sqrt(10), "Solidity": 1, "Eccentricity": math.sqrt(8 / 9)}, rel=1e-12
    )
    corner = np.array([[1, 1], [1, 0]], np.uint8)[:, :, None]
    found = section_shape.features(corner, (0.5, 2.0, 3.0))
    assert found["Volume"] == pytest.approx(9)
    assert found["Size"] == pytest.approx(math.hypot(1, 4))
    assert found["Solidity"] == pytest.approx(6 / 7)


def test_counts_are_those_of_table_2(patient):
    rows = han_features(*patient)
    assert tuple(name for name, _, _ in rows) == full_names()
    assert len(set(full_names())) == 348
    families = Counter(name.split("_")[-2] for name, _, _ in rows)
    assert families == {"nontexture": 4, "histogram": 24, "glcm": 72, "glrlm": 104, "glszm": 104, "ngtdm": 40}
    assert len(SETTINGS) == 8
    assert all(math.isfinite(value) and not reason for _, value, reason in rows)


def test_the_largest_section_is_measured(patient):
    image, mask = patient
    one = np.zeros_like(mask.array)
    one[:, :, 2] = mask.array[:, :, 2]
    assert _values(image, mask) == _values(image, mask.with_array(one))
    pixels = np.count_nonzero(one)
    assert _values(image, mask)["han_nontexture_Volume"] == pytest.approx(pixels * 0.49 * 5)


def test_scale_and_offset_of_the_image_do_not_matter(patient):
    image, mask = patient
    found = _values(image.with_array(image.array * 8.0 - 4096), mask)
    assert found == pytest.approx(_values(image, mask), rel=1e-9)


def test_scales_differ_unless_the_image_has_1_mm(patient):
    image, mask = patient

    def scales(found):
        return [[v for name, v in found.items() if name.startswith(f"han_{scale}_")] for scale in ("1mm", "inplane")]

    one, native = scales(_values(image, mask))
    assert len(one) == len(native) == 172
    assert sum(a == b for a, b in zip(one, native, strict=True)) < 20
    at_1_mm = [Volume(volume.array, np.diag([1.0, 1.0, 5.0, 1.0])) for volume in patient]
    one, native = scales(_values(*at_1_mm))
    assert one == native


def test_outliers_leave_the_texture_but_not_the_shape(patient):
    image, mask = patient
    bright = image.array.copy()
    bright[20, 21, 2] = 30_000
    found, before = _values(image.with_array(bright), mask), _values(image, mask)
    name = "han_inplane_uniform32_histogram_Variance"
    assert found["han_nontexture_Volume"] == before["han_nontexture_Volume"]
    assert found[name] == pytest.approx(before[name], rel=0.02)


@pytest.mark.parametrize(
    ("pixels", "reason"),
    [
        ([(5, 5)], "one grey level"),
        ([(5, 5), (9, 9)], "no two pixels of different levels are neighbours"),
    ],
)
def test_tiny_regions_say_why(patient, pixels, reason):
    image, mask = patient
    array = np.zeros_like(mask.array)
    for i, j in pixels:
        array[i, j, 1] = 1
    rows = han_features(image, mask.with_array(array))
    assert len(rows) == 348
    assert any(reason in why for _, _, why in rows)
    assert all(math.isnan(value) == bool(why) for _, value, why in rows)


def test_a_flat_region_has_no_texture(patient):
    image, mask = patient
    rows = han_features(image.with_array(np.full_like(image.array, 7)), mask)
    assert [why for _, _, why in rows[:4]] == [""] * 4
    assert {why for _, _, why in rows[4:]} == {"all pixels of the section have one grey level"}


def test_bad_input_is_refused(patient):
    image, mask = patient
    with pytest.raises(RefusedInput, match="label 3 is not in the mask"):
        han_features(image, mask, 3)
    broken = image.array.astype(float)
    broken[20, 21, 2] = np.nan
    with pytest.raises(RefusedInput, match="section 2: values of the region are not finite"):
        han_features(image.with_array(broken), mask)
    moved = Volume(mask.array, np.diag([-0.7, -0.7, 6.0, 1.0]))
    with pytest.raises(RefusedInput, match="apart"):
        han_features(image, moved)


def test_several_labels_are_one_region(patient):
    image, mask = patient
    split = mask.array.copy()
    split[:20] *= 4
    assert _values(image, mask.with_array(split), (1, 4)) == _values(image, mask)


def test_real_patient(shared_data):
    from GliomaRadiomicsLib.imaging.files import read_volume

    folder = sorted((shared_data / "cases").iterdir())[0]
    image, mask = (read_volume(folder / f"{folder.name}_{part}.nii.gz") for part in ("t1ce", "seg"))
    rows = han_features(image, mask, (1, 2, 4))
    assert len(rows) == 348
    assert all(math.isfinite(value) for _, value, _ in rows)

"""The outline on the image as given, from probabilities: nearer to the truth, nothing invented, no hole."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.space import Space, grid_of
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice
from GliomaRadiomicsLib.systems.segmentation.labels import Thresholds, labels_from_probabilities
from GliomaRadiomicsLib.systems.segmentation.native import native_label_map
from GliomaRadiomicsLib.systems.segmentation.predict import SegmentationOutput

LEVELS = (0.65, 0.5, 0.5)
RADII = {"WT": 10.0, "TC": 7.5, "ET": 5.5}
THRESHOLDS = Thresholds(LEVELS)
WORKING = Volume(np.zeros((32, 32, 32), np.uint8), np.eye(4))
CENTRE = np.array([15.3, 15.8, 15.1])


def distance(grid: Volume) -> npt.NDArray[np.float64]:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    return np.linalg.norm(index @ grid.affine[:3, :3].T + grid.affine[:3, 3] - CENTRE, axis=-1)


def outline(**changes: npt.NDArray) -> SegmentationOutput:
    """Three balls in each other, whose probabilities fall over about 2 mm, found on 1 mm voxels."""
    probabilities = {}
    for (region, radius), level in zip(RADII.items(), LEVELS, strict=True):
        shift = np.log(level / (1.0 - level))
        values = 1.0 / (1.0 + np.exp((distance(WORKING) - radius) / 0.7 - shift))
        probabilities[region] = WORKING.with_array(changes.get(region, values).astype(np.float32))
    labels = labels_from_probabilities(probabilities, THRESHOLDS)
    return SegmentationOutput(labels, probabilities, WORKING, {}, [])


def truth(grid: Volume) -> npt.NDArray[np.uint8]:
    far = distance(grid)
    values = np.zeros(grid.shape, np.uint8)
    for region, value in (("WT", 2), ("TC", 1), ("ET", 4)):
        values[far < RADII[region]] = value
    return values


def space_to(affine: npt.NDArray, shape: tuple[int, int, int]) -> Space:
    native = grid_of(Volume(np.zeros(shape, np.uint8), affine))
    return Space("t1ce", WORKING, {"t1ce": native}, {"t1ce": np.eye(4)})


@st.composite
def natives(draw: st.DrawFn) -> Space:
    """Oblique grids of voxels of .7 to 3 mm around the outline, any axis order and flip."""
    axes = np.eye(3)[:, list(draw(st.permutations(range(3))))]
    signs = draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3))
    spacing = np.array(draw(st.tuples(*[st.floats(0.7, 3.0)] * 3)))
    turn = Rotation.from_euler("xyz", draw(st.tuples(*[st.floats(-0.6, 0.6)] * 3))).as_matrix()
    shape = np.ceil(30.0 / spacing).astype(int)
    affine = np.eye(4)
    affine[:3, :3] = (turn @ axes) * signs * spacing
    affine[:3, 3] = CENTRE - affine[:3, :3] @ ((shape - 1) / 2.0)
    return space_to(affine, (int(shape[0]), int(shape[1]), int(shape[2])))


@settings(max_examples=25, deadline=None)
@given(natives())
def test_the_outline_keeps_its_shape_without_holes(space: Space) -> None:
    grid = space.native["t1ce"]
    found = native_label_map(outline(), THRESHOLDS, space)
    assert np.array_equal(found.affine, grid.affine)
    assert found.array.dtype == np.uint8
    assert set(np.unique(found.array)) == {0, 1, 2, 4}
    far = distance(grid)
    assert (found.array[far < RADII["WT"] - 1.0] != 0).all()
    assert not found.array[far > RADII["WT"] + 1.0].any()
    assert (found.array == truth(grid))[far < RADII["WT"] - 1.0].mean() > 0.9


@pytest.mark.parametrize("spacing", [(0.6, 0.6, 3.0), (1.0, 1.0, 1.0), (0.9, 0.9, 5.0)])
def test_it_comes_nearer_to_the_truth_than_the_label_map_does(spacing: tuple[float, float, float]) -> None:
    affine = np.diag([*spacing, 1.0])
    affine[:3, 3] = 0.45
    space = space_to(affine, tuple(int(28 / size) for size in spacing))  # type: ignore[arg-type]
    found, there = outline(), truth(space.native["t1ce"]) > 0
    by_labels = dice(space.to_native(found.label_map, label=True).array > 0, there)
    by_probabilities = dice(native_label_map(found, THRESHOLDS, space).array > 0, there)
    assert by_probabilities > by_labels
    assert by_probabilities > 0.985


def test_what_was_dropped_stays_dropped() -> None:
    """Enhancing tumour too small to count is core; a part of its own without a core is none."""
    far = distance(WORKING)
    spot = np.where(far < 2.0, 0.9, 0.0)
    corner = np.linalg.norm(np.indices(WORKING.shape).transpose(1, 2, 3, 0) - 3.0, axis=-1) < 3.0
    whole = np.where(corner, 0.95, outline().probabilities["WT"].array)
    found = outline(ET=spot, WT=whole)
    assert set(np.unique(found.label_map.array)) == {0, 1, 2}
    affine = np.diag([0.7, 0.7, 0.7, 1.0])
    space = space_to(affine, (44, 44, 44))
    back = native_label_map(found, THRESHOLDS, space)
    assert set(np.unique(back.array)) == {0, 1, 2}
    assert not back.array[:9, :9, :9].any()


def test_an_unsure_outline_comes_back_too() -> None:
    """Where the network is unsure the level is lower, on the image as given as on the working grid."""
    unsure = {region: 0.4 * values.array for region, values in outline().probabilities.items()}
    probabilities = {region: WORKING.with_array(values.astype(np.float32)) for region, values in unsure.items()}
    rule = Thresholds(least_expected_et=0.0, core_share=0.0)
    found = SegmentationOutput(labels_from_probabilities(probabilities, rule), probabilities, WORKING, {}, [])
    space = space_to(np.diag([0.7, 0.7, 0.7, 1.0]), (44, 44, 44))
    back = native_label_map(found, rule, space)
    assert set(np.unique(found.label_map.array)) == {0, 1, 2, 4}
    assert back.array[back.array > 0].size * 0.7**3 == pytest.approx((found.label_map.array > 0).sum(), rel=0.1)


def test_nothing_is_touched_where_nothing_was_resampled() -> None:
    found = outline()
    space = Space.unchanged("t1ce", {"t1ce": WORKING})
    assert np.array_equal(native_label_map(found, THRESHOLDS, space).array, found.label_map.array)


def test_no_tumour_stays_none() -> None:
    nothing = {region: np.zeros(WORKING.shape) for region in RADII}
    back = native_label_map(outline(**nothing), THRESHOLDS, space_to(np.diag([2.0, 2.0, 2.0, 1.0]), (15, 15, 15)))
    assert not back.array.any()

"""The chain between native grids and the working grid: exact where nothing moves, smooth and complete for labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name
from hypothesis import given, settings
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.itk import to_itk
from GliomaRadiomicsLib.imaging.itk_files import write_transform
from GliomaRadiomicsLib.imaging.space import Space, grid_of, resample_labels, working_grid

numbers = st.floats(-1.0, 1.0, allow_nan=False)


def rotation(angles: npt.NDArray) -> npt.NDArray[np.float64]:
    x, y, z = angles
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


@st.composite
def affines(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    """Oblique, anisotropic, any axis order, any flip."""
    order = draw(st.permutations(range(3)))
    signs = draw(st.tuples(*[st.sampled_from([-1.0, 1.0])] * 3))
    spacing = draw(st.tuples(*[st.floats(0.7, 4.0)] * 3))
    affine = np.eye(4)
    turn = rotation(np.array(draw(st.tuples(numbers, numbers, numbers))))
    affine[:3, :3] = (turn @ np.eye(3)[:, list(order)]) * np.array(signs) * np.array(spacing)
    affine[:3, 3] = 100.0 * np.array(draw(st.tuples(numbers, numbers, numbers)))
    return affine


@st.composite
def movements(draw: st.DrawFn) -> npt.NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, :3] = rotation(0.3 * np.array(draw(st.tuples(numbers, numbers, numbers))))
    matrix[:3, 3] = 20.0 * np.array(draw(st.tuples(numbers, numbers, numbers)))
    return matrix


def empty(affine: npt.NDArray, shape: tuple[int, int, int] = (20, 24, 18)) -> Volume:
    return Volume(np.zeros(shape, np.float32), affine)


def ball(grid: Volume, centre: npt.NDArray, radius: float) -> npt.NDArray[np.bool_]:
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij"), -1)
    places = index @ grid.affine[:3, :3].T + grid.affine[:3, 3]
    return np.linalg.norm(places - centre, axis=-1) <= radius


def middle(grid: Volume) -> npt.NDArray[np.float64]:
    return (grid.affine @ [*(np.array(grid.shape) - 1) / 2, 1.0])[:3]


@settings(max_examples=60, deadline=None)
@given(affines(), affines(), movements(), st.integers(0, 2**31))
def test_an_image_laid_on_the_reference_shows_each_place_where_it_is(
    t1ce: npt.NDArray, flair: npt.NDArray, movement: npt.NDArray, seed: int
) -> None:
    native = {"t1ce": grid_of(empty(t1ce)), "flair": grid_of(empty(flair))}
    space = Space("t1ce", native["t1ce"], native, {"t1ce": np.eye(4), "flair": movement})
    index = np.append(np.random.default_rng(seed).integers(0, 18, 3), 1.0)
    in_image = flair @ index
    assert space.aligned_affine("flair") @ index == pytest.approx(np.linalg.inv(movement) @ in_image, abs=1e-4)
    assert np.array_equal(space.aligned_affine("t1ce"), t1ce)


@settings(max_examples=40, deadline=None)
@given(affines())
def test_nothing_is_touched_where_the_work_is_done_on_the_native_grid(affine: npt.NDArray) -> None:
    rng = np.random.default_rng(0)
    image = Volume(rng.random((9, 8, 7)).astype(np.float32), affine)
    labels = Volume(rng.integers(0, 5, (9, 8, 7)).astype(np.uint8), affine)
    space = Space.unchanged("t1ce", {"t1ce": image})
    assert space.is_exact()
    assert np.array_equal(space.to_native(space.to_working(image, "t1ce")).array, image.array)
    assert np.array_equal(space.to_native(space.to_working(labels, "t1ce", label=True), label=True).array, labels.array)
    assert np.array_equal(space.to_native(labels, label=True).affine, affine)


@settings(max_examples=20, deadline=None)
@given(affines(), movements())
def test_a_place_marked_in_the_image_comes_back_to_itself(affine: npt.NDArray, movement: npt.NDArray) -> None:
    image = empty(affine, (24, 24, 24))
    centre = middle(image)
    radius = max(8.0, 3.5 * max(image.spacing))
    tolerance = 0.6 * max(*image.spacing, 1.0)
    marked = image.with_array(ball(image, centre, radius).astype(np.uint8))
    around = Volume(marked.array, np.linalg.inv(movement) @ affine)
    space = Space("t1ce", working_grid(around), {"t1ce": grid_of(image)}, {"t1ce": movement})
    there = space.to_working(marked, "t1ce", label=True)
    found = np.argwhere(there.array) @ there.affine[:3, :3].T + there.affine[:3, 3]
    assert found.mean(0) == pytest.approx((np.linalg.inv(movement) @ [*centre, 1.0])[:3], abs=tolerance)
    back = space.to_native(there, label=True)
    assert np.array_equal(back.affine, affine)
    both = (back.array & marked.array).sum()
    assert 2 * both / (back.array.sum() + marked.array.sum()) > 0.85


def test_labels_leave_no_hole_between_them_and_none_is_invented() -> None:
    fine = empty(np.diag([1.0, 1.0, 1.0, 1.0]), (40, 40, 40))
    rings = np.zeros(fine.shape, np.uint8)
    for value, radius in ((2, 15.0), (1, 10.0), (4, 6.0)):
        rings[ball(fine, middle(fine), radius)] = value
    turned = np.eye(4)
    turned[:3, :3] = rotation(np.array([0.3, 0.2, 0.5])) * np.array([0.8, 0.8, 2.6])
    turned[:3, 3] = middle(fine) - turned[:3, :3] @ (np.array([24.5, 24.5, 8]))
    target = empty(turned, (50, 50, 17))
    found = resample_labels(fine.with_array(rings), target)
    assert set(np.unique(found.array)) == {0, 1, 2, 4}
    inside = ball(target, middle(fine), 14.0)
    assert (found.array[inside] != 0).all()
    assert (found.array[~ball(target, middle(fine), 16.0)] == 0).all()
    truth = np.zeros(target.shape, np.uint8)
    for value, radius in ((2, 15.0), (1, 10.0), (4, 6.0)):
        truth[ball(target, middle(fine), radius)] = value
    assert (found.array == truth).mean() > 0.985


def test_three_labels_that_meet_leave_no_hole() -> None:
    labels = np.zeros((12, 12, 12), np.uint8)
    labels[2:6, 2:10, 2:10], labels[6:10, 2:6, 2:10], labels[6:10, 6:10, 2:10] = 1, 2, 4
    affine = np.eye(4)
    affine[:3, 3] = (0.5, 0.5, 0.5)
    found = resample_labels(Volume(labels, np.eye(4)), empty(affine, (11, 11, 11)))
    assert (found.array[2:9, 2:9, 2:9] != 0).all()


def test_an_empty_label_map_stays_empty() -> None:
    found = resample_labels(Volume(np.zeros((5, 5, 5), np.uint8), np.eye(4)), empty(np.diag([2.0, 2, 2, 1])))
    assert not found.array.any()
    assert found.array.dtype == np.uint8


def test_labels_outside_the_target_are_left_out() -> None:
    labels = np.zeros((30, 5, 5), np.uint8)
    labels[25:29, 1:4, 1:4] = 4
    found = resample_labels(Volume(labels, np.eye(4)), empty(np.eye(4), (10, 5, 5)))
    assert not found.array.any()


@settings(max_examples=20, deadline=None)
@given(affines(), movements())
def test_plain_data_holds_the_whole_chain(affine: npt.NDArray, movement: npt.NDArray) -> None:
    native = {"t1ce": grid_of(empty(np.eye(4))), "t2": grid_of(empty(affine))}
    space = Space(
        "t1ce", working_grid(Volume(np.ones((9, 9, 9)), np.eye(4))), native, {"t1ce": np.eye(4), "t2": movement}
    )
    again = Space.from_dict(json.loads(json.dumps(space.to_dict())))
    assert again.reference == "t1ce"
    assert again.working.same_grid(space.working, 1e-9)
    for role in ("t1ce", "t2"):
        assert again.native[role].same_grid(space.native[role], 1e-9)
        assert np.array_equal(again.movements[role], space.movements[role])


def test_exchanged_names_keep_every_image_in_its_place() -> None:
    other = np.diag([2.0, 2.0, 2.0, 1.0])
    native = {"t1": grid_of(empty(other)), "t1ce": grid_of(empty(np.eye(4)))}
    space = Space("t1ce", native["t1ce"], native, {"t1": np.diag([1.0, 1, 1, 1]), "t1ce": np.eye(4)})
    renamed = space.renamed({"t1": "t1ce", "t1ce": "t1"}, "t1ce")
    assert renamed.native["t1ce"].spacing == (2.0, 2.0, 2.0)
    assert not renamed.is_exact()
    assert renamed.is_exact("t1")


@settings(max_examples=20, deadline=None)
@given(affines())
def test_the_working_grid_holds_the_brain(affine: npt.NDArray) -> None:
    brain = empty(affine).array.astype(np.uint8)
    brain[3:17, 4:20, 2:16] = 1
    grid = working_grid(Volume(brain, affine), margin_mm=5.0)
    inside = np.argwhere(brain) @ affine[:3, :3].T + affine[:3, 3]
    index = inside - grid.affine[:3, 3]
    assert index.min() >= 4.0
    assert (np.array(grid.shape) - 1 - index).min() >= 4.0
    assert grid.spacing == (1.0, 1.0, 1.0)


def test_no_brain_no_grid() -> None:
    with pytest.raises(RefusedInput, match="empty mask"):
        working_grid(Volume(np.zeros((4, 4, 4)), np.eye(4)))


def test_the_transform_file_lays_the_image_onto_the_reference_in_itk(tmp_path: Path) -> None:
    movement = np.eye(4)
    movement[:3, :3], movement[:3, 3] = rotation(np.array([0.2, -0.1, 0.3])), (5.0, -3.0, 8.0)
    flair = empty(np.diag([-2.0, 2.0, 2.5, 1.0]), (30, 30, 24))
    marked = flair.with_array(ball(flair, middle(flair), 8.0).astype(np.float32))
    reference = Volume(
        np.zeros((50, 50, 50), np.float32), np.linalg.inv(movement) @ flair.affine @ np.diag([1.2, 1.2, 1.1, 1])
    )
    space = Space("t1ce", reference, {"t1ce": reference, "flair": flair}, {"t1ce": np.eye(4), "flair": movement})
    write_transform(space.movement_from_reference("flair"), tmp_path / "flair.tfm")
    moved = sitk.Resample(to_itk(marked), to_itk(reference), sitk.ReadTransform(str(tmp_path / "flair.tfm")))
    ours = space.to_working(marked, "flair")
    assert ours.array.sum() > 50
    assert sitk.GetArrayFromImage(moved).transpose(2, 1, 0) == pytest.approx(ours.array, abs=1e-4)

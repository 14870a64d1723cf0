from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import to_canonical
from GliomaRadiomicsLib.reports.images import BrainView, ReportImages


def volume_with_marks(order: tuple[int, int, int], signs: tuple[int, int, int]) -> Volume:
    """A grid stored along any axes in which value 1 lies far right, 2 far anterior, 3 far superior."""
    shape = np.array((9, 11, 13))
    affine = np.eye(4)
    affine[:3, :3] = 0
    for stored, axis in enumerate(order):
        affine[axis, stored] = 2.0 * signs[stored]
        affine[axis, 3] = 0 if signs[stored] > 0 else 2.0 * (shape[stored] - 1)
    array = np.zeros(shape)
    for value, axis in ((1, 0), (2, 1), (3, 2)):
        stored = order.index(axis)
        place = list(shape // 2)
        place[stored] = shape[stored] - 1 if signs[stored] > 0 else 0
        array[tuple(place)] = value
    return Volume(array, affine)


STORED = [((0, 1, 2), (1, 1, 1)), ((0, 1, 2), (-1, -1, 1)), ((2, 0, 1), (-1, 1, -1)), ((1, 2, 0), (1, -1, -1))]


@pytest.mark.parametrize(("order", "signs"), STORED)
def test_slices_are_radiological_however_the_image_is_stored(order, signs):
    volume = volume_with_marks(order, signs)
    full = volume.with_array(np.ones(volume.shape))
    view = BrainView.of(ReportImages({"t1": volume}, brain_mask=full))
    array = view.sequences["t1"]
    x, y, z = (size // 2 for size in array.shape)
    axial, coronal, sagittal = (
        view.cut(array, "axial", z),
        view.cut(array, "coronal", y),
        view.cut(array, "sagittal", x),
    )
    assert np.argwhere(axial == 1)[0][1] == 0, "the patient's right is on the left"
    assert np.argwhere(axial == 2)[0][0] == 0, "anterior is up"
    assert np.argwhere(coronal == 1)[0][1] == 0, "the patient's right is on the left"
    assert np.argwhere(coronal == 3)[0][0] == 0, "superior is up"
    assert np.argwhere(sagittal == 2)[0][1] == 0, "anterior is on the left"
    assert np.argwhere(sagittal == 3)[0][0] == 0, "superior is up"


@pytest.mark.parametrize(("order", "signs"), STORED)
def test_turning_keeps_every_voxel_in_its_place(order, signs):
    volume = volume_with_marks(order, signs)
    turned = to_canonical(volume)
    for value in (1, 2, 3):
        before, after = (v.affine @ [*np.argwhere(v.array == value)[0], 1] for v in (volume, turned))
        np.testing.assert_allclose(before, after)


def test_pixels_of_anisotropic_voxels_keep_their_aspect():
    array = np.ones((8, 8, 4))
    view = BrainView.of(ReportImages({"t1": Volume(array, np.diag([0.5, 1.0, 6.0, 1]))}))
    assert view.pixel_mm("axial") == (0.5, 1.0)
    assert view.pixel_mm("coronal") == (0.5, 6.0)
    assert view.pixel_mm("sagittal") == (1.0, 6.0)


def test_slices_go_through_the_largest_tumour_section(images):
    view = BrainView.of(images)
    for plane, index in view.tumour_slices().items():
        areas = [(view.cut(view.labels, plane, i) > 0).sum() for i in range(view.brain.shape["sca".index(plane[0])])]
        assert areas[index] == max(areas)


def test_a_slice_is_named_by_its_stored_number_and_its_distance_from_the_middle_of_the_brain(images):
    """The brain is a ball around index (24, 28, 20); i and j run to the left and back, 3 mm each."""
    view = BrainView.of(images)
    places = {plane: view.place(plane, index) for plane, index in view.tumour_slices().items()}
    assert places == {
        "axial": "slice 23 of 40, 6 mm above the brain's middle",
        "coronal": "slice 31 of 56, 6 mm behind the brain's middle",
        "sagittal": "slice 33 of 48, 24 mm left of the brain's middle",
    }


@pytest.mark.parametrize(("order", "signs"), STORED)
def test_sides_and_slice_numbers_hold_however_the_image_is_stored(order, signs):
    volume = volume_with_marks(order, signs)
    view = BrainView.of(ReportImages({"t1": volume}, brain_mask=volume.with_array(np.ones(volume.shape))))
    for plane, axis, value, side in (
        ("sagittal", 0, 1, "right of"),
        ("coronal", 1, 2, "in front of"),
        ("axial", 2, 3, "above"),
    ):
        index = int(np.argwhere(view.sequences["t1"] == value)[0][axis])
        stored = order.index(axis)
        number = int(np.argwhere(volume.array == value)[0][stored]) + 1
        distance = 2 * (volume.shape[stored] // 2)
        expected = f"slice {number} of {volume.shape[stored]}, {distance} mm {side} the brain's middle"
        assert view.place(plane, index) == expected
        middle = view.brain.shape[axis] // 2
        assert view.side(plane, middle) == "through the brain's middle"
    assert view.stored_slices == ("sagittal", "coronal", "axial")[order[2]]


@pytest.mark.parametrize("degrees", [12.0, -20.0])
def test_the_number_of_an_oblique_slice_is_that_at_the_tumour(images, degrees):
    tilt = np.eye(4)
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    tilt[1:3, 1:3] = [[cosine, -sine], [sine, cosine]]
    thick = images.grid.affine @ np.diag([1, 1, 2, 1])
    stored = Volume(np.zeros((48, 56, 20)), tilt @ thick)
    view = BrainView.of(replace(images, stored=stored))
    centre = images.label_map.affine @ np.append(np.argwhere(images.label_map.array).mean(axis=0), 1.0)
    expected = round(float((np.linalg.inv(stored.affine) @ centre)[2])) + 1
    assert view.slice_number("axial", view.tumour_slices()["axial"]) == (expected, 20)
    bare = BrainView.of(replace(images, stored=stored, label_map=None))
    middle = images.grid.affine @ np.append(np.argwhere(images.brain_mask.array).mean(axis=0), 1.0)
    expected = round(float((np.linalg.inv(stored.affine) @ middle)[2])) + 1
    assert bare.slice_number("axial", bare.tumour_slices()["axial"]) == (expected, 20)


def test_the_place_does_not_depend_on_where_the_grid_has_its_origin(images):
    moved = images.grid.affine.copy()
    moved[:3, 3] += 500
    shifted = {role: Volume(volume.array, moved) for role, volume in images.volumes.items()}
    labels = Volume(images.label_map.array, moved)
    view = BrainView.of(ReportImages(shifted, labels, brain_mask=Volume(images.brain_mask.array, moved)))
    assert view.place("sagittal", view.tumour_slices()["sagittal"]).endswith("24 mm left of the brain's middle")


def test_the_empty_outside_of_a_normalised_image_is_shown_black(images):
    brain = images.brain_mask.array
    normalised = images.grid.with_array(np.where(brain, images.grid.array - 100, 0))
    view = BrainView.of(ReportImages({"t1": normalised}, brain_mask=images.brain_mask))
    shown = view.sequences["t1"]
    assert shown[~view.brain].max() == shown.min() < 0


def test_another_grid_is_refused(images):
    moved = Volume(images.label_map.array, images.grid.affine + np.diag([0, 0, 1, 0]))
    with pytest.raises(RefusedInput, match="label map"):
        ReportImages(images.volumes, moved)


def test_no_image_is_refused():
    with pytest.raises(RefusedInput, match="at least one sequence"):
        ReportImages({})

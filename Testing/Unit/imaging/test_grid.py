from __future__ import annotations

import nibabel as nib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import (
    crop,
    crop_box,
    from_canonical,
    grid_with_spacing,
    resample_like,
    resample_spacing,
    to_canonical,
    uncrop,
)
from GliomaRadiomicsLib.imaging.itk import from_itk, to_itk

angles = st.tuples(*[st.floats(-180, 180) for _ in range(3)])
spacings = st.tuples(*[st.floats(0.3, 6.0) for _ in range(3)])
signs = st.tuples(*[st.sampled_from([-1.0, 1.0]) for _ in range(3)])
shapes = st.tuples(*[st.integers(1, 7) for _ in range(3)])
origins = st.tuples(*[st.floats(-300, 300) for _ in range(3)])


@st.composite
def volumes(draw: st.DrawFn) -> Volume:
    affine = np.eye(4)
    rotation = Rotation.from_euler("xyz", draw(angles), degrees=True).as_matrix()
    affine[:3, :3] = rotation @ np.diag(np.array(draw(spacings)) * draw(signs))
    affine[:3, 3] = draw(origins)
    shape = draw(shapes)
    return Volume(np.arange(np.prod(shape), dtype=np.int16).reshape(shape), affine, "random")


@given(volumes())
@settings(max_examples=80, deadline=None)
def test_canonical_and_back_is_exact(volume: Volume) -> None:
    canonical = to_canonical(volume)
    back = from_canonical(canonical, volume)
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_array_equal(back.affine, volume.affine)
    index = np.argwhere(canonical.array == volume.array[-1, 0, 0])[0]
    here = (canonical.affine @ [*index, 1])[:3]
    np.testing.assert_allclose(here, (volume.affine @ [volume.shape[0] - 1, 0, 0, 1])[:3], atol=1e-9)


@given(signs, st.permutations(range(3)), spacings, shapes)
@settings(max_examples=60, deadline=None)
def test_canonical_agrees_with_nibabel_for_every_axis_order_and_flip(
    flips: tuple, order: list, spacing: tuple, shape: tuple
) -> None:
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) * flips * np.array(spacing))[:, order]
    array = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    theirs = nib.as_closest_canonical(nib.Nifti1Image(array, affine))
    ours = to_canonical(Volume(array, affine))
    np.testing.assert_array_equal(ours.array, np.asarray(theirs.dataobj))
    np.testing.assert_allclose(ours.affine, theirs.affine, atol=1e-9)


@given(volumes())
@settings(max_examples=60, deadline=None)
def test_itk_and_back_is_exact_to_a_millionth(volume: Volume) -> None:
    back = from_itk(to_itk(volume))
    np.testing.assert_array_equal(back.array, volume.array)
    np.testing.assert_allclose(back.affine, volume.affine, atol=1e-6)


@given(volumes())
@settings(max_examples=40, deadline=None)
def test_nearest_resampling_onto_the_canonical_grid_only_reorders(volume: Volume) -> None:
    canonical = to_canonical(volume)
    resampled = resample_like(volume, canonical, label=True)
    assert resampled.array.dtype == volume.array.dtype
    np.testing.assert_array_equal(resampled.array, canonical.array)


def test_canonical_grid_of_another_image_is_refused(oblique: Volume) -> None:
    affine = oblique.affine.copy()
    affine[0, 3] += 3
    with pytest.raises(ValueError, match="canonical grid"):
        from_canonical(to_canonical(Volume(oblique.array, affine)), oblique)


def test_linear_resampling_follows_the_headers(oblique: Volume) -> None:
    places = np.stack(np.meshgrid(*[np.arange(n) for n in oblique.shape], indexing="ij"), -1)
    world = places @ oblique.affine[:3, :3].T + oblique.affine[:3, 3]
    ramp = oblique.with_array((world @ [0.5, -1.0, 2.0]).astype(np.float32))
    fine = resample_spacing(ramp, (0.7, 0.8, 2.0))
    inside = np.array(fine.shape) // 2
    expected = ((fine.affine @ [*inside, 1])[:3]) @ [0.5, -1.0, 2.0]
    assert fine.array[tuple(inside)] == pytest.approx(expected, abs=1e-2)
    assert fine.array.dtype == np.float32


def test_new_spacing_covers_the_same_field_of_view(oblique: Volume) -> None:
    grid = grid_with_spacing(oblique, 1.0)
    assert grid.shape == (11, 9, 38)
    np.testing.assert_allclose(grid.spacing, 1.0)
    corner = grid.affine @ [-0.5, -0.5, -0.5, 1]
    np.testing.assert_allclose(corner, oblique.affine @ [-0.5, -0.5, -0.5, 1], atol=1e-9)


def test_same_grid_is_not_interpolated(oblique: Volume) -> None:
    assert resample_like(oblique, oblique).array is oblique.array


def test_crop_box_and_back(oblique: Volume) -> None:
    mask = np.zeros(oblique.shape, bool)
    mask[3:5, 0, 6] = True
    box = crop_box(mask, 1)
    assert box == (slice(2, 6), slice(0, 2), slice(5, 7))
    assert crop_box(mask, (0, 2, 0)) == (slice(3, 5), slice(0, 3), slice(6, 7))
    part = crop(oblique, box)
    np.testing.assert_allclose(part.affine @ [0, 0, 0, 1], oblique.affine @ [2, 0, 5, 1])
    whole = uncrop(part, box, oblique, outside=-1)
    np.testing.assert_array_equal(whole.array[box], oblique.array[box])
    assert (whole.array == -1).sum() == oblique.array.size - part.array.size
    with pytest.raises(RefusedInput, match="empty mask"):
        crop_box(np.zeros((3, 3, 3)))

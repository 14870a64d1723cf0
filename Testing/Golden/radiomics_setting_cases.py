"""Synthetic cases for the settings of the feature engine: resampling, cropping, mask correction, resegmentation, 2-D.

Used by ``make_pyradiomics_golden.py``, which computes the golden values with pyradiomics, and by the tests. Numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from radiomics_cases import SHAPE, Case, noisy_image

THICK = (0.9, 0.9, 5.5)
MIXED = (1.0, 1.2, 3.0)


@dataclass(frozen=True)
class SettingCase(Case):
    """A case whose mask may lie on another grid.

    Attributes:
        mask_to_image: From voxel of the mask to voxel of the image, 4x4; None: the same grid.
        families: Families computed; empty: pyradiomics' default.
        named: Features asked for by name; empty: all of each family.
        image_types: Filters, as in a parameter file; empty: the image itself.
    """

    mask_to_image: Any = None
    families: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    image_types: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def mask_affine(self) -> np.ndarray:
        """From voxel of the mask to RAS mm."""
        return self.affine if self.mask_to_image is None else self.affine @ self.mask_to_image


def _ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float], shape: tuple[int, int, int] = SHAPE
) -> np.ndarray:
    return sum(((a - c) / r) ** 2 for a, c, r in zip(np.indices(shape), centre, radii, strict=True)) <= 1


def _slab(axis: int) -> np.ndarray:
    """A ragged region of one voxel's thickness with a hole, a pixel that touches at a corner only, and one apart."""
    inside = _ellipsoid((11, 9, 6), (8, 7, 5)) & (noisy_image() % 5 > 0)
    inside[tuple(slice(None) if other != axis else slice(0, (11, 9, 6)[axis]) for other in range(3))] = False
    inside[tuple(slice(None) if other != axis else slice((11, 9, 6)[axis] + 1, None) for other in range(3))] = False
    corner = [2, 2, 1]
    corner[axis] = (11, 9, 6)[axis]
    inside[tuple(corner)] = True
    for other in range(3):
        corner[other] += other != axis
    inside[tuple(corner)] = True
    return inside.astype(np.uint8)


def _finer_grid() -> tuple[np.ndarray, np.ndarray]:
    """A mask of smaller, turned voxels inside the image, and its matrix to the image's voxels."""
    turned = np.diag([0.6, 0.6, 0.5, 1.0])
    turned[:2, :2] = 0.6 * np.array([(0.8, -0.6), (0.6, 0.8)])
    turned[:3, 3] = (6.3, 1.4, 1.2)
    return _ellipsoid((12, 9, 9), (8, 6, 6), (26, 20, 19)).astype(np.uint8), turned


def _voxels(*places: tuple[int, int, int]) -> np.ndarray:
    inside = np.zeros(SHAPE, dtype=np.uint8)
    inside[tuple(np.array(places).T)] = 1
    return inside


def cases() -> dict[str, SettingCase]:
    """All cases by name."""
    return {**_resampled(), **_grids(), **_resegmented(), **_counting(), **_planes(), **_limits(), **_filtered()}


IMAGE = noisy_image()
TUMOUR = _ellipsoid((11, 9, 6), (8, 6, 4)).astype(np.uint8)
RAGGED = (_ellipsoid((11, 9, 6), (9, 8, 5)) & (IMAGE % 3 > 0)).astype(np.uint8)
AT_EDGE = _ellipsoid((19, 2, 10), (7, 6, 5)).astype(np.uint8)
LABELS = TUMOUR + (RAGGED & (np.indices(SHAPE)[0] > 12)) + 2 * AT_EDGE
TEN = _voxels(*[(3 * n % 17 + 2, 5 * n % 13 + 2, 7 * n % 10 + 1) for n in range(10)])


def _case(**settings: Any) -> SettingCase:
    return SettingCase(IMAGE, TUMOUR, MIXED, True, settings)


def _resampled() -> dict[str, SettingCase]:
    def to(*spacing: float, **settings: Any) -> SettingCase:
        return _case(resampledPixelSpacing=list(spacing), **settings)

    thick = replace(to(1, 1, 1), mask=RAGGED, spacing=THICK)
    low = {"minimumROIDimensions": 1, "binWidth": 10.0}
    return {
        "resampled_1_mm": thick,
        "resampled_2_mm": to(2, 2, 2),
        "resampled_anisotropic": to(1.5, 0.8, 2.5),
        "resampled_in_plane": to(2, 2, 0),
        "resampled_to_its_own_spacing": to(1, 1.2, 3),
        "resampled_at_the_edge": replace(to(0.7, 0.7, 2), mask=AT_EDGE),
        "resampled_nearest": to(2, 2, 2, interpolator="sitkNearestNeighbor"),
        "resampled_linear": to(1, 1, 1, interpolator="sitkLinear"),
        "resampled_by_number": to(1, 1, 1, interpolator=4),
        "resampled_sinc": to(1.3, 1.3, 1.3, interpolator="sitkLanczosWindowedSinc"),
        "resampled_not": to(2, 2, 2, interpolator=None),
        "resampled_float32": replace(to(1, 1, 1), image=(IMAGE / np.float32(7)).astype(np.float32)),
        "resampled_uint8": replace(to(1.5, 1.5, 1.5), image=(IMAGE % 97).astype(np.uint8)),
        "resampled_normalised": to(1, 1, 1, normalize=True, normalizeScale=100, removeOutliers=1.5, binWidth=7.5),
        "resampled_resegmented": to(1, 1, 2, resegmentRange=[-1, 1.5], resegmentMode="sigma"),
        "resampled_no_margin": to(1, 1, 1, padDistance=0),
        "resampled_single_slice": replace(to(1, 1, 1), mask=_slab(2), spacing=THICK),
        "resampled_label_3": replace(to(1, 1, 1, label=3), mask=LABELS),
        "resampled_ten_voxels": replace(to(0.8, 0.8, 0.8, **low), mask=TEN),
        "resampled_two_voxels": replace(to(0.4, 0.4, 0.4, **low), mask=_voxels((4, 5, 6), (5, 5, 6))),
        "resampled_one_voxel": replace(to(0.4, 0.4, 0.4, **low), mask=_voxels((4, 5, 6))),
    }


def _grids() -> dict[str, SettingCase]:
    finer, to_image = _finer_grid()
    shifted = np.eye(4)
    shifted[:3, 3] = (-2, 3, 1)
    other = {"mask": finer, "mask_to_image": to_image}
    return {
        "corrected": replace(_case(correctMask=True), **other),
        "corrected_and_cropped": replace(_case(correctMask=True, preCrop=True, padDistance=2), **other),
        "corrected_shifted": replace(_case(correctMask=True), mask_to_image=shifted),
        "corrected_without_need": _case(correctMask=True),
        "corrected_by_resampling": replace(_case(resampledPixelSpacing=[1, 1, 2]), **other),
        "cropped": _case(preCrop=True, normalize=True, binWidth=0.1),
        "geometry_tolerance": _case(geometryTolerance=0.01),
    }


def _resegmented() -> dict[str, SettingCase]:
    ranges = {"absolute": ([450, 700], [600]), "relative": ([0.5, 0.9], [0.7]), "sigma": ([-1, 1.5], [0.5])}
    found = {}
    for mode, (two, one) in ranges.items():
        for shape in (False, True):
            name = f"resegmented_{mode}" + ("_shape" if shape else "")
            found[name] = _case(resegmentRange=two, resegmentMode=mode, resegmentShape=shape)
            found[f"{name}_one"] = _case(resegmentRange=one, resegmentMode=mode, resegmentShape=shape)
    found["resegmented_normalised"] = _case(resegmentRange=[1, -1], normalize=True, binWidth=0.1)
    found["resegmented_float32"] = replace(
        _case(resegmentRange=[-1, 1], resegmentMode="sigma"), image=(IMAGE / np.float32(7)).astype(np.float32)
    )
    return found


def _counting() -> dict[str, SettingCase]:
    found = {
        "distances_3": _case(distances=[1, 2, 3]),
        "distances_2": _case(distances=[2]),
        "distances_3_ragged": replace(_case(distances=[1, 2, 3], gldm_a=1), mask=RAGGED),
        "dependence_2": _case(gldm_a=2, binWidth=10),
        "one_bin": _case(binCount=1),
        "bins_64": _case(binCount=64),
        "bins_8_float32": replace(_case(binCount=8), image=(IMAGE / np.float32(7)).astype(np.float32)),
        "bins_flat": replace(_case(binCount=8), image=np.full(SHAPE, 77, np.int16)),
        "below_zero": replace(_case(binWidth=12.5, voxelArrayShift=1000), image=IMAGE - np.int16(500)),
        "normalised_float32": replace(
            _case(normalize=True, removeOutliers=1.0, normalizeScale=10, binWidth=0.5),
            image=(IMAGE / np.float32(7)).astype(np.float32),
        ),
        "label_1_of_3": replace(_case(label=1), mask=LABELS),
        "label_2_of_3": replace(_case(label=2), mask=LABELS),
        "label_3_of_3": replace(_case(label=3), mask=LABELS),
    }
    for norm in ("infinity", "euclidean", "manhattan", "no_weighting"):
        found[f"weighted_{norm}_asymmetric"] = _case(weightingNorm=norm, symmetricalGLCM=False)
        found[f"weighted_{norm}_distances"] = replace(_case(weightingNorm=norm, distances=[1, 2]), mask=RAGGED)
        found[f"weighted_{norm}_plane"] = _case(weightingNorm=norm, force2D=True, force2Ddimension=1)
    return found


def _planes() -> dict[str, SettingCase]:
    found = {}
    for axis in range(3):
        flat = {"force2D": True, "force2Ddimension": axis}
        found[f"plane_{axis}"] = _case(distances=[1, 2], gldm_a=1, **flat)
        found[f"plane_{axis}_ten_voxels"] = replace(_case(minimumROIDimensions=1, **flat), mask=TEN)
        found[f"slice_{axis}"] = replace(_case(**flat), mask=_slab(2 - axis))
    shape_2d = {"families": ("shape2D",)}
    flat = {"force2D": True}
    line = _voxels((4, 5, 6), (5, 5, 6), (6, 5, 6))
    return found | {
        "slice_i": replace(_case(), mask=_slab(0)),
        "slice_j": replace(_case(), mask=_slab(1)),
        "outline": replace(_case(**flat), mask=_slab(2), **shape_2d),
        "outline_in_i": replace(_case(force2Ddimension=2, **flat), mask=_slab(0), **shape_2d),
        "outline_resampled": replace(
            _case(resampledPixelSpacing=[0.7, 0.7, 1], **flat), mask=_slab(2), spacing=THICK, **shape_2d
        ),
        "outline_of_two": replace(_case(**flat, minimumROIDimensions=1), mask=line, **shape_2d),
        "outline_resegmented": replace(_case(resegmentRange=[550], **flat), mask=_slab(2), **shape_2d),
        "by_name_2d": replace(_case(**flat), mask=_slab(2), families=("shape2D",), named=("SphericalDisproportion",)),
        "by_name_3d": replace(
            _case(), families=("shape",), named=("Compactness1", "Compactness2", "SphericalDisproportion")
        ),
        "by_name": replace(_case(), families=("firstorder",), named=("StandardDeviation",)),
    }


def _limits() -> dict[str, SettingCase]:
    return {
        "just_large_enough": replace(_case(minimumROISize=9, minimumROIDimensions=1), mask=TEN),
        "too_small": replace(_case(minimumROISize=10), mask=TEN),
        "too_flat": replace(_case(minimumROIDimensions=3), mask=_slab(2)),
        "two_voxels_too_few_dimensions": replace(_case(), mask=_voxels((4, 5, 6), (5, 5, 6))),
        "two_voxels_apart": replace(_case(), mask=_voxels((4, 5, 6), (9, 12, 7))),
        "weighted_two_voxels_apart": replace(_case(weightingNorm="euclidean"), mask=_voxels((4, 5, 6), (9, 12, 7))),
        "resegmented_too_small": _case(resegmentRange=[780], minimumROISize=500),
    }


def _filtered() -> dict[str, SettingCase]:
    """What the filters see depends on how image and mask are resampled and cropped."""
    filters = {"LoG": {"sigma": [1, 2.5]}, "Wavelet": {}, "Gradient": {}, "Square": {}, "Exponential": {"binWidth": 5}}
    chosen = {"image_types": filters, "families": ("firstorder", "glcm")}
    two = {"resampledPixelSpacing": [1.5, 1.5, 2]}
    return {
        "filtered_resampled": replace(_case(**two), **chosen),
        "filtered_resampled_small_margin": replace(_case(**two, padDistance=2), **chosen),
        "filtered_cropped": replace(_case(preCrop=True), **chosen),
        "filtered_cropped_small_margin": replace(_case(preCrop=True, padDistance=1, normalize=True), **chosen),
        "filtered_to_its_own_spacing": replace(_case(resampledPixelSpacing=[0, 0, 0], padDistance=3), **chosen),
    }

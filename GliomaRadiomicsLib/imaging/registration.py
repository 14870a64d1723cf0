"""Rigid registration of two images of one head by mutual information, with a measure of how well it went."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - its usual name
from scipy import ndimage

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import coarsened
from GliomaRadiomicsLib.imaging.itk import to_itk

Matrix = npt.NDArray[np.float64]

COARSE_MM = 5.0
SEARCH_DEGREES = (-16.0, -8.0, 0.0, 8.0, 16.0)
STARTS = 3
LEVELS_MM = (4.0, 1.0)
BORDER_MM = 6.0
"""Fluid, bone and scalp differ so much between contrasts that their blurred borders pull the images up to 1 mm apart;
this far from the surface of the brain they do not."""
SAMPLED = 0.1
LEAST_OVERLAP = 0.85
_BINS = 32
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


@dataclass(frozen=True)
class Registration:
    """A rigid movement between two images, and how well it fits.

    Attributes:
        matrix: 4x4, takes a place (RAS mm) in the fixed image to the same tissue's place in the moving image.
        information_before: Mutual information (nats) of the two brains as the headers place them.
        information_after: The same after the movement.
        overlap: Dice of the two brain masks after the movement.
    """

    matrix: Matrix
    information_before: float
    information_after: float
    overlap: float

    @property
    def rotation_degrees(self) -> float:
        """Angle of the rotation about its axis."""
        return float(np.degrees(np.arccos(np.clip((np.trace(self.matrix[:3, :3]) - 1.0) / 2.0, -1.0, 1.0))))

    def shift_mm(self, mask: Volume) -> float:
        """Mean distance by which the voxels of a mask are moved."""
        places = np.argwhere(mask.array != 0)[::97] @ mask.affine[:3, :3].T + mask.affine[:3, 3]
        moved = places @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return float(np.linalg.norm(moved - places, axis=1).mean())


def register(fixed: Volume, moving: Volume, fixed_brain: Volume, moving_brain: Volume) -> Registration:
    """Find the rigid movement from ``fixed`` to ``moving``.

    The brains' centres are laid upon each other, a grid of rotations is searched on `COARSE_MM` voxels, and the best
    `STARTS` are refined on `LEVELS_MM` voxels (Mattes mutual information, doi:10.1109/TMI.2003.809072).

    Args:
        fixed: Image that stays.
        moving: Image of the same head, any contrast, grid and position.
        fixed_brain: Non-zero in the brain, on the grid of ``fixed``.
        moving_brain: Non-zero in the brain, on the grid of ``moving``.

    Raises:
        RefusedInput: If a mask is empty, or the result fits no better than the headers do, or the brains do not
            overlap after it.
    """
    pair = _Pair(fixed, moving, fixed_brain, moving_brain)
    starts = pair.coarse_search()
    refined = [pair.refined(start, LEVELS_MM[0]) for start in starts]
    best = max(refined, key=lambda matrix: pair.information(matrix))
    for spacing in LEVELS_MM[1:]:
        best = pair.refined(best, spacing)
    found = Registration(best, pair.information(np.eye(4)), pair.information(best), pair.overlap(best))
    _check(found, moving)
    return found


def _check(found: Registration, moving: Volume) -> None:
    remedy = "register it by hand, or leave this sequence out"
    where = SEQUENCE_NAMES.get(moving.name, moving.name) or "the image"
    if found.overlap < LEAST_OVERLAP:
        raise RefusedInput(
            what="the brains do not overlap after the registration",
            where=where,
            found=f"Dice {found.overlap:.2f}, at least {LEAST_OVERLAP} is asked for",
            remedy=remedy,
        )
    if found.information_after < found.information_before - 0.01:
        raise RefusedInput(
            what="after the registration it fits worse than the headers place it",
            where=where,
            found=f"mutual information {found.information_after:.3f} after {found.information_before:.3f}",
            remedy=remedy,
        )


class _Pair:
    """Two images at several resolutions."""

    def __init__(self, fixed: Volume, moving: Volume, fixed_brain: Volume, moving_brain: Volume) -> None:
        self._images = fixed, moving
        self._brains = fixed_brain, moving_brain
        self._coarse = [coarsened(image, COARSE_MM) for image in (fixed, moving)]
        self._coarse_brains = [
            coarsened(brain.with_array((brain.array != 0).astype(np.float32)), COARSE_MM) for brain in self._brains
        ]
        self._centres = [_centre(brain) for brain in self._brains]
        inside = self._coarse_brains[0].array > 0.5
        self._places = np.argwhere(inside) @ self._coarse[0].affine[:3, :3].T + self._coarse[0].affine[:3, 3]
        self._values = _ranked(self._coarse[0].array[inside])

    def coarse_search(self) -> list[Matrix]:
        """The `STARTS` best rotations about the centre of the brain."""
        turns = [self._about_centre(np.radians(angles)) for angles in product(SEARCH_DEGREES, repeat=3)]
        turns.append(np.eye(4))
        return sorted(turns, key=self.information, reverse=True)[:STARTS]

    def information(self, matrix: Matrix) -> float:
        """Mutual information (nats) inside the fixed brain, at `COARSE_MM`."""
        moving = self._coarse[1]
        places = self._places @ matrix[:3, :3].T + matrix[:3, 3]
        index = (places - moving.affine[:3, 3]) @ np.linalg.inv(moving.affine[:3, :3]).T
        values = ndimage.map_coordinates(moving.array, index.T, order=1, mode="constant", cval=0.0)
        joint = np.histogram2d(self._values, _ranked(values), bins=_BINS)[0]
        joint /= joint.sum()
        outer = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
        filled = joint > 0
        return float((joint[filled] * np.log(joint[filled] / outer[filled])).sum())

    def overlap(self, matrix: Matrix) -> float:
        """Dice of the brains, of the part of the fixed one that the moving image shows."""
        fixed, moving = self._coarse_brains
        inside = fixed.array > 0.5
        grid = np.argwhere(np.ones_like(inside)) @ fixed.affine[:3, :3].T + fixed.affine[:3, 3]
        index = (grid @ matrix[:3, :3].T + matrix[:3, 3] - moving.affine[:3, 3]) @ np.linalg.inv(
            moving.affine[:3, :3]
        ).T
        seen = np.all((index >= -0.5) & (index <= np.array(moving.shape) - 0.5), axis=1).reshape(inside.shape)
        moved = ndimage.map_coordinates(moving.array, index.T, order=1).reshape(inside.shape) > 0.5
        both = (inside & seen).sum() + moved.sum()
        return float(2.0 * (inside & moved).sum() / both) if both else 0.0

    def refined(self, start: Matrix, spacing_mm: float) -> Matrix:
        """The best movement near ``start``, on voxels of ``spacing_mm``."""
        fixed, moving = (to_itk(coarsened(image, spacing_mm)) for image in self._images)
        mask = to_itk(self._counted(spacing_mm))
        method = sitk.ImageRegistrationMethod()
        method.SetMetricAsMattesMutualInformation(_BINS)
        method.SetMetricFixedMask(mask)
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(SAMPLED if spacing_mm < LEVELS_MM[0] else 0.5, seed=1)
        method.SetInterpolator(sitk.sitkLinear)
        method.SetOptimizerAsRegularStepGradientDescent(
            learningRate=1.0,
            minStep=0.005,
            numberOfIterations=80,
            relaxationFactor=0.6,
            gradientMagnitudeTolerance=1e-5,
        )
        method.SetOptimizerScalesFromPhysicalShift()
        transform = sitk.Euler3DTransform()
        transform.SetCenter((_LPS[:3, :3] @ self._centres[0]).tolist())
        lps = _LPS @ start @ _LPS
        transform.SetMatrix(_orthogonal(lps[:3, :3]).ravel().tolist(), 1e-4)
        centre = np.array(transform.GetCenter())
        transform.SetTranslation((lps[:3, :3] @ centre + lps[:3, 3] - centre).tolist())
        method.SetInitialTransform(transform, inPlace=True)
        method.Execute(fixed, moving)
        return _LPS @ _matrix_of(transform) @ _LPS

    def _counted(self, spacing_mm: float) -> Volume:
        """Where the images are compared: the brain and its border at first, at last only what lies inside it."""
        brain = self._brains[0].with_array((self._brains[0].array != 0).astype(np.float32))
        small = coarsened(brain, spacing_mm)
        inside = small.array > 0.5
        if spacing_mm > LEVELS_MM[-1]:
            counted = ndimage.binary_dilation(inside)
        else:
            counted = ndimage.binary_erosion(inside, iterations=round(BORDER_MM / spacing_mm))
        return small.with_array((counted if counted.any() else inside).astype(np.uint8))

    def _about_centre(self, angles: npt.NDArray) -> Matrix:
        matrix = np.eye(4)
        matrix[:3, :3] = _turn(angles)
        matrix[:3, 3] = self._centres[1] - matrix[:3, :3] @ self._centres[0]
        return matrix


def _centre(brain: Volume) -> npt.NDArray[np.float64]:
    inside = np.argwhere(brain.array != 0)
    if not len(inside):
        raise RefusedInput(what="no brain to register by", where=brain.name, remedy="give a brain mask")
    return brain.affine[:3, :3] @ inside.mean(0) + brain.affine[:3, 3]


def _ranked(values: npt.NDArray) -> npt.NDArray:
    """Values limited to their 1st and 99th percentile, so that few bright voxels do not take all bins."""
    return np.clip(values, *np.percentile(values, (1.0, 99.0)))


def _turn(angles: npt.NDArray) -> Matrix:
    x, y, z = angles
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    return about_z @ about_y @ about_x


def _orthogonal(matrix: Matrix) -> Matrix:
    u, _, vt = np.linalg.svd(matrix)
    return u @ vt


def _matrix_of(transform: sitk.Euler3DTransform) -> Matrix:
    rotation = np.array(transform.GetMatrix()).reshape(3, 3)
    centre = np.array(transform.GetCenter())
    matrix = np.eye(4)
    matrix[:3, :3] = rotation
    matrix[:3, 3] = np.array(transform.GetTranslation()) + centre - rotation @ centre
    return matrix

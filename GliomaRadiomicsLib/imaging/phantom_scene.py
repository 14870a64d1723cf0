"""The phantom's tissue and labels on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import SimpleITK as sitk  # noqa: N813 - its usual name
from scipy import ndimage

from GliomaRadiomicsLib.core.labels import ED
from GliomaRadiomicsLib.imaging.phantom_brain import BrainShape, healthy_tissue, outline
from GliomaRadiomicsLib.imaging.phantom_head import head_tissue
from GliomaRadiomicsLib.imaging.phantom_shapes import Array
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue
from GliomaRadiomicsLib.imaging.phantom_tumour import Tumour, paint_tumour, undo_push

_GRID_CENTRE_RAS = np.array([-119.5, 119.5, 77.0])
_BRAIN_CENTRE_RAS = np.array([-118.0, 110.0, 73.0])
_BRAIN_BOX = ((-80.0, 80.0), (-95.0, 95.0), (-80.0, 78.0))
_HEAD_BOX = ((-92.0, 92.0), (-108.0, 112.0), (-125.0, 92.0))
_BRAIN_MARGIN_MM = 0.2
_RIM_MM = 2.0
_CANAL_BELOW_MM = -62.0
_CLEFT_MM = 4.0


@dataclass(frozen=True)
class Grid:
    """A grid in BraTS orientation: shape, affine (index to RAS mm) and voxel size (mm)."""

    shape: tuple[int, int, int]
    affine: npt.NDArray[np.float64]
    spacing_mm: float


@dataclass(frozen=True)
class Scene:
    """Tissue, labels and mixture on the part of a grid that holds the brain or the head.

    Attributes:
        tissue: Tissue numbers.
        label: BraTS labels.
        blend: Share of the other tissue (`BLENDS_WITH`) in each voxel.
        brain: Brain with its fluid; where there is a skull, as masks of brain extraction draw it: with the nearest of
            the fluid around it, and without clefts.
        axes: Head coordinates (mm) along i, j, k of this part.
        box: Where the part lies in the grid.
        grid: The whole grid.
    """

    tissue: npt.NDArray[np.uint8]
    label: npt.NDArray[np.uint8]
    blend: Array
    brain: npt.NDArray[np.bool_]
    axes: tuple[Array, Array, Array]
    box: tuple[slice, slice, slice]
    grid: Grid

    def affine(self) -> npt.NDArray[np.float64]:
        """Affine (index in this part to RAS mm)."""
        affine = self.grid.affine.copy()
        affine[:3, 3] += affine[:3, :3] @ [s.start for s in self.box]
        return affine

    def on_grid(self, part: npt.NDArray) -> npt.NDArray:
        """An array of this part, on the whole grid with 0 around."""
        whole = np.zeros(self.grid.shape, dtype=part.dtype)
        whole[self.box] = part
        return whole


def centred_grid(shape: tuple[int, int, int], spacing_mm: float) -> Grid:
    """Grid with axes to the left, back and top whose centre is that of the 240x240x155 BraTS grid."""
    affine = np.diag([-spacing_mm, -spacing_mm, spacing_mm, 1.0])
    affine[:3, 3] = _GRID_CENTRE_RAS - affine[:3, :3] @ ((np.array(shape) - 1) / 2.0)
    return Grid(shape, affine, spacing_mm)


def whole_head_grid(grid: Grid) -> Grid:
    """``grid`` with enough voxels more on every side to hold the head, on the same lattice."""
    low_high = []
    for axis, (low, high) in enumerate(_HEAD_BOX):
        step, start = grid.affine[axis, axis], grid.affine[axis, 3] - _BRAIN_CENTRE_RAS[axis]
        places = sorted(((low - start) / step, (high - start) / step))
        low_high.append((min(0, int(np.floor(places[0]))), max(grid.shape[axis], int(np.ceil(places[1])) + 1)))
    affine = grid.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ [low for low, _ in low_high]
    shape = tuple(high - low for low, high in low_high)
    return Grid((shape[0], shape[1], shape[2]), affine, grid.spacing_mm)


def build_scene(brain: BrainShape, tumour: Tumour, grid: Grid, *, skull: bool) -> Scene:
    """Put the brain with its tumour on ``grid``, with the head around it if ``skull``."""
    axes, box = _axes(grid, _HEAD_BOX if skull else _BRAIN_BOX)
    sparse = np.meshgrid(*axes, indexing="ij", sparse=True)
    x, y, z = (
        (g + brain.warp_mm * wide.on_axes(*axes) + brain.ripple_mm * fine.on_axes(*axes)) / np.float32(scale)
        for g, wide, fine, scale in zip(sparse, brain.warp, brain.ripple, brain.size, strict=True)
    )
    surface = outline(x, y, z).brain()
    inside = (surface < _BRAIN_MARGIN_MM + 0.7 * brain.depth.on_axes(*axes)) & (z > -76.0)
    places = (x[inside], y[inside], z[inside])
    distance = surface[inside]
    freedom = np.clip(-distance / 14.0, 0.0, 1.0)
    before = undo_push(tumour, *places, freedom * freedom * (3.0 - 2.0 * freedom))
    healthy = healthy_tissue(brain, *before, outline(*before))
    painted = paint_tumour(tumour, places, healthy, distance, grid.spacing_mm**3)
    shape = inside.shape
    tissue = _head(brain, sparse, surface, axes) if skull else np.zeros(shape, dtype=np.uint8)
    label, blend = np.zeros(shape, dtype=np.uint8), np.zeros(shape, dtype=np.float32)
    tissue[inside], label[inside], blend[inside] = painted.tissue, painted.label, painted.blend
    label = _smooth_labels(label, inside, grid.spacing_mm)
    rim = (tissue == Tissue.CSF) & (surface < _RIM_MM) & (z > _CANAL_BELOW_MM)
    brain_mask = _drawn_brain(inside | rim, grid) if skull else inside
    return Scene(tissue, label, blend, brain_mask, axes, box, grid)


def _head(
    brain: BrainShape, sparse: tuple[Array, ...], surface: Array, axes: tuple[Array, Array, Array]
) -> npt.NDArray[np.uint8]:
    x, y, z = (g / np.float32(scale) for g, scale in zip(sparse, brain.size, strict=True))
    return head_tissue(x, y, z, surface, brain.lesions.on_axes(*axes))


def _axes(
    grid: Grid, bounds: tuple[tuple[float, float], ...]
) -> tuple[tuple[Array, Array, Array], tuple[slice, slice, slice]]:
    """Head coordinates (mm) along the grid's axes, limited to ``bounds``, and the limits as slices."""
    lines, slices = [], []
    for axis, (low, high) in enumerate(bounds):
        line = grid.affine[axis, axis] * np.arange(grid.shape[axis]) + grid.affine[axis, 3] - _BRAIN_CENTRE_RAS[axis]
        inside = np.flatnonzero((line >= low) & (line <= high))
        cut = slice(int(inside[0]), int(inside[-1]) + 1)
        lines.append(line[cut].astype(np.float32))
        slices.append(cut)
    return (lines[0], lines[1], lines[2]), (slices[0], slices[1], slices[2])


def _drawn_brain(brain: npt.NDArray[np.bool_], grid: Grid) -> npt.NDArray[np.bool_]:
    """The brain with its clefts and holes closed."""
    image = sitk.GetImageFromArray(brain.astype(np.uint8))
    closed = sitk.BinaryMorphologicalClosing(image, [max(1, round(_CLEFT_MM / grid.spacing_mm))] * 3)
    return sitk.GetArrayViewFromImage(sitk.BinaryFillhole(closed)) > 0


def _smooth_labels(
    label: npt.NDArray[np.uint8], brain: npt.NDArray[np.bool_], spacing_mm: float
) -> npt.NDArray[np.uint8]:
    """Labels as a reader draws them: the oedema's holes filled and its specks dropped, the core as it is."""
    share = ndimage.gaussian_filter((label > 0).astype(np.float32), 1.2 / spacing_mm)
    core = (label > 0) & (label != ED)
    result = np.where(core, label, np.where((share > 0.5) & brain, ED, 0))
    return result.astype(np.uint8)

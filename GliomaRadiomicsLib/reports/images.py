"""The images a report shows, turned to patient axes, cropped to the brain and cut into slices."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES, region_mask
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import to_canonical

PLANES = ("axial", "coronal", "sagittal")
_NORMAL_AXIS = {"axial": 2, "coronal": 1, "sagittal": 0}
_SIDES = ("right of", "left of"), ("in front of", "behind"), ("above", "below")
_MARGIN_MM = 2.0


@dataclass(frozen=True)
class ReportImages:
    """Images for the pictures, all on one grid.

    Attributes:
        volumes: Sequences by role (keys of `core.labels.SEQUENCES`).
        label_map: 0/1/2/4 label map, or None if nothing was segmented.
        heatmaps: Heat maps by name, such as ``cnn_grading/gradcam``.
        brain_mask: Nonzero inside the brain, or None.
        stored: The grid of the image that was given, laid onto these images, for slice numbers; None: their own.
        before: Sequences as given, with skull, through their headers alone; empty where nothing was prepared.
        aligned: The same after the alignment.

    Raises:
        RefusedInput: If there is no sequence, or one of the images lies on another grid.
    """

    volumes: dict[str, Volume]
    label_map: Volume | None = None
    heatmaps: dict[str, Volume] = field(default_factory=dict)
    brain_mask: Volume | None = None
    stored: Volume | None = None
    before: dict[str, Volume] = field(default_factory=dict)
    aligned: dict[str, Volume] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.volumes:
            raise RefusedInput(what="no image to show", where="report", remedy="give at least one sequence")
        extras = {"label map": self.label_map, "brain mask": self.brain_mask}
        named = [*self.volumes.items(), *extras.items(), *self.heatmaps.items(), *self.before.items()]
        for name, volume in [*named, *self.aligned.items()]:
            if volume is not None and not self.grid.same_grid(volume):
                raise RefusedInput(
                    what="not on the grid of the other images",
                    where=f"report, {name}",
                    found=f"shape {volume.shape}",
                    remedy="resample it to the grid of the sequences first",
                )

    @property
    def grid(self) -> Volume:
        """The first sequence; all others lie on its grid."""
        return next(iter(self.volumes.values()))


@dataclass(frozen=True)
class BrainView:
    """Report images with axes nearest to R, A, S (in this order) and cropped to the brain.

    Attributes:
        sequences: Arrays ``(x, y, z)`` by role, in the order of `SEQUENCES`.
        labels: Label map on the same grid, or None.
        heatmaps: Heat maps on the same grid.
        brain: Boolean brain mask on the same grid.
        affine: From index to RAS millimetres.
        stored: The grid of the images as they are stored, for slice numbers.
        shares: Of each heat map, on the whole grid, the share of its absolute values inside the tumour; those
            without a tumour or without a value are absent.
    """

    sequences: dict[str, npt.NDArray]
    labels: npt.NDArray | None
    heatmaps: dict[str, npt.NDArray]
    brain: npt.NDArray[np.bool_]
    affine: npt.NDArray[np.float64]
    stored: Volume
    shares: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, images: ReportImages) -> BrainView:
        """Turn and crop ``images``."""
        brain = to_canonical(images.grid.with_array(_brain(images)))
        box, affine = _box(brain)
        inside = brain.array[box]

        def cropped(volume: Volume) -> npt.NDArray:
            return to_canonical(volume).array[box]

        order = sorted(images.volumes, key=lambda role: SEQUENCES.index(role) if role in SEQUENCES else len(SEQUENCES))
        return cls(
            sequences={role: _with_dark_background(cropped(images.volumes[role]), inside) for role in order},
            labels=None if images.label_map is None else cropped(images.label_map),
            heatmaps={name: cropped(heatmap) for name, heatmap in images.heatmaps.items()},
            brain=inside,
            affine=affine,
            stored=images.stored or images.grid,
            shares=_shares(images),
        )

    @property
    def spacing(self) -> npt.NDArray[np.float64]:
        """Voxel size along x, y, z in millimetres."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def tilt_degrees(self) -> float:
        """Largest angle between an image axis and the patient axis it is shown as."""
        cosines = np.diag(self.affine[:3, :3]) / self.spacing
        return float(np.degrees(np.arccos(np.clip(cosines, -1, 1)).max()))

    @property
    def anatomy(self) -> str:
        """The sequence on which results are shown: T1ce if given."""
        return next(
            (role for role in ("t1ce", "flair", "t2", "t1") if role in self.sequences), next(iter(self.sequences))
        )

    @property
    def has_tumour(self) -> bool:
        """Whether the label map holds any tumour voxel."""
        return self.labels is not None and bool(region_mask(self.labels, "WT").any())

    def tumour_slices(self) -> dict[str, int]:
        """Per plane, the slice with the largest section of the whole tumour; of the brain where there is none."""
        mask = self.brain if self.labels is None or not self.has_tumour else region_mask(self.labels, "WT")
        return strongest_slices(mask)

    def cut(self, array: npt.NDArray, plane: str, index: int) -> npt.NDArray:
        """Slice as it is shown: rows from A or S down, columns from the patient's right (sagittal: anterior) on."""
        return np.take(array, index, axis=_NORMAL_AXIS[plane])[::-1, ::-1].T

    def pixel_mm(self, plane: str) -> tuple[float, float]:
        """Width and height of a pixel of `cut` in millimetres."""
        across, up = (axis for axis in range(3) if axis != _NORMAL_AXIS[plane])
        return float(self.spacing[across]), float(self.spacing[up])

    def place(self, plane: str, index: int) -> str:
        """Number and side of the slice, such as ``slice 142 of 240, 31 mm right of the brain's middle``."""
        number, total = self.slice_number(plane, index)
        return f"slice {number} of {total}, {self.side(plane, index)}"

    def slice_number(self, plane: str, index: int) -> tuple[int, int]:
        """Number of the slice in the image as it is stored, counted from 1, and how many there are.

        Of several that an oblique picture runs through, the one in the middle of the tumour.
        """
        to_stored = np.linalg.inv(self.stored.affine) @ self.affine
        axis = int(np.argmax(np.abs(to_stored[:3, _NORMAL_AXIS[plane]])))
        place = np.append(self._centre(plane, index), 1.0)
        number = round(float((to_stored @ place)[axis])) + 1
        return min(max(number, 1), self.stored.shape[axis]), self.stored.shape[axis]

    def _centre(self, plane: str, index: int) -> npt.NDArray[np.float64]:
        """Index of the middle of what a slice shows of the tumour; of the brain, or of the picture, without any.

        Stored slices that lie oblique to the picture run through it: their numbers differ from side to side.
        """
        axis = _NORMAL_AXIS[plane]
        for mask in (region_mask(self.labels, "WT") if self.labels is not None else None, self.brain):
            shown = None if mask is None else np.argwhere(np.take(mask, index, axis=axis))
            if shown is not None and len(shown):
                return np.insert(shown.mean(axis=0), axis, index)
        centre = (np.array(self.brain.shape) - 1) / 2.0
        centre[axis] = index
        return centre

    def side(self, plane: str, index: int) -> str:
        """How far the slice lies from the brain's middle (half of the brain on either side), and on which side."""
        axis = _NORMAL_AXIS[plane]
        inside = np.cumsum(self.brain.sum(axis=tuple(other for other in range(3) if other != axis)))
        middle = int(np.searchsorted(inside, inside[-1] / 2))
        millimetres = round(float((index - middle) * self.spacing[axis]))
        if millimetres == 0:
            return "through the brain's middle"
        return f"{abs(millimetres)} mm {_SIDES[axis][0 if millimetres > 0 else 1]} the brain's middle"

    @property
    def stored_slices(self) -> str:
        """The plane in which the images are stored slice by slice (their third axis)."""
        axis = int(np.argmax(np.abs(np.linalg.inv(self.affine)[:3, :3] @ self.stored.affine[:3, 2])))
        return next(plane for plane, normal in _NORMAL_AXIS.items() if normal == axis)


def strongest_slices(weights: npt.NDArray) -> dict[str, int]:
    """Per plane, the slice over which ``weights`` sum to most."""
    sums = {plane: weights.sum(axis=tuple(a for a in range(3) if a != axis)) for plane, axis in _NORMAL_AXIS.items()}
    return {plane: int(np.argmax(values)) for plane, values in sums.items()}


def _shares(images: ReportImages) -> dict[str, float]:
    if images.label_map is None:
        return {}
    tumour = region_mask(images.label_map.array, "WT")
    found = {}
    for name, heat in images.heatmaps.items() if tumour.any() else ():
        amount = np.abs(np.nan_to_num(heat.array, posinf=0.0, neginf=0.0))
        total = float(amount.sum(dtype=np.float64))
        if total > 0:
            found[name] = float(amount[tumour].sum(dtype=np.float64)) / total
    return found


def _brain(images: ReportImages) -> npt.NDArray[np.bool_]:
    if images.brain_mask is not None and images.brain_mask.array.any():
        return images.brain_mask.array > 0
    image = images.grid.array
    finite = np.isfinite(image)
    inside = finite & (image > image[finite].min()) if finite.any() else finite
    return inside if inside.any() else np.ones(image.shape, dtype=bool)


def _with_dark_background(array: npt.NDArray, brain: npt.NDArray[np.bool_]) -> npt.NDArray:
    """Normalised images are 0 outside the brain and negative inside: show such an empty outside as black."""
    outside = array[~brain]
    if not outside.size or not brain.any() or not (outside == outside.flat[0]).all():
        return array
    return np.where(brain, array, np.nanmin(array[brain]))


def _box(brain: Volume) -> tuple[tuple[slice, ...], npt.NDArray[np.float64]]:
    slices = []
    for axis in range(3):
        filled = np.flatnonzero(brain.array.any(axis=tuple(a for a in range(3) if a != axis)))
        margin = int(np.ceil(_MARGIN_MM / brain.spacing[axis]))
        slices.append(slice(max(int(filled[0]) - margin, 0), min(int(filled[-1]) + margin + 1, brain.shape[axis])))
    affine = brain.affine.copy()
    affine[:3, 3] += affine[:3, :3] @ np.array([s.start for s in slices], dtype=float)
    return tuple(slices), affine

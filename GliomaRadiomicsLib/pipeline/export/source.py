"""The DICOM series that an outline was drawn on, found again in a folder, and the outline on its slices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.read import read_series
from GliomaRadiomicsLib.imaging.dicom.scan import scan_folder
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries, series_of
from GliomaRadiomicsLib.pipeline.export.headers import read_headers
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome

_ROUNDING_MM = 0.05
"""How far headers may differ by rounding alone; a tenth of the smallest voxel where that is less."""

_WHERE = "--dicom"


@dataclass(frozen=True)
class Source:
    """The series that the exported objects refer to.

    Attributes:
        headers: pydicom data sets of its files without pixels, in the order of the slices. They identify the patient:
            nothing of them may be shown.
        frames: For every slice its frame in the only file, from 0; empty where every slice is a file.
        affine: RAS mm of (column, row, slice).
        labels: The outline on its slices, ``(column, row, slice)``, 0/1/2/4.
        called: ``series 2 of 4``.
        same_files: Whether its files are those that were analysed, byte for byte.
    """

    headers: tuple[Any, ...]
    frames: tuple[int, ...]
    affine: npt.NDArray[np.float64]
    labels: npt.NDArray[np.uint8]
    called: str
    same_files: bool

    @property
    def first(self) -> Any:
        """Header of the first file."""
        return self.headers[0]

    def header_of(self, index: int) -> Any:
        """Header of the file that holds a slice."""
        return self.headers[0] if self.frames else self.headers[index]

    def slices_with(self, values: Sequence[int]) -> list[int]:
        """Slices in which a label of ``values`` occurs."""
        return np.flatnonzero(np.isin(self.labels, values).any(axis=(0, 1))).tolist()


def find_source(folder: Path, outcome: Outcome) -> Source:
    """Find the series whose slices the outline lies on, and read its headers.

    Args:
        folder: With DICOM files in any nesting.
        outcome: The result; its files' hash tells the series where DICOM was analysed, otherwise grid and contrast.

    Raises:
        RefusedInput: If there is none or more than one, or its files cannot be referred to.
    """
    fitting = _fitting(series_of(scan_folder(folder)), outcome.label_map)
    same = [one for one in fitting if read_series(one).sha256 == outcome.reference_sha256]
    chosen = same[0] if same else _chosen_by_grid(fitting, outcome)
    assert chosen.stack is not None
    labels = on_grid(outcome.label_map, chosen.stack.affine, _size(chosen))
    assert labels is not None
    headers, frames = read_headers(chosen)
    called = f"series {chosen.number} of {chosen.total}"
    return Source(headers, frames, chosen.stack.affine, labels, called, bool(same))


def on_grid(
    label_map: Volume, affine: npt.NDArray[np.float64], shape: tuple[int, int, int]
) -> npt.NDArray[np.uint8] | None:
    """A label map voxel by voxel on a grid that is the same but for order and direction of its axes.

    Args:
        label_map: Of any axis order.
        affine: RAS mm of the grid.
        shape: Of the grid.

    Returns:
        Its labels, or None where the voxels of both do not lie at the same places.
    """
    turn = np.linalg.inv(affine) @ label_map.affine
    whole = np.rint(turn)
    axes = np.abs(whole[:3, :3])
    if not ((axes.sum(0) == 1).all() and (axes.sum(1) == 1).all()):
        return None
    order = [int(np.argmax(axes[axis])) for axis in range(3)]
    if tuple(label_map.shape[axis] for axis in order) != shape:
        return None
    flipped = [whole[axis, order[axis]] < 0 for axis in range(3)]
    starts = [n - 1 if flip else 0 for n, flip in zip(shape, flipped, strict=True)]
    if not np.array_equal(whole[:3, 3], starts):
        return None
    exact = Volume(label_map.array, affine @ whole)
    if label_map.grid_distance_mm(exact) > min(_ROUNDING_MM, 0.1 * min(label_map.spacing)):
        return None
    turned = np.transpose(label_map.array, order)[tuple(slice(None, None, -1 if flip else 1) for flip in flipped)]
    return np.ascontiguousarray(turned, dtype=np.uint8)


def _size(series: DicomSeries) -> tuple[int, int, int]:
    rows, columns = series.slices[0].size
    return columns, rows, len(series.slices)


def _fitting(series: Sequence[DicomSeries], label_map: Volume) -> list[DicomSeries]:
    """Series on whose slices the outline lies voxel by voxel."""
    whole = [one for one in series if one.stack is not None and one.stack.even]
    fitting = [
        one for one in whole if one.stack is not None and on_grid(label_map, one.stack.affine, _size(one)) is not None
    ]
    if fitting:
        return fitting
    raise RefusedInput(
        what=f"none of {len(series)} series has the grid of the outline",
        where=_WHERE,
        found=f"outline of {_grid_words(label_map)}",
        remedy="give the folder of the series that the images were made from; images resampled before the analysis, "
        "or from slices at uneven distances, cannot be laid back onto their series",
    )


def _chosen_by_grid(fitting: list[DicomSeries], outcome: Outcome) -> DicomSeries:
    """The one series on the grid of the outline, or the one of them that is recognised as the reference."""
    alike = [one for one in fitting if one.recognised.role == outcome.reference]
    chosen = fitting if len(fitting) == 1 else alike
    if len(chosen) == 1:
        return chosen[0]
    raise RefusedInput(
        what=f"{len(fitting)} series have the grid of the outline, and none has the files that were analysed",
        where=_WHERE,
        remedy=f"give a folder with the {SEQUENCE_NAMES.get(outcome.reference, 'reference')} series alone",
    )


def _grid_words(volume: Volume) -> str:
    voxels = " x ".join(str(count) for count in volume.shape)
    return f"{voxels} voxels of {' x '.join(f'{size:.3g}' for size in volume.spacing)} mm"

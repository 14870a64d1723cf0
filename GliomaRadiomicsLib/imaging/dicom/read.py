"""Series to volumes, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import Finding
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.dicom.identifiers import HIDDEN
from GliomaRadiomicsLib.imaging.dicom.pixels import UnreadablePixels, read_pixels
from GliomaRadiomicsLib.imaging.dicom.scan import scan_folder
from GliomaRadiomicsLib.imaging.dicom.series import DicomSeries, series_of
from GliomaRadiomicsLib.imaging.dicom.stack import Stack


@dataclass(frozen=True)
class ReadSeries:
    """A series in memory.

    Attributes:
        volume: Voxels and place, RAS.
        sha256: Over the hashes of the files, independent of their names and order.
        findings: What was changed or is odd, for the passport.
    """

    volume: Volume
    sha256: str
    findings: tuple[Finding, ...]


def read_series(series: DicomSeries, name: str = "") -> ReadSeries:
    """Read the pixels of a series.

    Args:
        series: From `series_of`.
        name: What to call the volume, such as the role of a sequence.

    Raises:
        RefusedInput: If the series has a problem, or a file cannot be read whole; named, without identifiers.
    """
    where = SEQUENCE_NAMES.get(name, name) or None
    if series.problem is not None or series.stack is None:
        raise series.refusal(where)
    try:
        array, sha256 = read_pixels(series.slices)
    except UnreadablePixels as error:
        raise _unreadable(series, error) from error
    except OSError as error:
        raise RefusedInput(
            what="file cannot be read", where=where, found=error.strerror, remedy="check its permissions"
        ) from error
    findings = list(series.notes)
    if not series.stack.even:
        array = _evened(array, series.stack)
        findings.append(_uneven(series.stack, name))
    return ReadSeries(Volume(array.transpose(2, 1, 0), series.stack.affine, name), sha256, tuple(findings))


def iterate_series(folder: str | Path, progress: Progress | None = None) -> Iterator[tuple[DicomSeries, Volume]]:
    """Every series of a folder that makes a volume, read one after another; none is kept.

    Raises:
        RefusedInput: As `scan_folder` and `read_series`.
    """
    for series in series_of(scan_folder(folder, progress)):
        if series.problem is None:
            yield series, read_series(series).volume


def _unreadable(series: DicomSeries, error: UnreadablePixels) -> RefusedInput:
    index = next(number for number, one in enumerate(series.slices) if one.path == error.path)
    shown = series.shown[index] if series.shown else HIDDEN
    return RefusedInput(
        what=str(error),
        where=f"{shown}, slice {index + 1} of {len(series.slices)} of series {series.number}",
        remedy="copy or export it again",
    )


def _evened(array: npt.NDArray, stack: Stack) -> npt.NDArray[np.float32]:
    """Slices at even distances, interpolated linearly between their neighbours."""
    wanted = np.arange(stack.depth) * stack.step
    above = np.clip(np.searchsorted(stack.places, wanted), 1, len(array) - 1)
    share = (wanted - stack.places[above - 1]) / (stack.places[above] - stack.places[above - 1])
    weight = np.clip(share, 0.0, 1.0).astype(np.float32)[:, None, None]
    return (array[above - 1] * (1 - weight) + array[above] * weight).astype(np.float32, copy=False)


def _uneven(stack: Stack, name: str) -> Finding:
    gaps = np.diff(stack.places)
    message = (
        f"{SEQUENCE_NAMES.get(name, name or 'series')}: the distance of the slices varies from {gaps.min():.2f} to "
        f"{gaps.max():.2f} mm; they were interpolated to an even {stack.step:.2f} mm, so look at it before you trust it"
    )
    return Finding("slice-gap-varies", "warning", message, name or None)

"""Features of all regions of all sequences of a patient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import LABEL_VALUES, REGIONS
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.checks import NothingLeftError
from GliomaRadiomicsLib.radiomics.device import computing_on
from GliomaRadiomicsLib.radiomics.extraction import Extracted, Selection, all_features, image_rows, nan_rows, shape_rows
from GliomaRadiomicsLib.radiomics.filters.options import ORIGINAL, ImageType
from GliomaRadiomicsLib.radiomics.intensity import Transform, z_score_in_brain
from GliomaRadiomicsLib.radiomics.preparation import kept
from GliomaRadiomicsLib.radiomics.region import Region, check_grids, crop
from GliomaRadiomicsLib.radiomics.resampling import corrected, ibsi_image, ibsi_mask, on_one_grid
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.threads import one_blas_thread

CASE_REGIONS = ("WT", "TC", "ET", "ED", "NCR_NET")
CASE_SETTINGS = RadiomicsSettings(binWidth=10)
CASE_SCALE = 100.0
"""Images are z-scored inside the brain and multiplied by this; bins are then a tenth of a standard deviation wide."""

MASK = "mask"
"""What stands for the sequence in rows that depend on the mask alone."""


def extract_case(
    volumes: Mapping[str, Volume],
    label_map: Volume,
    regions: tuple[str, ...] = CASE_REGIONS,
    progress: Progress | None = None,
    *,
    brain_mask: Volume | None = None,
    settings: RadiomicsSettings = CASE_SETTINGS,
    image_types: Sequence[ImageType] = ORIGINAL,
    device: str = "cpu",
) -> list[FeatureRow]:
    """Features of every region of every sequence; shape once per region, with the sequence `MASK`.

    Intensities of MRI have no unit, so each image is z-scored inside the brain and multiplied by `CASE_SCALE`, and bins
    are ``settings.binWidth`` wide (10: a tenth of a standard deviation).

    Args:
        volumes: Images by sequence, on the grid of the label map; or all on another one, if the settings correct it.
        label_map: Tumour labels 0/1/2/4.
        regions: Keys of `core.labels.REGIONS`.
        progress: Told how far it is; may cancel.
        brain_mask: Voxels above 0 are brain; by default all voxels of a sequence that are not 0.
        settings: How features are computed; its own normalisation is not used. Where it resamples or crops, that is
            done once, around all labels together.
        image_types: Filters, applied to the z-scored images; by default the images themselves only.
        device: ``auto``, ``cpu`` or ``cuda``, see `device`; without effect on the numbers.

    Returns:
        A row for every feature of every region and sequence. Where it cannot be computed, because the region is absent
        or too small or the image unusable, its value is NaN, with the reason.

    Raises:
        RefusedInput: If the grids differ or a region is unknown.
        Cancelled: If the user cancelled.
    """
    progress, settings = progress or Progress(), settings.check()
    grid = _Grid(_fitting(label_map, [*volumes.values(), *([brain_mask] if brain_mask else [])], settings), settings)
    of_image = dict(all_features(settings.convention))
    of_mask = {"shape": of_image.pop("shape")}
    found = {name: grid.region(name) for name in _known(regions)}
    rows = {
        name: {MASK: shape_rows(region) if region else nan_rows(of_mask, _ABSENT)} for name, region in found.items()
    }
    for number, (sequence, volume) in enumerate(volumes.items()):

        def report(done: float, before: int = number, message: str = f"Features of {sequence}") -> None:
            progress.report((before + done) / len(volumes), message)

        case = _Sequence(volume, brain_mask, grid, [one.among(settings) for one in image_types], of_image)
        with computing_on(device):
            measured = case.rows(found, report)
        for name, of_sequence in measured.items():
            rows[name][sequence] = of_sequence
    progress.report(1.0, "Features done")
    return [
        FeatureRow(sequence, name, *row)
        for name, of_region in rows.items()
        for sequence, of_sequence in of_region.items()
        for row in of_sequence
    ]


def _fitting(label_map: Volume, images: list[Volume], settings: RadiomicsSettings) -> Volume:
    """The label map on the grid of the images; raises `RefusedInput` unless it is the same for all."""
    if images:
        label_map = corrected(images[0], label_map, LABEL_VALUES, settings)
    for image in images:
        check_grids(image, label_map, settings)
    return label_map


_ABSENT = "the region is not in the label map"


@dataclass(frozen=True)
class _Grid:
    """The grid features are computed on: that of the label map, or around the tumour as the settings ask for it."""

    label_map: Volume
    settings: RadiomicsSettings

    def place(self, volume: Volume) -> Volume:
        """A sequence on this grid."""
        if not self._changes or not self.label_map.array.any():
            return volume
        numbers = volume.with_array(volume.array.astype(np.float64))
        if self._by_region:
            return ibsi_image(numbers, self.settings)
        return on_one_grid(numbers, self.label_map, LABEL_VALUES, self.settings)[0]

    def region(self, name: str) -> Region | None:
        """A region on this grid; None if it is not in the label map, or nothing of it is left."""
        labels = REGIONS[name]
        if self._by_region and np.isin(self.label_map.array, labels).any():
            try:
                mask = ibsi_mask(self.label_map, labels, self.settings)
            except NothingLeftError:
                return None
        else:
            mask = self._placed_labels
        inside = np.isin(mask.array.T, labels)
        return crop(inside, mask.spacing, self.settings) if inside.any() else None

    @cached_property
    def _placed_labels(self) -> Volume:
        if not self._changes or not self.label_map.array.any():
            return self.label_map
        return on_one_grid(self.label_map, self.label_map, LABEL_VALUES, self.settings)[1]

    @property
    def _by_region(self) -> bool:
        """Whether each region is interpolated for itself, as IBSI does it; the grid is the same for all."""
        return self.settings.convention == "ibsi" and self.settings.resamples

    @property
    def _changes(self) -> bool:
        return self.settings.resamples or self.settings.preCrop


@dataclass(frozen=True)
class _Sequence:
    """A sequence, the filters to apply to it and the features wanted."""

    volume: Volume
    brain_mask: Volume | None
    grid: _Grid
    image_types: list[ImageType]
    wanted: Selection

    def rows(self, regions: Mapping[str, Region | None], report: Callable[[float], None]) -> dict[str, Extracted]:
        """Rows by region; NaN, with the reason, where there are none."""
        report(0.0)
        rows: dict[str, Extracted] = {name: self._without(_ABSENT) for name in regions}
        try:
            transform = z_score_in_brain(self.volume, self.brain_mask, CASE_SCALE)
            array = self.grid.place(self.volume).array.T
        except RefusedInput as error:
            return {name: self._without(str(error) if region else _ABSENT) for name, region in regions.items()}
        left: dict[str, Region] = {}
        for name, region in regions.items():
            try:
                if region:
                    left[name] = kept(region, array, transform, self.volume.name)
            except RefusedInput as error:
                rows[name] = self._without(str(error))
        return rows | self._measured(left, array, transform, report)

    def _measured(
        self, regions: Mapping[str, Region], array: npt.NDArray, transform: Transform, report: Callable[[float], None]
    ) -> dict[str, Extracted]:
        rows: dict[str, Extracted] = {name: [] for name in regions}
        if not regions:
            return rows
        names, steps = list(regions), len(regions) * len(self._images)
        parts = image_rows(list(regions.values()), array, self.image_types, self.wanted, transform, strict=False)
        with one_blas_thread():
            for done, (number, part) in enumerate(parts, start=1):
                report(done / steps)
                rows[names[number]] += part
        return rows

    @property
    def _images(self) -> list[str]:
        return [name for one in self.image_types for name in one.names]

    def _without(self, reason: str) -> Extracted:
        return [row for image in self._images for row in nan_rows(self.wanted, reason, image)]


def _known(regions: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [region for region in regions if region not in REGIONS]
    if unknown:
        raise RefusedInput(what="unknown region", where=unknown[0], remedy=f"choose from {', '.join(REGIONS)}")
    return regions

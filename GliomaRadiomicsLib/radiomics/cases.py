"""Features of all regions of all sequences of a patient."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.extraction import Extracted, Selection, all_features, image_rows, nan_rows, shape_rows
from GliomaRadiomicsLib.radiomics.intensity import Transform, z_score_in_brain
from GliomaRadiomicsLib.radiomics.preparation import kept
from GliomaRadiomicsLib.radiomics.region import Region, check_grids, crop
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings

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
) -> list[FeatureRow]:
    """Features of every region of every sequence; shape once per region, with the sequence `MASK`.

    Intensities of MRI have no unit, so each image is z-scored inside the brain and multiplied by `CASE_SCALE`, and bins
    are ``settings.binWidth`` wide (10: a tenth of a standard deviation).

    Args:
        volumes: Images by sequence, on the grid of the label map.
        label_map: Tumour labels 0/1/2/4.
        regions: Keys of `core.labels.REGIONS`.
        progress: Told how far it is; may cancel.
        brain_mask: Voxels above 0 are brain; by default all voxels of a sequence that are not 0.
        settings: How features are computed; its own normalisation is not used.

    Returns:
        A row for every feature of every region and sequence. Where it cannot be computed, because the region is absent
        or too small or the image unusable, its value is NaN, with the reason.

    Raises:
        RefusedInput: If the grids differ or a region is unknown.
        Cancelled: If the user cancelled.
    """
    progress = progress or Progress()
    settings = settings.check()
    for volume in [*volumes.values(), *([brain_mask] if brain_mask else [])]:
        check_grids(volume, label_map, settings)
    of_image = dict(all_features(settings.convention))
    of_mask = {"shape": of_image.pop("shape")}
    images = {sequence: _Image(volume, brain_mask, of_image) for sequence, volume in volumes.items()}
    rows: list[FeatureRow] = []
    for number, name in enumerate(_known(regions)):
        region = _find(name, label_map, settings)
        found = {MASK: shape_rows(region) if region else nan_rows(of_mask, _ABSENT)}
        for done, (sequence, image) in enumerate(images.items()):
            progress.report((number + done / len(images)) / len(regions), f"Features of {name} in {sequence}")
            found[sequence] = image.rows(region)
        rows += [FeatureRow(sequence, name, *row) for sequence, part in found.items() for row in part]
    progress.report(1.0, "Features done")
    return rows


_ABSENT = "the region is not in the label map"


class _Image:
    """A sequence with its normalisation, or the reason why it has none."""

    def __init__(self, volume: Volume, brain_mask: Volume | None, selection: Selection) -> None:
        self._array, self._selection = volume.array.T, selection
        self._transform: Transform | None = None
        self._refusal = ""
        try:
            self._transform = z_score_in_brain(volume, brain_mask, CASE_SCALE)
        except RefusedInput as error:
            self._refusal = str(error)

    def rows(self, region: Region | None) -> Extracted:
        if region is None or self._transform is None:
            return nan_rows(self._selection, self._refusal or _ABSENT)
        try:
            left = kept(region, self._array, self._transform)
            return image_rows(left, self._array, self._transform, self._selection)
        except RefusedInput as error:
            return nan_rows(self._selection, str(error))


def _find(name: str, label_map: Volume, settings: RadiomicsSettings) -> Region | None:
    inside = np.isin(label_map.array.T, REGIONS[name])
    return crop(inside, label_map.spacing, settings) if inside.any() else None


def _known(regions: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [region for region in regions if region not in REGIONS]
    if unknown:
        raise RefusedInput(what="unknown region", where=unknown[0], remedy=f"choose from {', '.join(REGIONS)}")
    return regions

"""Both backends on the same input, and where their values differ."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.command import BACKENDS, features_table
from GliomaRadiomicsLib.radiomics.extraction import Extracted, extract
from GliomaRadiomicsLib.radiomics.params import Parameters, parameters_from, read_parameters
from GliomaRadiomicsLib.radiomics.pyradiomics_backend import PyradiomicsBackend

TOLERANCE = 1e-6
COLUMNS = ("sequence", "region", "feature", "native", "pyradiomics", "relative_difference")


@dataclass(frozen=True)
class Compared:
    """A feature with the values of both backends.

    Attributes:
        sequence: Name of the image, or ``mask``.
        region: Name of the region.
        feature: Name of the feature.
        native: Our value; NaN if there is none.
        pyradiomics: Value of pyradiomics; NaN if there is none.
    """

    sequence: str
    region: str
    feature: str
    native: float
    pyradiomics: float

    @property
    def relative_difference(self) -> float:
        """Difference over the larger of both values; 0 where both are NaN, infinite where only one is."""
        if math.isnan(self.native) or math.isnan(self.pyradiomics):
            return 0.0 if math.isnan(self.native) and math.isnan(self.pyradiomics) else math.inf
        larger = max(abs(self.native), abs(self.pyradiomics))
        return abs(self.native - self.pyradiomics) / larger if larger > 0 else 0.0

    def row(self) -> dict[str, str | float]:
        """As a line of a table with `COLUMNS`."""
        return {name: getattr(self, name) for name in COLUMNS}


def measure(
    image: Volume,
    mask: Volume,
    *,
    label: int | None = None,
    params: Path | Mapping[str, Any] | None = None,
    backend: str = "native",
) -> Extracted:
    """Features of one region of one image by either backend: same names, same order.

    Args:
        image: The image.
        mask: Labels on the same grid.
        label: Label of the region; by default that of ``params``, else 1.
        params: pyradiomics parameter file or its content; None: pyradiomics' defaults.
        backend: ``native`` or ``pyradiomics``.

    Raises:
        RefusedInput: For input that cannot be used, and if pyradiomics is asked for and not installed.
    """
    if backend not in BACKENDS:
        raise RefusedInput(
            what="unknown backend", where="backend", found=backend, remedy=f"give {' or '.join(BACKENDS)}"
        )
    if backend == "pyradiomics":
        theirs = PyradiomicsBackend(params)
        return theirs.extract(image, mask, theirs.setting("label", 1) if label is None else label)
    asked = _parameters(params)
    return extract(
        image, mask, label=label, settings=asked.settings, selection=asked.selection, image_types=asked.image_types
    )


def compare(
    image: Volume,
    mask: Volume,
    *,
    label: int | None = None,
    params: Path | Mapping[str, Any] | None = None,
) -> list[Compared]:
    """Every feature of one region of one image with the values of both backends; arguments as in `measure`."""
    theirs, ours = (
        [FeatureRow(image.name, mask.name, *row) for row in measure(image, mask, label=label, params=params, backend=b)]
        for b in ("pyradiomics", "native")
    )
    return paired(ours, theirs)


def compare_tables(
    images: list[Path],
    mask: Path,
    label: int | None = None,
    params: Path | None = None,
    feature_set: str | None = None,
    device: str = "cpu",
) -> list[Compared]:
    """Every feature of the table of `command.features_table` with the values of both backends."""
    theirs = features_table(images, mask, label, params, "pyradiomics", feature_set)
    return paired(features_table(images, mask, label, params, "native", feature_set, device), theirs)


def paired(native: Sequence[FeatureRow], pyradiomics: Sequence[FeatureRow]) -> list[Compared]:
    """Features of either table in the order of the first; NaN stands for a feature that a table has not."""
    tables = [{(row.sequence, row.region, row.feature): row.value for row in rows} for rows in (native, pyradiomics)]
    return [
        Compared(*key, tables[0].get(key, math.nan), tables[1].get(key, math.nan)) for key in {**tables[0], **tables[1]}
    ]


def different(compared: Iterable[Compared], tolerance: float = TOLERANCE) -> list[Compared]:
    """Those features whose values differ by more than the tolerance, the largest difference first."""
    found = [one for one in compared if one.relative_difference > tolerance]
    return sorted(found, key=lambda one: -one.relative_difference)


def report(compared: Sequence[Compared], tolerance: float = TOLERANCE) -> str:
    """What differs, a line for each feature, and how many of all do."""
    found = different(compared, tolerance)
    lines = [
        f"{one.sequence} {one.region} {one.feature}: native {one.native:.9g}, pyradiomics {one.pyradiomics:.9g}, "
        f"relative difference {one.relative_difference:.1e}"
        for one in found
    ]
    count = f"{len(found)} of {len(compared)} features differ by more than {tolerance:g}"
    return "\n".join([*lines, count])


def _parameters(params: Path | Mapping[str, Any] | None) -> Parameters:
    return parameters_from(params) if isinstance(params, Mapping) else read_parameters(params)

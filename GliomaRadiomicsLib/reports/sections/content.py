"""What every section is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.reports.figures import Picture
from GliomaRadiomicsLib.reports.markup import Markup
from GliomaRadiomicsLib.reports.preparation_pictures import PreparationPictures


@dataclass(frozen=True)
class Content:
    """A result with its pictures drawn.

    Attributes:
        result: The result, without file names.
        overview: Pictures of the tumour.
        heatmaps: Heat-map pictures by name.
        heatmaps_left_out: Names of heat maps that are not drawn.
        features: Measured features; the whole table is `features.csv`.
        slice_plane: Plane in which the images are stored slice by slice (axial, ...); empty where not known.
        weights: SHA-256 of the model files by system and file.
        preparation: Pictures from before and after the preparation.
        parts_ml: Volumes of the separate parts of the whole tumour, the largest first; empty where not known.
    """

    result: CaseResult
    overview: list[Picture] = field(default_factory=list)
    heatmaps: dict[str, Picture] = field(default_factory=dict)
    heatmaps_left_out: list[str] = field(default_factory=list)
    features: Sequence[FeatureRow] = ()
    slice_plane: str = ""
    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    preparation: PreparationPictures = field(default_factory=PreparationPictures)
    parts_ml: tuple[float, ...] = ()


@dataclass(frozen=True)
class Section:
    """A part of the report: anchor, heading, and the function that writes what stands below the heading."""

    anchor: str
    title: str
    write: Callable[[Content], Markup]

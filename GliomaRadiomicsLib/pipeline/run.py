"""What the steps of one case hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.passport import Passport
from GliomaRadiomicsLib.imaging.space import Space
from GliomaRadiomicsLib.pipeline.reuse import Earlier

if TYPE_CHECKING:
    from GliomaRadiomicsLib.pipeline.preparation.prepare import Prepared


@dataclass
class CaseRun:
    """What the steps of one case hand on to each other.

    Attributes:
        settings: Of the run.
        progress: Told what happens.
        folder: The private folder that becomes the output.
        passport: Its images, brain mask and reference are those that everything works on.
        result: Filled by the steps.
        space: The chain from the working grid to the images as given.
        earlier: The result whose preparation is taken over, or None.
        given: The images as given, by role, each on its own grid.
        prepared: What the preparation made, or None where the images needed none.
        normalised: Images on the working grid in the chosen normalisation.
        normalisations: What the normalisation of each was, plain data.
        label_map: 0/1/2/4 on the working grid.
        native_label_map: The same on the grid of the reference image, as written.
        heatmaps: On the working grid, by ``<system>-<method>[-<class>]``.
        features: Measured on the working grid.
        weights: SHA-256 of the model files, by system.
        models: Name and version of the models, by system.
    """

    settings: AnalyzeSettings
    progress: Progress
    folder: Path
    passport: Passport
    result: CaseResult
    space: Space
    earlier: Earlier | None = None
    given: dict[str, Volume] = field(default_factory=dict)
    prepared: Prepared | None = None
    normalised: dict[str, Volume] = field(default_factory=dict)
    normalisations: dict[str, dict[str, Any]] = field(default_factory=dict)
    label_map: Volume | None = None
    native_label_map: Volume | None = None
    heatmaps: dict[str, Volume] = field(default_factory=dict)
    features: list[FeatureRow] = field(default_factory=list)
    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

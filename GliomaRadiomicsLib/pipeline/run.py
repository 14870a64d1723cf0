"""What the steps of one case hand on to each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import CaseResult, FeatureRow
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.passport import Passport


@dataclass
class CaseRun:
    """What the steps of one case hand on to each other."""

    settings: AnalyzeSettings
    progress: Progress
    folder: Path
    passport: Passport
    result: CaseResult
    normalised: dict[str, Volume] = field(default_factory=dict)
    label_map: Volume | None = None
    heatmaps: dict[str, Volume] = field(default_factory=dict)
    features: list[FeatureRow] = field(default_factory=list)
    weights: dict[str, dict[str, str]] = field(default_factory=dict)
    models: dict[str, str] = field(default_factory=dict)

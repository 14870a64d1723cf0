"""The system: fit on a cohort, measure, predict with reasons, explain, save and load."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import onto_patient
from GliomaRadiomicsLib.explain.trust import trust_of
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.cnn_grading import storage
from GliomaRadiomicsLib.systems.cnn_grading.explanation import blocks_of, grad_cam_map, guided_map
from GliomaRadiomicsLib.systems.cnn_grading.fitting import NAME, Fitted, fit_cohort, tested_maps
from GliomaRadiomicsLib.systems.cnn_grading.region import prepare, region_of
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.case import only
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry, Prepared, read_cohort_regions
from GliomaRadiomicsLib.systems.image_grading.faithful import map_figures
from GliomaRadiomicsLib.systems.image_grading.quality import ENERGY_OF, energy_of, place_of
from GliomaRadiomicsLib.systems.image_grading.system import ImageGrading, Seen
from GliomaRadiomicsLib.systems.image_grading.training import logits_of
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class _Seen(Seen):
    """A case as the network sees it, with the gradient that explains it."""

    prepared: Prepared
    region: Volume
    images: torch.Tensor
    gradient: npt.NDArray[np.float32]


class CnnGrading(ImageGrading[CnnSettings, Cohort, Fitted, _Seen]):
    """Three-dimensional network of Pereira et al. 2018 with quality assurance by its heat maps."""

    name = NAME
    settings_type = CnnSettings
    fit_cohort = staticmethod(fit_cohort)
    load_fitted = staticmethod(storage.load)

    @staticmethod
    def read(
        cases: Iterable[TrainingCase], settings: CnnSettings, work: Path, progress: Progress | None = None
    ) -> Cohort:
        """The regions of a cohort, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""
        version = (
            settings.sequences, settings.standardise, settings.bias, settings.roi, settings.side, settings.margin_mm
        )  # fmt: skip
        return read_cohort_regions(cases, lambda case: prepare(case, settings), version, work / "regions", progress)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.fitted, folder, overwrite=overwrite)

    def measured(self, entries: Sequence[Entry], words: dict[str, str]) -> tuple[npt.NDArray[np.float64], list[Figure]]:
        """As the base class; the figures are those of the heat maps."""
        p = self.fitted.platt.probability(logits_of(self.fitted.network, entries))
        tests = tested_maps(self.fitted.network, entries[: self.fitted.settings.faithfulness_patients])
        return p, map_figures(tests, "gradcam", **words)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Heat maps of the predicted grade: Grad-CAM as `blocks_of` chooses it, and ``guided_backpropagation``.

        With the paper's region of 96 voxels ``gradcam`` (Res4) and ``gradcam_res3``; with the starter's 72 Res4 is a
        single voxel and ``gradcam`` is of Res3. Empty where `predict` abstains.
        """
        seen = self.see(case)
        if isinstance(seen, str):
            return {}
        network = self.fitted.network
        blocks = blocks_of(network, self.fitted.settings.side)
        maps = {method: grad_cam_map(network, seen.images, block, seen.region) for method, block in blocks.items()}
        maps["guided_backpropagation"] = seen.region.with_array(np.abs(seen.gradient).sum(axis=0))
        return {
            method: onto_patient(heat.array, heat, case.label_map, f"{NAME}-{method}") for method, heat in maps.items()
        }

    def look(self, case: CaseData) -> _Seen | str:
        """As the base class."""
        import torch

        settings = self.fitted.settings
        prepared = prepare(case, settings)
        if isinstance(prepared, str):
            return prepared
        images = torch.from_numpy(prepared.images)[None]
        region = region_of(only(case, settings.sequences), settings)
        return _Seen(case, prepared, region, images, guided_map(self.fitted.network, images))

    def judged(self, seen: _Seen) -> tuple[float, Trust, list[dict[str, Any]]]:
        """As the base class; there are no contributions."""
        p = float(self.fitted.platt.probability(self._log_odds(seen)))
        data = only(seen.case, self.fitted.settings.sequences)
        energy = energy_of(data, seen.region, seen.gradient, seen.prepared.images)
        cohort = place_of(self.fitted.distance, seen.prepared.facts)
        return p, trust_of(p, energy=energy, cohort=cohort, energy_of=ENERGY_OF), []

    def _log_odds(self, seen: _Seen) -> float:
        import torch

        with torch.no_grad():
            output = self.fitted.network(seen.images)[0].double()
        return float(output[1] - output[0])

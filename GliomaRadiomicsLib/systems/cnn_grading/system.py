"""The system: fit on a cohort, measure, predict with reasons, explain, save and load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import GradingResult, Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import onto_patient
from GliomaRadiomicsLib.explain.trust import trust_of
from GliomaRadiomicsLib.models.figures import evidence_of
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.cnn_grading import storage
from GliomaRadiomicsLib.systems.cnn_grading.explanation import blocks_of, grad_cam_map, guided_map
from GliomaRadiomicsLib.systems.cnn_grading.fitting import NAME, Fitted, fit_cohort, tested_maps
from GliomaRadiomicsLib.systems.cnn_grading.region import prepare, region_of
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.case import only
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Prepared, read_cohort_regions
from GliomaRadiomicsLib.systems.image_grading.faithful import map_figures
from GliomaRadiomicsLib.systems.image_grading.quality import energy_of, place_of
from GliomaRadiomicsLib.systems.image_grading.training import logits_of
from GliomaRadiomicsLib.systems.image_grading.validation import grading_figures, predictions_of
from GliomaRadiomicsLib.systems.image_grading.work import READ, work_folder
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class _Seen:
    """A case as the network sees it, with the gradient that explains it."""

    case: CaseData
    prepared: Prepared
    region: Volume
    images: torch.Tensor
    gradient: npt.NDArray[np.float32]


class CnnGrading:
    """Three-dimensional network of Pereira et al. 2018 with quality assurance by its heat maps."""

    name = NAME

    def __init__(self, fitted: Fitted) -> None:
        self.fitted, self.metadata = fitted, fitted.metadata
        self._last: _Seen | None = None

    @classmethod
    def fit(
        cls,
        cases: Iterable[TrainingCase],
        config: Mapping[str, Any] | None = None,
        progress: Progress | None = None,
    ) -> CnnGrading:
        """Train on patients with a grade, and measure by folds; the others are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `settings.CnnSettings`; with ``work`` a run that was stopped goes on.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: For an unknown setting, too few patients of a grade, a patient who stands twice, or files
                that cannot be read; the line is named.
        """
        settings, progress = CnnSettings.from_config(config or {}), progress or Progress()
        with work_folder(settings.work) as work:
            with progress.step("reading", 0.0, READ, "reading the cohort"):
                cohort = read(cases, settings, work, progress)
            return cls(fit_cohort(cohort, settings, work, progress))

    @classmethod
    def load(cls, folder: str | Path) -> CnnGrading:
        """The system of a verified bundle; raises `RefusedInput` as `storage.load`."""
        return cls(storage.load(folder))

    @classmethod
    def starter(cls) -> CnnGrading:
        """The model that comes with the product."""
        return cls.load(starter(NAME))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.fitted, folder, overwrite=overwrite)

    def evaluate(self, cases: Iterable[TrainingCase], progress: Progress | None = None) -> Evaluation:
        """Measure on other patients, beside the trivial rule on the same ones; tests the heat maps on some of them.

        Raises:
            RefusedInput: If no patient can be used, or files cannot be read.
        """
        settings = self.fitted.settings
        with work_folder("") as work:
            cohort = read(cases, settings, work, progress)
            entries = cohort.entries
            if not entries:
                found = cohort.left_out[0].reason if cohort.left_out else "no case"
                remedy = "fill the column 'grade' and give all the sequences and a label map"
                raise RefusedInput(what="no case can be evaluated", where="cohort", found=found, remedy=remedy)
            p = self.fitted.platt.probability(logits_of(self.fitted.network, entries))
            tests = tested_maps(self.fitted.network, entries[: settings.faithfulness_patients])
        words = {
            "prefix": "test",
            "cohort": f"{len(entries)} given patients, {len(cohort.left_out)} left out",
            "validation": "patients given for evaluation",
        }
        figures, _ = grading_figures(entries, p, **words)
        figures += map_figures(tests, "gradcam", **words)
        charts = charts_of(entries, p, NAME, "given patients")
        charts |= {f"training_{name}": chart for name, chart in self.fitted.charts.items()}
        return Evaluation(figures, predictions_of(entries, p), charts, cohort.left_out)

    def predict(self, case: CaseData) -> GradingResult:
        """Grade one case; abstains, with the reason, without one of the sequences or a tumour."""
        evidence = evidence_of(self.metadata, "cv_auc", self.metadata["evidence"].get("prediction_note", ""))
        seen = self._see(case)
        if isinstance(seen, str):
            return GradingResult(None, "none", Trust("no", [seen]), evidence, reason=seen)
        p = float(self.fitted.platt.probability(self._log_odds(seen)))
        data = only(case, self.fitted.settings.sequences)
        energy = energy_of(data, seen.region, seen.gradient, seen.prepared.images)
        cohort = place_of(self.fitted.distance, seen.prepared.facts)
        return GradingResult(p, "HGG" if p >= 0.5 else "LGG", trust_of(p, energy=energy, cohort=cohort), evidence)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Heat maps of the predicted grade: ``gradcam`` (Res4), ``gradcam_res3``, ``guided_backpropagation``.

        Grad-CAM is named by its block where the network has other blocks. Empty where `predict` abstains.
        """
        seen = self._see(case)
        if isinstance(seen, str):
            return {}
        network = self.fitted.network
        last, before = (*blocks_of(network), "")[:2]
        maps = {"gradcam": grad_cam_map(network, seen.images, last, seen.region)}
        if before:
            maps[f"gradcam_{before}"] = grad_cam_map(network, seen.images, before, seen.region)
        maps["guided_backpropagation"] = seen.region.with_array(np.abs(seen.gradient).sum(axis=0))
        return {
            method: onto_patient(heat.array, heat, case.label_map, f"{NAME}-{method}") for method, heat in maps.items()
        }

    def _see(self, case: CaseData) -> _Seen | str:
        """The case as the network sees it, or why it cannot; kept for `explain`, which follows `predict`."""
        import torch

        if self._last is not None and self._last.case is case:
            return self._last
        settings = self.fitted.settings
        prepared = prepare(case, settings)
        if isinstance(prepared, str):
            return prepared
        images = torch.from_numpy(prepared.images)[None]
        region = region_of(only(case, settings.sequences), settings)
        self._last = _Seen(case, prepared, region, images, guided_map(self.fitted.network, images))
        return self._last

    def _log_odds(self, seen: _Seen) -> float:
        import torch

        with torch.no_grad():
            output = self.fitted.network(seen.images)[0].double()
        return float(output[1] - output[0])


def read(cases: Iterable[TrainingCase], settings: CnnSettings, work: Path, progress: Progress | None = None) -> Cohort:
    """The regions of a cohort, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""
    version = (
        settings.sequences, settings.standardise, settings.bias, settings.roi, settings.side, settings.margin_mm
    )  # fmt: skip
    return read_cohort_regions(cases, lambda case: prepare(case, settings), version, work / "regions", progress)

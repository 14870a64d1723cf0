"""The system: fit on a cohort, measure, predict with reasons, explain, save and load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import GradingResult, Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import onto_patient
from GliomaRadiomicsLib.explain.trust import trust_of
from GliomaRadiomicsLib.models.figures import evidence_of
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.systems.fused_grading import storage
from GliomaRadiomicsLib.systems.fused_grading.fitting import NAME, Fitted, fit_cohort, tested_maps
from GliomaRadiomicsLib.systems.fused_grading.network import (
    deep_features,
    features_of,
    fused_network,
    grad_cam_map,
    guided_map,
    table_of,
)
from GliomaRadiomicsLib.systems.fused_grading.patch import prepare, region_of
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.case import only
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Prepared, read_cohort_regions
from GliomaRadiomicsLib.systems.image_grading.faithful import map_figures
from GliomaRadiomicsLib.systems.image_grading.quality import energy_of, place_of
from GliomaRadiomicsLib.systems.image_grading.validation import grading_figures, predictions_of
from GliomaRadiomicsLib.systems.image_grading.work import READ, work_folder
from GliomaRadiomicsLib.systems.protocol import CaseData, Evaluation, TrainingCase

if TYPE_CHECKING:
    import torch
    from torch import nn


@dataclass(frozen=True, eq=False)
class _Seen:
    """A case as the system sees it, and the network that explains its grade (None: no deep feature was kept)."""

    case: CaseData
    prepared: Prepared
    region: Volume
    images: torch.Tensor
    table: FeatureTable
    fused: nn.Module | None


class FusedGrading:
    """Deep features and radiomics of Jinling Hospital 2023, selected and judged by a support vector machine."""

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
    ) -> FusedGrading:
        """Train on patients with a grade, and measure by folds; the others are left out and counted.

        Args:
            cases: The cohort; read once, one case at a time.
            config: Fields of `settings.FusedSettings`; with ``work`` a run that was stopped goes on.
            progress: Told how far it is; may cancel.

        Raises:
            RefusedInput: For an unknown setting, too few patients of a grade, a patient who stands twice, or files
                that cannot be read; the line is named.
        """
        settings, progress = FusedSettings.from_config(config or {}), progress or Progress()
        with work_folder(settings.work) as work:
            with progress.step("reading", 0.0, READ, "reading the cohort"):
                cohort = read(cases, settings, work, progress)
            return cls(fit_cohort(cohort, settings, work, progress))

    @classmethod
    def load(cls, folder: str | Path) -> FusedGrading:
        """The system of a verified bundle; raises `RefusedInput` as `storage.load`."""
        return cls(storage.load(folder))

    @classmethod
    def starter(cls) -> FusedGrading:
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
        fitted, settings = self.fitted, self.fitted.settings
        with work_folder("") as work:
            cohort = read(cases, settings, work, progress)
            entries = cohort.entries
            if not entries:
                found = cohort.left_out[0].reason if cohort.left_out else "no case"
                remedy = "fill the column 'grade' and give all the sequences and a label map"
                raise RefusedInput(what="no case can be evaluated", where="cohort", found=found, remedy=remedy)
            deep = deep_features(fitted.network, entries)
            p = fitted.fusion.probability(table_of(deep, [entry.features for entry in entries]))
            tests = tested_maps(fitted.network, fitted.fusion, entries[: settings.faithfulness_patients], settings)
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
        p = float(self.fitted.fusion.probability(seen.table)[0])
        label = "HGG" if p >= 0.5 else "LGG"
        return GradingResult(p, label, self._trust(seen, p), evidence, self._contributions(seen))

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Grad-CAM of the fused decision; empty where `predict` abstains.

        Named ``gradcam``, or ``gradcam_network`` where no deep feature was kept: it then explains the network's own
        grade, which has no part in the prediction.
        """
        seen = self._see(case)
        if isinstance(seen, str):
            return {}
        method = "gradcam_network" if seen.fused is None else "gradcam"
        explained = seen.fused or self.fitted.network
        heat = grad_cam_map(explained, seen.images, self.fitted.settings.cam_stage, seen.region)
        return {method: onto_patient(heat.array, heat, case.label_map, f"{NAME}-{method}")}

    def _see(self, case: CaseData) -> _Seen | str:
        """The case as the system sees it, or why it cannot; kept for `explain`, which follows `predict`."""
        import torch

        if self._last is not None and self._last.case is case:
            return self._last
        fitted = self.fitted
        prepared = prepare(case, fitted.settings)
        if isinstance(prepared, str):
            return prepared
        images = torch.from_numpy(prepared.images)[None]
        table = table_of(features_of(fitted.network, images), [prepared.features])
        fused = fused_network(fitted.network, fitted.fusion, fitted.fusion.standardised(table)[0])
        region = region_of(only(case, fitted.settings.sequences), fitted.settings)
        self._last = _Seen(case, prepared, region, images, table, fused)
        return self._last

    def _trust(self, seen: _Seen, p: float) -> Trust:
        """The explanation's energy counts only where the network has a part in the prediction."""
        data = only(seen.case, self.fitted.settings.sequences)
        energy = None
        if seen.fused is not None:
            energy = energy_of(data, seen.region, guided_map(seen.fused, seen.images), seen.prepared.images)
        outside = self.fitted.fusion.outside(seen.table)
        reasons = (f"far outside the training range: {', '.join(outside)}",) if outside else ()
        cohort = place_of(self.fitted.distance, seen.prepared.facts)
        return trust_of(p, energy=energy, cohort=cohort, reasons=reasons)

    def _contributions(self, seen: _Seen) -> list[dict[str, Any]]:
        fusion = self.fitted.fusion
        values = seen.table.columns(fusion.names).values[0]
        found = [
            {
                "name": name,
                "value": float(value) if np.isfinite(value) else None,
                "unit": "",
                "contribution": float(moved),
            }
            for name, value, moved in zip(fusion.names, values, fusion.contributions(seen.table), strict=True)
        ]
        return sorted(found, key=lambda one: -abs(one["contribution"]))


def read(
    cases: Iterable[TrainingCase], settings: FusedSettings, work: Path, progress: Progress | None = None
) -> Cohort:
    """Patches and features of a cohort, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""
    version = (
        settings.sequences, settings.standardise, settings.bias, settings.patch, settings.field_mm,
        settings.radiomics_sequence,
    )  # fmt: skip
    return read_cohort_regions(cases, lambda case: prepare(case, settings), version, work / "regions", progress)

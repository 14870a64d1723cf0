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
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.systems.fused_grading import storage
from GliomaRadiomicsLib.systems.fused_grading.fitting import NAME, Fitted, figures_of, fit_cohort, tested_maps
from GliomaRadiomicsLib.systems.fused_grading.network import (
    deep_features,
    features_of,
    fused_network,
    grad_cam_map,
    guided_map,
    map_name,
    table_of,
)
from GliomaRadiomicsLib.systems.fused_grading.patch import prepare, region_of
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.case import FACTS, only
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry, Prepared, read_cohort_regions
from GliomaRadiomicsLib.systems.image_grading.quality import ENERGY_OF, energy_of, place_of
from GliomaRadiomicsLib.systems.image_grading.system import ImageGrading, Seen
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

if TYPE_CHECKING:
    import torch
    from torch import nn

_NO_ENERGY = (
    "no deep feature was kept, so the network whose explanation it would be has no part in this prediction; what moved "
    "it are the contributions of its features"
)


@dataclass(frozen=True, eq=False)
class _Seen(Seen):
    """A case as the system sees it, and the network that explains its grade (None: no deep feature was kept)."""

    prepared: Prepared
    region: Volume
    images: torch.Tensor
    table: FeatureTable
    fused: nn.Module | None


class FusedGrading(ImageGrading[FusedSettings, Cohort, Fitted, _Seen]):
    """Deep features and radiomics of Jinling Hospital 2023, selected and judged by a support vector machine."""

    name = NAME
    settings_type = FusedSettings
    fit_cohort = staticmethod(fit_cohort)
    load_fitted = staticmethod(storage.load)

    @staticmethod
    def read(
        cases: Iterable[TrainingCase], settings: FusedSettings, work: Path, progress: Progress | None = None
    ) -> Cohort:
        """Patches and features, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""
        version = (
            settings.sequences, settings.standardise, settings.bias, settings.patch, settings.field_mm,
            settings.radiomics_sequence, settings.facts,
        )  # fmt: skip
        return read_cohort_regions(cases, lambda case: prepare(case, settings), version, work / "regions", progress)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.fitted, folder, overwrite=overwrite)

    def measured(self, entries: Sequence[Entry], words: dict[str, str]) -> tuple[npt.NDArray[np.float64], list[Figure]]:
        """As the base class; the figures are those of the heat maps."""
        fitted, settings = self.fitted, self.fitted.settings
        table = table_of(deep_features(fitted.network, entries), [entry.features for entry in entries])
        tests = tested_maps(fitted.network, fitted.fusion, entries[: settings.faithfulness_patients], settings)
        return fitted.fusion.probability(table), figures_of(tests, words)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """Grad-CAM of the fused decision; empty where `predict` abstains.

        Named ``gradcam``, or ``gradcam_network`` where no deep feature was kept: it then explains the network's own
        grade, which has no part in the prediction.
        """
        seen = self.see(case)
        if isinstance(seen, str):
            return {}
        method = map_name(self.fitted.fusion)
        explained = seen.fused or self.fitted.network
        heat = grad_cam_map(explained, seen.images, self.fitted.settings.cam_stage, seen.region)
        return {method: onto_patient(heat.array, heat, case.label_map, f"{NAME}-{method}")}

    def look(self, case: CaseData) -> _Seen | str:
        """As the base class."""
        import torch

        fitted = self.fitted
        prepared = prepare(case, fitted.settings)
        if isinstance(prepared, str):
            return prepared
        images = torch.from_numpy(prepared.images)[None]
        table = table_of(features_of(fitted.network, images), [prepared.features])
        fused = fused_network(fitted.network, fitted.fusion, fitted.fusion.standardised(table)[0])
        region = region_of(only(case, fitted.settings.sequences), fitted.settings)
        return _Seen(case, prepared, region, images, table, fused)

    def judged(self, seen: _Seen) -> tuple[float, Trust, list[dict[str, Any]]]:
        """As the base class."""
        p = float(self.fitted.fusion.probability(seen.table)[0])
        return p, self._trust(seen, p), self._contributions(seen)

    def _trust(self, seen: _Seen, p: float) -> Trust:
        """The explanation's energy counts only where the network has a part in the prediction."""
        data = only(seen.case, self.fitted.settings.sequences)
        energy = None
        if seen.fused is not None:
            energy = energy_of(data, seen.region, guided_map(seen.fused, seen.images), seen.prepared.images)
        outside = self.fitted.fusion.outside(seen.table)
        reasons = (f"far outside the training range: {', '.join(outside)}",) if outside else ()
        cohort = place_of(self.fitted.distance, seen.prepared.facts)
        why = _NO_ENERGY if energy is None else ENERGY_OF
        return trust_of(p, energy=energy, cohort=cohort, reasons=reasons, energy_of=why)

    def _contributions(self, seen: _Seen) -> list[dict[str, Any]]:
        fusion = self.fitted.fusion
        values = seen.table.columns(fusion.names).values[0]
        found = [
            {
                "name": FACTS.get(name, name),
                "value": float(value) if np.isfinite(value) else None,
                "unit": "",
                "contribution": float(moved),
            }
            for name, value, moved in zip(fusion.names, values, fusion.contributions(seen.table), strict=True)
        ]
        return sorted(found, key=lambda one: -abs(one["contribution"]))

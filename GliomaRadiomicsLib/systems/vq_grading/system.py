"""The system: fit on a cohort, measure, predict with reasons, explain, save and load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import onto_patient
from GliomaRadiomicsLib.explain.energy import EnergyShares
from GliomaRadiomicsLib.explain.trust import trust_of
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.image_grading.case import brain_of, only
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.faithful import map_figures
from GliomaRadiomicsLib.systems.image_grading.quality import energy_of, place_of
from GliomaRadiomicsLib.systems.image_grading.system import ImageGrading, Seen
from GliomaRadiomicsLib.systems.image_grading.work import READ
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.vq_grading import storage
from GliomaRadiomicsLib.systems.vq_grading.codes import Coded, coded, region_of
from GliomaRadiomicsLib.systems.vq_grading.cohort import Cases, read
from GliomaRadiomicsLib.systems.vq_grading.count_model import RELATIVE_TO
from GliomaRadiomicsLib.systems.vq_grading.description import NAME, fingerprint_of
from GliomaRadiomicsLib.systems.vq_grading.fitting import MAP, Fitted, fit_cohort
from GliomaRadiomicsLib.systems.vq_grading.measured import CLASSES, faithful_maps, measured, region_figures
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings
from GliomaRadiomicsLib.systems.vq_grading.slices import as_volume, prepare, slice_grid

Array = npt.NDArray[np.float32]
_ENERGY_OF = (
    "the responsible regions of both grades together, as the decoder gives them; the written maps show each grade's, "
    "cut to the brain"
)
_KNOWN = "the system was trained on this patient, so this prediction is no test of it"


@dataclass(frozen=True, eq=False)
class _Seen(Seen):
    """A case as the network sees it, the responsible region of each class on the slices' grid, and if it is known."""

    facts: dict[str, float]
    grid: Volume
    coded: Coded
    regions: dict[str, Array]
    trained_on: bool


class VqGrading(ImageGrading[VqSettings, Cases, Fitted, _Seen]):
    """Codebook of imaging phenotypes and logistic regression of Kobayashi et al. 2021.

    Patients without a grade take part in the training of the network. A patient whom the network or the classifier
    was trained on, told by the outline, is marked in ``trained_on`` where the system is measured.
    """

    name = NAME
    settings_type = VqSettings
    read = staticmethod(read)
    load_fitted = staticmethod(storage.load)

    @staticmethod
    def fit_cohort(found: Cases, settings: VqSettings, work: Path, progress: Progress) -> Fitted:
        """As the base class."""
        with progress.step("training", READ, 1.0, "training"):
            return fit_cohort(found, settings, work, progress)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> Path:
        """Write a bundle; raises `RefusedInput` if it exists and ``overwrite`` is False."""
        return storage.save(self.fitted, folder, overwrite=overwrite)

    def measured(self, entries: Sequence[Entry], words: dict[str, str]) -> tuple[npt.NDArray[np.float64], list[Figure]]:
        """As the base class; the figures are those of segmentation, responsible regions and maps."""
        from GliomaRadiomicsLib.training.slices import split

        fitted = self.fitted
        parts = fitted.network, fitted.model, fitted.background
        seen = [coded(fitted.network, split(np.asarray(entry.images))[0]) for entry in entries]
        p = fitted.platt.probability(fitted.model.log_odds(np.stack([one.counts for one in seen])))
        regions = [measured(*parts, one, entry, fitted.settings) for one, entry in zip(seen, entries, strict=True)]
        tests = faithful_maps(*parts, entries[: fitted.settings.faithfulness_patients])
        return p, region_figures(regions, **words) + map_figures(tests, MAP, **words)

    def trained_on(self, entry: Entry) -> bool:
        """As the base class, or told by the outline."""
        return super().trained_on(entry) or self._knows(entry.images)

    def explain(self, case: CaseData) -> dict[str, Volume]:
        """``responsible-hgg``, ``responsible-lgg``, and one map of each of the codewords with the strongest say.

        Those are called ``responsible_codeword_<number>-<class>``. In logits; exactly 0 where the codewords do not
        occur, and outside the brain, where the decoder's normalisation leaves a faint trace of every change in a slice.
        Empty where `predict` abstains.
        """
        seen = self.see(case)
        if isinstance(seen, str):
            return {}
        maps = {f"{MAP}-{name.lower()}": region for name, region in seen.regions.items()}
        for place in self._strongest(seen.coded):
            word = self.fitted.model.codewords[place]
            name = "hgg" if self.fitted.model.of_hgg[place] else "lgg"
            maps[f"{MAP}_codeword_{word}-{name}"] = self.codeword_region(seen.coded, (word,))
        brain = brain_of(only(case, self.fitted.settings.sequences))
        return {method: _in_patient(heat, seen, brain, f"{NAME}-{method}") for method, heat in maps.items()}

    def codeword_region(self, case: Coded, codewords: tuple[int, ...]) -> Array:
        """Collected responsible region of codewords, on the slices: shape (slices, i, j)."""
        return region_of(self.fitted.network, case.codes, codewords, self.fitted.background)

    def look(self, case: CaseData) -> _Seen | str:
        """As the base class."""
        from GliomaRadiomicsLib.training.slices import split

        settings, model = self.fitted.settings, self.fitted.model
        data = only(case, settings.sequences)
        prepared = prepare(data, settings)
        if isinstance(prepared, str):
            return prepared
        found = coded(self.fitted.network, split(prepared.images)[0])
        regions = {name: self.codeword_region(found, model.responsible(hgg=is_hgg)) for name, is_hgg in CLASSES}
        known = self._knows(prepared.images)
        return _Seen(case, prepared.facts, slice_grid(data, settings), found, regions, known)

    def judged(self, seen: _Seen) -> tuple[float, Trust, list[dict[str, Any]]]:
        """As the base class."""
        fitted = self.fitted
        p = float(fitted.platt.probability(fitted.model.log_odds(seen.coded.counts[None]))[0])
        place = place_of(fitted.distance, seen.facts)
        reasons = (_KNOWN,) if seen.trained_on else ()
        trust = trust_of(p, energy=self._energy(seen), cohort=place, reasons=reasons, energy_of=_ENERGY_OF)
        return p, trust, self._contributions(seen.coded)

    def _knows(self, images: npt.NDArray[np.floating]) -> bool:
        return fingerprint_of(images) in self.metadata["training"]["fingerprints"]

    def _energy(self, seen: _Seen) -> EnergyShares:
        """Of both regions together: they are already effects, so there is no gradient to weigh with the image."""
        heat = as_volume(sum(seen.regions.values(), np.zeros(1, dtype=np.float32)))[None]
        data = only(seen.case, self.fitted.settings.sequences)
        return energy_of(data, seen.grid, heat, np.ones_like(heat))

    def _contributions(self, case: Coded) -> list[dict[str, Any]]:
        model, slope = self.fitted.model, self.fitted.platt.slope
        moved = slope * model.contributions(case.counts[None])[0]
        return [
            {
                "name": f"codeword {word}, more frequent in grade {'4' if of_hgg else '2/3'}",
                "value": int(case.counts[word]),
                "unit": "patches",
                "contribution": float(value),
                "relative_to": RELATIVE_TO,
            }
            for word, of_hgg, value in zip(model.codewords, model.of_hgg, moved, strict=True)
        ]

    def _strongest(self, case: Coded) -> list[int]:
        """Places, in the model, of the codewords that occur in the case and move the prediction most."""
        model = self.fitted.model
        say = np.abs(model.contributions(case.counts[None])[0])
        order = [int(place) for place in np.argsort(-say, kind="stable") if case.counts[model.codewords[place]]]
        return order[: self.fitted.settings.codeword_maps]


def _in_patient(heat: Array, seen: _Seen, brain: npt.NDArray[np.bool_], name: str) -> Volume:
    lying = onto_patient(as_volume(heat), seen.grid, seen.case.label_map, name)
    return lying.with_array(np.where(brain, lying.array, np.float32(0)))

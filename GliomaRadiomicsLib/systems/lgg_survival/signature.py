"""The deep-radiomics signature: features of the section and radiomics, ten of them, weighted by an Elastic-Net Cox.

A network trained for survival fits its own training patients better than others, so its features and the penalty
chosen on them are too good inside the training patients, as in the paper. What is measured is not: network, selection
and weights are made anew without the patients held out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.statistics.elastic_net_cox import FittedElasticNetCox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.folds import patient_folds
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.pipeline import Target, as_outcome
from GliomaRadiomicsLib.statistics.scaling import FittedScaling
from GliomaRadiomicsLib.systems.lgg_survival.deep import Extractor, feature_names, fit_extractor
from GliomaRadiomicsLib.systems.lgg_survival.section import Image
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.survival.model import Signature

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedSignature:
    """What was learned.

    Attributes:
        extractor: The network; None without deep features.
        signature: Weights of the features chosen.
        radiomic: Columns of the radiomic features.
        deep: Names of the deep features.
        images: Sections by patient, to look up the rows of a table; not part of what was learned.
        known: Deep features by patient where the backbone is used as it is, so that they are made once.
    """

    extractor: Extractor | None
    signature: Signature
    radiomic: tuple[str, ...]
    deep: tuple[str, ...]
    images: Mapping[str, Image] = field(default_factory=dict)
    known: Mapping[str, Array] = field(default_factory=dict)

    def risk(self, table: FeatureTable) -> Array:
        """Scores of rows whose patients have a section in ``images``, shape (n,)."""
        values = table.columns(self.radiomic).values if self.radiomic else np.zeros((table.n, 0))
        if self.known:
            return self._weighted(values, np.stack([self.known[patient] for patient in table.patients]))
        return self.scores(values, [self.images[p] for p in table.patients] if self.deep else [])

    def scores(self, radiomics: Array, images: Sequence[Image]) -> Array:
        """Scores, shape (n,), of radiomic features (n, radiomic) and sections; higher is worse."""
        deep = np.zeros((len(radiomics), 0)) if self.extractor is None else self.extractor.features(images)
        return self._weighted(radiomics, deep)

    def _weighted(self, radiomics: Array, deep: Array) -> Array:
        return self.signature.scores(joined(radiomics, self.radiomic, deep, self.deep))


@dataclass(frozen=True, eq=False)
class SignatureModel:
    """Settings and the cohort's sections; `fit` learns from the patients of the table it is given, no others.

    Attributes:
        settings: Of the system.
        radiomic: Columns of the radiomic features.
        images: Section of each patient.
        grades: WHO grade of each patient, None where unknown.
        memory: Signatures by training patients and their follow-up, each with its held-out scores.
        frozen: Features of the backbone as it is, by patient; they learn nothing.
        progress: Told before each fit and each epoch of a training; may cancel there.
        fits: Patients of each fit so far.
    """

    settings: LggSettings
    radiomic: tuple[str, ...]
    images: Mapping[str, Image]
    grades: Mapping[str, int | None]
    memory: dict[Any, tuple[FittedSignature, Array]] = field(default_factory=dict)
    frozen: dict[str, Any] = field(default_factory=dict)
    progress: Progress = field(default_factory=Progress)
    fits: list[int] = field(default_factory=list)

    def fit(self, table: FeatureTable, target: Target) -> FittedSignature:
        """Train the network, choose features, weigh them.

        Raises:
            RefusedInput: If the backbone's weights are not installed, or there are too few events or patients.
        """
        outcome = as_outcome(target, "a survival signature")
        self.progress.report(self._done(), f"signature {len(self.fits) + 1} of {self.settings.n_signatures}")
        self.fits.append(table.n)
        extractor, values = self._deep(table, outcome)
        deep = feature_names(self.settings)
        radiomics = table.columns(self.radiomic).values if self.radiomic else np.zeros((table.n, 0))
        everything = joined(radiomics, self.radiomic, values, deep, table.patients)
        weights = weights_of(self.settings.elastic_net().fit(everything, outcome))
        return FittedSignature(extractor, weights, self.radiomic, deep, self.images, self.frozen.get("features", {}))

    def stacked(self, table: FeatureTable, outcome: Outcome) -> tuple[FittedSignature, Array]:
        """The signature of these patients, and their scores by signatures of inner folds that did not see them."""
        key = (tuple(table.patients), outcome.time.tobytes(), outcome.event.tobytes())
        if key not in self.memory:
            folds = self.settings.inner_folds
            fold = patient_folds(table.patients, outcome.event, folds, self.settings.seed)
            held_out = np.empty(table.n)
            for index in range(folds):
                rest = fold != index
                held_out[~rest] = self.fit(table.take(rest), outcome.take(rest)).risk(table.take(~rest))
            self.memory[key] = self.fit(table, outcome), held_out
        return self.memory[key]

    def _epoch(self, number: int) -> None:
        self.progress.report(self._done(), f"network {len(self.fits)}: epoch {number} of {self.settings.epochs}")

    def _done(self) -> float:
        return len(self.fits) / self.settings.n_signatures

    def _deep(self, table: FeatureTable, outcome: Outcome) -> tuple[Extractor | None, Array]:
        if self.settings.deep == "none":
            return None, np.zeros((table.n, 0))
        images = [self.images[patient] for patient in table.patients]
        if self.settings.deep == "trained":
            grades = [self.grades[patient] for patient in table.patients]
            extractor = fit_extractor(images, grades, outcome, self.settings, self._epoch)
            return extractor, extractor.features(images)
        if "extractor" not in self.frozen:
            self.frozen["extractor"] = fit_extractor([], [], outcome, self.settings)
            names = list(self.images)
            found = self.frozen["extractor"].features([self.images[name] for name in names])
            self.frozen["features"] = dict(zip(names, found, strict=True))
        return self.frozen["extractor"], np.stack([self.frozen["features"][p] for p in table.patients])


def joined(
    radiomics: Array, radiomic: Sequence[str], deep: Array, names: Sequence[str], patients: Sequence[str] = ()
) -> FeatureTable:
    """Radiomic and deep features side by side."""
    return FeatureTable(np.concatenate([radiomics, deep], axis=1), (*radiomic, *names), patients)


def weights_of(fitted: FittedElasticNetCox) -> Signature:
    """The fitted z-scores and Elastic Net as weights of the features as measured."""
    if fitted.path is None or not fitted.coefficients:
        return Signature((), (), ())
    scaling = next(step for step in fitted.steps.steps if isinstance(step, FittedScaling))
    place = {name: j for j, name in enumerate(scaling.names)}
    centres = dict(zip(fitted.path.names, fitted.path.centre.tolist(), strict=True))
    names = tuple(fitted.coefficients)
    spread = {name: float(scaling.spread[place[name]]) for name in names}
    return Signature(
        names,
        tuple(fitted.coefficients[name] / spread[name] for name in names),
        tuple(float(scaling.centre[place[name]]) + centres[name] * spread[name] for name in names),
    )

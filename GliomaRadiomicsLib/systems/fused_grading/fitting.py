"""Training on every fold and on everyone, and writing down, as metadata, what was measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import auc_with_interval
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.resampling import Fold
from GliomaRadiomicsLib.systems.binary_figures import AUC_NOTE
from GliomaRadiomicsLib.systems.fused_grading.card import kept_table, own_words
from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion, HeldOut, Helpers, cross_validated
from GliomaRadiomicsLib.systems.fused_grading.network import (
    deep_features,
    for_grade_4,
    fused_network,
    heat_on_patch,
    make_network,
    map_name,
    table_of,
)
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry
from GliomaRadiomicsLib.systems.image_grading.faithful import MapTest, map_figures, tested_map
from GliomaRadiomicsLib.systems.image_grading.metadata import metadata_of
from GliomaRadiomicsLib.systems.image_grading.quality import distance_of
from GliomaRadiomicsLib.systems.image_grading.training import logits_of, trained
from GliomaRadiomicsLib.systems.image_grading.validation import check_grades, folds_of, grading_figures, words_of
from GliomaRadiomicsLib.systems.image_grading.work import span

if TYPE_CHECKING:
    from torch import nn

NAME = "fused_grading"
Tests = dict[str, list[MapTest]]
"""Tests of heat maps by the map's name."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Deep part, fused part, the training cohort's distance, and the metadata."""

    network: nn.Module
    fusion: Fusion
    settings: FusedSettings
    distance: CohortDistance | None
    metadata: dict[str, Any]
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Folds:
    """What the networks of the folds say: tables of all patients, and log-odds of the held-out ones."""

    tables: list[FeatureTable]
    networks: list[nn.Module]
    logits: npt.NDArray[np.float64]

    def helpers(self, joining: Sequence[Entry]) -> Callable[[int], Helpers | None]:
        """Features of helper cases by the network of a fold."""
        return lambda number: _helpers(self.networks[number], joining)


def fit_cohort(
    cohort: Cohort,
    settings: FusedSettings,
    work: Path,
    progress: Progress | None = None,
    helpers: Sequence[Entry] = (),
) -> Fitted:
    """Train with every fold held out, then on everyone.

    Args:
        cohort: The patients.
        settings: How.
        work: For the checkpoints.
        progress: Told how far it is; may cancel.
        helpers: Cases the network is trained on as well, or alone, and that are never measured on.

    Raises:
        RefusedInput: If there are too few patients of a grade, the folds cannot be made, or there are no helpers where
            the settings ask for them.
    """
    progress = progress or Progress()
    _check(cohort, settings, helpers)
    helpers, joining = _divided(helpers, settings)
    entries, grades = cohort.entries, cohort.grades
    folds = folds_of(entries, settings)
    seen = _networks(entries, [train for train, _ in folds], helpers, settings, work, progress)
    for number, (_, held_out) in enumerate(folds):
        seen.logits[held_out] = logits_of(seen.networks[number], [entries[row] for row in held_out])
    with progress.step("selection", 0.8, 0.85, "selecting features in every fold"):
        held = cross_validated(lambda number: seen.tables[number], grades, folds, settings, seen.helpers(joining))
        alone = _alone(entries, folds, settings, joining)
        if joining:
            alone["without_helpers"] = cross_validated(lambda number: seen.tables[number], grades, folds, settings)
    with progress.step("everyone", 0.85, 1.0, "training on everyone"):
        network = _everyone(entries, helpers, settings, work, progress, seen)
        fusion = Fusion.fit(_table(network, entries), grades, settings, _helpers(network, joining))
    words = {"prefix": "cv", "cohort": settings.cohort, "validation": words_of(settings)}
    figures, sentence = grading_figures(entries, held.probability, **words)
    parts = {"network_alone": seen.logits, **{name: one.probability for name, one in alone.items()}}
    figures += _ablation(grades, parts, words)
    tests: Tests = {}
    for (_, held_out), deep, learned in zip(folds, seen.networks, held.fusions, strict=True):
        chosen = [entries[row] for row in held_out[: -(-settings.faithfulness_patients // len(folds))]]
        for method, more in tested_maps(deep, learned, chosen, settings).items():
            tests.setdefault(method, []).extend(more)
    figures += figures_of(tests, words)
    metadata = metadata_of(
        NAME, settings, cohort, figures, sentence, own_words(settings, fusion, len(joining)), [*helpers, *joining]
    )
    metadata["evidence"]["tables"] = [kept_table(held, fusion)]
    charts = charts_of(entries, held.probability, NAME, "patients held out")
    return Fitted(network, fusion, settings, distance_of(entries), metadata, charts)


def tested_maps(network: nn.Module, fusion: Fusion, entries: Sequence[Entry], settings: FusedSettings) -> Tests:
    """Faithfulness of Grad-CAM of the fused decision, or of the network's own where no deep feature was kept."""
    found: list[MapTest] = []
    heat_of = partial(heat_on_patch, stage=settings.cam_stage)
    for entry in entries:
        standardised = fusion.standardised(_table(network, [entry]))[0]
        explained = fused_network(network, fusion, standardised) or network
        found.append(tested_map(explained, entry.images, heat_of, for_grade_4))
    return {map_name(fusion): found}


def figures_of(tests: Tests, words: dict[str, str]) -> list[Figure]:
    """Of each kind of map."""
    return [figure for method, found in tests.items() for figure in map_figures(found, method, **words)]


def _check(cohort: Cohort, settings: FusedSettings, helpers: Sequence[Entry]) -> None:
    check_grades(cohort, settings)
    if len({entry.is_hgg for entry in helpers}) < 2:
        settings.refuse_without_helpers()


def _networks(
    entries: Sequence[Entry],
    trainings: Sequence[npt.NDArray[np.intp]],
    helpers: Sequence[Entry],
    settings: FusedSettings,
    work: Path,
    progress: Progress,
) -> _Folds:
    """The network of each fold; one for all where helpers alone are trained on."""
    networks: list[nn.Module] = []
    for number, train in enumerate(trainings):
        if settings.deep == "helpers" and networks:
            networks.append(networks[0])
            continue
        with progress.step(f"fold {number + 1}", *span(number, len(trainings), 0.8), f"fold {number + 1}"):
            patients = [] if settings.deep == "helpers" else [entries[row] for row in train]
            networks.append(_train(patients, helpers, settings, work / f"fold-{number + 1}.pt", progress))
    shared = {id(network): _table(network, entries) for network in networks}
    return _Folds([shared[id(network)] for network in networks], networks, np.full(len(entries), np.nan))


def _everyone(
    entries: Sequence[Entry],
    helpers: Sequence[Entry],
    settings: FusedSettings,
    work: Path,
    progress: Progress,
    seen: _Folds,
) -> nn.Module:
    if settings.deep == "helpers":
        return seen.networks[0]
    return _train(entries, helpers, settings, work / "everyone.pt", progress)


def _train(
    patients: Sequence[Entry], helpers: Sequence[Entry], settings: FusedSettings, checkpoint: Path, progress: Progress
) -> nn.Module:
    chosen = settings if patients else replace(settings, validation_share=0.0)
    return trained(lambda: make_network(settings), patients, helpers, chosen, checkpoint, progress)[0]


def _divided(helpers: Sequence[Entry], settings: FusedSettings) -> tuple[list[Entry], list[Entry]]:
    """Those the network sees, and those that join in the selection; each with both grades alike."""
    if not settings.helpers_in_selection:
        return list(helpers), []
    parts: tuple[list[Entry], list[Entry]] = ([], [])
    for grade in (True, False):
        for number, entry in enumerate(one for one in helpers if one.is_hgg is grade):
            parts[number % 2].append(entry)
    return parts


def _helpers(network: nn.Module | None, joining: Sequence[Entry]) -> Helpers | None:
    if not joining:
        return None
    table = _radiomics(joining) if network is None else _table(network, joining)
    return table, np.array([int(entry.is_hgg) for entry in joining])


def _alone(
    entries: Sequence[Entry], folds: Sequence[Fold], settings: FusedSettings, joining: Sequence[Entry]
) -> dict[str, HeldOut]:
    """Without the deep features."""
    grades = np.array([int(entry.is_hgg) for entry in entries])
    table, helpers = _radiomics(entries), _helpers(None, joining)
    return {"radiomics_alone": cross_validated(lambda _: table, grades, folds, settings, lambda _: helpers)}


def _table(network: nn.Module, entries: Sequence[Entry]) -> FeatureTable:
    names = [entry.patient for entry in entries]
    return table_of(deep_features(network, entries), [entry.features for entry in entries], names)


def _radiomics(entries: Sequence[Entry]) -> FeatureTable:
    names = [entry.patient for entry in entries]
    return table_of(np.zeros((len(entries), 0)), [entry.features for entry in entries], names)


_PARTS = {
    "network_alone": "AUC of the network alone",
    "radiomics_alone": "AUC of the radiomic features alone",
    "without_helpers": "AUC without helper cases in selection and machine",
}


def _ablation(
    grades: npt.NDArray[np.int_], parts: dict[str, npt.NDArray[np.float64]], words: dict[str, str]
) -> list[Figure]:
    """AUC of each half alone, as in the paper's Tables 1 and 2, and without helpers where there are some."""
    figures = []
    for name, score in parts.items():
        found = auc_with_interval(grades, score)
        figures.append(
            Figure(
                f"{words['prefix']}_{name}_auc", _PARTS[name], found.auc, grades.size, words["cohort"],
                words["validation"], found.interval, AUC_NOTE,
            )
        )  # fmt: skip
    return figures

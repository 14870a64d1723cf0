"""Pre-task, codes and classifier on every fold and on everyone, and, as metadata, what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.resampling import Fold
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.faithful import MapTest, map_figures
from GliomaRadiomicsLib.systems.image_grading.held_out import calibrated
from GliomaRadiomicsLib.systems.image_grading.platt import Platt
from GliomaRadiomicsLib.systems.image_grading.quality import distance_of
from GliomaRadiomicsLib.systems.image_grading.validation import check_grades, folds_of, grading_figures
from GliomaRadiomicsLib.systems.vq_grading.codes import Coded, coded, common_background
from GliomaRadiomicsLib.systems.vq_grading.cohort import Cases
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel, fit_counts
from GliomaRadiomicsLib.systems.vq_grading.description import NAME, describe, validation_words
from GliomaRadiomicsLib.systems.vq_grading.measured import RegionSums, faithful_maps, measured, region_figures
from GliomaRadiomicsLib.systems.vq_grading.pretask import trained_network
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings

if TYPE_CHECKING:
    from torch import nn

MAP = "responsible"
_Helpers = tuple[npt.NDArray[np.float64], npt.NDArray[np.int_]]
"""Counts and grades of helper cases."""


@dataclass(frozen=True, eq=False)
class Fitted:
    """Everything that is applied to a case, and the metadata.

    Attributes:
        network: Encoder, codebook, decoder.
        settings: How it was trained.
        model: On the counts.
        background: Codeword of the background.
        platt: From log-odds to a probability.
        distance: Of the training cohort; None for few patients.
        metadata: Of the bundle.
        charts: Of the patients held out.
    """

    network: nn.Module
    settings: VqSettings
    model: CountModel
    background: int
    platt: Platt
    distance: CohortDistance | None
    metadata: dict[str, Any]
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class _HeldOut:
    """What is gathered over the folds."""

    scores: npt.NDArray[np.float64]
    regions: list[RegionSums] = field(default_factory=list)
    tests: list[MapTest] = field(default_factory=list)


def fit_cohort(cases: Cases, settings: VqSettings, work: Path, progress: Progress | None = None) -> Fitted:
    """Measure with every fold held out, then fit on everyone.

    Args:
        cases: Who takes part.
        settings: How.
        work: For the checkpoints.
        progress: Told how far it is; may cancel.

    Raises:
        RefusedInput: If there are too few patients of a grade, the folds cannot be made, or a separate pre-task has
            nobody to train on.
    """
    check_grades(cases.cohort, settings)
    _check_separate(cases, settings)
    folds = folds_of(cases.cohort.entries, settings)
    grades = cases.cohort.grades
    found, network, seen = _measured_by_folds(cases, folds, settings, work, progress or Progress())
    model = _fit_model(seen, grades, settings, _helpers(network, cases, settings))
    p = calibrated(found.scores, grades, folds)
    figures, sentence = _figures(found, p, cases, settings)
    return Fitted(
        network,
        settings,
        model,
        common_background(seen),
        Platt.fit(found.scores, grades),
        distance_of(cases.cohort.entries),
        describe(cases.cohort, cases.others, cases.helpers, settings, model, seen, figures, sentence),
        charts_of(cases.cohort.entries, p, NAME, "patients held out", found.scores),
    )


def _measured_by_folds(
    cases: Cases, folds: Sequence[Fold], settings: VqSettings, work: Path, progress: Progress
) -> tuple[_HeldOut, nn.Module, list[Coded]]:
    """What was gathered, the network of everyone, and everyone under it."""
    entries = cases.cohort.entries
    found = _HeldOut(np.full(len(entries), np.nan))
    last: tuple[nn.Module, list[Coded]] | None = None
    helpers: _Helpers | None = None
    for train, held_out, network in _networks(cases, folds, settings, work, progress):
        if last is None or last[0] is not network:
            last, helpers = (network, _coded_all(network, entries)), _helpers(network, cases, settings)
        if held_out is not None:
            _hold_out(found, network, last[1], helpers, cases, (train, held_out), settings)
    assert last is not None
    return found, *last


def _figures(
    found: _HeldOut, p: npt.NDArray[np.float64], cases: Cases, settings: VqSettings
) -> tuple[list[Figure], str]:
    validation = validation_words(settings, len(cases.others), len(cases.helpers))
    words = {"prefix": "cv", "cohort": settings.cohort, "validation": validation}
    figures, sentence = grading_figures(cases.cohort.entries, p, **words, ranked_by=found.scores)
    return figures + region_figures(found.regions, **words) + map_figures(found.tests, MAP, **words), sentence


def _check_separate(cases: Cases, settings: VqSettings) -> None:
    if not (cases.others or cases.helpers):
        settings.refuse_without_others()


def _networks(
    cases: Cases, folds: Sequence[Fold], settings: VqSettings, work: Path, progress: Progress
) -> Iterator[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp] | None, nn.Module]]:
    """Training rows, held-out rows and network of every fold; last, without held-out rows, those of everyone."""
    entries, parts = cases.cohort.entries, len(folds) + 1
    everyone = np.arange(len(entries))

    def network_of(rows: Sequence[int], name: str, number: int) -> nn.Module:
        with progress.step(name, number / parts, (number + 1) / parts, f"pre-task, {name.replace('-', ' ')}"):
            patients = [*(entries[row] for row in rows), *cases.others]
            return trained_network(patients, cases.helpers, settings, work / f"{name}.pt", progress)[0]

    once = None
    if settings.pretask != "fold":
        once = network_of([] if settings.pretask == "separate" else everyone.tolist(), "everyone", 0)
    for number, (train, held_out) in enumerate(folds):
        yield train, held_out, once or network_of(train.tolist(), f"fold-{number + 1}", number)
    yield everyone, None, once or network_of(everyone.tolist(), "everyone", parts - 1)


def _hold_out(
    found: _HeldOut,
    network: nn.Module,
    seen: Sequence[Coded],
    helpers: _Helpers | None,
    cases: Cases,
    fold: Fold,
    settings: VqSettings,
) -> None:
    train, held_out = fold
    entries = cases.cohort.entries
    model = _fit_model([seen[row] for row in train], cases.cohort.grades[train], settings, helpers)
    background = common_background(seen[row] for row in train)
    found.scores[held_out] = model.log_odds(np.stack([seen[row].counts for row in held_out]))
    found.regions += [measured(network, model, background, seen[row], entries[row], settings) for row in held_out]
    wanted = -(-settings.faithfulness_patients // settings.folds)
    found.tests += faithful_maps(network, model, background, [entries[row] for row in held_out[:wanted]])


def _coded_all(network: nn.Module, entries: Sequence[Entry]) -> list[Coded]:
    from GliomaRadiomicsLib.training.slices import split

    return [coded(network, split(np.asarray(entry.images))[0]) for entry in entries]


def _helpers(network: nn.Module, cases: Cases, settings: VqSettings) -> _Helpers | None:
    if not settings.helpers_in_selection or not cases.helpers:
        return None
    counts = np.stack([case.counts for case in _coded_all(network, cases.helpers)])
    return counts.astype(np.float64), np.array([int(entry.is_hgg) for entry in cases.helpers])


def _fit_model(
    seen: Sequence[Coded], grades: npt.NDArray[np.int_], settings: VqSettings, helpers: _Helpers | None
) -> CountModel:
    return fit_counts(
        np.stack([case.counts for case in seen]),
        grades,
        helpers=helpers,
        count_scale=settings.count_scale,
        level=settings.level,
        most=settings.most_codewords,
        penalty_c=settings.penalty_c,
    )

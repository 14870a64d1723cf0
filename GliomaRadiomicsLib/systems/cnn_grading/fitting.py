"""Training on every fold and on everyone, and writing down, as metadata, what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.systems.cnn_grading.explanation import LEAST_VOXELS, blocks_of, heat_on_region, log_odds
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry
from GliomaRadiomicsLib.systems.image_grading.faithful import MapTest, map_figures, tested_map
from GliomaRadiomicsLib.systems.image_grading.held_out import CALIBRATION, calibrated
from GliomaRadiomicsLib.systems.image_grading.metadata import metadata_of
from GliomaRadiomicsLib.systems.image_grading.platt import Platt
from GliomaRadiomicsLib.systems.image_grading.quality import distance_of
from GliomaRadiomicsLib.systems.image_grading.training import logits_of, trained
from GliomaRadiomicsLib.systems.image_grading.validation import check_grades, folds_of, grading_figures, words_of
from GliomaRadiomicsLib.systems.image_grading.work import span

if TYPE_CHECKING:
    from torch import nn

NAME = "cnn_grading"


@dataclass(frozen=True, eq=False)
class Fitted:
    """The network, what turns its log-odds into a probability, the training cohort's distance, and the metadata."""

    network: nn.Module
    settings: CnnSettings
    platt: Platt
    distance: CohortDistance | None
    metadata: dict[str, Any]
    charts: dict[str, dict[str, Any]] = field(default_factory=dict)


def make_network(settings: CnnSettings) -> nn.Module:
    """The network before training."""
    from GliomaRadiomicsLib.networks.grading_cnn import GradingCNN

    return GradingCNN(
        len(settings.sequences), channels=settings.channels, hidden=settings.hidden, dropout=settings.dropout
    )


def fit_cohort(
    cohort: Cohort,
    settings: CnnSettings,
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
        helpers: Cases that are trained on in every fold and never measured on, such as phantoms.

    Raises:
        RefusedInput: If there are too few patients of a grade or the folds cannot be made.
    """
    progress = progress or Progress()
    check_grades(cohort, settings)
    entries, grades = cohort.entries, cohort.grades
    folds = folds_of(entries, settings)
    scores = np.full(len(entries), np.nan)
    tests: list[MapTest] = []
    parts = len(folds) + 1
    for number, (train, held_out) in enumerate(folds):
        with progress.step(f"fold {number + 1}", *span(number, parts), f"fold {number + 1}"):
            network = _train(
                [entries[row] for row in train], helpers, settings, work / f"fold-{number + 1}.pt", progress
            )
            others = [entries[row] for row in held_out]
            scores[held_out] = logits_of(network, others)
            tests += tested_maps(network, others[: -(-settings.faithfulness_patients // len(folds))])
    with progress.step("everyone", *span(len(folds), parts), "training on everyone"):
        network = _train(entries, helpers, settings, work / "everyone.pt", progress)
    words = {"prefix": "cv", "cohort": settings.cohort, "validation": words_of(settings)}
    p = calibrated(scores, grades, folds)
    figures, sentence = grading_figures(entries, p, **words, ranked_by=scores)
    figures += map_figures(tests, "gradcam", **words)
    metadata = metadata_of(NAME, settings, cohort, figures, sentence, _own(settings, network), helpers)
    charts = charts_of(entries, p, NAME, "patients held out", scores)
    return Fitted(network, settings, Platt.fit(scores, grades), distance_of(entries), metadata, charts)


def tested_maps(network: nn.Module, entries: Sequence[Entry]) -> list[MapTest]:
    """Faithfulness of Grad-CAM on these patients."""
    return [tested_map(network, entry.images, heat_on_region, log_odds) for entry in entries]


def _train(
    patients: Sequence[Entry], helpers: Sequence[Entry], settings: CnnSettings, checkpoint: Path, progress: Progress
) -> nn.Module:
    return trained(lambda: make_network(settings), patients, helpers, settings, checkpoint, progress)[0]


def _own(settings: CnnSettings, network: nn.Module) -> dict[str, Any]:
    region = "cube around the tumour" if settings.roi == "tumour" else "box of the brain"
    return {
        "input": {"region": f"{region}, {settings.side} voxels along each axis"},
        "training": {
            "model": "unpadded pre-activation residual network after Pereira et al. 2018 (BrainLes, LNCS 11384), "
            f"channels {', '.join(map(str, settings.channels))}; the paper's are not in its text",
            "steps": settings.steps,
            "calibration": CALIBRATION,
            "heat_maps": _explained(settings, network),
        },
        "intended_use": "Research: the probability of WHO grade 4 against 2/3 of a glioma before treatment, by a "
        "network that looks at the tumour, with heat maps and an answer to whether this prediction may be trusted.",
        "limitations": ["Guided backpropagation depends little on the class explained; Grad-CAM is coarse."],
    }


def _explained(settings: CnnSettings, network: nn.Module) -> str:
    blocks = blocks_of(network, settings.side)
    least = f"the deepest block with {LEAST_VOXELS} or more voxels along each axis"
    named = [f"{method} of {block}{f', {least}' if method == 'gradcam' else ''}" for method, block in blocks.items()]
    return "; ".join([*named, "guided_backpropagation"])

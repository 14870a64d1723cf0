"""What the model says about patients it has not seen, and the figures of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.cox import CoxModel, fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.folds import patient_folds
from GliomaRadiomicsLib.statistics.log_rank import log_rank
from GliomaRadiomicsLib.statistics.nested_validation import Validation, nested_validation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.survival_auc import survival_auc
from GliomaRadiomicsLib.systems.hgg_survival.model import SCORE
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.survival.validation import figures_of
from GliomaRadiomicsLib.systems.survival_charts import HIGH, LOW, YEAR, enough_at, group_hazard_ratio

Array = npt.NDArray[np.float64]
YEARS = (1, 3, 5)
_RECALIBRATION_FOLDS = 10
_PERMUTATION_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Judged:
    """Scores of patients held out or new, with their follow-up.

    Attributes:
        outcome: Follow-up in days.
        risk: Shape (n,), higher is worse.
        high: Shape (n,), above the median of the training scores.
        survival: Shape (n, years), NaN-free; no columns where the score cannot be turned into survival.
        years: Of the columns.
    """

    outcome: Outcome
    risk: Array
    high: npt.NDArray[np.bool_]
    survival: Array
    years: tuple[int, ...]


def hold_out(
    settings: HanSettings, table: FeatureTable, outcome: Outcome, progress: Progress | None = None
) -> Validation:
    """The outer loop; everything is fitted anew in every fold.

    Raises:
        RefusedInput: If there are fewer patients than folds, no deaths, or a fold cannot be fitted.
    """
    return nested_validation(
        settings.model(),
        table,
        outcome,
        n_splits=settings.outer_folds or None,
        workers=settings.workers,
        progress=progress,
    )


def judge(outcome: Outcome, found: Validation, patients: Sequence[str]) -> tuple[Judged, CoxModel | None]:
    """Held-out scores with survival, and the Cox model that turns scores into survival.

    That model is fitted on held-out scores; the survival of each patient here comes from one fitted without it.
    """
    years = tuple(year for year in YEARS if enough_at(outcome, year))
    times = [year * YEAR for year in years]
    model = recalibration(outcome, found.risk)
    survival = np.full((outcome.n, len(years)), np.nan)
    if model is not None:
        fold = patient_folds(patients, outcome.event, min(_RECALIBRATION_FOLDS, outcome.n))
        for index in range(int(fold.max()) + 1):
            own = fold == index
            part = recalibration(outcome.take(~own), found.risk[~own], either_sign=True)
            if part is not None:
                reach = [min(time, part.baseline.last_time) for time in times]
                survival[own] = survival_matrix(part, {SCORE: found.risk[own]}, reach)
    if np.isnan(survival).any():
        years, survival = (), survival[:, :0]
    return Judged(outcome, found.risk, found.high_risk, survival, years), model


def recalibration(outcome: Outcome, risk: Array, *, either_sign: bool = False) -> CoxModel | None:
    """Cox model of held-out scores; None where they say nothing, or the opposite of what they should."""
    if np.ptp(risk) == 0:
        return None
    try:
        model = fit_cox(outcome, {SCORE: risk})
    except RefusedInput:
        return None
    return model if either_sign or model.coefficients[0] > 0 else None


def measured_figures(judged: Judged, *, prefix: str, cohort: str, validation: str) -> list[Figure]:
    """C-index, log-rank p and hazard ratio of the two groups, AUC and calibration at 1, 3 and 5 years."""
    outcome, n = judged.outcome, judged.outcome.n
    figures = figures_of(
        outcome, judged.risk, judged.survival, judged.years, prefix=prefix, cohort=cohort, validation=validation
    )
    counts = f"{int(judged.high.sum())} high and {int((~judged.high).sum())} low risk, {outcome.n_events} deaths"
    if judged.high.any() and not judged.high.all():
        p = log_rank(outcome, np.where(judged.high, HIGH, LOW)).p
        figures.append(Figure(f"{prefix}_log_rank_p", "Log-rank p, high against low risk", p, n, cohort, validation,
                              None, counts))  # fmt: skip
        ratio = group_hazard_ratio(outcome, judged.high)
        if ratio:
            limits = ratio["lower"], ratio["upper"]
            figures.append(Figure(f"{prefix}_hr", "Hazard ratio, high against low risk", ratio["value"], n, cohort,
                                  validation, limits, counts))  # fmt: skip
    return figures + _auc_figures(judged, prefix, cohort, validation)


def _auc_figures(judged: Judged, prefix: str, cohort: str, validation: str) -> list[Figure]:
    outcome = judged.outcome
    years = [year for year in YEARS if enough_at(outcome, year)]
    if not years or np.ptp(judged.risk) == 0:
        return []
    figures = []
    for year, one in zip(years, survival_auc(outcome, judged.risk, [y * YEAR for y in years]), strict=True):
        note = f"{one.n_cases} died before, {one.n_controls} lived past, {one.n_censored_before} lost before"
        name = f"AUC at {year} year{'s' if year > 1 else ''}"
        figures.append(
            Figure(f"{prefix}_auc_{year}y", name, one.auc, outcome.n, cohort, validation, one.interval, note)
        )
    return figures


def permuted(settings: HanSettings, table: FeatureTable, outcome: Outcome) -> Figure:
    """C-index after the follow-up was shuffled among the patients."""
    generator, found = np.random.default_rng(0), []
    for seed in range(settings.permutations):
        shuffled = outcome.take(generator.permutation(outcome.n))
        folds = min(_PERMUTATION_FOLDS, outcome.n)
        risk = nested_validation(settings.model(), table, shuffled, n_splits=folds, seed=seed).risk
        found.append(concordance_index(shuffled, risk) if np.ptp(risk) > 0 else 0.5)
    note = f"mean of {len(found)} shuffles, SD {np.std(found):.3f}; chance is .5"
    return Figure("permuted_c", "C-index, shuffled follow-up", float(np.mean(found)), table.n, settings.cohort,
                  f"{_PERMUTATION_FOLDS}-fold cross-validation after follow-up was shuffled among the patients",
                  note=note)  # fmt: skip

"""One model for every combination of clinical items that may be known, each with its own measured figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram
from GliomaRadiomicsLib.systems.scale_free.quantities import value_of_entry
from GliomaRadiomicsLib.systems.settings import settings_from
from GliomaRadiomicsLib.systems.survival.covariates import (
    ITEM_SETS,
    RADIOMIC,
    Patient,
    known_items,
    outcome_of,
    set_name,
    table_of,
)
from GliomaRadiomicsLib.systems.survival.metadata import describe
from GliomaRadiomicsLib.systems.survival.model import FittedSurvival, SurvivalSettings, require_follow_up
from GliomaRadiomicsLib.systems.survival.validation import (
    N_SPLITS,
    YEAR,
    YEARS,
    against_clinical,
    figures_of,
    group_curves,
    hold_out,
)

LEAST_EVENTS = 20


@dataclass(frozen=True)
class FitSettings:
    """How to fit.

    Attributes:
        repeats: How often the outer folds are drawn anew for the measured figures.
        permutations: How often the follow-up is shuffled to show that nothing is learned from chance; 0: not checked.
        name: Of the bundle.
        cohort: What to call the training patients in the card.
        licence: Of the weights.
        attribution: Whom to name for the data.
    """

    repeats: int = 3
    permutations: int = 0
    name: str = "survival"
    cohort: str = "a user's own cohort"
    licence: str = "not stated"
    attribution: tuple[str, ...] = ()

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> FitSettings:
        """Settings of a configuration file; raises `RefusedInput` for an unknown setting or no repeat."""
        return settings_from(cls, config)


@dataclass(frozen=True, eq=False)
class SurvivalModel:
    """The model for one combination of clinical items.

    Attributes:
        items: Clinical items it needs.
        fitted: Signature and Cox model of all training patients who have them.
        median_risk: Median held-out risk of these patients; above it is high risk.
        groups: Kaplan-Meier curves of the risk groups (`validation.group_curves`).
        nomogram: The Cox model as plain data of a nomogram, or None.
        ranges: Lowest and highest training value of each radiomic quantity, and of age where used.
    """

    items: tuple[str, ...]
    fitted: FittedSurvival
    median_risk: float
    groups: dict[str, Any]
    nomogram: dict[str, Any] | None
    ranges: dict[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Fitted:
    """The models by `covariates.set_name`, and the bundle's metadata."""

    models: dict[str, SurvivalModel]
    metadata: dict[str, Any]


def fit_patients(
    patients: Sequence[Patient],
    settings: FitSettings,
    left_out: Mapping[str, int],
    progress: Progress | None = None,
) -> Fitted:
    """Fit and measure every combination that the cohort allows; those it does not are named in the metadata.

    Raises:
        RefusedInput: If there are too few deaths, the follow-up is too short, or no model can be fitted.
    """
    if not patients:
        remedy = "fill os_days and event and give T1ce and label map"
        raise RefusedInput(what="no patient can be used", where="cohort", found=dict(left_out), remedy=remedy)
    everyone = outcome_of(patients)
    everyone.require_events(LEAST_EVENTS, "a survival model")
    require_follow_up(float(everyone.time.max()), YEAR)
    progress = progress or Progress()
    models: dict[str, SurvivalModel] = {}
    figures: list[Figure] = []
    missing: list[str] = []
    memory: dict[Any, Any] = {}
    for number, items in enumerate(ITEM_SETS):
        progress.report(number / len(ITEM_SETS), f"model with {', '.join(items) or 'imaging alone'}")
        chosen = [p for p in patients if set(items) <= set(known_items(p.clinical))]
        try:
            models[set_name(items)], found = _fit_one(chosen, items, settings, memory)
            figures += found
        except RefusedInput as error:
            if not items:
                raise
            column = "" if error.where == "cohort" else f"{error.where}: "
            missing.append(f"No model with {set_name(items)}: {column}{error.what}.")
    if settings.permutations:
        figures.append(_permuted(patients, settings))
    metadata = describe(patients, asdict(settings), models["imaging"].fitted.signature, left_out)
    metadata["evidence"] = {"figures": [figure.to_dict() for figure in figures], "notes": missing}
    return Fitted(models, metadata)


def _fit_one(
    patients: Sequence[Patient], items: tuple[str, ...], settings: FitSettings, memory: dict[Any, Any]
) -> tuple[SurvivalModel, list[Figure]]:
    if len(patients) < 2 * LEAST_EVENTS:
        raise RefusedInput(what=f"only {len(patients)} patients have it", where="cohort")
    table, outcome = table_of(patients, items), outcome_of(patients)
    model = SurvivalSettings(items, memory=memory)
    fitted = model.fit(table, outcome)
    held_out = hold_out(model, table, outcome, settings.repeats)
    prefix, cohort = f"cv_{set_name(items)}", f"{settings.cohort}; the {table.n} with {_words(items)}"
    validation = (
        f"nested {N_SPLITS}-fold cross-validation x {settings.repeats}, patients as the unit, everything fitted in the "
        "fold; each patient's held-out predictions averaged"
    )
    figures = figures_of(
        outcome, held_out.risk, held_out.survival, held_out.years, prefix=prefix, cohort=cohort, validation=validation
    )
    if items:
        clinical = hold_out(SurvivalSettings(items, imaging=False), table, outcome, settings.repeats)
        figures.append(against_clinical(outcome, held_out.risk, clinical.risk, prefix=prefix, cohort=cohort))
    ranges = {key: _range(key, table.values[:, j]) for j, key in enumerate(RADIOMIC)}
    if "age" in items:
        ranges["age"] = _range("age", table.columns(("age",)).values[:, 0])
    median = float(np.median(held_out.risk))
    groups = group_curves(outcome, held_out.high_risk)
    return SurvivalModel(items, fitted, median, groups, _nomogram(fitted, table), ranges), figures


def _nomogram(fitted: FittedSurvival, table: Any) -> dict[str, Any] | None:
    if fitted.cox is None:
        return None
    baseline = fitted.cox.baseline
    times = [year * YEAR for year in YEARS if baseline.time[0] <= year * YEAR < baseline.last_time]
    return asdict(make_nomogram(fitted.cox, fitted.columns(table), times)) if times else None


def _permuted(patients: Sequence[Patient], settings: FitSettings) -> Figure:
    table, outcome = table_of(patients, ()), outcome_of(patients)
    generator = np.random.default_rng(0)
    found = []
    for seed in range(settings.permutations):
        shuffled = outcome.take(generator.permutation(outcome.n))
        risk = nested_validation(SurvivalSettings(()), table, shuffled, n_splits=N_SPLITS, seed=seed).risk
        found.append(concordance_index(shuffled, risk) if np.ptp(risk) > 0 else 0.5)
    note = f"mean of {len(found)} shuffles, SD {np.std(found):.3f}; chance is .5"
    return Figure("cv_imaging_permuted_c", "C-index of imaging alone, shuffled follow-up", float(np.mean(found)),
                  table.n, settings.cohort, "the same cross-validation after follow-up was shuffled among the patients",
                  note=note)  # fmt: skip


def _range(key: str, entries: Any) -> tuple[float, float]:
    return value_of_entry(key, float(np.min(entries))), value_of_entry(key, float(np.max(entries)))


def _words(items: Sequence[str]) -> str:
    return ", ".join(items) + " known" if items else "imaging alone"

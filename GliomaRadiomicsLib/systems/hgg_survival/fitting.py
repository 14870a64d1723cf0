"""From measured patients to a model with its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.statistics.cox import CoxModel
from GliomaRadiomicsLib.statistics.nested_validation import Validation
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram
from GliomaRadiomicsLib.systems.hgg_survival.measure import Measured, outcome_of, table_of
from GliomaRadiomicsLib.systems.hgg_survival.metadata import describe
from GliomaRadiomicsLib.systems.hgg_survival.model import SCORE, HanModel, Score
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.hgg_survival.validation import Judged, hold_out, judge, measured_figures, permuted
from GliomaRadiomicsLib.systems.survival_charts import YEAR, kaplan_meier_chart

LEAST_EVENTS = 10
PREFIX = "held_out"


@dataclass(frozen=True, eq=False)
class Fitted:
    """Model, settings, the bundle's metadata."""

    model: HanModel
    settings: HanSettings
    metadata: dict[str, Any]


def fit_patients(
    patients: Sequence[Measured],
    names: tuple[str, ...],
    settings: HanSettings,
    origin: Mapping[str, Any] | None,
    left_out: Mapping[str, int],
    progress: Progress | None = None,
) -> Fitted:
    """Fit on all patients, measured by the outer loop.

    Args:
        patients: Measured, every one with features.
        names: Of the features.
        settings: The analysis.
        origin: Of the deep features' network, None without them.
        left_out: Patients not used, counted by reason.
        progress: Told after every fold; may cancel.

    Raises:
        RefusedInput: If there are too few patients or deaths, or one patient stands twice.
    """
    _check_cohort(patients, settings, left_out)
    table, outcome = table_of(patients, names), outcome_of(patients)
    outcome.require_events(LEAST_EVENTS, "a survival model")
    found = hold_out(settings, table, outcome, progress)
    judged, recalibration = judge(outcome, found, table.patients)
    fitted = settings.model().fit(table, outcome)
    model = HanModel(
        score=Score.of(fitted),
        n_features=table.p,
        recalibration=recalibration,
        groups=kaplan_meier_chart(
            outcome, judged.high, f"Risk groups of patients held out ({settings.cohort})", by_month=True
        ),
        nomogram=_nomogram(recalibration, judged),
        years=judged.years,
        held_out=_held_out(patients, judged),
        chosen={name: count for name, count in found.selection_counts().items() if name in fitted.coefficients},
        n_folds=len(found.folds),
        score_range=(float(judged.risk.min()), float(judged.risk.max())),
    )
    figures = measured_figures(judged, prefix=PREFIX, cohort=settings.cohort, validation=settings.validation)
    if settings.permutations:
        figures.append(permuted(settings, table, outcome))
    metadata = describe(settings, origin, model.score, (table.n, outcome.n_events, table.p), left_out)
    reductions = [(report.name, report.n_before, report.n_after) for report in fitted.steps.report]
    metadata["evidence"] = {
        "figures": [figure.to_dict() for figure in figures],
        "tables": [{"title": "Reduction in all patients", "columns": ["Step", "Before", "After"], "rows": reductions}],
        "notes": _notes(found, model),
    }
    return Fitted(model, settings, metadata)


def _check_cohort(patients: Sequence[Measured], settings: HanSettings, left_out: Mapping[str, int]) -> None:
    unusable = [p for p in patients if p.values is None]
    if unusable:
        raise RefusedInput(
            what=f"case {unusable[0].patient} cannot be used: {unusable[0].reason}",
            where="cohort",
            found=f"{len(unusable)} such cases of {len(patients)} with follow-up",
            remedy="correct them, or set leave_out_unusable: true to leave them out and have them counted",
        )
    least = settings.inner_folds + 1
    if len(patients) < max(least, settings.outer_folds):
        raise RefusedInput(
            what="fewer patients than folds",
            where="cohort",
            found=f"{len(patients)} patients; not used: {dict(left_out)}",
            remedy=f"at least {max(least, settings.outer_folds)} are needed, or choose fewer inner_folds",
        )
    seen: dict[str, str] = {}
    for patient in patients:
        if patient.mark in seen:
            raise RefusedInput(
                what=f"cases {seen[patient.mark]} and {patient.patient} have the same outline on the same T1ce",
                where="cohort",
                remedy="keep one of them: a patient who stands twice is never held out",
            )
        seen[patient.mark] = patient.patient


def _held_out(patients: Sequence[Measured], judged: Judged) -> dict[str, dict[str, Any]]:
    rows = zip(patients, judged.risk, judged.high, judged.survival, strict=True)
    return {p.mark: {"risk": float(r), "high": bool(h), "survival": s.tolist()} for p, r, h, s in rows}


def _nomogram(model: CoxModel | None, judged: Judged) -> dict[str, Any] | None:
    if model is None:
        return None
    times = [year * YEAR for year in judged.years if model.baseline.time[0] <= year * YEAR <= model.baseline.last_time]
    return asdict(make_nomogram(model, {SCORE: judged.risk}, times))


def _notes(found: Validation, model: HanModel) -> list[str]:
    sizes = [len(fold.coefficients) for fold in found.folds]
    notes = [
        f"Every one of {found.n} patients ({found.n_events} deaths) was held out once; the {len(sizes)} models had "
        f"{min(sizes)} to {max(sizes)} features (median {int(np.median(sizes))}).",
        "Survival at given years comes from a Cox model of the held-out scores, itself cross-validated for the "
        "calibration above.",
    ]
    if min(sizes) == 0:
        empty = sum(size == 0 for size in sizes)
        notes.append(f"In {empty} folds no feature passed the reduction; their patients were scored 0 and low risk.")
    if model.recalibration is None:
        notes.append("The scores of patients held out did not rise with risk: this model predicts nothing.")
    return notes

"""Folds of whole patients or sites, and the figures of a grading system beside the trivial rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.proportion import wilson_interval
from GliomaRadiomicsLib.statistics.resampling import Fold, bootstrap_interval, grouped_stratified_folds
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.protocol import LeftOut, TrainingCase
from GliomaRadiomicsLib.systems.volumetric_grading.validation import TrainingRow, trivial_rule

FEW_FOLDS = 5
"""So many folds more than asked for are tried where that helps: more folds leave more patients to train on."""

GRADES = (("grade 4", "hgg"), ("grade 2/3", "lgg"))
Bools = npt.NDArray[np.bool_]


def check_known(cases: Iterable[TrainingCase], settings: GradingSettings) -> None:
    """Raise `RefusedInput` if it is known before any image is read that there are too few patients of a grade.

    Args:
        cases: A list, or a table that knows its ``grades``; of other iterables nothing is known yet.
        settings: Of the training.
    """
    known = getattr(cases, "grades", None)
    if known is None and isinstance(cases, Sequence):
        known = [(case.line, case.is_hgg) for case in cases if case.problem is None]
    if known is None:
        return
    grades = [grade for _, grade in known]
    if None not in grades:
        settings.refuse_without_others()
    found = _lines([line for line, grade in known if line and grade is not None])
    _check_counts(grades.count(True), grades.count(False), settings, found, getattr(cases, "where", "cohort"))


def check_grades(cohort: Cohort, settings: GradingSettings) -> None:
    """Raise `RefusedInput` unless there are enough patients of each grade; says who was left out."""
    high = int(cohort.grades.sum())
    found = _lines([entry.line for entry in cohort.entries if entry.line])
    faulty = [one for one in cohort.left_out if one.is_fault]
    if faulty:
        found += f"; {len(faulty)} left out, the first: {_place(faulty[0])}{faulty[0].reason}"
    _check_counts(high, len(cohort.entries) - high, settings, found, "cohort")


def _check_counts(high: int, low: int, settings: GradingSettings, further: str, where: str) -> None:
    least = settings.least_of_each_grade(settings.folds)
    fewest = min(high, low)
    if fewest >= least:
        return
    remedy = "add patients with a grade, a label map and all the sequences"
    fitting = [folds for folds in range(2, settings.folds + FEW_FOLDS) if settings.least_of_each_grade(folds) <= fewest]
    if fitting:
        remedy += f", or set folds: {min(fitting, key=lambda folds: abs(folds - settings.folds))}"
    raise RefusedInput(
        what=f"too few patients: with folds: {settings.folds}, {least} of each grade are the least",
        where=where,
        found=f"{high} of grade 4, {low} of grade 2/3{further}",
        remedy=remedy,
    )


def folds_of(entries: Sequence[Entry], settings: GradingSettings) -> list[Fold]:
    """Training and held-out rows; no patient, or no site, is on both sides.

    Raises:
        RefusedInput: If a class has too few patients or sites, a site is unknown, or a training part lacks a class.
    """
    grades = [int(entry.is_hgg) for entry in entries]
    by_site = settings.folds_by == "site"
    groups = [entry.site for entry in entries] if by_site else [entry.patient for entry in entries]
    if by_site and not all(groups):
        first = next(entry for entry in entries if not entry.site)
        where = f"line {first.line}" if first.line else f"case {first.patient}"
        raise RefusedInput(
            what="the site is unknown", where=where, remedy="fill the column 'site', or folds_by patient"
        )
    try:
        folds = grouped_stratified_folds(grades, groups, n_splits=settings.folds, seed=settings.seed)
    except ValueError as error:
        unit = "sites" if by_site else "patients"
        raise RefusedInput(
            what=f"{settings.folds} folds cannot be made", where="folds", found=str(error).replace("patients", unit),
            remedy="choose fewer folds" + (", or folds_by patient" if by_site else ""),
        ) from error  # fmt: skip
    for train, _ in folds:
        if len({grades[row] for row in train}) < 2:
            remedy = "choose fewer folds, or folds_by patient"
            raise RefusedInput(what="without one of the folds a grade has no patient", where="folds", remedy=remedy)
    return folds


def words_of(settings: GradingSettings) -> str:
    """The validation in words, for the card."""
    unit = "whole sites held out" if settings.folds_by == "site" else "patient-grouped"
    return f"{settings.folds}-fold cross-validation, {unit}, stratified, everything fitted inside the fold"


def grading_figures(
    entries: Sequence[Entry],
    probability: npt.ArrayLike,
    *,
    prefix: str,
    cohort: str,
    validation: str,
    ranked_by: npt.ArrayLike | None = None,
) -> tuple[list[Figure], str]:
    """All figures of a grading system on these patients, and its comparison with the trivial rule in a sentence.

    AUC, Brier score, sensitivity, specificity and calibration; accuracy, and precision and F1 of each grade, as in
    Pereira 2018 and Kobayashi 2021; AUC of the enhancing volume alone on the same patients. ``ranked_by`` as in
    `binary_figures`.
    """
    p = np.asarray(probability, dtype=np.float64)
    y = np.array([entry.is_hgg for entry in entries])
    score = p if ranked_by is None else np.asarray(ranked_by, dtype=np.float64)
    figures = binary_figures(y, p, prefix=prefix, cohort=cohort, validation=validation, ranked_by=ranked_by)
    figures += _class_figures(y, p >= 0.5, prefix, cohort, validation)
    rows = [TrainingRow(entry.patient, {"ET": entry.enhancing_ml}, entry.is_hgg) for entry in entries]
    rule, sentence = trivial_rule(rows, score, prefix=prefix, cohort=cohort)
    return figures + ([rule] if rule else []), sentence


def predictions_of(entries: Sequence[Entry], probability: npt.ArrayLike) -> list[dict[str, Any]]:
    """One plain row per patient."""
    return [
        {
            "case": entry.patient,
            "is_hgg": int(entry.is_hgg),
            "probability_hgg": float(value),
            "et_ml": entry.enhancing_ml,
        }
        for entry, value in zip(entries, np.asarray(probability), strict=True)
    ]


def left_out_words(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """How many were left out, by reason, for metadata."""
    unknown = sum(not one.is_fault for one in left_out)
    return {"n_left_out_without_grade": unknown, "n_left_out_not_gradable": len(left_out) - unknown}


def f1_score(outcome: Bools, said: Bools) -> float:
    """Harmonic mean of precision and recall; NaN where neither is defined."""
    wanted, found = np.asarray(outcome, dtype=bool), np.asarray(said, dtype=bool)
    total = int(wanted.sum() + found.sum())
    return 2.0 * int((wanted & found).sum()) / total if total else float("nan")


def _class_figures(y: Bools, said: Bools, prefix: str, cohort: str, validation: str) -> list[Figure]:
    n, right = y.size, int((y == said).sum())

    def share(name: str, metric: str, hits: int, of: int) -> Figure:
        note = f"{hits} of {of}; interval: Wilson"
        return Figure(f"{prefix}_{name}", metric, hits / of, of, cohort, validation, wilson_interval(hits, of), note)

    figures = [share("accuracy", "Accuracy at .5", right, n)]
    for (words, short), wanted, found in zip(GRADES, (y, ~y), (said, ~said), strict=True):
        if found.any():
            hits = int((wanted & found).sum())
            figures.append(share(f"precision_{short}", f"Precision ({words})", hits, int(found.sum())))
        if wanted.any():
            value, interval = f1_score(wanted, found), bootstrap_interval(f1_score, wanted, found)
            figures.append(
                Figure(
                    f"{prefix}_f1_{short}",
                    f"F1 ({words})",
                    value,
                    n,
                    cohort,
                    validation,
                    interval,
                    "interval: bootstrap",
                )
            )
    return figures


def _lines(lines: Sequence[int]) -> str:
    """Where those with a grade stand in the CSV file; empty where they come from none."""
    return f" (lines {min(lines)} to {max(lines)})" if lines else ""


def _place(one: LeftOut) -> str:
    return f"line {one.line}, case {one.case}: " if one.line else f"case {one.case}: "

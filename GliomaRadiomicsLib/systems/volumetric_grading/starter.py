"""Makes the starter bundle from the public tables, with every figure of its card measured on the way.

``python -m GliomaRadiomicsLib.systems.volumetric_grading.starter TABLES --cases CSV --leave-out FOLDER
--outlines CSV --out BUNDLE``

TABLES holds ``tcga/`` and, for the outside check, ``upenn_gbm/``. Patients of ``--cases`` (``cases.csv``) are kept
out of the training and are the independent test; those whose folders lie in ``--leave-out`` are kept out of both.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.models.figures import Figure, figure
from GliomaRadiomicsLib.systems.binary_figures import binary_figures
from GliomaRadiomicsLib.systems.volumetric_grading.candidates import RULE, compare, robustness
from GliomaRadiomicsLib.systems.volumetric_grading.fitting import FitSettings, fit_rows
from GliomaRadiomicsLib.systems.volumetric_grading.outline import errors_of, read_outlines
from GliomaRadiomicsLib.systems.volumetric_grading.quantities import measured_from_parts
from GliomaRadiomicsLib.systems.volumetric_grading.system import VolumetricGrading
from GliomaRadiomicsLib.systems.volumetric_grading.tcga import (
    case_rows,
    molecular_glioblastomas,
    tcga_rows,
    upenn_rows,
)
from GliomaRadiomicsLib.systems.volumetric_grading.validation import N_REPEATS, TrainingRow, grades, trivial_rule

_ATTRIBUTION = (
    "TCGA-GBM and TCGA-LGG collections, The Cancer Imaging Archive (CC BY 3.0)",
    "Segmentation volumes: Bakas et al. 2017, Advancing The Cancer Genome Atlas glioma MRI collections, Sci Data "
    "4:170117 (CC BY 3.0)",
    "Outside check: UPENN-GBM, Bakas et al. 2022, Sci Data 9:453 (CC BY 4.0); nothing was fitted on it",
)


def build(
    tables: Path,
    cases: Path,
    leave_out: Path | None = None,
    n_repeats: int = N_REPEATS,
    outlines: Path | None = None,
) -> VolumetricGrading:
    """Choose the quantities, train and measure.

    Args:
        tables: Folder with ``tcga/`` and, if present, ``upenn_gbm/``.
        cases: Case list whose patients are the independent test.
        leave_out: Folder whose subfolders are named after patients kept out of everything.
        n_repeats: Repeats of each cross-validation.
        outlines: ``predictions.csv`` of ``evaluate segmentation`` on the patients of ``cases``, by networks that did
            not see their sites.
    """
    test = case_rows(cases)
    rows = training_rows(tables, test, leave_out)
    keys, table = compare(rows, n_repeats)
    cohort = f"{len(rows)} patients of TCGA-GBM and TCGA-LGG, volumes of corrected manual masks"
    licence = "Apache-2.0, with the attribution below"
    settings = FitSettings(keys, repeats=n_repeats, cohort=cohort, licence=licence, attribution=_ATTRIBUTION)
    system = VolumetricGrading(fit_rows(rows, settings))
    evidence = system.metadata["evidence"]
    evidence["tables"] = [table, robustness(rows, keys, n_repeats)]
    evidence["figures"] += [entry.to_dict() for entry in _test_figures(system, test)]
    if (tables / "upenn_gbm").is_dir():
        evidence["figures"] += [entry.to_dict() for entry in _outside_figures(system, upenn_rows(tables / "upenn_gbm"))]
    if outlines is not None:
        found = read_outlines(outlines)
        system.outline_errors = errors_of(found)
        evidence["figures"] += [entry.to_dict() for entry in _outline_figures(system, cases, found)]
    evidence["notes"] += [RULE]
    _describe(system, rows, tables / "tcga")
    return system


def training_rows(tables: Path, test: Sequence[TrainingRow], leave_out: Path | None = None) -> list[TrainingRow]:
    """The TCGA patients that are neither in ``test`` nor have a folder in ``leave_out``."""
    hidden = {path.name for path in leave_out.iterdir()} if leave_out else set()
    kept_out = {row.patient for row in test} | hidden
    return [row for row in tcga_rows(tables / "tcga") if row.patient not in kept_out]


def _test_figures(system: VolumetricGrading, test: Sequence[TrainingRow]) -> list[Figure]:
    cohort = f"{len(test)} patients of the same collections, manual masks"
    figures: list[Figure] = []
    for prefix, rows, said in (("test", _ageless(test), "without age"), ("test_age", list(test), "with age")):
        p = _probabilities(system, rows)
        validation = f"independent: not in the training set; model {said}"
        figures += binary_figures(grades(rows), p, prefix=prefix, cohort=cohort, validation=validation)
    rule, sentence = trivial_rule(_ageless(test), _probabilities(system, _ageless(test)), prefix="test", cohort=cohort)
    system.metadata["evidence"]["notes"].append(f"Independent patients, model without age: {sentence}.")
    return [*figures, *([rule] if rule else [])]


def _outline_figures(
    system: VolumetricGrading, cases: Path, outlines: Mapping[str, Mapping[str, float]]
) -> list[Figure]:
    """The independent patients again, with the volumes of automatic outlines."""
    with cases.open(encoding="utf-8") as file:
        hgg = {row["case"]: row["grade"] == "HGG" for row in csv.DictReader(file)}
    rows = [
        TrainingRow(case, measured_from_parts(ml["ncr_net_ml"], ml["ed_ml"], ml["et_ml"]), hgg[case])
        for case, ml in outlines.items()
    ]
    cohort = f"{len(rows)} patients of the same collections, automatic outlines of networks that never saw their sites"
    p = _probabilities(system, rows)
    validation = "independent: not in the training set; model without age"
    return binary_figures(grades(rows), p, prefix="automatic", cohort=cohort, validation=validation)


def _outside_figures(system: VolumetricGrading, rows: Sequence[TrainingRow]) -> list[Figure]:
    cohort = f"{len(rows)} IDH-wildtype patients of UPENN-GBM, all grade 4, masks automatic and partly corrected"
    figures: list[Figure] = []
    for prefix, chosen, said in (("upenn", _ageless(rows), "without age"), ("upenn_age", list(rows), "with age")):
        validation = f"independent, another institution, one grade only; model {said}"
        p = _probabilities(system, chosen)
        found = binary_figures(grades(chosen), p, prefix=prefix, cohort=cohort, validation=validation)
        figures += [entry for entry in found if entry.id.endswith("sensitivity")]
    return figures


def _describe(system: VolumetricGrading, rows: Sequence[TrainingRow], tables: Path) -> None:
    metadata = system.metadata
    low = {row.patient for row in rows if not row.is_hgg}
    molecular, known = molecular_glioblastomas(tables, low)
    sites = [{row.patient.split("-")[1] for row in rows if row.is_hgg is high} for high in (True, False)]
    shared = len(sites[0] & sites[1])
    metadata["training"] |= {
        "sites": f"{len(sites[0])} for grade 4, {len(sites[1])} for grade 2/3, {shared} in common",
        "grade": "by collection: TCGA-GBM 4, TCGA-LGG 2/3 (histology, WHO 2007/2016)",
    }
    metadata["limitations"] += [
        f"Grade and site cannot be separated: {shared} institutions contributed both grades, so part of any figure may "
        "be the institution's way of scanning or of drawing masks. The independent patients come from the same "
        "collections and share this.",
        f"The grade is the histological one. Of the {known} grade 2/3 training patients with a known WHO 2021 "
        f"diagnosis, {molecular} are IDH-wildtype glioblastomas, grade 4 by WHO 2021, and count as grade 2/3 here.",
        "Training volumes come from manual masks; automatic masks are less exact: see the table of errors. A "
        "prediction whose label would not survive such an error is marked.",
        "Grade 4 tumours that hardly enhance, and strongly enhancing grade 2/3 tumours, are graded wrongly by design.",
    ]
    metadata["evidence"]["prediction_note"] = _prediction_note(metadata)


def _prediction_note(metadata: dict[str, Any]) -> str:
    test, rule, cv_rule = (figure(metadata, name) for name in ("test_auc", "test_trivial_auc", "cv_trivial_auc"))
    assert test is not None and test.ci is not None and rule is not None and cv_rule is not None
    automatic = figure(metadata, "automatic_auc")
    outlines = ""
    if automatic is not None and automatic.ci is not None:
        outlines = (
            f" All of these with manual outlines; with automatic ones {automatic.value:.2f} ({automatic.ci[0]:.2f} to "
            f"{automatic.ci[1]:.2f}) on {automatic.n} patients."
        )
    return (
        f"On {test.n} independent patients of the same collections AUC {test.value:.2f} ({test.ci[0]:.2f} to "
        f"{test.ci[1]:.2f}). Enhancing volume alone: {cv_rule.value:.2f} on the training patients, {rule.value:.2f} on "
        f"the independent ones.{outlines} In these collections grade and site cannot be separated."
    )


def _ageless(rows: Sequence[TrainingRow]) -> list[TrainingRow]:
    return [
        TrainingRow(row.patient, {key: value for key, value in row.measured.items() if key != "age"}, row.is_hgg)
        for row in rows
    ]


def _probabilities(system: VolumetricGrading, rows: Sequence[TrainingRow]) -> np.ndarray:
    return np.array([system.probability(row.measured) for row in rows])


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this script."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path)
    parser.add_argument("--cases", type=Path, required=True)
    parser.add_argument("--leave-out", type=Path)
    parser.add_argument("--outlines", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    build(given.tables, given.cases, given.leave_out, outlines=given.outlines).save(given.out, overwrite=True)


if __name__ == "__main__":
    main()

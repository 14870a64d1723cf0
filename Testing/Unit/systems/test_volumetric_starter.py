"""The starter model regenerated from the public tables, and checks against leakage on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.systems.volumetric_grading import VolumetricGrading
from GliomaRadiomicsLib.systems.volumetric_grading.model import fit_linear
from GliomaRadiomicsLib.systems.volumetric_grading.starter import training_rows
from GliomaRadiomicsLib.systems.volumetric_grading.tcga import case_rows, tcga_rows
from GliomaRadiomicsLib.systems.volumetric_grading.validation import (
    TrainingRow,
    cross_validate,
    enhancing_volumes,
    grades,
)

KEYS = ("et", "et_share_tc", "age")


@pytest.fixture(scope="module")
def rows(shared_data: Path) -> list[TrainingRow]:
    return [row for row in tcga_rows(shared_data / "tables" / "tcga") if "age" in row.measured]


def test_shipped_coefficients_and_test_figures_come_from_the_tables(shared_data: Path) -> None:
    shipped = VolumetricGrading.load(starter("volumetric_grading"))
    test = case_rows(shared_data / "cases" / "cases.csv")
    train = training_rows(shared_data / "tables", test, shared_data / "raw_case")
    ages = {"age" in row.measured for row in train}
    assert ages == {True, False}
    aged = [row for row in train if "age" in row.measured]
    for shipped_model, chosen in ((shipped.without_age, train), (shipped.with_age, aged)):
        assert shipped_model is not None
        made = fit_linear([row.measured for row in chosen], grades(chosen), shipped_model.keys)
        assert made.coefficient == pytest.approx(shipped_model.coefficient, abs=1e-5)
        assert (made.intercept, made.n) == pytest.approx((shipped_model.intercept, shipped_model.n), abs=1e-5)
    stated = {entry["id"]: entry["value"] for entry in shipped.metadata["evidence"]["figures"]}
    measured = [roc_auc(grades(test), [shipped.probability(row.measured) for row in test])]
    assert measured == pytest.approx([stated["test_age_auc"]], abs=1e-4)
    assert stated["test_trivial_auc"] == pytest.approx(roc_auc(grades(test), enhancing_volumes(test)), abs=1e-4)


def test_test_patients_are_not_among_the_training_patients(shared_data: Path) -> None:
    metadata = json.loads((starter("volumetric_grading") / "metadata.json").read_text())
    test = {row.patient for row in case_rows(shared_data / "cases" / "cases.csv")}
    hidden = {path.name for path in (shared_data / "raw_case").iterdir()}
    everyone = {row.patient for row in tcga_rows(shared_data / "tables" / "tcga")}
    assert len(test) == 18
    assert test <= everyone
    assert metadata["training"]["n"] == len(everyone - test - hidden)
    assert not any(patient in json.dumps(metadata) for patient in everyone)


def test_permuted_grades_cannot_be_learned(rows: list[TrainingRow]) -> None:
    generator = np.random.default_rng(0)
    aucs = []
    for _ in range(10):
        permuted = generator.permutation(grades(rows))
        aucs.append(roc_auc(permuted, cross_validate(rows, KEYS, n_repeats=1, outcome=permuted)[0]))
    assert 0.4 < float(np.mean(aucs)) < 0.56


def test_held_out_figure_is_not_above_the_yardstick(rows: list[TrainingRow]) -> None:
    held_out = cross_validate(rows, KEYS[:2], n_repeats=2)
    assert 0.90 < roc_auc(grades(rows), held_out.mean(axis=0)) < 0.96


def test_trivial_rule_on_the_shared_cases(shared_data: Path) -> None:
    test = case_rows(shared_data / "cases" / "cases.csv")
    assert roc_auc(grades(test), enhancing_volumes(test)) == pytest.approx(0.89, abs=0.005)

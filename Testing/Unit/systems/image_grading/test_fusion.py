"""The part that is fitted on tables: selection inside the folds, our decision function against scikit-learn's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.svm import SVC

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.resampling import grouped_stratified_folds
from GliomaRadiomicsLib.systems.fused_grading.agreement import feature_agreement, share_good
from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion, cross_validated
from GliomaRadiomicsLib.systems.fused_grading.machine import Machine
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.platt import LEAST_SLOPE, Platt

N, P = 40, 1300
SETTINGS = FusedSettings(inner_folds=2, trees=20, c_grid=(1.0, 10.0), gamma_grid=(0.1,))


def chance_table(seed: int) -> tuple[FeatureTable, npt.NDArray[np.int_]]:
    """As many features as in the paper, none of which has anything to do with the grade."""
    rng = np.random.default_rng(seed)
    names = [f"original_{number}" for number in range(788)] + [f"deep_{number:03d}" for number in range(512)]
    return FeatureTable(rng.normal(size=(N, P)), names), rng.permutation(np.arange(N) % 2)


def cross_validated_auc(table: FeatureTable, grades: npt.NDArray[np.int_], seed: int) -> float:
    folds = grouped_stratified_folds(grades, table.patients, n_splits=5, seed=seed)
    return roc_auc(grades, cross_validated(lambda _: table, grades, folds, SETTINGS).probability)


def test_selection_inside_the_folds_gives_chance_and_outside_it_does_not() -> None:
    inside, outside = [], []
    for seed in range(3):
        table, grades = chance_table(seed)
        inside.append(cross_validated_auc(table, grades, seed))
        leaked = Fusion.fit(table, grades, SETTINGS).names
        outside.append(cross_validated_auc(table.columns(leaked), grades, seed))
    assert 0.35 < np.mean(inside) < 0.65
    assert np.mean(outside) > 0.75


def test_a_feature_that_tells_the_grade_is_kept_and_used() -> None:
    table, grades = chance_table(1)
    values = np.array(table.values)
    values[:, 3] += 3.0 * grades
    values[:, 3] *= np.where(grades == 1, 2.0, 1.0)
    told = FeatureTable(values, table.names)
    assert "original_3" in Fusion.fit(told, grades, SETTINGS).names
    assert cross_validated_auc(told, grades, 0) > 0.85


def with_signal(seed: int, rows: int, size: float) -> tuple[FeatureTable, npt.NDArray[np.int_]]:
    rng = np.random.default_rng(seed)
    grades = np.arange(rows) % 2
    values = rng.normal(size=(rows, 400)) * (1.0 + 0.5 * (grades == 1)[:, None] * (np.arange(400) < 6))
    values[:, :6] += size * grades[:, None]
    return FeatureTable(values, [f"original_{number}" for number in range(400)]), grades


def test_helpers_teach_what_few_patients_cannot_and_are_never_scored() -> None:
    alone, helped = [], []
    for seed in (0, 2, 3):
        table, grades = with_signal(seed, 16, 0.8)
        helpers = with_signal(seed + 10, 40, 2.0)
        folds = grouped_stratified_folds(grades, table.patients, n_splits=4)
        alone.append(roc_auc(grades, cross_validated(lambda _, t=table: t, grades, folds, SETTINGS).probability))
        found = cross_validated(lambda _, t=table: t, grades, folds, SETTINGS, lambda _, h=helpers: h)
        assert found.probability.shape == (16,)
        assert all(len(fusion.background) == 12 for fusion in found.fusions)
        helped.append(roc_auc(grades, found.probability))
    assert np.mean(helped) > 0.75
    assert np.mean(helped) > np.mean(alone) + 0.1


def test_the_decision_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 8))
    labels = (values[:, 0] * values[:, 1] > 0).astype(np.intp)
    machine = Machine.fit(values, labels, SETTINGS)
    theirs = SVC(C=machine.c, gamma=machine.gamma, kernel="rbf").fit(values, labels)
    others = rng.normal(size=(200, 8))
    assert np.allclose(machine.decision(others), theirs.decision_function(others), atol=1e-9)
    assert roc_auc(labels, machine.decision(values)) > 0.8


def test_missing_values_are_filled_with_the_training_median() -> None:
    table, grades = chance_table(2)
    values = np.array(table.values)
    values[0, :20] = np.nan
    gaps = FeatureTable(values, table.names)
    fusion = Fusion.fit(gaps, grades, SETTINGS)
    filled = np.where(np.isnan(values), np.nanmedian(values, axis=0), values)
    assert fusion.probability(gaps) == pytest.approx(fusion.probability(FeatureTable(filled, table.names)))


def test_values_far_outside_the_training_range_are_named() -> None:
    table, grades = chance_table(3)
    fusion = Fusion.fit(table, grades, SETTINGS)
    first = table.take([0])
    assert fusion.outside(first) == []
    far = np.array(first.values)
    far[0, table.names.index(fusion.names[2])] = 40.0
    assert fusion.outside(FeatureTable(far, table.names)) == [fusion.names[2]]


def test_few_patients_told_apart_do_not_make_the_model_certain() -> None:
    scores, grades = np.array([-3.0, -2.0, -2.5, 2.0, 3.0, 2.5]), np.array([0, 0, 0, 1, 1, 1])
    p = Platt.fit(scores, grades).probability(scores)
    assert (p[3:] > 0.7).all()
    assert p.max() < 0.95
    assert p.mean() == pytest.approx(0.5, abs=1e-3)


def test_a_score_the_wrong_way_round_is_not_turned() -> None:
    scores, grades = np.linspace(-1, 1, 20), (np.arange(20) < 10).astype(int)
    platt = Platt.fit(scores, grades)
    assert platt.slope == pytest.approx(LEAST_SLOPE)
    assert np.ptp(platt.probability(scores)) < 0.02


def test_agreement_of_two_outlines_ranks_the_features_by_icc() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=20)
    first = [{"steady": t, "shaky": rng.normal(), "flat": 1.0} for t in truth]
    second = [{"steady": t + 0.1 * rng.normal(), "shaky": rng.normal(), "flat": 1.0} for t in truth]
    found = feature_agreement(first, second)
    assert [one.feature for one in found] == ["shaky", "steady"]
    assert found[0].icc < 0.5 < 0.95 < found[1].icc
    assert found[1].interval[0] < found[1].icc < found[1].interval[1]
    assert share_good(found) == 0.5
    with pytest.raises(RefusedInput, match="20 and 19"):
        feature_agreement(first, second[:-1])


def test_the_scale_of_helpers_does_not_matter() -> None:
    table, grades = with_signal(0, 16, 0.8)
    helpers, their_grades = with_signal(10, 40, 2.0)
    moved = FeatureTable(np.asarray(helpers.values) * 8.0, helpers.names)
    plain = Fusion.fit(table, grades, SETTINGS, (helpers, their_grades))
    scaled = Fusion.fit(table, grades, SETTINGS, (moved, their_grades))
    assert scaled.names == plain.names
    assert scaled.probability(table) == pytest.approx(plain.probability(table), abs=1e-9)


def test_features_chosen_on_helpers_alone_do_not_depend_on_the_patients_grades() -> None:
    table, grades = with_signal(0, 16, 0.8)
    helpers = with_signal(10, 40, 2.0)
    alone = replace(SETTINGS, helpers_in_selection=True, select_on_helpers=True)
    chosen = Fusion.fit(table, grades, alone, helpers).names
    assert Fusion.fit(table, 1 - grades, alone, helpers).names == chosen
    assert len(set(chosen) & {f"original_{number}" for number in range(6)}) >= 2

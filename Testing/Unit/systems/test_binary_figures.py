"""Which numbers the AUC and the other figures of a grading system are of."""

from __future__ import annotations

import pytest

from GliomaRadiomicsLib.systems.binary_figures import binary_figures

OUTCOME = [1, 1, 0, 0, 1, 1, 0, 0]
SCORES = [4.0, 3.0, 2.0, 1.0, 4.0, 3.0, 2.0, 1.0]
BY_FOLD = [0.4, 0.3, 0.2, 0.1, 0.95, 0.9, 0.8, 0.7]
"""The same order in each of two folds; the second fold's calibration lies higher."""


def figures(**given: object) -> dict[str, float]:
    found = binary_figures(OUTCOME, BY_FOLD, prefix="cv", cohort="eight", validation="two folds", **given)
    return {figure.id: figure.value for figure in found}


def test_auc_is_of_the_scores_where_the_calibration_differs_by_fold() -> None:
    assert figures()["cv_auc"] == pytest.approx(0.75)
    assert figures(ranked_by=SCORES)["cv_auc"] == 1.0


def test_everything_else_stays_of_the_probabilities() -> None:
    without, ranked = figures(), figures(ranked_by=SCORES)
    assert {name for name in without if without[name] != ranked[name]} == {"cv_auc"}
    assert ranked["cv_sensitivity"] == 0.5

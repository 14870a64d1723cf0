"""The calibration of held-out patients is what the card says: a fold is calibrated by the other folds alone."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.systems.image_grading.held_out import CALIBRATION, calibrated
from GliomaRadiomicsLib.systems.image_grading.platt import Platt

SCORES = np.array([2.0, -1.0, 1.5, 0.5, -0.5, -2.0, 3.0, 0.2])
GRADES = np.array([1, 0, 1, 0, 1, 0, 1, 0])
FOLDS = [(np.arange(4, 8), np.arange(4)), (np.arange(4), np.arange(4, 8))]


def test_a_fold_is_calibrated_by_the_held_out_scores_of_the_others() -> None:
    found = calibrated(SCORES, GRADES, FOLDS)
    for others, held_out in FOLDS:
        expected = Platt.fit(SCORES[others], GRADES[others]).probability(SCORES[held_out])
        assert found[held_out] == pytest.approx(expected)


def test_a_folds_own_grades_do_not_move_its_probabilities() -> None:
    turned = GRADES.copy()
    turned[:4] = 1 - turned[:4]
    before, after = calibrated(SCORES, GRADES, FOLDS), calibrated(SCORES, turned, FOLDS)
    assert before[:4] == pytest.approx(after[:4])
    assert before[4:] != pytest.approx(after[4:])


@pytest.mark.parametrize("system", ["vq_grading", "cnn_grading"])
def test_the_cards_of_the_starters_say_how(system: str) -> None:
    assert load_metadata(starter(system))["training"]["calibration"] == CALIBRATION

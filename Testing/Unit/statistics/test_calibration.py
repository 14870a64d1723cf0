"""Calibration of predictions whose fault is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from GliomaRadiomicsLib.statistics.calibration import brier_score, calibration, log_odds
from GliomaRadiomicsLib.statistics.proportion import wilson_interval


@pytest.fixture(scope="module")
def truth() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    logit = generator.normal(0, 1.5, 40_000)
    return logit, generator.random(40_000) < 1 / (1 + np.exp(-logit))


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logit))


def test_true_probabilities_are_calibrated(truth: tuple) -> None:
    found = calibration(truth[1], _probability(truth[0]))
    assert (found.slope, found.intercept) == pytest.approx((1, 0), abs=0.05)


def test_twice_too_extreme_gives_slope_one_half(truth: tuple) -> None:
    assert calibration(truth[1], _probability(2 * truth[0])).slope == pytest.approx(0.5, abs=0.03)


def test_too_low_by_one_gives_intercept_one(truth: tuple) -> None:
    assert calibration(truth[1], _probability(truth[0] - 1)).intercept == pytest.approx(1, abs=0.05)


def test_separated_outcomes_have_no_slope() -> None:
    assert math.isnan(calibration([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]).slope)
    assert math.isnan(calibration([0, 1, 1], [0.5, 0.5, 0.5]).slope)


def test_brier_and_log_odds_by_hand() -> None:
    assert brier_score([1, 0], [0.8, 0.4]) == pytest.approx((0.04 + 0.16) / 2)
    assert log_odds([0.5, 0.75]) == pytest.approx([0, math.log(3)])
    assert np.isfinite(log_odds([0.0, 1.0])).all()


def test_wilson_interval_of_a_published_example() -> None:
    """81 of 263: .2553 to .3662 (Newcombe 1998, Stat Med 17:857, Table I, method 3)."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(10, 10)[1] == pytest.approx(1.0)
    with pytest.raises(ValueError, match="no share"):
        wilson_interval(3, 0)

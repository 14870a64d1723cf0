"""Maximally selected log-rank statistic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cut_point import best_cut_point
from GliomaRadiomicsLib.statistics.outcome import Outcome


def test_lymphoma_example_of_maxstat(shared_data: Path) -> None:
    patients = pd.read_csv(shared_data / "reference/maxstat/DLBCL.csv")[["time", "cens", "MGE"]].dropna()
    time, event, expression = patients.to_numpy().T
    found = best_cut_point(Outcome(time, event), expression)
    assert found.statistic == pytest.approx(3.171, abs=5e-4)
    assert found.cut == pytest.approx(0.186, abs=5e-4)
    assert found.p == pytest.approx(0.0361, abs=1e-4)
    assert found.p_uncorrected < 0.002
    assert (found.n, found.n_events, found.n_low) == (40, int(event.sum()), 33)


def test_corrected_p_is_not_too_small_without_an_effect() -> None:
    generator = np.random.default_rng(0)
    found = [
        best_cut_point(Outcome(generator.exponential(1, 60), generator.random(60) < 0.7), generator.random(60))
        for _ in range(300)
    ]
    assert np.mean([item.p < 0.05 for item in found]) < 0.08
    assert np.mean([item.p_uncorrected < 0.05 for item in found]) > 0.25


def test_true_cut_is_found() -> None:
    generator = np.random.default_rng(1)
    score = generator.random(300)
    time = generator.exponential(np.where(score > 0.7, 1.0, 5.0))
    assert best_cut_point(Outcome(time, np.ones(300)), score).cut == pytest.approx(0.7, abs=0.03)


def test_refused_input() -> None:
    outcome = Outcome(np.arange(1, 21), np.ones(20))
    with pytest.raises(RefusedInput, match="marker: no cut leaves enough.*1 distinct values among 20"):
        best_cut_point(outcome, np.ones(20), name="marker")
    with pytest.raises(RefusedInput, match="marker: one number per patient.*1 not finite"):
        best_cut_point(outcome, np.r_[np.arange(19), np.nan], name="marker")

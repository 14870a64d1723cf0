"""AUC against counting, DeLong against the values of pROC."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.statistics.auc import auc_with_interval, delong_test, newcombe_interval, roc_auc

PROC_Z = {("wfns", "s100b"): 2.20898359, ("wfns", "ndka"): 2.79777592, ("ndka", "s100b"): -1.39077003}
"""Z of pROC's roc.test(method = "delong") on its aSAH data, rounded to eight decimals."""

PROC_S100B = (0.7314, (0.6301, 0.8326))
"""AUC and DeLong interval of s100b as pROC's own documentation prints them."""


@pytest.fixture(scope="module")
def asah(shared_data: Path) -> dict[str, np.ndarray]:
    with (shared_data / "reference" / "pROC" / "aSAH.csv").open() as file:
        rows = list(csv.DictReader(file))
    table = {key: np.array([float(row[key]) for row in rows]) for key in ("wfns", "s100b", "ndka")}
    return {**table, "poor": np.array([row["outcome"] == "Poor" for row in rows])}


@pytest.mark.parametrize("pair", list(PROC_Z))
def test_delong_z_equals_proc(asah: dict[str, np.ndarray], pair: tuple[str, str]) -> None:
    test = delong_test(asah["poor"], asah[pair[0]], asah[pair[1]])
    assert test.z == pytest.approx(PROC_Z[pair], abs=1e-8)


def test_delong_interval_equals_proc(asah: dict[str, np.ndarray]) -> None:
    estimate = auc_with_interval(asah["poor"], asah["s100b"])
    assert estimate.auc == pytest.approx(PROC_S100B[0], abs=5e-5)
    assert estimate.interval == pytest.approx(PROC_S100B[1], abs=5e-5)
    assert (estimate.n_positive, estimate.n_negative) == (41, 72)


def test_auc_equals_counting_pairs_with_ties() -> None:
    generator = np.random.default_rng(3)
    y, score = generator.integers(0, 2, 60).astype(bool), generator.integers(0, 6, 60).astype(float)
    pairs = score[y][:, None] - score[~y][None, :]
    assert roc_auc(y, score) == pytest.approx(((pairs > 0) + 0.5 * (pairs == 0)).mean(), abs=1e-12)
    assert roc_auc(y, -score) == pytest.approx(1 - roc_auc(y, score), abs=1e-12)


def test_perfect_separation_of_few_patients_is_not_certain() -> None:
    estimate = auc_with_interval([0] * 8 + [1] * 8, np.arange(16))
    assert estimate.auc == 1.0
    assert 0.6 < estimate.interval[0] < 0.95
    assert estimate.interval[1] == 1.0
    assert newcombe_interval(0.0, 8, 8)[1] == pytest.approx(1 - estimate.interval[0], abs=1e-9)


def test_equal_scores_do_not_differ() -> None:
    test = delong_test([0, 0, 1, 1], [1, 2, 3, 4], [10, 20, 30, 40])
    assert (test.z, test.p) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("outcome", "score"), [([1, 1], [0.1, 0.2]), ([0, 1], [0.1, float("nan")]), ([0, 1, 1], [0.1, 0.2])]
)
def test_what_has_no_auc_is_refused(outcome: list, score: list) -> None:
    with pytest.raises(ValueError, match=r"classes|finite|shape"):
        roc_auc(outcome, score)

"""Elastic-Net Cox path: glmnet's published coefficients, the conditions of the optimum, and refused input.

glmnet stops at a change of 1e-7 of the null deviance, up to 2e-3 of a coefficient away from the optimum on its own
example. ``convergence="glmnet"`` stops there too and gives its coefficients to 1e-4; the default goes on to the optimum
and is held by the conditions of the optimum, and by coordinate descent that does not stop there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cox_path import PathSettings, fit_cox_path
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.partial_likelihood import PartialLikelihood

GOLDEN = Path(__file__).resolve().parents[2] / "Golden" / "glmnet_cox.npz"


def table_of(values: np.ndarray) -> FeatureTable:
    return FeatureTable(values, [f"f{j}" for j in range(values.shape[1])])


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as data:
        return {key: data[key] for key in data.files}


@pytest.fixture(scope="module")
def breast(shared_data: Path) -> dict[str, np.ndarray]:
    """198 patients of GEO series GSE7390 with glmnet's lasso paths; the patients come with scikit-survival.

    The second path is of the 80 patients followed longest, fewer than features: two events.
    """
    datasets = pytest.importorskip("sksurv.datasets", reason="SKIPPED: the patients come with scikit-survival")
    features, outcome = datasets.load_breast_cancer()
    folder = shared_data / "reference/sksurv"
    reference = pd.read_csv(folder / "breast_cancer_glmnet_coefficients.csv", index_col=0)
    x = np.column_stack([_column(features, name) for name in reference.index])
    time, event = outcome["t.tdm"].astype(float), outcome["e.tdm"].astype(int)
    longest = np.argsort(-time)[:80]
    wide = pd.read_csv(folder / "breast_cancer_glmnet_coefficients_high.csv", index_col=0)
    return {
        **{"breast_x": x, "breast_time": time, "breast_event": event, "breast_lasso": reference.to_numpy(float)},
        **{"longest_x": x[longest], "longest_time": time[longest], "longest_event": event[longest]},
        "longest_lasso": wide.to_numpy(float),
    }


def _column(features: pd.DataFrame, name: str) -> np.ndarray:
    """A column, or whether a category has the value of names such as ``er='positive'``."""
    category = re.fullmatch(r"(\w+)='(.*)'", name)
    if category is None:
        return features[name].astype(float).to_numpy()
    return (features[category[1]] == category[2]).to_numpy(float)


@pytest.fixture(scope="module")
def cohort() -> tuple[FeatureTable, Outcome]:
    """60 patients with many tied times and 90 features, more features than patients."""
    generator = np.random.default_rng(1)
    values = generator.standard_normal((60, 90)) * generator.uniform(0.5, 3, 90) + 5
    time = np.ceil(generator.exponential(np.exp(-0.4 * values[:, 0])) * 200) + 1
    return table_of(values), Outcome(np.minimum(time, 12), (time <= 12) & (generator.random(60) < 0.8))


FACTORS: dict[str, dict[int, float]] = {
    "one_less": {4: 0.125},
    "three_differ": {4: 0.125, 10: 1.25, 12: 0.75},
    "two_free": {0: 0.0, 29: 0.0},
}
"""Penalty factors of glmnet's runs by column; 1 elsewhere."""

CASES = (
    ("half", 0.5, False),
    ("most", 0.9, False),
    ("standardised", 0.9, True),
    *((key, 0.5, False) for key in FACTORS),
)


def assert_reproduced(data: dict[str, np.ndarray], name: str, key: str, l1_ratio: float, standardise: bool) -> None:
    table = table_of(data[f"{name}_x"].astype(np.float64))
    outcome = Outcome(data[f"{name}_time"], data[f"{name}_event"])
    expected = data[f"{name}_{key}"]
    factors = tuple((f"f{column}", factor) for column, factor in FACTORS.get(key, {}).items())
    settings = PathSettings(l1_ratio=l1_ratio, standardise=standardise, factors=factors, convergence="glmnet")
    path = fit_cox_path(table, outcome, settings)
    assert path.coefficients.shape == expected.shape
    assert np.abs(path.coefficients - expected).max() < 1e-4
    assert (path.n, path.n_events) == (outcome.n, outcome.n_events)


@pytest.mark.parametrize(("key", "l1_ratio", "standardise"), CASES)
def test_coefficients_of_glmnet(golden: dict[str, np.ndarray], key: str, l1_ratio: float, standardise: bool) -> None:
    assert_reproduced(golden, "example", key, l1_ratio, standardise)


@pytest.mark.parametrize("name", ["breast", "longest"])
def test_coefficients_of_glmnet_on_breast_cancer(breast: dict[str, np.ndarray], name: str) -> None:
    assert_reproduced(breast, name, "lasso", 1.0, False)


def test_exact_path_differs_from_glmnets_by_where_glmnet_stops(golden: dict[str, np.ndarray]) -> None:
    table = table_of(golden["example_x"].astype(np.float64))
    outcome = Outcome(golden["example_time"], golden["example_event"])
    exact = fit_cox_path(table, outcome, PathSettings(l1_ratio=0.5, standardise=False))
    chosen = (5, 25, 45)
    some = PathSettings(l1_ratio=0.5, standardise=False, penalties=tuple(exact.penalties[list(chosen)]))
    cycled = fit_cox_path(table, outcome, replace(some, convergence="glmnet", tolerance=1e-15))
    assert np.abs(exact.coefficients[:, chosen] - cycled.coefficients).max() < 1e-5
    assert np.abs(exact.coefficients - golden["example_half"]).max() < 2e-3


def test_exact_path_is_at_least_as_likely_as_glmnets(golden: dict[str, np.ndarray]) -> None:
    table, expected = table_of(golden["example_x"].astype(np.float64)), golden["example_half"].astype(np.float64)
    outcome = Outcome(golden["example_time"], golden["example_event"])
    path = fit_cox_path(table, outcome, PathSettings(l1_ratio=0.5, standardise=False))
    centred, likelihood = table.values - table.values.mean(axis=0), PartialLikelihood(outcome)

    def objective(coefficients: np.ndarray, penalty: float) -> float:
        return likelihood.value(centred @ coefficients) / outcome.n - penalty * (
            0.5 * np.abs(coefficients).sum() + 0.25 * (coefficients**2).sum()
        )

    shared = min(path.penalties.size, expected.shape[1])
    ours = np.array([objective(path.coefficients[:, k], path.penalties[k]) for k in range(shared)])
    theirs = np.array([objective(expected[:, k], path.penalties[k]) for k in range(shared)])
    assert (ours >= theirs - 1e-9).all()
    assert (ours - theirs).max() < 1e-3


@pytest.mark.parametrize("ties", ["breslow", "efron"])
@pytest.mark.parametrize("l1_ratio", [1.0, 0.5, 0.05])
def test_conditions_of_the_optimum(cohort: tuple[FeatureTable, Outcome], ties: str, l1_ratio: float) -> None:
    table, outcome = cohort
    path = fit_cox_path(table, outcome, PathSettings(l1_ratio=l1_ratio, ties=ties, n_penalties=30))
    scale = table.values.std(axis=0)
    scaled = (table.values - table.values.mean(axis=0)) / scale
    for k, penalty in enumerate(path.penalties):
        beta = path.coefficients[:, k] * scale
        score = scaled.T @ numeric_gradient(outcome, scaled @ beta, ties) / outcome.n
        pull = score - penalty * (1 - l1_ratio) * beta
        tolerance = 1e-5 * path.penalties[0]
        assert (np.abs(pull[beta == 0]) <= penalty * l1_ratio + tolerance).all()
        assert np.abs(pull - penalty * l1_ratio * np.sign(beta))[beta != 0].max(initial=0) < tolerance
    assert path.n_selected()[0] == 0
    assert path.n_selected()[-1] > 10
    assert (np.diff(path.deviance_ratio) > 0).all()


def numeric_gradient(outcome: Outcome, predictor: np.ndarray, ties: str) -> np.ndarray:
    """Derivative of the log partial likelihood written out event by event."""
    hazard, gradient = np.exp(predictor), outcome.event.astype(float)
    for time in np.unique(outcome.time[outcome.event]):
        died = outcome.event & (outcome.time == time)
        for k in range(died.sum()):
            share = k / died.sum() if ties == "efron" else 0.0
            weight = np.where(outcome.time >= time, hazard, 0) - share * np.where(died, hazard, 0)
            gradient -= weight / weight.sum()
    return gradient


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_without_penalty_it_is_an_ordinary_cox_model(cohort: tuple[FeatureTable, Outcome], ties: str) -> None:
    table = cohort[0].columns(["f0", "f1", "f2"])
    factors = tuple((name, 0.0) for name in table.names)
    path = fit_cox_path(table, cohort[1], PathSettings(factors=factors, penalties=(1.0,), ties=ties))
    likelihood = PartialLikelihood(cohort[1], ties)
    best = minimize(lambda b: -likelihood.value((table.values - 5) @ b), np.zeros(3), tol=1e-12).x
    assert np.allclose(path.coefficients[:, 0], best, atol=1e-4)


def test_both_solvers_meet_at_a_small_tolerance(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, outcome = cohort[0].columns([f"f{j}" for j in range(12)]), cohort[1]
    exact = fit_cox_path(table, outcome, PathSettings(l1_ratio=0.5, penalties=(0.1, 0.05, 0.02)))
    cycled = fit_cox_path(
        table, outcome, PathSettings(l1_ratio=0.5, penalties=(0.1, 0.05, 0.02), convergence="glmnet", tolerance=1e-14)
    )
    assert np.allclose(exact.coefficients, cycled.coefficients, atol=1e-5)


def test_penalty_factors(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, outcome = cohort
    path = fit_cox_path(table, outcome, PathSettings(factors=(("f3", 0.0), ("f0", 1000.0)), n_penalties=20))
    assert (path.coefficients[3] != 0).all()
    assert (path.coefficients[0] == 0).all()


def test_order_of_columns_and_units_do_not_matter(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, outcome = cohort
    path = fit_cox_path(table, outcome, PathSettings(n_penalties=15))
    reversed_names = list(table.names)[::-1]
    turned = FeatureTable(table.values[:, ::-1] * 1000, reversed_names)
    again = fit_cox_path(turned, outcome, PathSettings(n_penalties=15))
    assert np.allclose(path.coefficients, again.coefficients[::-1] * 1000, atol=1e-5)
    assert np.allclose(path.linear_predictor(table), again.linear_predictor(turned), atol=1e-5)


def test_collinear_and_constant_features_are_kept_apart(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, outcome = cohort
    values = np.column_stack([table.values[:, :3], table.values[:, 0], np.full(60, 7.0)])
    path = fit_cox_path(FeatureTable(values, ["a", "b", "c", "copy of a", "same"]), outcome, PathSettings(l1_ratio=0.5))
    assert path.constant == ("same",)
    assert (path.coefficients[4] == 0).all()
    assert np.allclose(path.coefficients[0], path.coefficients[3], atol=1e-5)


def test_ties_everywhere() -> None:
    generator = np.random.default_rng(2)
    table = table_of(generator.standard_normal((30, 5)))
    for ties in ("breslow", "efron"):
        path = fit_cox_path(table, Outcome(np.full(30, 4.0), generator.random(30) < 0.5), PathSettings(ties=ties))
        assert np.isfinite(path.coefficients).all()


def test_refused_input(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, outcome = cohort
    with pytest.raises(RefusedInput, match="event: .*at least 1 event.*0 events among 60 patients"):
        fit_cox_path(table, Outcome(outcome.time, np.zeros(60)))
    gap = table.values.copy()
    gap[4, 7] = np.nan
    with pytest.raises(RefusedInput, match=r"f7: .*missing.*1 of 60 rows.*MedianImputation"):
        fit_cox_path(FeatureTable(gap, table.names), outcome)
    with pytest.raises(RefusedInput, match="60 rows of features but 59 outcomes"):
        fit_cox_path(table, outcome.take(np.arange(59)))
    with pytest.raises(RefusedInput, match="no feature varies"):
        fit_cox_path(table_of(np.ones((60, 2))), outcome)
    with pytest.raises(RefusedInput, match="l1_ratio.*found 0"):
        PathSettings(l1_ratio=0)
    with pytest.raises(RefusedInput, match="nobody: no such column"):
        fit_cox_path(table, outcome, PathSettings(factors=(("nobody", 0.0),)))


def test_unpenalised_feature_that_separates_is_named(cohort: tuple[FeatureTable, Outcome]) -> None:
    table, _ = cohort
    time = np.arange(1.0, 61.0)
    values = np.column_stack([-time, table.values[:, :2]])
    named = FeatureTable(values, ["oracle", "a", "b"])
    with pytest.raises(RefusedInput, match="oracle: separates the patients perfectly.*60 patients.*penalty factor"):
        fit_cox_path(named, Outcome(time, np.ones(60)), PathSettings(factors=(("oracle", 0.0),)))
    path = fit_cox_path(named, Outcome(time, np.ones(60)))
    assert np.isfinite(path.coefficients).all()

"""Cox table, proportional-hazards check and predictions: R on lung, veteran, rossi and rotterdam, and brute force."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import predict_survival, survival_matrix
from GliomaRadiomicsLib.statistics.cox_table import multivariable_cox, uni_then_multivariable_cox, univariable_cox
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.proportional_hazards import check_proportional_hazards


@pytest.fixture(scope="module")
def rossi(shared_data) -> tuple[Outcome, pd.DataFrame]:
    table = pd.read_csv(shared_data / "reference" / "sksurv" / "rossi.csv")
    return Outcome(table.week, table.arrest), table


@pytest.fixture(scope="module")
def small() -> tuple[Outcome, dict[str, np.ndarray]]:
    """Forty patients with tied times and a moderate effect."""
    generator = np.random.default_rng(11)
    columns = {"age": generator.normal(60, 10, 40), "dose": generator.integers(0, 3, 40).astype(float)}
    hazard = np.exp(0.03 * (columns["age"] - 60) + 0.4 * columns["dose"])
    return Outcome(np.ceil(generator.exponential(12 / hazard)), generator.random(40) < 0.8), columns


def test_lung_equals_r(r_data, published) -> None:
    expected, lung = published["cox_lung"], r_data("lung").dropna(subset=["ph.ecog"])
    table = multivariable_cox(Outcome(lung.time, lung.status == 2), lung[["age", "sex", "ph.ecog"]])
    assert [table.n, table.n_events] == expected["n"]
    for row in table.rows:
        found = [row.coefficient, row.hazard_ratio, row.standard_error, row.z, row.lower, row.upper]
        assert found == pytest.approx(expected["rows"][row.name], abs=5.1e-4)
        assert found[:3] == pytest.approx(expected["rows"][row.name][:3], abs=5.1e-7)
    fit = table.fit
    assert fit.likelihood_ratio == pytest.approx(expected["likelihood_ratio"], abs=0.051)
    assert fit.wald == pytest.approx(expected["wald"], abs=5.1e-3)
    assert fit.score == pytest.approx(expected["score"], abs=0.051)
    assert fit.apparent_concordance == pytest.approx(expected["concordance"], abs=5.1e-4)


def test_veteran_with_a_category_equals_r(r_data, published) -> None:
    expected, veteran = published["cox_veteran"], r_data("veteran")
    columns = veteran[["trt", "celltype", "karno", "diagtime", "age", "prior"]]
    table = multivariable_cox(Outcome(veteran.time, veteran.status), columns, categories={"celltype": "squamous"})
    assert {row.name for row in table.rows} == set(expected["rows"])
    for row in table.rows:
        assert [row.coefficient, row.standard_error] == pytest.approx(expected["rows"][row.name], rel=1e-3)
    assert table.fit.likelihood_ratio == pytest.approx(expected["likelihood_ratio"], abs=0.051)
    assert table.fit.apparent_concordance == pytest.approx(expected["concordance"], abs=5.1e-4)
    cells = [row for row in table.rows if row.term == "celltype"]
    assert {row.reference for row in cells} == {"squamous"}
    assert len({row.term_p for row in cells}) == 1


def test_rossi_equals_fox(rossi, published) -> None:
    expected, (outcome, table) = published["cox_rossi"], rossi
    model = fit_cox(outcome, table[list(expected["rows"])])
    for j, name in enumerate(model.names):
        found = [model.coefficients[j], model.covariance[j][j] ** 0.5]
        assert found == pytest.approx(expected["rows"][name], rel=6e-3)
    ratio = 2 * (model.log_likelihood - model.null_log_likelihood)
    assert ratio == pytest.approx(expected["likelihood_ratio"], abs=5.1e-3)


def test_rotterdam_equals_r(r_data, published) -> None:
    expected, patients = published["cox_rotterdam"], r_data("rotterdam")
    nodes = np.array(["0-10", "11-20", "21-34"])[np.digitize(patients.nodes, [10.5, 20.5])]
    columns = {"age": patients.age > 60, "nodes": nodes, "grade": patients.grade == 3}
    columns |= {name: patients[name] for name in ("pgr", "size", "meno", "hormon", "recur")}
    references = {"nodes": "0-10", "size": "<=20"}
    table = multivariable_cox(Outcome(patients.dtime, patients.death), columns, categories=references)
    assert [table.n, table.n_events] == expected["n"]
    assert {row.name for row in table.rows} == set(expected["rows"])
    for row in table.rows:
        found = [row.coefficient, row.hazard_ratio, row.standard_error, row.z, row.lower, row.upper]
        assert found[:3] == pytest.approx(expected["rows"][row.name][:3], abs=5.1e-8)
        assert found[3:] == pytest.approx(expected["rows"][row.name][3:], abs=5.1e-4)
    assert table.fit.likelihood_ratio == pytest.approx(expected["likelihood_ratio"], abs=0.51)
    assert table.fit.wald == pytest.approx(expected["wald"], abs=0.051)
    assert table.fit.score == pytest.approx(expected["score"], abs=0.51)
    assert table.fit.apparent_concordance == pytest.approx(expected["concordance"], abs=5.1e-4)


def test_predicted_survival_and_its_error_equal_r(r_data, published) -> None:
    """R's interval is symmetric on another scale; the standard error below it is the same."""
    expected, lung = published["cox_survival_lung"], r_data("lung")
    model = fit_cox(Outcome(lung.time, lung.status == 2), lung[["age", "sex"]], ties="breslow")
    found = predict_survival(model, expected["patients"], expected["times"])
    for patient, survival, error in zip(found, expected["survival"], expected["error"], strict=True):
        assert patient.survival == pytest.approx(survival, abs=1e-9)
        hazard = -np.log(patient.survival)
        own = np.log(np.log(patient.lower) / np.log(patient.survival)) / 1.959963984540054 * hazard
        assert own == pytest.approx(error, abs=1e-8)


def test_rotterdam_equals_lifelines(r_data, independent) -> None:
    expected, table = independent["rotterdam"], r_data("rotterdam")
    model = fit_cox(Outcome(table.dtime, table.death), table[list(expected["coefficients"])])
    for j, name in enumerate(model.names):
        assert model.coefficients[j] == pytest.approx(expected["coefficients"][name], abs=1e-6)
        assert model.covariance[j][j] ** 0.5 == pytest.approx(expected["standard_errors"][name], rel=1e-6)
    assert model.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-9)


def test_scaled_schoenfeld_residuals_give_the_published_test(rossi, published) -> None:
    expected, (outcome, table) = published["schoenfeld_rossi"], rossi
    columns = table[list(expected["rho"])]
    model = fit_cox(outcome, columns)
    check = check_proportional_hazards(model, outcome, columns)
    assert check.correlation == pytest.approx(tuple(expected["rho"].values()), abs=5.1e-5)
    time = np.array(check.transformed_time) - np.mean(check.transformed_time)
    drift = time @ (np.array(check.scaled_residuals) - np.array(model.coefficients))
    classic = drift**2 / (model.n_events * np.diag(model.covariance) * (time @ time))
    assert classic == pytest.approx(np.array(list(expected["chi_square"].values())), abs=5.1e-6)
    assert [row.p < 0.05 for row in check.rows] == [False, True, False]


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_proportionality_test_is_the_score_test_of_covariate_times_time(small, ties) -> None:
    outcome, columns = small
    model = fit_cox(outcome, columns, ties=ties)
    check = check_proportional_hazards(model, outcome, columns, transform="identity")
    values = np.stack(list(columns.values()), axis=1)

    def value(parameters: np.ndarray) -> float:
        return _log_likelihood(outcome, values, parameters[:2], parameters[2:], ties)

    at = np.array([*model.coefficients, 0.0, 0.0])
    steps = np.array([1e-3, 1e-2, 1e-4, 1e-3])
    gradient, curvature = _derivatives(value, at, steps)
    whole = gradient @ np.linalg.solve(curvature, gradient)
    assert check.overall.chi_square == pytest.approx(whole, rel=2e-3)
    kept = [0, 1, 2]
    first = gradient[kept] @ np.linalg.solve(curvature[np.ix_(kept, kept)], gradient[kept])
    assert check.rows[0].chi_square == pytest.approx(first, rel=2e-3)


def test_predicted_survival_and_its_interval_by_brute_force(small) -> None:
    outcome, columns = small
    model = fit_cox(outcome, columns, ties="breslow")
    values = np.stack(list(columns.values()), axis=1)
    patient, time = np.array([72.0, 2.0]), 9.0

    def hazard(coefficients: np.ndarray) -> tuple[float, float]:
        total, spread = 0.0, 0.0
        for moment in np.unique(outcome.time[outcome.event & (outcome.time <= time)]):
            deaths = int((outcome.event & (outcome.time == moment)).sum())
            risk = np.exp((values[outcome.time >= moment] - patient) @ coefficients).sum()
            total, spread = total + deaths / risk, spread + deaths / risk**2
        return total, spread

    beta = np.array(model.coefficients)
    total, spread = hazard(beta)
    slope = np.array([(hazard(beta + e)[0] - hazard(beta - e)[0]) / 2e-5 for e in np.eye(2) * 1e-5])
    error = np.sqrt(spread + slope @ np.array(model.covariance) @ slope) / total
    found = predict_survival(model, {"age": [72], "dose": [2]}, [0, time, 1e6])[0]
    assert found.survival == pytest.approx((1.0, np.exp(-total), None))
    assert found.lower[1] == pytest.approx(np.exp(-total * np.exp(1.959964 * error)), rel=1e-5)
    assert found.upper[1] == pytest.approx(np.exp(-total * np.exp(-1.959964 * error)), rel=1e-5)
    assert found.median_interval[0] <= found.median
    grid = predict_survival(model, {"age": [72], "dose": [2]}, model.baseline.time)[0]
    assert found.median == next(t for t, s in zip(grid.times, grid.survival, strict=True) if s <= 0.5)
    assert survival_matrix(model, {"age": [72], "dose": [2]}, [time])[0, 0] == pytest.approx(np.exp(-total))


def test_univariable_then_multivariable_keeps_the_significant(r_data) -> None:
    lung = r_data("lung").dropna(subset=["ph.ecog", "wt.loss"])
    outcome = Outcome(lung.time, lung.status == 2)
    first, second = uni_then_multivariable_cox(outcome, lung[["age", "sex", "ph.ecog", "wt.loss"]])
    kept = [row.term for row in first.rows if row.p < 0.05]
    assert [row.name for row in second.rows] == kept == ["age", "sex", "ph.ecog"]
    assert (first.kind, first.fit, second.fit.degrees_of_freedom) == ("univariable", None, 3)
    alone = univariable_cox(outcome, {"sex": lung.sex}).rows[0]
    assert next(row for row in first.rows if row.name == "sex") == alone


def test_a_long_scale_does_not_disturb_the_fit(small) -> None:
    outcome, columns = small
    model = fit_cox(outcome, columns)
    scaled = fit_cox(outcome, {"age": columns["age"] * 1e6 + 1e9, "dose": columns["dose"] * 1e-4})
    assert np.array(scaled.coefficients) * [1e6, 1e-4] == pytest.approx(np.array(model.coefficients), rel=1e-5)


def test_few_events_per_coefficient_are_noted(small) -> None:
    outcome, columns = small
    noise = {f"x{i}": np.random.default_rng(i).normal(size=40) for i in range(3)}
    assert "events for 5 coefficients" in multivariable_cox(outcome, {**columns, **noise}).notes[0]
    assert univariable_cox(outcome, columns).notes == ()


BAD_COLUMNS = [
    ({"age": ["61", "x"] * 20}, "age: not a column of numbers"),
    ({"age": [np.nan] + [1.0] * 39}, r"age: a value is missing \(found nan in row 1, 1 of 40 rows in all\); complete"),
    ({"age": [np.inf] + [1.0] * 39}, "age: a value is infinite"),
    ({"age": [5.0] * 40}, r"age: the covariate is the same in all patients \(found 5\); remove it"),
    ({"age": [1.0] * 39}, "age: 40 patients but 39 values"),
    ({}, "no covariates given"),
]


@pytest.mark.parametrize(("columns", "message"), BAD_COLUMNS)
def test_bad_columns_are_named(small, columns, message) -> None:
    with pytest.raises(RefusedInput, match=message):
        fit_cox(small[0], columns)


def test_collinear_and_separating_covariates_are_named(small) -> None:
    outcome, columns = small
    with pytest.raises(RefusedInput, match="months: the covariate follows exactly from age, dose"):
        fit_cox(outcome, {**columns, "months": 12 * columns["age"] - columns["dose"]})
    with pytest.raises(RefusedInput, match="early: the covariate separates the patients perfectly.*penalised"):
        fit_cox(outcome, {**columns, "early": (outcome.time <= 4).astype(float)})
    rare = outcome.event * 0.0
    rare[np.flatnonzero(~outcome.event)[:3]] = 1
    with pytest.raises(RefusedInput, match="rare: the covariate separates"):
        fit_cox(outcome, {"rare": rare})
    with pytest.raises(RefusedInput, match="order: the covariate separates"):
        fit_cox(outcome, {"order": -outcome.time})


def test_too_few_events_and_unknown_levels_are_refused(small) -> None:
    outcome, columns = small
    with pytest.raises(RefusedInput, match="a Cox model with 2 coefficients needs at least 3 events"):
        fit_cox(Outcome(outcome.time, np.zeros(40)), columns)
    site = {"site": ["left", "right"] * 20}
    with pytest.raises(RefusedInput, match="site: not a column of numbers.*declare the column as a category"):
        fit_cox(outcome, site)
    with pytest.raises(RefusedInput, match="site: reference level 'middle' has no patients"):
        fit_cox(outcome, site, categories={"site": "middle"})
    model = fit_cox(outcome, site, categories={"site": None})
    with pytest.raises(RefusedInput, match="site: level 'middle' is unknown to the model"):
        predict_survival(model, {"site": ["middle"]}, [5])
    with pytest.raises(RefusedInput, match="site: the column is missing"):
        predict_survival(model, {"age": [50]}, [5])
    with pytest.raises(RefusedInput, match="the model was fitted on 40 patients"):
        check_proportional_hazards(model, outcome.take(range(30)), {"site": ["left", "right"] * 15})


def test_ties_everywhere_still_fit() -> None:
    generator = np.random.default_rng(2)
    outcome = Outcome(np.repeat([1.0, 2.0], 30), generator.random(60) < 0.7)
    model = fit_cox(outcome, {"x": generator.normal(size=60)})
    assert (model.n, model.n_events) == (60, outcome.n_events)
    assert np.isfinite(model.coefficients).all()


def test_events_at_one_time_cannot_tell_about_proportionality() -> None:
    generator = np.random.default_rng(3)
    event = generator.random(50) < 0.5
    table = multivariable_cox(Outcome(np.where(event, 4.0, 6.0), event), {"x": generator.normal(size=50)})
    assert table.rows[0].proportional_p is None
    assert 0 < table.rows[0].p < 1


def test_a_hazard_ratio_beyond_all_numbers_asks_for_another_unit(small) -> None:
    outcome, columns = small
    with pytest.raises(RefusedInput, match="age: the hazard ratio per unit.*smaller units"):
        univariable_cox(outcome, {"age": columns["age"] * 1e-6})


def _log_likelihood(outcome: Outcome, values: np.ndarray, beta: np.ndarray, drift: np.ndarray, ties: str) -> float:
    total = 0.0
    for moment in np.unique(outcome.time[outcome.event]):
        predictor = values @ (beta + moment * drift)
        dead = outcome.event & (outcome.time == moment)
        risk, tied = np.exp(predictor[outcome.time >= moment]).sum(), np.exp(predictor[dead]).sum()
        total += predictor[dead].sum()
        for i in range(dead.sum()):
            total -= np.log(risk - (i / dead.sum() * tied if ties == "efron" else 0.0))
    return total


def _derivatives(value, at: np.ndarray, steps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Gradient and minus the second derivative by central differences."""
    n = at.size
    moves = np.diag(steps)
    gradient = np.array([(value(at + m) - value(at - m)) / (2 * s) for m, s in zip(moves, steps, strict=True)])
    curvature = np.empty((n, n))
    for i in range(n):
        for j in range(n):
            corners = [value(at + a * moves[i] + b * moves[j]) * a * b for a in (1, -1) for b in (1, -1)]
            curvature[i, j] = -sum(corners) / (4 * steps[i] * steps[j])
    return gradient, curvature

"""Plain data of the survival drawings, against the statistics they come from."""

from __future__ import annotations

import json

import numpy as np
import pytest

from GliomaRadiomicsLib.reports.survival_figures.write import draw_chart
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.cox_table import univariable_cox
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier
from GliomaRadiomicsLib.statistics.log_rank import log_rank
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems import survival_charts as charts

YEAR = 365.25


@pytest.fixture(scope="module")
def cohort() -> tuple[Outcome, np.ndarray]:
    random = np.random.default_rng(0)
    risk = random.normal(size=90)
    time, lost = random.exponential(600 * np.exp(-risk)) + 1, random.uniform(200, 2400, 90)
    return Outcome(np.minimum(time, lost), time <= lost), risk


def test_kaplan_meier_has_counts_band_p_and_hazard_ratio(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    found = charts.kaplan_meier_chart(outcome, risk > 0, "groups")
    assert (found["n"], found["n_events"]) == (90, outcome.n_events)
    assert sum(curve["n_events"] for curve in found["curves"]) == outcome.n_events
    labels = np.where(risk > 0, charts.HIGH, charts.LOW)
    assert found["log_rank_p"] == log_rank(outcome, labels).p
    model = fit_cox(outcome, {"high": (risk > 0).astype(float)})
    assert found["hazard_ratio"]["value"] == pytest.approx(np.exp(model.coefficients[0]))
    low = found["curves"][0]
    assert (low["label"], low["at_risk_at_ticks"][0]) == (charts.LOW, int((risk <= 0).sum()))
    own = outcome.take(risk <= 0)
    expected = [int((own.time >= day).sum()) for day in found["ticks_days"]]
    assert low["at_risk_at_ticks"] == expected
    assert low["survival"][1:] == pytest.approx(kaplan_meier(own).survival, abs=1e-5)
    json.dumps(found, allow_nan=False)


def test_by_month_no_single_follow_up_is_kept(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    found = charts.kaplan_meier_chart(outcome, risk > 0, "groups", by_month=True)
    text, exact = json.dumps(found), charts.kaplan_meier_chart(outcome, risk > 0, "groups")
    assert not any(f"{day:.4f}"[:-1] in text for day in outcome.time)
    for curve, own in zip(found["curves"], exact["curves"], strict=True):
        assert "censored" not in curve
        assert all(day % charts.MONTH_DAYS == 0 for day in (*curve["days"], curve["median_days"]))
        at = kaplan_meier(outcome.take(risk > 0 if own["label"] == charts.HIGH else risk <= 0)).at(curve["days"])
        assert curve["survival"] == pytest.approx([point.survival for point in at], abs=1e-5)
        assert curve["at_risk_at_ticks"] == own["at_risk_at_ticks"]
        assert 0 <= curve["median_days"] - own["median_days"] < charts.MONTH_DAYS
    assert (found["log_rank_p"], found["hazard_ratio"]) == (exact["log_rank_p"], exact["hazard_ratio"])
    figure = draw_chart(found)
    assert figure.axes[0].lines


def test_one_group_alone_has_no_p_and_is_still_drawn(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, _ = cohort
    found = charts.kaplan_meier_chart(outcome, np.zeros(90, bool), "groups")
    assert (len(found["curves"]), found["log_rank_p"], found["hazard_ratio"]) == (1, None, None)


def test_years_without_enough_patients_are_not_drawn(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    found = charts.roc_chart(outcome, risk, (1, 3, 5, 20), "roc")
    assert found is not None
    drawn = [curve["year"] for curve in found["curves"]]
    assert drawn[0] == 1
    assert 20 not in drawn
    for curve in found["curves"]:
        assert curve["n_cases"] + curve["n_controls"] + curve["n_censored_before"] == 90
    assert charts.roc_chart(outcome, np.zeros(90), (1,), "roc") is None
    assert charts.roc_chart(outcome, risk, (20,), "roc") is None
    assert charts.calibration_chart(outcome, np.full((90, 1), 0.5), (20,), "calibration") is None


def test_calibration_groups_hold_everybody(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    survival = survival_matrix(fit_cox(outcome, {"risk": risk}), {"risk": risk}, [YEAR, 3 * YEAR])
    found = charts.calibration_chart(outcome, survival, (1, 3), "calibration")
    assert found is not None
    assert [sum(group["n"] for group in part["groups"]) for part in found["times"]] == [90, 90]
    assert found["times"][0]["slope"] == pytest.approx(1, abs=0.3)


def test_rows_of_tables_and_coefficients(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    table = univariable_cox(outcome, {"risk": risk})
    found = charts.forest_chart([table, table], {"risk": "Score"}, "forest")
    assert [row["covariate"] for row in found["rows"]] == ["Score", "Score"]
    assert found["rows"][0]["n_events"] == outcome.n_events
    weights = charts.importance_chart({"a": 0.1, "b": -0.4, "c": 0.2}, {"b": 7}, 9, (90, 50), "importance")
    assert [row["feature"] for row in weights["rows"]] == ["b", "c", "a"]
    assert [row["chosen_in_folds"] for row in weights["rows"]] == [7, 0, 0]
    assert weights["rows"][0]["hazard_ratio_per_sd"] == pytest.approx(np.exp(-0.4))


def test_a_nomogram_that_cannot_be_made_is_left_out(cohort: tuple[Outcome, np.ndarray]) -> None:
    outcome, risk = cohort
    made = charts.cohort_nomogram(outcome, {"risk": risk}, (1, 3, 50), {"risk": "Score"})
    assert made is not None
    assert [round(scale["time"] / YEAR) for scale in made["scales"]] == [1, 3]
    assert made["words"] == {"risk": "Score"}
    assert charts.cohort_nomogram(outcome, {"risk": np.ones(90)}, (1,), {}) is None

"""Decision curves against the tables of R's dcurves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.decision_curve import decision_curve, survival_decision_curve
from GliomaRadiomicsLib.statistics.outcome import Outcome

FIELDS = {"net_benefit": "net_benefit", "true_positive_rate": "tp_rate", "false_positive_rate": "fp_rate"}


@pytest.fixture(scope="module")
def read(shared_data):
    return lambda name: pd.read_csv(shared_data / "reference" / "dcurves" / f"{name}.csv")


def _thresholds(table: pd.DataFrame) -> np.ndarray:
    return table.threshold[table.variable == "all"].to_numpy()


def _assert_equal(curve, table: pd.DataFrame, rows: slice = slice(None)) -> None:
    for line in curve.lines:
        expected = table[table.variable == line.name.replace("treat ", "")]
        for field, column in FIELDS.items():
            found = np.array(getattr(line, field), dtype=float)[rows]
            np.testing.assert_allclose(found, expected[column].to_numpy(float)[rows], atol=1e-12)
        if "net_intervention_avoided" in expected:
            found = np.array(line.interventions_avoided, dtype=float)[rows][1:]
            np.testing.assert_allclose(
                found / 100, expected.net_intervention_avoided.to_numpy(float)[rows][1:], atol=1e-10
            )


@pytest.mark.parametrize(("data", "table"), [("df_binary", "r_case1_results"), ("df_binary", "r_dca_famhistory")])
def test_binary_equals_r(read, data, table) -> None:
    patients, expected = read(data), read(table)
    curve = decision_curve(patients.cancer, {"famhistory": patients.famhistory}, thresholds=_thresholds(expected))
    _assert_equal(curve, expected)
    assert (curve.n, curve.n_events, curve.event_rate) == (750, 105, 0.14)


def test_binary_with_harm_equals_r(read) -> None:
    patients, expected, risk = read("df_binary"), read("r_case3_results"), read("dca_tut_bin_int_marker_risks")
    curve = decision_curve(
        patients.cancer, {"marker": risk.marker_risk}, thresholds=_thresholds(expected), harm={"marker": 0.0333}
    )
    _assert_equal(curve, expected)


def test_survival_equals_r(read) -> None:
    patients = read("df_surv")
    outcome = Outcome(patients.ttcancer, patients.cancer)
    expected = read("r_simple_surv_dca_result_df")
    risks = {"famhistory": patients.famhistory}
    _assert_equal(survival_decision_curve(outcome, risks, 1.5, thresholds=_thresholds(expected)), expected)
    expected, risks = read("dca_tut_r_stdca_coxph_df"), dict(read("dca_tut_coxph_pr_failure18_vals"))
    curve = survival_decision_curve(outcome, risks, 1.5, thresholds=_thresholds(expected))
    _assert_equal(curve, expected)
    assert curve.n_events == (patients.cancer & (patients.ttcancer <= 1.5)).sum()


def test_survival_where_the_risk_above_the_threshold_cannot_be_estimated(read) -> None:
    """R leaves gaps from .74; up to .79 everybody above has died before the time, so the risk is known to be 1."""
    patients, expected = read("df_surv"), read("r_case2_results")
    outcome = Outcome(patients.ttcancer, patients.cancer)
    risks = {"cancerpredmarker": patients.cancerpredmarker}
    curve = survival_decision_curve(outcome, risks, 1.0, thresholds=_thresholds(expected))
    _assert_equal(curve, expected, slice(0, 74))
    assert curve.lines[2].net_benefit[79] == pytest.approx(curve.lines[2].treated[79])
    assert curve.lines[2].net_benefit[80] is None


def test_prevalence_of_a_case_control_sample(read) -> None:
    patients = read("df_case_control")
    curve = decision_curve(patients.casecontrol, {"famhistory": patients.famhistory}, prevalence=0.2, thresholds=[0.1])
    cases = patients[patients.casecontrol == 1].famhistory.mean()
    controls = patients[patients.casecontrol == 0].famhistory.mean()
    assert curve.lines[2].net_benefit[0] == pytest.approx(0.2 * cases - 0.8 * controls / 9)
    assert curve.lines[0].net_benefit[0] == pytest.approx(0.2 - 0.8 / 9)


def test_bad_input_is_named() -> None:
    with pytest.raises(RefusedInput, match=r"marker: not a probability \(found 7 in row 2\); turn the marker"):
        decision_curve([0, 1], {"marker": [0.2, 7]})
    with pytest.raises(RefusedInput, match="event: a decision curve needs patients with and without the event"):
        decision_curve([1, 1], {"m": [0.2, 0.7]})
    with pytest.raises(RefusedInput, match="thresholds: a threshold is outside"):
        decision_curve([0, 1], {"m": [0.2, 0.7]}, thresholds=[1.0])
    with pytest.raises(RefusedInput, match="harm of a model that is not given"):
        decision_curve([0, 1], {"m": [0.2, 0.7]}, harm={"n": 0.1})
    with pytest.raises(RefusedInput, match="times: the time is outside"):
        survival_decision_curve(Outcome([1, 2, 3], [1, 0, 1]), {"m": [0.1, 0.2, 0.3]}, 3)

"""Kaplan-Meier: R on lung, aml, veteran and rotterdam (log band), lifelines (log-log band), by hand."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.kaplan_meier import kaplan_meier, kaplan_meier_by_group
from GliomaRadiomicsLib.statistics.outcome import Outcome


def test_median_and_counts_equal_r_on_lung(r_data, published) -> None:
    lung = r_data("lung")
    outcome = Outcome(lung.time, lung.status == 2)
    curves = (kaplan_meier(outcome, band="log", label="all"), *kaplan_meier_by_group(outcome, lung.sex, band="log"))
    for curve in curves:
        found = [curve.n, curve.n_events, curve.median, *curve.median_interval]
        assert found == published["lung_median"]["values"][curve.label]


def test_survival_error_and_band_equal_r_on_aml(r_data, published) -> None:
    aml, expected = r_data("aml"), published["aml_maintained"]
    curve = kaplan_meier_by_group(Outcome(aml.time, aml.status), aml.x, band="log")[0]
    rows = [curve.time.index(time) for time in expected["time"]]
    for field in ("survival", "standard_error", "lower", "upper"):
        assert [getattr(curve, field)[row] for row in rows] == pytest.approx(expected[field], abs=5.1e-4)
    assert (curve.median, curve.median_interval) == (31, (18, None))


def test_survival_equals_r_on_veteran(r_data, published) -> None:
    veteran, expected = r_data("veteran"), published["veteran_km"]
    curve = kaplan_meier(Outcome(veteran.time, veteran.status), band="log")
    assert [curve.n, curve.n_events, curve.median, *curve.median_interval] == expected["median"]
    found = [point.survival for point in curve.at([float(day) for day in expected["survival"]])]
    assert found == pytest.approx(list(expected["survival"].values()), abs=1e-6)


def test_medians_and_five_and_ten_years_equal_r_on_rotterdam(r_data, published) -> None:
    table, expected = r_data("rotterdam"), published["rotterdam_median"]
    outcome = Outcome(table.dtime, table.death)
    curves = (kaplan_meier(outcome, band="log", label="all"), *kaplan_meier_by_group(outcome, table.grade, band="log"))
    for curve in curves:
        assert [curve.median, *curve.median_interval] == expected[curve.label]
    for day, (at_risk, *limits) in expected["at"].items():
        point = curves[0].at([float(day)])[0]
        assert point.at_risk == at_risk
        assert [point.survival, point.lower, point.upper] == pytest.approx(limits, abs=5.1e-4)


def test_log_log_band_equals_lifelines_on_rotterdam(r_data, independent) -> None:
    table, expected = r_data("rotterdam"), independent["rotterdam"]
    curve = kaplan_meier(Outcome(table.dtime, table.death))
    at = curve.at(expected["times"])
    for field in ("survival", "lower", "upper"):
        assert [getattr(point, field) for point in at] == pytest.approx(expected[field], abs=1e-9)
    assert [curve.median, *curve.median_interval] == expected["median"]


def test_plain_band_by_hand() -> None:
    curve = kaplan_meier(Outcome([1, 2, 3, 4], [1, 0, 1, 0]), band="plain")
    assert curve.survival == pytest.approx((0.75, 0.75, 0.375, 0.375))
    error = 0.375 * (1 / 12 + 1 / 2) ** 0.5
    assert curve.standard_error[2] == pytest.approx(error)
    assert curve.lower[2] == pytest.approx(max(0, 0.375 - 1.959964 * error))
    assert curve.upper[2] == pytest.approx(min(1, 0.375 + 1.959964 * error), abs=1e-6)
    assert (curve.at_risk, curve.events, curve.censored) == ((4, 3, 2, 1), (1, 0, 1, 0), (0, 1, 0, 1))


def test_survival_of_exactly_one_half_gives_the_middle_as_r_does() -> None:
    assert kaplan_meier(Outcome([1, 2, 3, 4], [1, 1, 1, 1])).median == 2.5


def test_numbers_at_risk_and_the_end_of_follow_up() -> None:
    curve = kaplan_meier(Outcome([1, 2, 3, 4], [1, 0, 1, 0]))
    assert [point.at_risk for point in curve.at([0, 1, 1.5, 4, 4.1])] == [4, 4, 3, 1, 0]
    assert curve.at([0])[0].survival == 1.0
    assert curve.at([4.1])[0].survival is None
    assert kaplan_meier(Outcome([1, 2], [1, 1])).at([9])[0].survival == 0.0


@pytest.mark.parametrize("band", ["log-log", "log", "plain"])
def test_everybody_dying_at_once_and_nobody_dying(band) -> None:
    dead = kaplan_meier(Outcome([5] * 4, [1] * 4), band=band)
    assert (dead.survival, dead.lower, dead.median) == ((0.0,), (0.0,), 5)
    alive = kaplan_meier(Outcome([5, 6], [0, 0]), band=band)
    assert (alive.survival, alive.lower, alive.upper, alive.median) == ((1.0, 1.0), (1.0, 1.0), (1.0, 1.0), None)
    assert np.isfinite([*dead.upper, *alive.standard_error]).all()


def test_an_empty_group_and_a_missing_label_are_named() -> None:
    outcome = Outcome([1, 2, 3], [1, 1, 0])
    with pytest.raises(RefusedInput, match="risk: group 'high' has no patients"):
        kaplan_meier_by_group(outcome, ["low"] * 3, order=("low", "high"), name="risk")
    with pytest.raises(RefusedInput, match=r"risk: a label is missing \(found row 2, 1 of 3"):
        kaplan_meier_by_group(outcome, ["low", None, "low"], name="risk")

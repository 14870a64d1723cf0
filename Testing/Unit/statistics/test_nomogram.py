"""A nomogram says exactly what its Cox model says."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram, pretty
from GliomaRadiomicsLib.statistics.outcome import Outcome


@pytest.fixture(scope="module")
def fitted():
    generator = np.random.default_rng(6)
    columns = {
        "age": generator.normal(60, 11, 150),
        "karnofsky": generator.integers(4, 11, 150) * 10.0,
        "site": generator.choice(["left", "right", "middle"], 150),
    }
    hazard = np.exp(0.03 * columns["age"] - 0.02 * columns["karnofsky"] + 0.6 * (columns["site"] == "middle"))
    outcome = Outcome(generator.exponential(20 / hazard), generator.random(150) < 0.8)
    return fit_cox(outcome, columns, categories={"site": "left"}), columns


def test_total_points_give_back_linear_predictor_and_survival_exactly(fitted) -> None:
    model, columns = fitted
    times = model.baseline.time[10], model.baseline.time[40]
    nomogram = make_nomogram(model, columns, times)
    patients = [{name: values[i] for name, values in columns.items()} for i in range(150)]
    readings = [nomogram.read(patient) for patient in patients]
    predictor = model.linear_predictor(columns)
    assert [reading.linear_predictor for reading in readings] == pytest.approx(predictor, abs=1e-12)
    expected = survival_matrix(model, columns, times)
    assert np.array([reading.survival for reading in readings]) == pytest.approx(expected, abs=1e-12)
    assert all(reading.total == pytest.approx(sum(reading.points)) for reading in readings)


def test_longest_axis_has_100_points_and_none_is_negative(fitted) -> None:
    model, columns = fitted
    nomogram = make_nomogram(model, columns, [model.baseline.time[10]])
    points = np.array([nomogram.read({n: v[i] for n, v in columns.items()}).points for i in range(150)])
    assert points.min() == pytest.approx(0, abs=1e-9)
    assert points.max() == pytest.approx(100)
    age, karnofsky, site = nomogram.axes
    assert age.zero == columns["age"].min()
    assert karnofsky.zero == columns["karnofsky"].max()
    assert karnofsky.points_per_unit < 0
    assert {tick.label for tick in site.ticks} == {"left", "right", "middle"}


def test_ticks_lie_where_they_say(fitted) -> None:
    model, columns = fitted
    nomogram = make_nomogram(model, columns, [model.baseline.time[10], model.baseline.time[40]])
    for number, scale in enumerate(nomogram.scales):
        for tick in scale.ticks:
            assert nomogram.survival(tick.points)[number] == pytest.approx(float(tick.label), abs=1e-12)
    axis = nomogram.axes[0]
    for tick in axis.ticks:
        assert tick.points == pytest.approx(axis.points_per_unit * (float(tick.label) - axis.zero))
    assert len(nomogram.scales[1].ticks) >= 3


def test_a_range_can_be_chosen_and_values_outside_are_extended(fitted) -> None:
    model, columns = fitted
    nomogram = make_nomogram(model, columns, [model.baseline.time[10]], ranges={"age": (20, 90)})
    patient = {"age": 100, "karnofsky": 80, "site": "right"}
    assert (nomogram.axes[0].low, nomogram.axes[0].high) == (20, 90)
    expected = model.linear_predictor({name: [value] for name, value in patient.items()})[0]
    assert nomogram.read(patient).linear_predictor == pytest.approx(expected, abs=1e-12)


def test_impossible_requests_are_named(fitted) -> None:
    model, columns = fitted
    with pytest.raises(RefusedInput, match="times: the time is outside the follow-up of the model"):
        make_nomogram(model, columns, [1e9])
    with pytest.raises(RefusedInput, match="age: the range to draw is empty"):
        make_nomogram(model, columns, [model.baseline.time[10]], ranges={"age": (50, 50)})
    nomogram = make_nomogram(model, columns, [model.baseline.time[10]])
    with pytest.raises(RefusedInput, match="site: the column is missing"):
        nomogram.read({"age": 50, "karnofsky": 80})
    with pytest.raises(RefusedInput, match="site: level 'top' is unknown"):
        nomogram.read({"age": 50, "karnofsky": 80, "site": "top"})


def test_pretty_steps() -> None:
    assert pretty(18.3, 81.2) == (20, 30, 40, 50, 60, 70, 80) or pretty(18.3, 81.2) == (20, 40, 60, 80)
    assert pretty(0, 1, 5) == (0, 0.2, 0.4, 0.6, 0.8, 1.0)

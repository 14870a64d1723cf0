"""Log-rank test against R's printed results, lifelines and the Cox score test."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.log_rank import log_rank, log_rank_trend
from GliomaRadiomicsLib.statistics.outcome import Outcome


@pytest.mark.parametrize("name", ["lung_sex", "aml_x", "veteran_celltype"])
def test_log_rank_equals_r(r_data, published, name) -> None:
    expected = published["log_rank"][name]
    data, column = name.split("_")
    table = r_data(data)
    event = table.status == 2 if data == "lung" else table.status
    test = log_rank(Outcome(table.time, event), table[column])
    assert {group.label: group.events for group in test.groups} == {k: v[0] for k, v in expected["groups"].items()}
    for group in test.groups:
        assert group.expected == pytest.approx(expected["groups"][group.label][1], abs=0.051)
    assert test.chi_square == pytest.approx(expected["chi_square"], abs=0.051)
    assert (test.degrees_of_freedom, test.p) == (expected["df"], pytest.approx(expected["p"], rel=4e-3))
    assert (test.n, test.n_events) == (len(table), int(event.sum()))


def test_three_groups_equal_lifelines_on_rotterdam(r_data, independent) -> None:
    table = r_data("rotterdam")
    test = log_rank(Outcome(table.dtime, table.death), table["size"], order=("<=20", "20-50", ">50"))
    assert test.chi_square == pytest.approx(independent["rotterdam"]["log_rank_size"], rel=1e-9)


def test_score_of_cox_equals_r_and_is_near_the_log_rank_on_rotterdam(r_data, published) -> None:
    table = r_data("rotterdam")
    outcome = Outcome(table.dtime, table.death)
    for name in ("size", "grade"):
        chi_square, df = published["rotterdam_log_rank"][name]
        labels = table[name].astype(str)
        model = fit_cox(outcome, {name: labels}, categories={name: None})
        assert model.score_chi_square == pytest.approx(chi_square, abs=5.1e-5)
        test = log_rank(outcome, labels)
        assert (test.chi_square, test.degrees_of_freedom) == (pytest.approx(chi_square, rel=1e-3), df)


def test_trend_is_the_cox_score_test_of_the_scores_without_ties() -> None:
    generator = np.random.default_rng(4)
    outcome = Outcome(generator.permutation(60) + 1.0, generator.integers(0, 2, 60))
    dose = generator.integers(0, 3, 60)
    trend = log_rank_trend(outcome, dose, scores={"0": 0, "1": 1, "2": 5})
    assert trend.chi_square == pytest.approx(fit_cox(outcome, {"dose": np.array([0, 1, 5])[dose]}).score_chi_square)
    assert (trend.kind, trend.degrees_of_freedom) == ("trend", 1)
    assert log_rank_trend(outcome, dose).chi_square == pytest.approx(
        log_rank_trend(outcome, dose, scores={"0": 7, "1": 9, "2": 11}).chi_square
    )


def test_ties_everywhere_and_a_group_without_events() -> None:
    tied = log_rank(Outcome([3] * 8, [1, 1, 1, 0, 1, 0, 0, 0]), ["a"] * 4 + ["b"] * 4)
    assert tied.chi_square == pytest.approx((3 - 2) ** 2 / (4 * 4 / 7 * 0.25))
    quiet = log_rank(Outcome([1, 2, 3, 4], [1, 1, 0, 0]), ["a", "a", "b", "b"])
    assert quiet.groups[1].events == 0
    assert 0 < quiet.p < 1


def test_comparisons_that_cannot_be_made_say_why() -> None:
    with pytest.raises(RefusedInput, match="the log-rank test needs at least 1 event"):
        log_rank(Outcome([1, 2], [0, 0]), ["a", "b"])
    with pytest.raises(RefusedInput, match="arm: one group only"):
        log_rank(Outcome([1, 2], [1, 1]), ["a", "a"], name="arm")
    with pytest.raises(RefusedInput, match="arm: no event tells the groups apart"):
        log_rank(Outcome([1, 2, 3], [0, 1, 1]), ["a", "b", "b"], name="arm")
    with pytest.raises(RefusedInput, match="arm: 2 patients but 3 values"):
        log_rank(Outcome([1, 2], [1, 1]), ["a", "b", "b"], name="arm")
    with pytest.raises(RefusedInput, match="arm: group 'b' has no score"):
        log_rank_trend(Outcome([1, 2], [1, 1]), ["a", "b"], scores={"a": 1}, name="arm")

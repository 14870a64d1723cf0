"""The flag and its reasons, and the distance from the training cohort."""

from __future__ import annotations

import json

import numpy as np
import pytest

from GliomaRadiomicsLib.explain.cohort_distance import CohortDistance
from GliomaRadiomicsLib.explain.energy import PARTS, EnergyShares
from GliomaRadiomicsLib.explain.trust import CohortPlace, TrustRules, measured, trust_of


def shares(room_in_tumour: float = 0.1, **energy: float) -> EnergyShares:
    room = dict.fromkeys(PARTS, 0.0) | {"tumour": room_in_tumour, "border": 0.2, "rest": 0.7 - room_in_tumour}
    return EnergyShares(dict.fromkeys(PARTS, 0.0) | energy, room)


GOOD = shares(tumour=0.6, rest=0.3, border=0.1)


def test_nothing_against_it() -> None:
    trust = trust_of(0.9, energy=GOOD, others={"a": 0.8, "b": 0.95}, cohort=CohortPlace(0.5, 0.6))
    assert trust.flag == "ok"
    assert trust.reasons == []
    assert trust.energy_in_tumour == 0.6
    assert trust_of(0.1).flag == "ok"
    assert trust_of(0.1).energy_in_tumour is None


@pytest.mark.parametrize(
    ("energy", "flag", "words"),
    [
        (shares(tumour=0.1, border=0.6, rest=0.3), "no", "60% of the explanation lies on the border"),
        (shares(tumour=0.5, border=0.4, rest=0.1), "caution", "border of the brain, 50% in the tumour"),
        (shares(tumour=0.05, rest=0.95), "caution", "5% of the explanation lies in the tumour, which fills 10%"),
        (shares(tumour=0.2, fluid=0.5, rest=0.3), "caution", "ventricles (50%)"),
        (shares(), "no", "the explanation is empty"),
    ],
)
def test_where_the_explanation_lies(energy: EnergyShares, flag: str, words: str) -> None:
    trust = trust_of(0.9, energy=energy)
    assert trust.flag == flag
    assert words in trust.reasons[0]


@pytest.mark.parametrize(
    ("others", "flag", "words"),
    [
        ({"a": 0.2}, "caution", "say the opposite: a 0.20 against 0.90 here"),
        ({"a": 0.2, "b": 0.7}, "caution", "a 0.20"),
        ({"a": 0.2, "b": 0.3}, "no", "a 0.20, b 0.30"),
        ({"a": 0.5, "b": 0.8}, "caution", "less or more sure: a 0.50"),
    ],
)
def test_what_the_other_systems_say(others: dict[str, float], flag: str, words: str) -> None:
    trust = trust_of(0.9, others=others)
    assert trust.flag == flag
    assert words in trust.reasons[0]
    assert len(trust.reasons) == 1


@pytest.mark.parametrize(
    ("place", "flag", "words"),
    [
        (CohortPlace(0.97, 1.1, ("age",)), "caution", "97% of the training patients are more usual"),
        (CohortPlace(1.0, 2.0, ("age", "ET")), "no", "2.0 times as far as the farthest); most unusual: age, ET"),
        (CohortPlace(1.0, float("inf")), "caution", "a feature could not be measured"),
    ],
)
def test_how_usual_the_case_is(place: CohortPlace, flag: str, words: str) -> None:
    trust = trust_of(0.9, cohort=place)
    assert trust.flag == flag
    assert words in trust.reasons[0]


def test_severe_reasons_come_first_and_a_systems_own_count_as_mild() -> None:
    trust = trust_of(0.5, energy=shares(), reasons=("no T1ce was given",))
    assert trust.flag == "no"
    assert trust.reasons[0].startswith("the explanation is empty")
    assert trust.reasons[1:] == ["undecided: the probability lies between 0.35 and 0.65", "no T1ce was given"]
    assert trust_of(0.9, reasons=("no T1ce was given",)).flag == "caution"
    assert trust_of(0.5, rules=TrustRules(undecided=(0.5, 0.5))).flag == "ok"


@pytest.mark.parametrize(("low", "says"), [(0.40, True), (0.50, True), (0.51, False)])
def test_a_system_that_may_be_no_better_than_chance_says_so_first(low: float, says: bool) -> None:
    trust = measured(trust_of(0.9, reasons=("no T1ce was given",)), 0.69, (low, 0.97))
    assert trust.flag == "caution"
    assert (trust.reasons[0] == f"measured AUC 0.69 ({low:.2f} to 0.97): may be no better than chance") == says
    assert measured(trust_of(0.9), 0.69, (low, 0.97)).flag == ("caution" if says else "ok")


def test_chance_does_not_soften_a_no_and_nothing_measured_says_nothing() -> None:
    assert measured(trust_of(0.9, energy=shares()), 0.6, (0.4, 0.8)).flag == "no"
    assert measured(trust_of(0.9), None, None) == trust_of(0.9)
    assert measured(trust_of(0.9), 0.6, None) == trust_of(0.9)


NAMES = ("age", "volume", "mean", "spread")


def cohort(n: int = 60) -> np.ndarray:
    """Four features; volume follows age closely."""
    rng = np.random.default_rng(0)
    table = rng.normal(size=(n, 4)) * [10, 1, 100, 0.01] + [50, 0, 1000, 3]
    table[:, 1] = (table[:, 0] - 50) / 10 + 0.1 * table[:, 1]
    return table


def test_new_patients_of_the_same_kind_are_usual_and_others_are_far() -> None:
    fitted = CohortDistance.fit(cohort(), NAMES)
    fresh = cohort(400)[60:]
    percentiles = [fitted.percentile(row) for row in fresh]
    assert float(np.mean(percentiles)) == pytest.approx(0.5, abs=0.08)
    assert float(np.mean(np.array(percentiles) >= 0.95)) < 0.12
    far = [50.0, 0.0, 2500.0, 3.0]
    assert fitted.percentile(far) == 1.0
    assert fitted.excess(far) > 2.0
    assert fitted.most_unusual(far, 1) == ["mean"]
    assert fitted.excess(fresh[0]) < 1.0


def test_it_sees_a_pair_of_values_that_do_not_go_together() -> None:
    """Each of both lies within 1.5 standard deviations, but old patients with small volumes do not exist."""
    fitted = CohortDistance.fit(cohort(), NAMES)
    together, apart = [65.0, 1.5, 1000.0, 3.0], [65.0, -1.5, 1000.0, 3.0]
    assert fitted.percentile(together) < 0.95
    assert fitted.percentile(apart) == 1.0


def test_with_as_many_features_as_patients_what_is_usual_is_measured_outside_the_fit() -> None:
    rng = np.random.default_rng(1)
    names = tuple(f"f{number}" for number in range(40))
    table = rng.normal(size=(40, 40))
    fitted = CohortDistance.fit(table, names)
    within = [fitted.distance(row) for row in table]
    assert float(np.median(fitted.held_out)) > 1.02 * float(np.median(within))
    percentiles = [fitted.percentile(row) for row in rng.normal(size=(200, 40))]
    assert float(np.mean(percentiles)) == pytest.approx(0.5, abs=0.15)


def test_it_is_plain_data_without_any_patients_features() -> None:
    table = cohort()
    fitted = CohortDistance.fit(table, NAMES)
    text = json.dumps(fitted.to_dict())
    again = CohortDistance.from_dict(json.loads(text))
    assert again == fitted
    assert again.distance(table[3]) == fitted.distance(table[3])
    assert f"{table[3, 2]:.6f}"[:9] not in text


def test_a_missing_feature_is_unlike_everybody_and_a_constant_one_does_no_harm() -> None:
    table = cohort()
    table[:, 3] = 3.0
    fitted = CohortDistance.fit(table, NAMES)
    assert fitted.percentile(table[0]) < 1.0
    assert fitted.percentile([50.0, np.nan, 1000.0, 3.0]) == 1.0
    assert fitted.excess([50.0, np.nan, 1000.0, 3.0]) == float("inf")


def test_tables_that_cannot_be_fitted_are_refused() -> None:
    table = cohort()
    with pytest.raises(ValueError, match="at least 5 patients"):
        CohortDistance.fit(table[:4], NAMES)
    with pytest.raises(ValueError, match="3 names"):
        CohortDistance.fit(table, NAMES[:3])
    table[5, 1] = np.nan
    with pytest.raises(ValueError, match="feature volume is missing"):
        CohortDistance.fit(table, NAMES)
    with pytest.raises(ValueError, match="4 features are needed"):
        CohortDistance.fit(cohort(), NAMES).distance([1.0])

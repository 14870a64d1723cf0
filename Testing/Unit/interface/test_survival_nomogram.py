"""The survival tab, and the nomogram that is moved: the numbers are those of the survival system itself."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.interface.nomogram import InteractiveNomogram
from GliomaRadiomicsLib.interface.nomogram_items import items_of
from GliomaRadiomicsLib.interface.survival import survival_view
from GliomaRadiomicsLib.statistics.cox_prediction import predict_survival
from GliomaRadiomicsLib.systems.survival import SurvivalSystem
from GliomaRadiomicsLib.systems.survival.covariates import SIGNATURE, clinical_columns
from GliomaRadiomicsLib.systems.survival_charts import YEAR

MOST_MS = 10.0
PATIENTS = st.fixed_dictionaries(
    {
        "age": st.none() | st.floats(18, 95),
        "idh": st.sampled_from(["", "mutant", "wildtype"]),
        "resection": st.sampled_from(["", "gtr", "str", "biopsy"]),
        "signature": st.floats(-2, 2),
    }
)
RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def nomogram(survival_result: CaseResult) -> InteractiveNomogram:
    found = InteractiveNomogram.of(survival_result)
    assert found is not None
    return found


def test_the_tab_has_everything_with_units(survival_result: CaseResult) -> None:
    view = survival_view(survival_result)
    assert view is not None
    assert view.abstained_reason == ""
    assert view.risk_group in ("low", "high")
    assert " months (" in view.median
    assert [row.key for row in view.years] == ["1y", "3y", "5y"]
    assert all("95 % interval" in row.text for row in view.years)
    assert view.missing == "IDH status, extent of resection"
    assert view.trust == "caution"
    assert any(line.startswith("C-index 0.") and " to " in line for line in view.evidence)


def test_the_chart_draws_the_patient_on_the_groups(survival_result: CaseResult) -> None:
    view = survival_view(survival_result)
    assert view is not None
    assert view.chart is not None
    *groups, own = view.chart.series
    assert [one.dashed for one in groups] == [True, True]
    assert not own.dashed
    assert "(years)" in view.chart.x_label
    assert "(%)" in view.chart.y_label
    assert len({one.colour for one in view.chart.series}) == 3
    for one in view.chart.series:
        assert len(one.x) == len(one.y)
        assert one.y[0] == 100
        assert all(a >= b for a, b in zip(one.y, one.y[1:], strict=False))
    assert all(a <= b <= c for a, b, c in zip(own.lower, own.y, own.upper, strict=True))
    years = survival_result.survival["probability"]
    assert abs(np.interp(3.0, own.x, own.y) / 100 - years["3y"]) < 0.02


@pytest.mark.parametrize(
    "survival", [{"status": "abstained", "reason": "too young", "probability": {"1y": 0.5}}, {"status": "unavailable"}]
)
def test_an_abstention_stands_alone(result: CaseResult, survival: dict[str, Any]) -> None:
    result.survival = survival
    view = survival_view(result)
    assert view is not None
    assert view.abstained_reason
    assert (view.years, view.chart, view.median) == ([], None, "")
    assert InteractiveNomogram.of(result) is None


def test_no_survival_no_view() -> None:
    assert survival_view(CaseResult(inputs={}, passport=[])) is None


def test_it_starts_at_this_patient(nomogram: InteractiveNomogram, survival_result: CaseResult) -> None:
    assert (nomogram.values["age"], nomogram.values["idh"]) == (60.0, "")
    reading = nomogram.at(nomogram.values)
    predicted = survival_result.survival
    low, high = (float(word) for word in reading.median.split() if word.isdigit())
    assert low - 0.51 <= predicted["median_days"] / 30.4375 <= high + 0.51
    for year in ("1y", "3y", "5y"):
        assert reading.probability[year] == pytest.approx(predicted["probability"][year], abs=5.1e-5)
        assert reading.interval[year] == pytest.approx(predicted["probability_ci"][year], abs=5.1e-5)


@RELAXED
@given(values=PATIENTS)
def test_every_reading_is_the_systems_own_prediction(
    nomogram: InteractiveNomogram, survival_system: SurvivalSystem, values: dict[str, Any]
) -> None:
    clinical = ClinicalData(age=values["age"], idh=values["idh"] or None, resection=values["resection"] or None)
    columns = clinical_columns(clinical)
    model = survival_system.model_of(columns)
    assert model.fitted.cox is not None
    patient = {SIGNATURE: values["signature"], **columns}
    (expected,) = predict_survival(
        model.fitted.cox, {t.name: [patient[t.name]] for t in model.fitted.cox.terms}, [YEAR, 3 * YEAR, 5 * YEAR]
    )
    reading = nomogram.at(values)
    assert list(reading.probability.values()) == pytest.approx(expected.survival, abs=1e-6)
    limits = [pair for pair in reading.interval.values()]
    assert [low for low, _ in limits] == pytest.approx(expected.lower, abs=1e-6)
    assert [high for _, high in limits] == pytest.approx(expected.upper, abs=1e-6)
    assert reading.total == sum(int(f"{points:.0f}") for points in reading.points.values())
    assert model.nomogram is not None
    recalled = model.nomogram["offset"] + sum(reading.points.values()) / model.nomogram["points_per_log_hazard"]
    assert recalled == pytest.approx(expected.linear_predictor, abs=1e-5)


@RELAXED
@given(values=PATIENTS, older=st.floats(1, 20))
def test_older_is_never_better(nomogram: InteractiveNomogram, values: dict[str, Any], older: float) -> None:
    values = values | {"age": values["age"] or 50.0}
    young, old = nomogram.at(values), nomogram.at(values | {"age": values["age"] + older})
    assert all(old.probability[year] <= young.probability[year] for year in young.probability)
    assert old.points["age"] > young.points["age"]


def test_it_says_what_lies_outside(nomogram: InteractiveNomogram) -> None:
    assert nomogram.at(nomogram.values).outside == []
    (text,) = nomogram.at({**nomogram.values, "age": 99.0}).outside
    assert "Age 99 years" in text
    assert "17 to 94 years" in text


def test_a_reading_is_fast(nomogram: InteractiveNomogram) -> None:
    taken = []
    for age in range(20, 90):
        start = time.perf_counter()
        nomogram.at({**nomogram.values, "age": float(age), "idh": "mutant", "resection": "str"})
        taken.append(1000 * (time.perf_counter() - start))
    assert float(np.median(taken)) < MOST_MS


def test_too_little_known_and_wrong_values_are_refused(nomogram: InteractiveNomogram) -> None:
    with pytest.raises(RefusedInput, match="too little is known to read the nomogram; fill in"):
        nomogram.at({})
    with pytest.raises(RefusedInput) as told:
        nomogram.at({"age": 50.0})
    assert "Age" not in str(told.value)
    with pytest.raises(RefusedInput, match="mutant"):
        nomogram.at({**nomogram.values, "idh": "maybe"})
    with pytest.raises(RefusedInput, match="not a number"):
        nomogram.at({**nomogram.values, "age": "old"})


def axis(name: str, words: str, low: float, high: float, two_valued: bool) -> dict[str, Any]:
    return {"name": name, "words": words, "low": low, "high": high, "two_valued": two_valued}


def test_columns_of_other_systems_become_fields_people_know() -> None:
    axes = [
        axis("signature", "Deep-radiomics signature", -1, 1, False),
        axis("grade_3", "WHO grade 3 (against 2)", 0, 1, True),
        axis("male", "Men (against women)", 0, 1, True),
        axis("enhancing", "Contrast enhancement", 0, 1, True),
        axis("histology=oligo", "Histology: oligo (against astro)", 0, 1, True),
        axis("histology=other", "Histology: other (against astro)", 0, 1, True),
    ]
    items = {item.key: item for item in items_of(axes, frozenset())}
    assert list(items) == ["grade", "sex", "enhancing", "histology", "signature"]
    assert items["grade"].columns("3") == {"grade_3": 1.0}
    assert items["sex"].value_of({"male": 0.0}) == "F"
    assert [choice.label for choice in items["enhancing"].field.choices] == ["no", "yes"]
    assert items["histology"].columns("astro") == {"histology=oligo": 0.0, "histology=other": 0.0}
    assert items["histology"].value_of({"histology=oligo": 0.0, "histology=other": 1.0}) == "other"
    for item in items.values():
        if item.levels:
            for choice in item.field.choices:
                assert item.value_of(item.columns(choice.value)) == choice.value

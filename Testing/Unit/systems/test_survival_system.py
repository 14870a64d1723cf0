"""Survival from scale-free T1ce quantities and what is known of age, IDH status and resection."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.reports.survival_figures.write import write_charts
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase
from GliomaRadiomicsLib.systems.scale_free.ucsf import tcga_patients, ucsf_patients
from GliomaRadiomicsLib.systems.survival import SurvivalSystem
from GliomaRadiomicsLib.systems.survival.covariates import ITEM_SETS, Patient, outcome_of, set_name, table_of
from GliomaRadiomicsLib.systems.survival.fitting import FitSettings, fit_patients
from GliomaRadiomicsLib.systems.survival.model import SurvivalSettings, fit_signature
from GliomaRadiomicsLib.systems.survival.starter import patients_of

LARGEST_BUNDLE = 1_000_000
ENTRIES = ("p90", "p10", "iqr", "cv", "skewness", "kurtosis", "volume", "sphericity", "elongation", "flatness")


def made_case(age: float | None = 60.0, **clinical: object) -> CaseData:
    random = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((48, 48, 48)) - 23.5, axis=0)
    labels = np.select([distance < 6, distance < 10, distance < 18], [1, 4, 2], 0).astype(np.uint8)
    levels = np.select([labels == 4, labels == 1], [1.8, 0.8], 1.0)
    image = Volume(300 * levels * random.uniform(0.9, 1.1, labels.shape), np.eye(4))
    return CaseData({"t1ce": image}, Volume(labels, np.eye(4)), clinical=ClinicalData(age=age, **clinical))  # type: ignore[arg-type]


def made_patients(n: int = 120) -> list[Patient]:
    """Follow-up that age decides and the image does not."""
    random = np.random.default_rng(2)
    made = []
    for i in range(n):
        age = float(random.uniform(20, 80))
        days = float(random.exponential(2500 * np.exp(-0.05 * (age - 30)))) + 1
        entries = dict(zip(ENTRIES, random.normal(size=len(ENTRIES)), strict=True))
        made.append(Patient(f"p{i}", entries, {"age": age}, min(days, 3000.0), days <= 3000))
    return made


@pytest.fixture(scope="module")
def shipped() -> SurvivalSystem:
    return SurvivalSystem.starter()


def test_prediction_has_risk_group_survival_with_intervals_and_curves(shipped: SurvivalSystem) -> None:
    found = shipped.predict(made_case())
    assert (found["status"], found["inputs_used"]) == ("predicted", ["imaging", "age"])
    assert found["risk_group"] in ("low", "high")
    for year in ("1y", "3y", "5y"):
        low, high = found["probability_ci"][year]
        assert 0 < low < found["probability"][year] < high < 1
    assert found["probability"]["1y"] > found["probability"]["3y"] > found["probability"]["5y"]
    assert found["ci"][0] < found["median_days"] < found["ci"][1]
    assert np.all(np.diff(found["curve"]["probability"]) <= 0)
    assert {curve["label"] for curve in found["kaplan_meier"]["curves"]} == {"low risk", "high risk"}
    json.dumps(found, allow_nan=False)


def test_what_is_not_known_is_said_and_another_model_used(shipped: SurvivalSystem) -> None:
    everything = shipped.predict(made_case(idh="wildtype", resection="gtr"))
    nothing = shipped.predict(made_case(age=None))
    assert everything["inputs_missing"] == []
    assert nothing["inputs_used"] == ["imaging"]
    assert "age was not given" in nothing["trust"]["reasons"]
    assert nothing["evidence"]["c_index"] < everything["evidence"]["c_index"]


def test_mutant_lives_longer_and_biopsied_shorter(shipped: SurvivalSystem) -> None:
    def three_years(**clinical: object) -> float:
        return shipped.predict(made_case(**clinical))["probability"]["3y"]  # type: ignore[arg-type]

    assert three_years(idh="mutant") > three_years(idh="wildtype")
    assert three_years(resection="biopsy") < three_years(resection="gtr")
    assert three_years(age=30.0) > three_years(age=75.0)


def test_nomogram_gives_the_same_survival(shipped: SurvivalSystem) -> None:
    found = shipped.predict(made_case(resection="str"))
    nomogram = found["nomogram"]
    points = sum(
        (nomogram["patient"][axis["term"]["name"]] - axis["zero"]) * axis["points_per_unit"]
        for axis in nomogram["axes"]
    )
    predictor = points / nomogram["points_per_log_hazard"] + nomogram["offset"]
    for scale, year in zip(nomogram["scales"], ("1y", "3y", "5y"), strict=True):
        survival = np.exp(-scale["cumulative_hazard"] * np.exp(predictor))
        assert survival == pytest.approx(found["probability"][year], abs=2e-3)


@pytest.mark.parametrize("age", [3.0, 16.9])
def test_children_get_no_prediction(shipped: SurvivalSystem, age: float) -> None:
    found = shipped.predict(made_case(age=age))
    assert (found["status"], "adults" in found["reason"]) == ("abstained", True)


def test_an_automatic_outline_is_named(shipped: SurvivalSystem) -> None:
    reasons = shipped.predict(replace(made_case(), automatic_outline=True))["trust"]["reasons"]
    assert any("outline is automatic" in reason for reason in reasons)
    assert not any("outline" in reason for reason in shipped.predict(made_case())["trust"]["reasons"])


def test_without_t1ce_there_is_a_reason(shipped: SurvivalSystem) -> None:
    found = shipped.predict(replace(made_case(), volumes={}))
    assert (found["status"], "no T1ce" in found["reason"]) == ("abstained", True)


def test_a_cohort_is_learned_measured_and_kept(tmp_path: Path) -> None:
    made = SurvivalSystem(fit_patients(made_patients(), FitSettings(repeats=1), {}))
    assert set(made.models) == {"imaging", "age"}
    assert len(made.metadata["evidence"]["notes"]) == len(ITEM_SETS) - 2
    figures = {entry["id"]: entry["value"] for entry in made.metadata["evidence"]["figures"]}
    assert figures["cv_age_c"] > 0.65
    assert 0.35 < figures["cv_imaging_c"] < 0.65
    again = SurvivalSystem.load(made.save(tmp_path / "bundle"))
    assert again.predict(made_case())["probability"] == pytest.approx(
        made.predict(made_case())["probability"], abs=1e-4
    )
    measured = made.measure(made_patients(60), prefix="test", cohort="x", validation="y")
    assert {"test_c", "test_slope_1y", "test_oe_3y"} <= {figure.id for figure in measured.figures}
    assert len(measured.predictions) == 60
    assert set(measured.charts) == {"kaplan_meier", "calibration", "nomogram_age"}
    assert measured.charts["kaplan_meier"]["n"] == 60
    assert [sum(group["n"] for group in part["groups"]) for part in measured.charts["calibration"]["times"]] == [60] * 3
    assert {path.suffix for path in write_charts(measured.charts, tmp_path)} == {".svg", ".png", ".json"}


def test_an_image_without_meaning_leaves_the_clinical_items() -> None:
    patients = made_patients(80)
    table, outcome = table_of(patients, ("age",)), outcome_of(patients)
    fitted = SurvivalSettings(("age",)).fit(table, outcome)
    assert fitted.cox is not None
    assert fitted.cox.names[-1] == "age"
    assert fitted.cox.coefficients[-1] == pytest.approx(0.05, abs=0.02)


def test_too_few_deaths_are_refused() -> None:
    alive = [replace(patient, event=i < 5) for i, patient in enumerate(made_patients(60))]
    with pytest.raises(RefusedInput, match="at least 20 events"):
        fit_patients(alive, FitSettings(), {})


def test_a_cohort_without_follow_up_is_refused() -> None:
    with pytest.raises(RefusedInput, match="no patient can be used"):
        SurvivalSystem.fit([TrainingCase("a", made_case())])


def test_bundle_is_small() -> None:
    assert sum(path.stat().st_size for path in starter("survival").iterdir()) < LARGEST_BUNDLE


def test_shipped_signature_comes_from_the_table_and_the_external_figure_from_the_cases(
    shared_data: Path, shipped: SurvivalSystem
) -> None:
    known, test = ucsf_patients(shared_data / "tables" / "ucsf_pdgm"), tcga_patients(shared_data / "cases")
    patients = patients_of(known)
    signature = fit_signature(table_of(patients, ()), outcome_of(patients))
    model = shipped.models[set_name(())]
    assert model.fitted.signature.names == signature.names
    assert model.fitted.signature.coefficients == pytest.approx(signature.coefficients, rel=1e-3, abs=1e-4)
    stated = {entry["id"]: entry["value"] for entry in shipped.metadata["evidence"]["figures"]}
    outside = [replace(p, clinical={"age": p.clinical["age"]}) for p in patients_of(test)]
    found = shipped.measure(outside, prefix="t", cohort="x", validation="y").figures[0]
    assert found.value == pytest.approx(stated["tcga_age_c"], abs=1e-4)
    assert 0.68 < stated["cv_age_idh_resection_c"] < 0.80, "the yardstick of these tables is .74"
    text = (starter("survival") / "model.json").read_text() + (starter("survival") / "metadata.json").read_text()
    assert not any(p.patient in text for p in (*known, *test))

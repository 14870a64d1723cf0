"""Volumetric grading through its public face: fit, evaluate, predict, explain, save, load."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.statistics.auc import PairedComparison
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase
from GliomaRadiomicsLib.systems.volumetric_grading import VolumetricGrading
from GliomaRadiomicsLib.systems.volumetric_grading.outline import errors_of, read_outlines
from GliomaRadiomicsLib.systems.volumetric_grading.validation import compared

SIDE = 48
AFFINE = np.diag([2.0, 2.0, 2.5, 1.0])
VOXEL_ML = 0.01


def label_map(ncr_net: float, ed: float, et: float) -> Volume:
    """A label map with these volumes in ml (voxels of 10 mm3)."""
    flat = np.zeros(SIDE**3, dtype=np.uint8)
    position = 1000
    for value, volume in ((1, ncr_net), (2, ed), (4, et)):
        count = round(volume / VOXEL_ML)
        flat[position : position + count] = value
        position += count
    return Volume(flat.reshape(SIDE, SIDE, SIDE), AFFINE, "seg")


def case(ncr_net: float, ed: float, et: float, age: float | None = None, t1ce: bool = True) -> CaseData:
    labels = label_map(ncr_net, ed, et)
    volumes = {"t1ce": labels} if t1ce else {"flair": labels}
    return CaseData(volumes, labels, clinical=ClinicalData(age=age))


def cohort(n: int = 40, ages: bool = True, seed: int = 0) -> list[TrainingCase]:
    generator = np.random.default_rng(seed)
    cases = []
    for number in range(n):
        is_hgg = number % 2 == 0
        et = generator.uniform(5, 60) if is_hgg else generator.uniform(0, 8)
        age = (generator.normal(60, 10) if is_hgg else generator.normal(42, 10)) if ages else None
        data = case(generator.uniform(1, 60), generator.uniform(10, 90), et, None if age is None else float(round(age)))
        cases.append(TrainingCase(f"patient-{number}", data, is_hgg=is_hgg))
    return cases


@pytest.fixture(scope="module")
def system() -> VolumetricGrading:
    return VolumetricGrading.load(starter("volumetric_grading"))


@pytest.fixture(scope="module")
def own() -> VolumetricGrading:
    return VolumetricGrading.fit(cohort(), {"repeats": 2, "cohort": "a made-up cohort"})


def test_an_automatic_outline_is_trusted_as_far_as_its_measured_errors_allow(system: VolumetricGrading) -> None:
    """One in ten errors that lose the enhancing tumour is borne, two are not; a reader's outline is not doubted."""
    right, lost = (0.0, 0.0, 0.0), (0.0, 0.0, -4.0)
    strong = case(15, 60, 25)
    automatic = replace(strong, automatic_outline=True)
    own_errors = system.outline_errors
    try:
        for errors, flag in (((right,) * 9 + (lost,), "ok"), ((right,) * 8 + (lost,) * 2, "caution"), ((), "caution")):
            system.outline_errors = errors
            assert system.predict(automatic).trust.flag == flag
            assert system.predict(strong).trust.flag == "ok"
            corrected = system.predict(replace(automatic, corrected_outline=True)).trust
            assert corrected.flag == flag
            assert all("automatic, corrected by hand" in reason for reason in corrected.reasons)
    finally:
        system.outline_errors = own_errors


def test_errors_of_outlines_come_from_the_table_of_evaluate(tmp_path: Path) -> None:
    header = "case,sequences,ncr_net_ml,ed_ml,et_ml,true_ncr_net_ml,true_ed_ml,true_et_ml,trained_on\n"
    table = tmp_path / "predictions.csv"
    table.write_text(header + "a,t1+t1ce+t2+flair,9,49,0,9,99,1,False\na,flair,1,1,1,1,1,1,False\n")
    assert errors_of(read_outlines(table)) == (
        (0.0, pytest.approx(math.log(2), abs=1e-4), pytest.approx(math.log(2), abs=1e-4)),
    )
    table.write_text(header + "a,t1+t1ce+t2+flair,9,49,0,9,99,1,True\n")
    with pytest.raises(RefusedInput, match="trained on"):
        read_outlines(table)


def test_ring_enhancing_and_non_enhancing_tumours(system: VolumetricGrading) -> None:
    high, low = system.predict(case(15, 60, 25)), system.predict(case(50, 40, 0))
    assert (high.label, high.trust.flag) == ("HGG", "ok")
    assert high.probability_hgg is not None
    assert high.probability_hgg > 0.8
    assert (low.label, low.trust.flag) == ("LGG", "ok")
    assert low.probability_hgg is not None
    assert low.probability_hgg < 0.1


def test_more_enhancement_never_lowers_the_probability(system: VolumetricGrading) -> None:
    found = [system.predict(case(20, 40, et)).probability_hgg for et in (0, 0.5, 1, 5, 20, 80)]
    assert found == sorted(found)  # type: ignore[type-var]


def test_half_a_millilitre_of_false_enhancement_changes_little(system: VolumetricGrading) -> None:
    without, with_false = (system.predict(case(50, 40, et)).probability_hgg for et in (0, 0.5))
    assert with_false - without < 0.05  # type: ignore[operator]


def test_age_is_used_when_known(system: VolumetricGrading) -> None:
    young, old = (system.predict(case(20, 40, 8, age)).probability_hgg for age in (25, 75))
    assert old > young + 0.1  # type: ignore[operator]
    named = [row["name"] for row in system.predict(case(20, 40, 8, 60)).contributions]
    assert "Age" in named
    assert "Age" not in [row["name"] for row in system.predict(case(20, 40, 8)).contributions]


@pytest.mark.parametrize("age", [None, 50])
def test_contributions_and_intercept_are_the_log_odds(system: VolumetricGrading, age: float | None) -> None:
    result = system.predict(case(20, 40, 8, age))
    model = system.without_age if age is None else system.with_age
    assert model is not None
    total = model.intercept + sum(row["contribution"] for row in result.contributions)
    assert result.probability_hgg == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-12)
    assert result.contributions[0]["value"] == pytest.approx(8)
    assert result.contributions[0]["unit"] == "ml"


def test_evidence_is_the_bundles_and_changes_with_age(system: VolumetricGrading) -> None:
    figures = {
        entry["id"]: entry
        for entry in json.loads((starter(system.name) / "metadata.json").read_text())["evidence"]["figures"]
    }
    for age, name in ((None, "cv_auc"), (50, "cv_age_auc")):
        evidence = system.predict(case(20, 40, 8, age)).evidence
        assert (evidence.auc, list(evidence.auc_ci or ())) == (figures[name]["value"], figures[name]["ci"])
        assert evidence.n == figures[name]["n"]
        assert "site" in evidence.note


@pytest.mark.parametrize(
    ("given", "flag", "reason"),
    [
        (case(15, 60, 25, t1ce=False), "caution", "no T1ce"),
        (case(0, 0.3, 0), "no", "0.30 ml"),
        (case(50, 50, 10), "caution", "undecided"),
        (case(1, 20, 1.5), "caution", "label changes"),
        (case(15, 60, 200), "caution", "outside the training range"),
        (case(15, 60, 25, age=8), "caution", "age 8 years lies outside"),
    ],
)
def test_what_cannot_be_trusted_says_why(system: VolumetricGrading, given: CaseData, flag: str, reason: str) -> None:
    trust = system.predict(given).trust
    assert trust.flag == flag
    assert any(reason in text for text in trust.reasons), trust.reasons


def test_without_t1ce_and_enhancement_no_grade(system: VolumetricGrading) -> None:
    unseen, seen = case(15, 60, 0, t1ce=False), case(15, 60, 0)
    result = system.predict(unseen)
    assert result.probability_hgg is None
    assert result.trust.flag == "no"
    assert "without T1ce" in result.reason
    assert system.explain(unseen) == {}
    assert system.predict(seen).probability_hgg is not None
    assert system.predict(case(15, 60, 25)).trust.flag == "ok"


def test_no_tumour_no_grade(system: VolumetricGrading) -> None:
    result = system.predict(case(0, 0, 0))
    assert result.probability_hgg is None
    assert result.trust.flag == "no"
    assert "no tumour" in result.reason
    assert system.explain(case(0, 0, 0)) == {}


def test_unknown_labels_are_refused(system: VolumetricGrading) -> None:
    labels = label_map(5, 5, 0)
    labels.array[0, 0, 0] = 3
    with pytest.raises(RefusedInput, match=r"unknown labels.*3"):
        system.predict(CaseData({}, labels))


@pytest.mark.parametrize("age", [None, 50])
def test_heat_map_is_the_exact_effect_of_removing_a_region(system: VolumetricGrading, age: float | None) -> None:
    parts = {1: 15.0, 2: 60.0, 4: 25.0}
    full = case(*parts.values(), age=age)
    heat = system.explain(full)["occlusion"]
    assert heat.array.dtype == np.float32
    assert heat.same_grid(full.label_map)
    assert (heat.array[full.label_map.array == 0] == 0).all()
    for value in parts:
        without = case(*(0.0 if key == value else volume for key, volume in parts.items()), age=age)
        expected = _logit(system, full) - _logit(system, without)
        found = np.unique(heat.array[full.label_map.array == value])
        assert found == pytest.approx([expected], abs=1e-4)
    assert heat.array[full.label_map.array == 4].min() > 0


def _logit(system: VolumetricGrading, given: CaseData) -> float:
    p = system.predict(given).probability_hgg
    assert p is not None
    return math.log(p / (1 - p))


def test_fit_measures_itself_and_beats_chance(own: VolumetricGrading) -> None:
    figures = {entry["id"]: entry for entry in own.metadata["evidence"]["figures"]}
    assert figures["cv_auc"]["value"] > 0.85
    assert figures["cv_auc"]["cohort"] == "a made-up cohort"
    assert own.with_age is not None
    assert {"cv_age_auc", "cv_trivial_auc", "cv_brier", "cv_slope"} <= set(figures)


def test_saved_and_loaded_predicts_the_same(own: VolumetricGrading, tmp_path: Path) -> None:
    again = VolumetricGrading.load(own.save(tmp_path / "own"))
    for given in (case(15, 60, 25, 50), case(50, 40, 0)):
        assert again.predict(given) == own.predict(given)
    text = "".join(path.read_text() for path in (tmp_path / "own").iterdir())
    assert not any(entry.patient in text for entry in cohort())


def test_without_ages_there_is_one_set_of_coefficients(tmp_path: Path) -> None:
    system = VolumetricGrading.fit(cohort(20, ages=False), {"repeats": 1})
    assert VolumetricGrading.load(system.save(tmp_path / "b")).with_age is None
    assert system.predict(case(15, 60, 25, 50)).probability_hgg == system.predict(case(15, 60, 25)).probability_hgg


def test_evaluate_stands_beside_the_trivial_rule(system: VolumetricGrading) -> None:
    cases = [*cohort(30, seed=5), TrainingCase("ungraded", case(1, 1, 1))]
    evaluation = system.evaluate(cases)
    figures = {entry.id: entry for entry in evaluation.figures}
    assert figures["test_auc"].n == 30
    assert figures["test_auc"].value > 0.85
    assert "test_trivial_auc" in figures
    assert [row["case"] for row in evaluation.predictions][:2] == ["patient-0", "patient-1"]
    only_high = system.evaluate([entry for entry in cases if entry.is_hgg])
    assert "test_auc" not in {entry.id for entry in only_high.figures}


def test_foreign_bundles_settings_and_small_cohorts_are_refused(own: VolumetricGrading, tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="3 of grade 4, 3 of grade 2/3"):
        VolumetricGrading.fit(cohort(6))
    for config, message in (
        ({"nonsense": 1}, "unknown setting"),
        ({"quantities": ["age"]}, "unknown quantity"),
        ({"penalty_c": 0}, "not a penalty"),
        ({"repeats": 0}, "no repeat"),
    ):
        with pytest.raises(RefusedInput, match=message):
            VolumetricGrading.fit(cohort(12), config)
    own.metadata["system"] = "other"
    folder = own.save(tmp_path / "foreign")
    own.metadata["system"] = "volumetric_grading"
    with pytest.raises(RefusedInput, match="another system"):
        VolumetricGrading.load(folder)


@pytest.mark.parametrize(
    ("first", "p", "verdict"),
    [
        (0.91, 0.4, "it does not beat that rule measurably"),
        (0.78, 0.4, "it is not better than that rule"),
        (0.95, 0.01, "it beats that rule"),
        (0.60, 0.01, "it is worse than that rule"),
    ],
)
def test_the_comparison_with_the_trivial_rule_in_words(first: float, p: float, verdict: str) -> None:
    assert f": {verdict} (" in compared(PairedComparison(first, 0.89, 1.0, p))

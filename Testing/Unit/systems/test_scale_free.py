"""Grade and IDH from quantities that do not depend on the scanner's intensity scale."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import GradingResult
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.files import write_label_map, write_volume
from GliomaRadiomicsLib.systems.cohort import LabelledCases
from GliomaRadiomicsLib.systems.idh import IdhMutation
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase
from GliomaRadiomicsLib.systems.radiomics_grading import RadiomicsGrading
from GliomaRadiomicsLib.systems.scale_free.measure import measure
from GliomaRadiomicsLib.systems.scale_free.quantities import INTENSITY, QUANTITIES, SHAPE

RIM, CORE, EDEMA = 4, 1, 2


def made_case(seed: int, bright: float = 2.0, age: float | None = 60.0, **clinical: object) -> CaseData:
    """A ball of oedema with a rim as many times brighter than it as asked, in a noisy box."""
    random = np.random.default_rng(seed)
    distance = np.linalg.norm(np.indices((24, 24, 24)) - 11.5, axis=0)
    labels = np.select([distance < 3, distance < 5, distance < 9], [CORE, RIM, EDEMA], 0).astype(np.uint8)
    levels = np.select([labels == RIM, labels == CORE], [bright, 0.7], 1.0)
    image = Volume(300 * levels * random.uniform(0.9, 1.1, labels.shape), np.eye(4))
    known = ClinicalData(age=age, **clinical)  # type: ignore[arg-type]
    return CaseData({"t1ce": image}, Volume(labels, np.eye(4)), clinical=known)


def cohort(n: int = 24) -> list[TrainingCase]:
    """Patients of whom every other is grade 4, with a brighter rim."""
    random = np.random.default_rng(0)
    return [
        TrainingCase(f"p{i}", made_case(i, 1.1 + i % 2 + random.normal(0, 0.3), 40 + 10 * (i % 2) + i % 7), i % 2 == 1)
        for i in range(n)
    ]


@pytest.fixture(scope="module")
def trained() -> RadiomicsGrading:
    return RadiomicsGrading.fit([*cohort(), TrainingCase("x", made_case(99), None)], {"repeats": 1})


def test_quantities_do_not_depend_on_the_intensity_scale() -> None:
    case = made_case(0)
    other = replace(case, volumes={"t1ce": case.volumes["t1ce"].with_array(case.volumes["t1ce"].array * 0.013)})
    first, second = measure(case), measure(other)
    for key in (*INTENSITY, *SHAPE):
        assert QUANTITIES[key].entry(second) == pytest.approx(QUANTITIES[key].entry(first), rel=1e-9)
    assert first["median"] != pytest.approx(second["median"])


def test_a_cohort_is_learned_measured_and_kept(trained: RadiomicsGrading, tmp_path: Path) -> None:
    training = trained.metadata["training"]
    assert (training["n"], training["n_left_out_without_outcome"]) == (24, 1)
    figures = {entry["id"]: entry["value"] for entry in trained.metadata["evidence"]["figures"]}
    assert figures["cv_auc"] > 0.9
    again = RadiomicsGrading.load(trained.save(tmp_path / "bundle"))
    case = made_case(5, bright=2.4)
    assert again.predict(case) == trained.predict(case)
    assert trained.predict(case).label == "HGG"
    assert trained.predict(made_case(6, bright=1.0, age=41)).label == "LGG"
    with pytest.raises(RefusedInput, match="another system"):
        IdhMutation.load(tmp_path / "bundle")


def test_evaluation_is_of_other_patients(trained: RadiomicsGrading) -> None:
    found = trained.evaluate(cohort(12))
    assert {"test_auc", "test_brier"} <= {figure.id for figure in found.figures}
    assert len(found.predictions) == 12


def test_too_few_patients_are_refused_with_their_number() -> None:
    with pytest.raises(RefusedInput, match="2 grade 4"):
        RadiomicsGrading.fit(cohort(4))


@pytest.mark.parametrize("system", [RadiomicsGrading, IdhMutation])
def test_age_may_be_missing_and_that_is_said(system: type[RadiomicsGrading]) -> None:
    starter = system.starter()
    with_age, without = starter.judge(made_case(1)), starter.judge(made_case(1, age=None))
    assert with_age[0] is not None
    assert without[0] is not None
    assert with_age[0] != without[0]
    assert "No age was given" in without[3].note
    assert "No age was given" not in with_age[3].note
    assert without[3].auc == pytest.approx(with_age[3].auc, abs=0.15)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda case: replace(case, volumes={}), "no T1ce"),
        (lambda case: replace(case, label_map=case.label_map.with_array(case.label_map.array * 0)), "no tumour"),
        (
            lambda case: replace(
                case, volumes={"t1ce": case.volumes["t1ce"].with_array(case.volumes["t1ce"].array - 400)}
            ),
            "zero or below",
        ),
        (
            lambda case: replace(
                case, label_map=case.label_map.with_array(case.label_map.array * (case.label_map.array == CORE))
            ),
            "below 0.5 ml",
        ),
    ],
)
def test_no_prediction_but_a_reason(change: object, reason: str) -> None:
    case = change(made_case(1))  # type: ignore[operator]
    grade = RadiomicsGrading.starter().predict(case)
    idh = IdhMutation.starter().predict(case)
    assert isinstance(grade, GradingResult)
    assert grade.probability_hgg is None
    assert reason in grade.reason
    assert (idh["status"], reason in idh["reason"]) == ("abstained", True)


def test_an_automatic_outline_is_a_reason_for_caution() -> None:
    given = made_case(1)
    automatic = replace(given, automatic_outline=True)
    for predict in (lambda case: RadiomicsGrading.starter().predict(case).trust.reasons, _idh_reasons):
        assert any("outline is automatic" in reason for reason in predict(automatic))
        assert not any("outline is automatic" in reason for reason in predict(given))
    assert RadiomicsGrading.starter().predict(automatic).trust.flag == "caution"


def _idh_reasons(case: CaseData) -> list[str]:
    return IdhMutation.starter().predict(case)["trust"]["reasons"]


def test_a_value_never_seen_in_training_is_named() -> None:
    trust = RadiomicsGrading.starter().predict(made_case(1, bright=30.0)).trust
    assert trust.flag == "caution"
    assert any("outside the training range" in reason for reason in trust.reasons)


def test_contributions_add_up_to_the_log_odds() -> None:
    system = IdhMutation.starter()
    found = system.predict(made_case(1))
    assert system.with_age is not None
    total = system.with_age.intercept + sum(item["contribution"] for item in found["contributions"])
    assert 1 / (1 + np.exp(-total)) == pytest.approx(found["probability_mutant"])


def test_images_of_a_cohort_are_read_when_asked_for_and_must_fit(tmp_path: Path) -> None:
    case = made_case(3)
    write_volume(case.volumes["t1ce"], tmp_path / "t1ce.nii.gz")
    write_label_map(case.label_map, tmp_path / "seg.nii.gz")
    files = {"t1ce": tmp_path / "t1ce.nii.gz", "seg": tmp_path / "seg.nii.gz"}
    (read,) = LabelledCases([Patient("a", 2, files, {"idh": "mutant", "age": "50"})])
    assert measure(read.data)["p90"] == pytest.approx(measure(case)["p90"], rel=1e-5)
    assert (read.idh_mutant, read.data.clinical.idh, list(read.data.volumes)) == (True, "mutant", ["t1ce"])
    write_volume(Volume(np.ones((9, 9, 9), np.float32), np.eye(4)), tmp_path / "t1ce.nii.gz")
    with pytest.raises(RefusedInput, match="case a does not lie on the grid of its t1ce"):
        read.data.volumes["t1ce"]


def test_an_unknown_quantity_is_refused() -> None:
    with pytest.raises(RefusedInput, match="texture"):
        RadiomicsGrading.fit([], {"quantities": ["texture"]})

"""Deep and radiomic features together: a planted signal is found, chance is not, and nothing is pickled."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_gliomas import case_of, cohort_of

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.systems.fused_grading import SYSTEM
from GliomaRadiomicsLib.systems.fused_grading.fitting import fit_cohort
from GliomaRadiomicsLib.systems.fused_grading.network import features_of, fused_network, map_name, table_of
from GliomaRadiomicsLib.systems.fused_grading.patch import prepare, radiomics_of, region_of
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.fused_grading.system import FusedGrading
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Prepared
from GliomaRadiomicsLib.systems.protocol import TrainingCase

CONFIG: dict[str, Any] = {
    "patch": [16, 20, 16], "width": 2, "steps": 20, "batch_size": 6, "learning_rate": 1e-2, "validation_share": 0.0,
    "average": 0.9, "folds": 3, "faithfulness_patients": 2, "inner_folds": 2, "trees": 20, "cam_stage": 1,
    "c_grid": [1.0, 10.0], "gamma_grid": [0.1],
}  # fmt: skip


@pytest.fixture(scope="module")
def cases() -> list[TrainingCase]:
    return cohort_of(0, 18)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the patients are kept once they are measured."""
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def system(cases: list[TrainingCase], work: Path) -> FusedGrading:
    return SYSTEM.fit(cases, {**CONFIG, "work": str(work)})


def value_of(system: FusedGrading, identifier: str) -> float:
    found = figure(system.metadata, identifier)
    assert found is not None
    return found.value


def test_a_planted_signal_is_found_in_unseen_patients(system: FusedGrading, cases: list[TrainingCase]) -> None:
    evaluation = system.evaluate([*cohort_of(1000, 10), cases[0]])
    assert [row["trained_on"] for row in evaluation.predictions] == [0] * 10 + [1]
    assert evaluation.figures[0].validation.endswith("the system was trained on 1 of them")
    figures = {one.id: one for one in evaluation.figures}
    assert figures["test_auc"].value >= 0.95
    assert value_of(system, "cv_auc") >= 0.95
    assert figures["test_trivial_auc"].value < 0.9


def test_the_card_shows_each_half_alone_and_what_was_kept_in_the_folds(system: FusedGrading) -> None:
    for name in ("cv_network_alone_auc", "cv_radiomics_alone_auc", "cv_trivial_auc"):
        assert 0 <= value_of(system, name) <= 1
    table = system.metadata["evidence"]["tables"][0]
    assert [row[0] for row in table["rows"] if row[2] == "yes"] == list(system.fitted.fusion.names)
    assert len(system.fitted.fusion.names) == 8


def test_contributions_add_up_to_the_log_odds(system: FusedGrading) -> None:
    case = case_of(2001, is_hgg=True)
    result = system.predict(case)
    assert result.label == "HGG"
    assert len(result.contributions) == 8
    fusion = system.fitted.fusion
    usual = fusion.platt.log_odds(fusion.machine.decision(fusion.background)).mean()
    p = result.probability_hgg
    assert p is not None
    moved = sum(one["contribution"] for one in result.contributions)
    assert moved == pytest.approx(np.log(p / (1 - p)) - usual, abs=1e-6)


def test_the_heat_map_lies_on_the_label_map(system: FusedGrading) -> None:
    case = case_of(2001, is_hgg=True)
    maps = system.explain(case)
    assert set(maps) <= {"gradcam", "gradcam_network"}
    (heat,) = maps.values()
    assert heat.same_grid(case.label_map)
    assert heat.array.dtype == np.float32
    assert np.isfinite(heat.array).all()
    assert ("gradcam" in maps) == bool(system.fitted.fusion.deep)
    trust = system.predict(case).trust
    assert (trust.energy_in_tumour is None) == ("no deep feature was kept" in trust.energy_of)


def with_deep(system: FusedGrading) -> FusedGrading:
    """The system with two of its features taken for deep ones, whatever was kept."""
    fitted = system.fitted
    names = ("deep_003", "deep_007", *fitted.fusion.names[2:])
    centre, spread = fitted.fusion.centre.copy(), fitted.fusion.spread.copy()
    centre[:2], spread[:2] = 0.1, 0.5
    return FusedGrading(replace(fitted, fusion=replace(fitted.fusion, names=names, centre=centre, spread=spread)))


def test_the_network_that_is_explained_gives_the_decision_of_the_machine(system: FusedGrading) -> None:
    fitted = with_deep(system).fitted
    case = case_of(2001, is_hgg=True)
    prepared = prepare(case, fitted.settings)
    assert isinstance(prepared, Prepared)
    images = torch.from_numpy(prepared.images)[None]
    table = table_of(features_of(fitted.network, images), [prepared.features])
    standardised = fitted.fusion.standardised(table)
    explained = fused_network(fitted.network, fitted.fusion, standardised[0])
    assert explained is not None
    with torch.no_grad():
        found = float(explained(images)[0, 0])
    assert found == pytest.approx(float(fitted.fusion.machine.decision(standardised)[0]), abs=1e-4)


def test_where_deep_features_count_the_map_explains_the_grade_and_its_energy_is_told(system: FusedGrading) -> None:
    deep = with_deep(system)
    case = case_of(2001, is_hgg=True)
    assert deep.predict(case).trust.energy_in_tumour is not None
    assert set(deep.explain(case)) == {"gradcam"}
    assert deep.predict(case).trust.energy_of.startswith("guided backpropagation times image")


def test_the_tests_of_maps_are_named_after_what_was_explained(system: FusedGrading) -> None:
    fusion = with_deep(system).fitted.fusion
    plain = replace(fusion, names=tuple(name.replace("deep_", "plain_") for name in fusion.names))
    assert (map_name(fusion), map_name(plain)) == ("gradcam", "gradcam_network")
    named = {one["id"] for one in system.metadata["evidence"]["figures"] if one["id"].endswith("_beaten")}
    assert named <= {"cv_gradcam_beaten", "cv_gradcam_network_beaten"}
    assert named


def test_a_bundle_predicts_the_same_and_holds_no_pickle(system: FusedGrading, tmp_path: Path) -> None:
    loaded = SYSTEM.load(system.save(tmp_path / "fused"))
    case = case_of(2002, is_hgg=False)
    assert loaded.predict(case) == system.predict(case)
    (before,), (after,) = system.explain(case).values(), loaded.explain(case).values()
    assert np.array_equal(before.array, after.array)
    assert sorted(path.suffix for path in (tmp_path / "fused").iterdir()) == [
        *(".json", ".json", ".json"),
        *(".md", ".safetensors"),
    ]


@pytest.mark.parametrize("role", ["t1ce", "flair"])
def test_without_a_sequence_it_abstains(system: FusedGrading, role: str) -> None:
    case = case_of(2003, is_hgg=True)
    less = replace(case, volumes={name: v for name, v in case.volumes.items() if name != role})
    result = system.predict(less)
    assert result.probability_hgg is None
    assert "with which this system was trained" in result.reason
    assert result.trust.flag == "no"
    assert system.explain(less) == {}


def test_permuted_grades_give_chance(
    system: FusedGrading, cases: list[TrainingCase], work: Path, tmp_path: Path
) -> None:
    areas = []
    for seed in range(3):
        said = np.random.default_rng(seed).permutation([case.is_hgg for case in cases])
        shuffled = [replace(case, is_hgg=bool(grade)) for case, grade in zip(cases, said, strict=True)]
        own = tmp_path / str(seed)
        own.mkdir()
        (own / "regions").symlink_to(work / "regions")
        config = {**CONFIG, "steps": 2, "folds": 2, "faithfulness_patients": 0, "work": str(own)}
        areas.append(value_of(SYSTEM.fit(shuffled, config), "cv_auc"))
    assert 0.25 < np.mean(areas) < 0.75


def test_radiomics_do_not_depend_on_the_background_or_the_scale() -> None:
    case = case_of(5, is_hgg=True)
    plain = radiomics_of(case, "t1ce")
    brighter = replace(case, volumes={"t1ce": case.volumes["t1ce"].with_array(7 * case.volumes["t1ce"].array)})
    other = radiomics_of(brighter, "t1ce")
    assert len(plain) == 788
    assert all(other[name] == pytest.approx(value, rel=1e-3, nan_ok=True) for name, value in plain.items())


def test_the_papers_numbers_1300_features_of_96_128_96() -> None:
    case, settings = case_of(5, is_hgg=True), FusedSettings()
    region = region_of(case, settings)
    assert region.shape == (96, 128, 96)
    assert region.spacing == pytest.approx((1.0, 1.0, 1.0))
    features = radiomics_of(case, "t1ce")
    assert table_of(np.zeros((1, 8 * settings.width)), [features]).p == 1300
    wide = region_of(case, replace(settings, field_mm=(20.0, 20.0, 20.0)))
    tumour = np.argwhere(case.label_map.array > 0)
    assert (np.array(wide.spacing) * wide.shape >= (np.ptp(tumour, axis=0) + 1) * 4.0 - 1e-6).all()


def test_plain_facts_join_the_features_where_asked() -> None:
    case = case_of(5, is_hgg=True)
    small = FusedSettings(patch=(16, 20, 16))
    without, joined = prepare(case, small), prepare(case, replace(small, facts=True))
    assert isinstance(without, Prepared)
    assert isinstance(joined, Prepared)
    assert set(joined.features) - set(without.features) == set(joined.facts)
    assert joined.features["et_share"] == joined.facts["et_share"]


def test_a_network_trained_on_helpers_alone_sees_no_patient(
    system: FusedGrading, cases: list[TrainingCase], work: Path, tmp_path: Path
) -> None:
    settings = FusedSettings.from_config({**CONFIG, "deep": "helpers", "steps": 3, "faithfulness_patients": 0})
    cohort = FusedGrading.read(cases, settings, work)
    helpers, patients = cohort.entries[:4], Cohort(cohort.entries[4:])
    fitted = fit_cohort(patients, settings, tmp_path, helpers=helpers)
    assert fitted.metadata["training"]["network_trained_on"] == "helper cases alone"
    assert fitted.metadata["training"]["n"] == len(cases) - 4
    assert [path.name for path in tmp_path.glob("*.pt")] == ["fold-1.pt"]
    with pytest.raises(RefusedInput, match="helper cases of both grades"):
        fit_cohort(patients, settings, tmp_path)


def test_half_of_the_helpers_can_join_in_the_selection(
    system: FusedGrading, cases: list[TrainingCase], work: Path, tmp_path: Path
) -> None:
    asked = {"deep": "helpers", "helpers_in_selection": True, "steps": 3, "faithfulness_patients": 0}
    settings = FusedSettings.from_config({**CONFIG, **asked})
    cohort = FusedGrading.read(cases, settings, work)
    fitted = fit_cohort(Cohort(cohort.entries[4:]), settings, tmp_path, helpers=cohort.entries[:4])
    assert fitted.metadata["training"]["n_helper_cases_in_selection"] == 2
    assert fitted.metadata["training"]["n"] == len(fitted.fusion.background) == len(cases) - 4
    assert {"cv_without_helpers_auc", "cv_auc"} <= {one["id"] for one in fitted.metadata["evidence"]["figures"]}


def test_a_quarter_turn_needs_a_square_patch() -> None:
    with pytest.raises(RefusedInput, match="quarter_turns"):
        FusedSettings.from_config({"quarter_turns": True})

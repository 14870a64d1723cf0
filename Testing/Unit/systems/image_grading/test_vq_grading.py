"""The codebook finds a planted signal, not chance; its maps lie in the patient; it abstains with a reason."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_gliomas import AFFINE, case_of, cohort_of, reversed_axes, write_toys

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.systems.cohort import LabelledCases
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.vq_grading import SYSTEM
from GliomaRadiomicsLib.systems.vq_grading.system import VqGrading

CONFIG: dict[str, Any] = {
    "size": 40, "pixel_mm": 4.0, "slice_mm": 4.0, "channels": [8, 8], "codewords": 32, "codeword_size": 8,
    "moving_average": True, "restart_below": 0.5, "steps": 60, "batch_size": 12, "learning_rate": 1e-2,
    "average": 0.9, "validation_share": 0.0, "folds": 3, "faithfulness_patients": 2, "pretask": "shared",
}  # fmt: skip
FAST = {**CONFIG, "steps": 4, "folds": 2, "faithfulness_patients": 0}


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def system(work: Path) -> VqGrading:
    return SYSTEM.fit(cohort_of(0, 24), {**CONFIG, "work": str(work)})


def figures_of(system: VqGrading, *identifiers: str) -> list[float]:
    found = [figure(system.metadata, identifier) for identifier in identifiers]
    return [one.value for one in found if one is not None]


def test_a_planted_signal_is_found_in_unseen_patients(system: VqGrading) -> None:
    evaluation = system.evaluate([*cohort_of(1000, 12), cohort_of(0, 1)[0], replace(case_7(), is_hgg=None)])
    figures = {one.id: one for one in evaluation.figures}
    assert figures["test_auc"].value >= 0.95
    assert figures["test_auc"].n == 13
    assert [row["trained_on"] for row in evaluation.predictions] == [0] * 12 + [1]
    assert "the system was trained on 1 of them" in figures["test_auc"].validation
    assert [one.reason for one in evaluation.left_out] == ["the grade is unknown"]
    assert figures_of(system, "cv_auc")[0] >= 0.95
    assert set(evaluation.charts) == {"roc", "calibration", "training_roc", "training_calibration"}


def case_7() -> Any:
    return cohort_of(3000, 8)[7]


def test_the_card_says_that_the_network_had_seen_the_held_out_patients(system: VqGrading) -> None:
    found = figure(system.metadata, "cv_auc")
    assert found is not None
    assert "that network had seen the held-out patients' segmentations" in found.validation
    assert "may still flatter" in system.metadata["evidence"]["prediction_note"]
    assert "enhancing volume alone" in system.metadata["evidence"]["prediction_note"]
    assert "codewords 32 instead of 512" in system.metadata["training"]["differs_from_the_paper"]


def test_the_papers_measurements_are_taken_on_held_out_patients(system: VqGrading) -> None:
    assert len(figures_of(system, "cv_dice_ncr_net", "cv_dice_ed", "cv_dice_et")) == 3
    assert figures_of(system, "cv_dice_ed")[0] > 0.5
    sums = figures_of(system, *(f"cv_region_hgg_{key}" for key in ("ncr_net", "ed", "et")))
    assert len(sums) == 3
    assert min(sums) > 0
    found = figure(system.metadata, "cv_region_hgg_kruskal")
    assert found is not None
    assert "Dunn" in found.note
    assert len(figures_of(system, "cv_responsible_deletion", "cv_responsible_shuffled")) == 2


def test_permuted_grades_give_chance(system: VqGrading, work: Path) -> None:
    """With a classifier that fits whatever it sees, so that one held-out patient seen would give an AUC near 1.

    The network is taken from the work folder: it never saw a grade, so other grades do not train it anew.
    """
    before = (work / "everyone.csv").read_text()
    eager = {**CONFIG, "level": 0.9, "most_codewords": 32, "penalty_c": 1e3}
    quick = {**eager, "faithfulness_patients": 0, "work": str(work)}
    areas = [figures_of(SYSTEM.fit(cohort_of(0, 24, shuffled=seed), quick), "cv_auc")[0] for seed in range(3)]
    assert 0.25 < np.mean(areas) < 0.75
    assert (work / "everyone.csv").read_text() == before


def test_the_region_of_an_absent_codeword_is_exactly_zero(system: VqGrading) -> None:
    case = case_of(2001, is_hgg=True)
    seen = system.see(case)
    assert not isinstance(seen, str)
    counts = seen.coded.counts
    absent, present = (
        int(np.flatnonzero(counts == 0)[0]),
        int(np.argmax(counts * (np.arange(32) != background(system)))),
    )
    model = system.fitted.model
    assert len(model.codewords) >= 2

    def regions(word: int) -> dict[str, Volume]:
        chosen = replace(model, codewords=(word,), of_hgg=(True,), mean=(0.0,), scale=(1.0,), coefficient=(1.0,))
        return VqGrading(replace(system.fitted, model=chosen)).explain(case)

    assert regions(present)["responsible-hgg"].array.max() > 0
    assert regions(present)[f"responsible_codeword_{present}-hgg"].array.max() > 0
    nothing = regions(absent)
    assert set(nothing) == {"responsible-hgg", "responsible-lgg"}
    assert all(not heat.array.any() for heat in nothing.values())


def background(system: VqGrading) -> int:
    return system.fitted.background


def test_a_prediction_without_responsible_codewords_is_not_trusted(system: VqGrading) -> None:
    empty = replace(
        system.fitted.model, codewords=(), of_hgg=(), mean=(), scale=(), coefficient=(), p_likelihood=(), p_rank=()
    )
    trust = VqGrading(replace(system.fitted, model=empty)).predict(case_of(2001, is_hgg=True)).trust
    assert trust.flag == "no"
    assert "the explanation is empty" in trust.reasons[0]


def test_maps_lie_on_the_label_map_and_contributions_add_up(system: VqGrading) -> None:
    case = case_of(2001, is_hgg=True)
    result, maps = system.predict(case), system.explain(case)
    assert {"responsible-hgg", "responsible-lgg"} < set(maps)
    assert len(maps) == 4
    for heat in maps.values():
        assert heat.same_grid(case.label_map)
        assert heat.array.dtype == np.float32
        assert heat.array.min() >= 0
        assert not heat.array[case.volumes["t1"].array == 0].any()
    assert result.label == "HGG"
    assert result.trust.energy_in_tumour is not None
    platt, model = system.fitted.platt, system.fitted.model
    assert result.probability_hgg is not None
    assert "responsible regions of both grades" in result.trust.energy_of
    assert {item["relative_to"] for item in result.contributions} == {"the average training patient"}
    moved = sum(item["contribution"] for item in result.contributions)
    log_odds = moved + platt.slope * model.intercept + platt.intercept
    assert np.log(result.probability_hgg / (1 - result.probability_hgg)) == pytest.approx(log_odds)


def test_a_map_moves_with_the_patient(system: VqGrading) -> None:
    """The same patient stored with other axes gives the same map at the same places."""
    case = case_of(2001, is_hgg=True)
    turned = CaseData({role: reversed_axes(v) for role, v in case.volumes.items()}, reversed_axes(case.label_map))
    plain, other = (system.explain(one)["responsible-hgg"] for one in (case, turned))
    assert other.same_grid(turned.label_map)
    assert np.allclose(resample_like(other, plain).array, plain.array, atol=1e-3 * plain.array.max())


def test_a_bundle_predicts_the_same(system: VqGrading, tmp_path: Path) -> None:
    loaded = SYSTEM.load(system.save(tmp_path / "vq"))
    case = case_of(2002, is_hgg=False)
    assert loaded.predict(case) == system.predict(case)
    before, after = system.explain(case), loaded.explain(case)
    assert all(np.array_equal(before[name].array, after[name].array) for name in before)
    assert sorted(path.suffix for path in (tmp_path / "vq").iterdir()) == [".json"] * 3 + [".md", ".safetensors"]


def test_a_patient_who_was_trained_on_is_recognised(system: VqGrading) -> None:
    reasons = [system.predict(case_of(seed, is_hgg=False)).trust.reasons for seed in (0, 2005)]
    assert [any("trained on this patient" in reason for reason in found) for found in reasons] == [True, False]


@pytest.mark.parametrize("role", ["t1", "t1ce", "t2", "flair"])
def test_without_a_sequence_it_abstains(system: VqGrading, role: str) -> None:
    case = case_of(2003, is_hgg=True)
    less = replace(case, volumes={name: v for name, v in case.volumes.items() if name != role})
    result = system.predict(less)
    assert result.probability_hgg is None
    assert result.trust.flag == "no"
    assert "with which this system was trained" in result.reason
    assert system.explain(less) == {}


def test_a_case_unlike_the_training_cohort_is_flagged(system: VqGrading) -> None:
    case = case_of(2004, is_hgg=True)
    odd = {
        role: v.with_array(np.where(case.label_map.array > 0, 8 * v.array, v.array)) for role, v in case.volumes.items()
    }
    trust = system.predict(replace(case, volumes=odd)).trust
    assert trust.flag == "no"
    assert any("unlike every training patient" in reason for reason in trust.reasons)


def test_the_network_of_a_fold_sees_only_its_training_patients_and_those_without_a_grade(tmp_path: Path) -> None:
    cases = cohort_of(0, 8)
    cases[0] = replace(cases[0], is_hgg=None)
    found = SYSTEM.fit(cases, {**FAST, "pretask": "fold", "work": str(tmp_path)})
    assert sorted(path.name for path in tmp_path.glob("*.pt")) == ["everyone.pt", "fold-1.pt", "fold-2.pt"]
    training, first = found.metadata["training"], found.metadata["evidence"]["figures"][0]
    assert (training["n"], training["n_pretask"], training["n_pretask_without_grade"]) == (7, 8, 1)
    assert "it saw no held-out patient" in first["validation"]


def test_a_separate_pretask_is_trained_on_patients_without_a_grade_only() -> None:
    with pytest.raises(RefusedInput, match="patients without a grade"):
        SYSTEM.fit(cohort_of(0, 8), {**FAST, "pretask": "separate"})
    others = [replace(case, is_hgg=None) for case in cohort_of(500, 3)]
    found = SYSTEM.fit([*cohort_of(0, 8), *others], {**FAST, "pretask": "separate"})
    assert found.metadata["training"]["n_pretask"] == 3
    assert (
        "trained once, on 3 other patients and 0 helper cases" in found.metadata["evidence"]["figures"][0]["validation"]
    )


def test_one_class_is_refused_with_the_lines() -> None:
    one = [replace(case, is_hgg=True) for case in cohort_of(0, 6)]
    with pytest.raises(RefusedInput, match=r"6 of grade 4, 0 of grade 2/3 \(lines 2 to 7\)"):
        SYSTEM.fit(one, FAST)


def test_an_unreadable_case_is_named_and_the_run_goes_on_after_the_fix(tmp_path: Path) -> None:
    table, work = write_toys(tmp_path, cohort_of(0, 8)), tmp_path / "work"

    def fit() -> VqGrading:
        return SYSTEM.fit(LabelledCases(read_cohort(table)), {**FAST, "work": str(work)})

    broken = tmp_path / "p5_flair.nii.gz"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RefusedInput, match="line 7: case p5"):
        fit()
    kept = {path: path.stat().st_mtime_ns for path in (work / "slices").glob("*.npy")}
    assert len(kept) == 5
    broken.write_bytes(whole)
    assert fit().metadata["training"]["n"] == 8
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


@pytest.mark.parametrize(
    ("setting", "value"),
    [("size", 41), ("gamma", [0.9, 1.1]), ("pretask", "none"), ("channels", [8, 9]), ("stepps", 3), ("level", 0)],
)
def test_a_setting_that_cannot_be_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(RefusedInput, match=setting):
        SYSTEM.fit(cohort_of(0, 2), {**CONFIG, setting: value})


def test_slices_are_centred_on_the_brain_and_as_many_as_it_is_high() -> None:
    from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings
    from GliomaRadiomicsLib.systems.vq_grading.slices import prepare, slice_grid

    case, settings = case_of(3, is_hgg=True), VqSettings.from_config(CONFIG)
    grid, prepared = slice_grid(case, settings), prepare(case, settings)
    assert not isinstance(prepared, str)
    assert np.allclose(grid.affine[:3, :3], np.diag([4.0, 4.0, 4.0]))
    brain = np.argwhere(case.volumes["t1"].array != 0)
    assert len(prepared.images) == np.ptp(brain[:, 2]) + 1
    middle = (AFFINE @ np.append((brain.min(0) + brain.max(0)) / 2, 1.0))[:3]
    assert np.allclose((grid.affine @ np.append((np.array(grid.shape) - 1) / 2, 1.0))[:3], middle)
    assert (prepared.images[:, :4] != 0).any(axis=(1, 2, 3)).all()
    assert set(np.unique(prepared.images[:, 4])) == {0, 1, 2, 3}

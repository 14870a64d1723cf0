"""The grading network finds a planted signal, not chance; its maps lie in the patient; it abstains with a reason."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_gliomas import AFFINE, SHAPE, case_of, cohort_of, reversed_axes

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import GradingResult
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.grad_cam import upsampled
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.systems.cnn_grading import SYSTEM
from GliomaRadiomicsLib.systems.cnn_grading.explanation import blocks_of, grad_cam_map, heat_on_region
from GliomaRadiomicsLib.systems.cnn_grading.fitting import make_network
from GliomaRadiomicsLib.systems.cnn_grading.region import prepare, region_of
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings, least_side
from GliomaRadiomicsLib.systems.cnn_grading.system import CnnGrading
from GliomaRadiomicsLib.systems.image_grading.region import mask_on
from GliomaRadiomicsLib.systems.protocol import CaseData

CONFIG: dict[str, Any] = {
    "side": 20, "channels": [4, 8], "hidden": 8, "steps": 60, "batch_size": 8, "learning_rate": 1e-2,
    "validation_share": 0.0, "average": 0.9, "folds": 3, "faithfulness_patients": 3, "dropout": 0.1,
}  # fmt: skip


@pytest.fixture(scope="module")
def system() -> CnnGrading:
    return SYSTEM.fit(cohort_of(0, 24), CONFIG)


def auc_of(system: CnnGrading, identifier: str = "cv_auc") -> float:
    found = figure(system.metadata, identifier)
    assert found is not None
    return found.value


def test_a_planted_signal_is_found_in_unseen_patients(system: CnnGrading) -> None:
    evaluation = system.evaluate(cohort_of(1000, 16))
    figures = {one.id: one for one in evaluation.figures}
    assert figures["test_auc"].value >= 0.95
    assert figures["test_auc"].n == 16 == len(evaluation.predictions)
    assert auc_of(system) >= 0.95
    drawn = {name: (chart["kind"], chart["n"]) for name, chart in evaluation.charts.items()}
    assert drawn["roc"] == ("binary_roc", 16)
    assert drawn["training_calibration"] == ("binary_calibration", 24)


def test_the_card_shows_the_trivial_rule_and_the_papers_figures_on_the_same_folds(system: CnnGrading) -> None:
    """The outline does not tell the grade here, so the rule fails where the network does not."""
    assert auc_of(system, "cv_trivial_auc") < 0.75
    for name in ("cv_accuracy", "cv_precision_hgg", "cv_f1_lgg", "cv_brier", "cv_sensitivity"):
        found = figure(system.metadata, name)
        assert found is not None
        assert found.ci is not None
    assert "enhancing volume alone" in system.metadata["evidence"]["prediction_note"]


def test_the_faithfulness_of_the_maps_is_measured_on_held_out_patients(system: CnnGrading) -> None:
    found = {name: figure(system.metadata, f"cv_gradcam_{name}") for name in ("deletion", "insertion", "shuffled")}
    for one in found.values():
        assert one is not None
        assert one.n == 3
        assert one.ci is not None
    assert -1 <= found["shuffled"].value < 0.8  # type: ignore[union-attr]


def test_permuted_grades_give_chance() -> None:
    config = {**CONFIG, "folds": 2, "steps": 30, "faithfulness_patients": 0}
    areas = [auc_of(SYSTEM.fit(cohort_of(0, 24, shuffled=seed), config)) for seed in range(3)]
    assert 0.3 < np.mean(areas) < 0.7


def test_heat_maps_lie_on_the_label_map_and_in_the_tumour(system: CnnGrading) -> None:
    case = case_of(2001, is_hgg=True)
    result, maps = system.predict(case), system.explain(case)
    assert set(maps) == {"gradcam", "gradcam_res2", "guided_backpropagation"}
    for heat in maps.values():
        assert heat.same_grid(case.label_map)
        assert heat.array.dtype == np.float32
        assert heat.array.min() >= 0 < heat.array.max()
    tumour = case.label_map.array > 0
    guided = maps["guided_backpropagation"].array
    assert guided[tumour].mean() > 1.5 * guided[~tumour & (guided > 0)].mean()
    assert result.label == "HGG"
    assert result.trust.energy_in_tumour is not None
    assert 0 < result.trust.energy_in_tumour <= 1
    assert result.trust.energy_of.startswith("guided backpropagation times image")


@pytest.mark.parametrize(
    ("side", "blocks", "expected"),
    [
        (96, 4, {"gradcam": "res4", "gradcam_res3": "res3"}),
        (72, 4, {"gradcam": "res3"}),
        (20, 2, {"gradcam": "res1", "gradcam_res2": "res2"}),
        (22, 2, {"gradcam": "res2", "gradcam_res1": "res1"}),
        (7, 1, {}),
    ],
)
def test_the_principal_map_is_of_the_deepest_block_with_room(side: int, blocks: int, expected: dict[str, str]) -> None:
    """A map of a single voxel is never written: it would be a flat cube."""
    settings = CnnSettings(side=side, channels=(4,) * blocks, hidden=4)
    assert blocks_of(make_network(settings), side) == expected


def test_the_starters_map_is_no_flat_cube_and_equals_monais() -> None:
    peer = pytest.importorskip("monai.visualize", reason="SKIPPED: needs monai to compare with")
    network, side = CnnGrading.starter().fitted.network, CnnGrading.starter().fitted.settings.side
    images = torch.randn(1, 4, side, side, side, generator=torch.Generator().manual_seed(0))
    region = Volume(np.zeros((side,) * 3, np.uint8), np.eye(4))
    block = blocks_of(network, side)["gradcam"]
    heat = grad_cam_map(network, images, block, region).array
    assert block == "res3"
    assert heat.shape == (10, 10, 10)
    assert np.unique(heat_on_region(network, images)).size > 100
    said = int(network(images)[0].argmax())
    theirs = peer.GradCAM(network, f"blocks.{block}", postprocessing=lambda found: found)(images, class_idx=said)
    ours = upsampled(torch.from_numpy(heat)[None, None], (side,) * 3)
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert heat.max() > 1e-3


def test_the_card_says_which_block_is_explained_and_how_it_was_calibrated(system: CnnGrading) -> None:
    training = system.metadata["training"]
    assert "gradcam of res1, the deepest block with 4 or more voxels" in training["heat_maps"]
    assert "each fold by the held-out scores of the other folds" in training["calibration"]


def test_a_system_that_may_be_no_better_than_chance_says_so_first(system: CnnGrading) -> None:
    case = case_of(2001, is_hgg=True)
    assert "no better than chance" not in " ".join(system.predict(case).trust.reasons)
    metadata = copy.deepcopy(system.metadata)
    next(one for one in metadata["evidence"]["figures"] if one["id"] == "cv_auc").update(value=0.6, ci=[0.4, 0.8])
    trust = CnnGrading(replace(system.fitted, metadata=metadata)).predict(case).trust
    assert trust.flag != "ok"
    assert trust.reasons[0] == "measured AUC 0.60 (0.40 to 0.80): may be no better than chance"


def test_a_map_moves_with_the_patient(system: CnnGrading) -> None:
    """The same patient stored with other axes gives the same map at the same places."""
    case = case_of(2001, is_hgg=True)
    turned = CaseData({role: reversed_axes(v) for role, v in case.volumes.items()}, reversed_axes(case.label_map))
    plain, other = system.explain(case)["gradcam"], system.explain(turned)["gradcam"]
    assert other.same_grid(turned.label_map)
    assert np.allclose(resample_like(other, plain).array, plain.array, atol=1e-3 * plain.array.max())


def test_a_bundle_predicts_the_same(system: CnnGrading, tmp_path: Path) -> None:
    loaded = SYSTEM.load(system.save(tmp_path / "cnn"))
    case = case_of(2002, is_hgg=False)
    assert loaded.predict(case) == system.predict(case)
    before, after = system.explain(case), loaded.explain(case)
    assert all(np.array_equal(before[name].array, after[name].array) for name in before)
    assert sorted(path.suffix for path in (tmp_path / "cnn").iterdir()) == [
        *(".json", ".json", ".json"),
        *(".md", ".safetensors"),
    ]


@pytest.mark.parametrize("role", ["t1", "t1ce", "t2", "flair"])
def test_without_a_sequence_it_abstains(system: CnnGrading, role: str) -> None:
    case = case_of(2003, is_hgg=True)
    less = replace(case, volumes={name: v for name, v in case.volumes.items() if name != role})
    result = system.predict(less)
    assert_abstained(result, "with which this system was trained")
    assert system.explain(less) == {}


def test_without_a_tumour_or_with_a_constant_image_it_abstains(system: CnnGrading) -> None:
    case = case_of(2003, is_hgg=True)
    empty = replace(case, label_map=case.label_map.with_array(np.zeros(SHAPE, np.uint8)))
    assert_abstained(system.predict(empty), "no tumour")
    flat = replace(case, volumes={**case.volumes, "t2": Volume(np.ones(SHAPE, np.float32), AFFINE)})
    assert_abstained(system.predict(flat), "T2 is constant")


def assert_abstained(result: GradingResult, reason: str) -> None:
    assert result.probability_hgg is None
    assert result.trust.flag == "no"
    assert reason in result.reason


def test_a_case_unlike_the_training_cohort_is_flagged(system: CnnGrading) -> None:
    case = case_of(2004, is_hgg=True)
    odd = {
        role: v.with_array(np.where(case.label_map.array > 0, 8 * v.array, v.array)) for role, v in case.volumes.items()
    }
    trust = system.predict(replace(case, volumes=odd)).trust
    assert trust.flag == "no"
    assert any("unlike every training patient" in reason for reason in trust.reasons)


def test_the_region_is_a_cube_around_the_tumour_or_the_box_of_the_brain() -> None:
    case = case_of(3, is_hgg=True)
    region = region_of(case, CnnSettings(side=20, margin_mm=10.0))
    tumour = np.argwhere(case.label_map.array > 0)
    longest = (np.ptp(tumour, axis=0) + 1).max() * 4.0
    assert region.spacing == pytest.approx(((longest + 20.0) / 20,) * 3)
    inside = mask_on(case.label_map, region)
    middle = np.argwhere(inside).mean(axis=0)
    assert np.abs(middle - 9.5).max() < 1.5
    brain = region_of(case, CnnSettings(side=20, roi="brain"))
    assert len(set(np.round(brain.spacing, 3))) > 1


def test_whole_image_standardisation_makes_the_background_negative() -> None:
    case = case_of(3, is_hgg=True)
    images = {how: prepare(case, CnnSettings(side=20, roi="brain", standardise=how)) for how in ("brain", "image")}
    inside, whole = (images[how].images for how in ("brain", "image"))  # type: ignore[union-attr]
    assert inside[:, 0, 0, 0] == pytest.approx(0.0)
    assert (whole[:, 0, 0, 0] < -0.5).all()


def test_four_blocks_need_70_voxels() -> None:
    assert least_side(4) == 70
    with pytest.raises(RefusedInput, match="side"):
        CnnSettings.from_config({"side": 60})

"""From a cohort to a measured model bundle and its evaluation, on toy patients of two sites."""

from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from toy_cohort import toy_patient, write_cohort

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.models.bundle import verify
from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet
from GliomaRadiomicsLib.systems.segmentation import train
from GliomaRadiomicsLib.systems.segmentation.bundle import train_bundle
from GliomaRadiomicsLib.systems.segmentation.config import read_config
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice, evaluate, summarise
from GliomaRadiomicsLib.systems.segmentation.labels import Thresholds
from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter
from GliomaRadiomicsLib.systems.segmentation.train import training_case
from GliomaRadiomicsLib.training import losses
from GliomaRadiomicsLib.training.patches import TrainingCase

pytest.importorskip("lightning_fabric", reason='SKIPPED: needs lightning-fabric, pip install "glioma-radiomics[train]"')

CONFIG: dict[str, Any] = {
    "channels": [8, 16],
    "patch": [16, 16, 16],
    "wide_patch": [32, 32, 32],
    "phantoms": 0,
    "cohort": "4 toy patients",
    "attribution": ["nobody"],
    "licence": "Apache-2.0",
    "loop": {"steps": 30, "learning_rate": 0.01, "warmup": 2, "precision": "32-true", "accelerator": "cpu"},
}


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_cohort(tmp_path_factory.mktemp("cohort"), {"North": 2, "Hôpital du Sud": 2})


@pytest.fixture(scope="module")
def trained(cohort: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return train_bundle(read_cohort(cohort), tmp_path_factory.mktemp("bundles") / "toy", CONFIG)


def test_the_bundle_says_what_it_was_made_from(trained: Path) -> None:
    metadata = verify(trained)
    assert metadata["system"] == "segmentation"
    assert metadata["network"]["channels"] == [8, 16]
    training = metadata["training"]
    assert (training["n"], training["sites"], training["steps"]) == (4, ["Hôpital du Sud", "North"], 30)
    assert training["whole_brain_steps"] == 3
    assert metadata["attribution"] == ["nobody"]


def test_every_patient_was_measured_by_networks_of_the_other_site(trained: Path) -> None:
    evidence = verify(trained)["evidence"]
    assert "left out" in evidence["validation"]
    figures = {figure["id"]: figure for figure in evidence["figures"]}
    assert {"dice_WT", "dice_TC", "dice_ET"} <= set(figures) or set(evidence["dice_by_sequences"])
    by_subset = evidence["tables"][0]
    assert [row[0] for row in by_subset["rows"]] == ["t1ce+flair", "t1ce", "flair"]
    assert {row[1] for row in by_subset["rows"]} == {4}
    assert set(evidence["dice_by_sequences"]["t1ce+flair"]) == {"WT", "TC", "ET"}


def test_the_folds_left_their_checkpoints(trained: Path) -> None:
    work = trained.with_name("toy.work")
    steps = {path.stem: torch.load(path, weights_only=True)["step"] for path in work.glob("*.pt")}
    whole = {name: count for name, count in steps.items() if "-whole-" in name}
    assert (len(steps), len(whole), set(whole.values())) == (6, 3, {3})
    assert {count for name, count in steps.items() if name not in whole} == {30}


@pytest.fixture
def shapes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """Of every patch that a network was given."""
    seen: list[tuple[int, ...]] = []
    forward = SegmentationNet.forward

    def remember(net: SegmentationNet, images: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(images.shape[2:]))
        return forward(net, images, present)

    monkeypatch.setattr(SegmentationNet, "forward", remember)
    return seen


PATCH, WHOLE = (16, 16, 16), (32, 32, 32)


def finishing(steps: int, finish: float) -> train.SegmentationSettings:
    config = CONFIG | {"p_wide": 0.0, "finish": finish, "loop": CONFIG["loop"] | {"steps": steps}}
    return read_config(config)[0]


def test_training_ends_on_whole_brains(cohort: Path, shapes: list[tuple[int, ...]], tmp_path: Path) -> None:
    """In use the network is given whole brains, so the last steps are on these alone; ``finish: 0`` leaves them out."""
    _, done = train.fit(read_cohort(cohort), finishing(4, 0.5), tmp_path / "a.pt")
    assert shapes == [PATCH] * 4 + [WHOLE] * 2
    assert (done["steps"], done["whole_brain_steps"]) == (4, 2)
    shapes.clear()
    _, done = train.fit(read_cohort(cohort), finishing(4, 0.0), tmp_path / "b.pt")
    assert shapes == [PATCH] * 4
    assert "whole_brain_steps" not in done


def test_the_end_on_whole_brains_is_resumed(cohort: Path, shapes: list[tuple[int, ...]], tmp_path: Path) -> None:
    def cancel(fraction: float, message: str) -> None:
        if fraction > 0.8:
            raise Cancelled(message)

    settings = finishing(12, 1.0)
    with pytest.raises(Cancelled):
        train.fit(read_cohort(cohort), settings, tmp_path / "a.pt", Progress(cancel))
    shapes.clear()
    resumed, done = train.fit(read_cohort(cohort), settings, tmp_path / "a.pt")
    assert shapes == [WHOLE] * 2
    assert done["whole_brain_steps"] == 12
    through, _ = train.fit(read_cohort(cohort), settings, tmp_path / "b.pt")
    for (name, one), other in zip(resumed.state_dict().items(), through.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, msg=name)


def test_a_run_that_is_killed_loses_few_whole_brains(cohort: Path, tmp_path: Path) -> None:
    """One takes as long as ten patches, so checkpoints are written ten times as often."""

    def kill(fraction: float, message: str) -> None:
        if fraction > 0.8:
            raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        train.fit(read_cohort(cohort), finishing(12, 1.0), tmp_path / "a.pt", Progress(kill))
    assert torch.load(tmp_path / "a-whole-12.pt", weights_only=True)["step"] == 10


def test_a_false_voxel_costs_in_a_whole_brain_what_it_does_in_a_patch(
    cohort: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told: list[float] = []
    plain = losses.dice_bce_loss

    def remember(*parts: Any) -> torch.Tensor:
        told.append(parts[3])
        return plain(*parts)

    monkeypatch.setattr(losses, "dice_bce_loss", remember)
    train.fit(read_cohort(cohort), finishing(2, 1.0), tmp_path / "a.pt")
    assert told == [16**3] * 4


def test_a_network_trained_longer_on_patches_is_finished_anew(
    cohort: Path, shapes: list[tuple[int, ...]], tmp_path: Path
) -> None:
    train.fit(read_cohort(cohort), finishing(4, 0.5), tmp_path / "a.pt")
    shapes.clear()
    train.fit(read_cohort(cohort), finishing(6, 0.5), tmp_path / "a.pt")
    assert shapes == [PATCH] * 2 + [WHOLE] * 3


def test_a_patient_is_known_again_without_name_or_place(cohort: Path, tmp_path: Path) -> None:
    made = train_bundle(read_cohort(cohort)[:2], tmp_path / "some", CONFIG | {"validation": "none"})
    rows = evaluate(Segmenter(made, "cpu"), read_cohort(cohort), [("flair",)])
    assert [row["trained_on"] for row in rows] == [True, True, False, False]
    assert not any(patient.case in (made / "metadata.json").read_text() for patient in read_cohort(cohort))


def test_the_networks_of_the_folds_can_be_the_bundle(cohort: Path, tmp_path: Path) -> None:
    made = train_bundle(read_cohort(cohort), tmp_path / "mean", CONFIG | {"final": "folds"})
    metadata = verify(made)
    assert (metadata["network"]["members"], metadata["training"]["n"]) == (2, 4)
    assert metadata["training"]["steps"] == [30, 30]
    assert metadata["training"]["whole_brain_steps"] == [3, 3]
    assert "mean of 2 networks" in metadata["evidence"]["notes"][0]
    volumes, labels = toy_patient(0)
    brain = labels.with_array(np.any([v.array != 0 for v in volumes.values()], axis=0).astype(np.uint8))
    segmenter = Segmenter(made, "cpu")
    assert [path.name for path in tmp_path.glob("mean.work/*.pt") if path.name == "all.pt"] == []
    both = segmenter.predict(volumes, brain).probabilities["WT"].array
    segmenter.networks = segmenter.networks[:1]
    assert not np.array_equal(segmenter.predict(volumes, brain).probabilities["WT"].array, both)


def test_the_command_evaluates_the_bundle(
    trained: Path, cohort: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(trained), str(cohort), "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 4 * 3
    assert {row["site"] for row in rows} == {"North", "Hôpital du Sud"}
    assert {row["trained_on"] for row in rows} == {"True"}
    assert "trained on 4 of these 4 patients" in capsys.readouterr().err
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert figures["t1ce+flair"]["n"] == 4
    values = [float(row["dice_WT"]) for row in rows if row["sequences"] == "flair"]
    assert figures["flair"]["WT"][0] == pytest.approx(sum(values) / 4, abs=1e-3)
    low, high = figures["flair"]["WT"][1:]
    assert min(values) - 1e-3 <= low <= high <= max(values) + 1e-3


def test_the_command_trains_without_folds_where_told(cohort: Path, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(yaml.safe_dump(CONFIG | {"validation": "none"}))
    words = ["train", "segmentation", str(cohort), "--out", str(tmp_path / "plain")]
    assert main([*words, "--config", str(tmp_path / "c.yaml"), "--device", "cpu"]) == 0
    evidence = verify(tmp_path / "plain")["evidence"]
    assert evidence["validation"] == "not measured"
    assert evidence["figures"] == []


def test_a_cancelled_training_writes_no_bundle_but_goes_on_where_it_was(cohort: Path, tmp_path: Path) -> None:
    seen: list[str] = []
    progress = Progress(lambda fraction, message: seen.append(message), lambda: any("step 10" in m for m in seen))
    patients = read_cohort(cohort)[:2]
    config = CONFIG | {"validation": "none"}
    with pytest.raises(Cancelled):
        train_bundle(patients, tmp_path / "toy", config, progress)
    assert [path.name for path in tmp_path.iterdir()] == ["toy.work"]
    resumed: list[str] = []
    train_bundle(patients, tmp_path / "toy", config, Progress(lambda fraction, message: resumed.append(message)))
    assert not any("step 10," in message or "step 20," in message for message in resumed)
    assert verify(tmp_path / "toy")["training"]["steps"] == 30


def test_a_bundle_from_before_a_rule_is_used_without_it(trained: Path, tmp_path: Path) -> None:
    """What its card says was measured without."""
    older = tmp_path / "older"
    shutil.copytree(trained, older)
    metadata = json.loads((older / "metadata.json").read_text())
    metadata["thresholds"] = {"probability": [0.65, 0.5, 0.5], "smallest_et_ml": 0.5}
    (older / "metadata.json").write_text(json.dumps(metadata))
    assert Segmenter(older, "cpu").thresholds.least_expected_et == 0.0
    assert Segmenter(older, "cpu").thresholds.probability == (0.65, 0.5, 0.5)
    assert Segmenter(trained, "cpu").thresholds == Thresholds()


def test_nobody_left_to_train_on(cohort: Path, tmp_path: Path) -> None:
    config = CONFIG | {"validation": "none", "exclude_sites": ["Hôpital du Sud", "North"]}
    with pytest.raises(RefusedInput, match="no patient is left"):
        train_bundle(read_cohort(cohort), tmp_path / "toy", config)


def test_labels_that_do_not_lie_on_the_images_are_refused() -> None:
    volumes, labels = toy_patient(0)
    moved = Volume(labels.array, labels.affine + [[0, 0, 0, 3.0], [0] * 4, [0] * 4, [0] * 4])
    with pytest.raises(RefusedInput, match="case a does not lie on its t1ce"):
        training_case("a", volumes, moved)


def test_a_training_case_is_canonical_and_knows_what_it_has() -> None:
    volumes, labels = toy_patient(0)
    turn = np.diag([-1.0, 1.0, 1.0, 1.0])
    turn[0, 3] = 31.0
    flipped = {role: Volume(volume.array[::-1], turn, role) for role, volume in volumes.items()}
    plain = training_case("a", volumes, labels)
    turned = training_case("a", flipped, Volume(labels.array[::-1], turn))
    assert torch.equal(plain.images, turned.images)
    assert torch.equal(plain.labels, turned.labels)
    assert plain.available.tolist() == [False, True, False, True]
    assert not plain.images[0].any()


def test_other_spacings_are_trained_at_the_spacing_of_use() -> None:
    volumes, labels = toy_patient(0)
    coarse = np.diag([2.0, 2.0, 2.0, 1.0])
    found = training_case(
        "a", {role: Volume(v.array, coarse) for role, v in volumes.items()}, Volume(labels.array, coarse)
    )
    assert int((found.labels == 4).sum()) == 8 * int((labels.array == 4).sum())
    assert found.images.shape[1:] == found.labels.shape


def test_patients_without_a_site_are_a_fold_of_their_own(cohort: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network must never be measured on a patient it was trained on."""
    trained_on: list[list[str]] = []

    def remember(cases: list[TrainingCase], *args: object) -> None:
        trained_on.append([case.name for case in cases])
        raise Cancelled

    monkeypatch.setattr(train, "fit_cases", remember)
    patients = [*read_cohort(cohort)[:3]]
    patients[2] = replace(patients[2], values={})
    settings = train.SegmentationSettings(phantoms=0, exclude_sites=("",))
    with pytest.raises(Cancelled):
        train.fit(patients, settings, cohort.with_name("never.pt"))
    assert trained_on == [["p0", "p1"]]


def test_dice_and_its_summary() -> None:
    a, b = np.array([1, 1, 0, 0], bool), np.array([1, 0, 1, 0], bool)
    assert dice(a, b) == 0.5
    assert dice(a, a) == 1.0
    assert dice(a & ~a, b & ~b) == 1.0
    rows = [
        {"sequences": "t1ce", "dice_WT": x, "dice_TC": 1.0, "dice_ET": x, "true_et_ml": ml}
        for x, ml in ((0.2, 3.0), (0.4, 5.0), (0.9, 0.0))
    ]
    found = summarise(rows)["t1ce"]
    assert found["n"] == 3
    assert found["WT"][0] == 0.5
    assert 0.2 <= found["WT"][1] < 0.5 < found["WT"][2] <= 0.9
    assert found["TC"] == [1.0, 1.0, 1.0]
    assert found["ET"][0] == 0.5
    assert (found["ET_present"][0], found["n_et"]) == (0.3, 2)


def test_enhancement_has_no_figure_where_it_cannot_be_seen() -> None:
    rows = [{"sequences": "flair", "dice_WT": 0.5, "dice_TC": 0.5, "dice_ET": 1.0, "true_et_ml": 0.0}]
    assert "ET" not in summarise(rows)["flair"]


def test_training_goes_on_from_the_networks_of_a_bundle(trained: Path, cohort: Path, tmp_path: Path) -> None:
    hardly = CONFIG["loop"] | {"steps": 1, "learning_rate": 1e-9}
    config = CONFIG | {"start": str(trained), "validation": "none", "members": 2, "loop": hardly, "attribution": ["me"]}
    patients = read_cohort(cohort)[:2]
    made = train_bundle(patients, tmp_path / "further", config)
    metadata = verify(made)
    assert metadata["network"]["members"] == 2
    assert metadata["training"]["n"] == 4
    assert metadata["training"]["started_from"] == "toy 1.0.0, trained on 4 toy patients"
    assert metadata["attribution"] == ["me", "nobody"]
    volumes, labels = toy_patient(0)
    brain = labels.with_array(np.any([v.array != 0 for v in volumes.values()], axis=0).astype(np.uint8))
    before, after = (
        Segmenter(folder, "cpu").predict(volumes, brain).probabilities["WT"].array for folder in (trained, made)
    )
    np.testing.assert_allclose(after, before, atol=0.02)


def test_a_start_that_saw_the_patients_cannot_be_measured_on_them(trained: Path, cohort: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match=r"4 of 4 patients.*validation: none"):
        train_bundle(read_cohort(cohort), tmp_path / "further", CONFIG | {"start": str(trained)})
    assert not (tmp_path / "further").exists()


def test_a_start_with_another_network_is_refused(trained: Path, cohort: Path, tmp_path: Path) -> None:
    config = CONFIG | {"start": str(trained), "channels": [16, 16]}
    with pytest.raises(RefusedInput, match=r"other channels.*set channels: \[8, 16\]"):
        train_bundle(read_cohort(cohort), tmp_path / "further", config)

"""An imported bundle segments as MONAI itself would, and through the same commands as our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.cohort import Patient
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.grid import to_canonical
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.reports.tables import read_result_json
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice, evaluate
from GliomaRadiomicsLib.systems.segmentation.predict import SegmentationOutput, Segmenter

Make = Callable[..., tuple[Path, torch.nn.Module]]
ROLES = {"T1c": "t1ce", "T1": "t1", "T2": "t2", "FLAIR": "flair"}
REGIONS = {"Tumor core": "TC", "Whole tumor": "WT", "Enhancing tumor": "ET"}
ZOO = tuple(ROLES), tuple(REGIONS)
OTHER = ("FLAIR", "T1", "T1c", "T2"), ("Enhancing tumor", "Tumor core", "Whole tumor")
SHAPE = (36, 28, 20)


@pytest.fixture
def case() -> tuple[dict[str, Volume], Volume]:
    """Skull-stripped noise, longer than a window, with the axes of BraTS files: left, posterior, superior."""
    rng = np.random.default_rng(5)
    affine = np.diag([-1.0, -1.0, 1.0, 1.0])
    grid = np.stack(np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij"))
    brain = (grid**2).sum(0) < 1.2
    volumes = {}
    for number, role in enumerate(SEQUENCES):
        array = (100.0 * (number + 1) + 20.0 * rng.standard_normal(SHAPE)) * brain
        volumes[role] = Volume(array.astype(np.float32), affine, role)
    return volumes, Volume(brain.astype(np.uint8), affine, "brain")


def by_monai(
    network: torch.nn.Module, volumes: dict[str, Volume], channels: tuple[str, ...], regions: tuple[str, ...]
) -> dict[str, np.ndarray]:
    """Probabilities by MONAI's own transforms and windows, on the arrays as the files have them."""
    from monai.inferers import SlidingWindowInferer
    from monai.transforms import NormalizeIntensity

    images = torch.from_numpy(np.stack([volumes[ROLES[name]].array for name in channels]))
    images = torch.as_tensor(NormalizeIntensity(nonzero=True, channel_wise=True)(images))[None]
    with torch.inference_mode():
        logits = SlidingWindowInferer(roi_size=(32, 32, 32), sw_batch_size=1, overlap=0.5)(images, network)
    found = torch.as_tensor(logits).sigmoid()[0].numpy()
    return {REGIONS[name]: found[number] for number, name in enumerate(regions)}


@pytest.mark.parametrize(("channels", "regions"), [ZOO, OTHER], ids=["zoo", "other order"])
def test_it_computes_what_monai_computes(
    make_monai: Make,
    user_models: Path,
    case: tuple[dict[str, Volume], Volume],
    channels: tuple[str, ...],
    regions: tuple[str, ...],
) -> None:
    folder, network = make_monai(channels=channels, regions=regions)
    volumes, brain = case
    found = Segmenter(store.import_bundle(folder), "cpu").predict(volumes, brain)
    expected, inside = by_monai(network, volumes, channels, regions), brain.array > 0
    for region, volume in found.probabilities.items():
        np.testing.assert_allclose(volume.array[inside], expected[region][inside], atol=1e-4)
        assert not volume.array[~inside].any()
    wt, tc, et = (expected[region] > 0.5 for region in ("WT", "TC", "ET"))
    labels = np.where(et, 4, np.where(tc, 1, np.where(wt, 2, 0)))
    unsure = np.any([np.abs(values - 0.5) < 1e-4 for values in expected.values()], axis=0)
    assert len(np.unique(labels[inside])) > 2
    assert np.array_equal(found.label_map.array[inside & ~unsure], labels[inside & ~unsure])
    assert found.sequences == list(SEQUENCES)


def test_the_order_of_the_channels_matters_to_it(
    make_monai: Make, user_models: Path, case: tuple[dict[str, Volume], Volume]
) -> None:
    found = []
    for number, channels in enumerate((ZOO[0], OTHER[0])):
        rename = {"edit": lambda metadata, _, n=number: metadata.update(name=f"model {n}")}
        folder, _ = make_monai(f"b{number}", channels=channels, **rename)
        found.append(Segmenter(store.import_bundle(folder), "cpu").predict(*case).probabilities["WT"].array)
    assert np.abs(found[0] - found[1]).max() > 0.01


@pytest.mark.parametrize(("axcodes", "same"), [("LPS", True), ("RAS", False), ("SRA", False)])
def test_the_orientation_it_was_trained_with(
    make_monai: Make, user_models: Path, case: tuple[dict[str, Volume], Volume], axcodes: str, same: bool
) -> None:
    """The zoo's bundle states none: the axes of BraTS files, LPS. How the case is stored never matters."""
    volumes, brain = case
    canonical = {role: to_canonical(volume) for role, volume in volumes.items()}

    def predict(name: str, images: dict[str, Volume], codes: str | None) -> SegmentationOutput:
        def edit(metadata: dict[str, Any], config: dict[str, Any]) -> None:
            metadata["name"] = name
            if codes:
                config["preprocessing"]["transforms"].append({"_target_": "Orientationd", "axcodes": codes})

        mask = to_canonical(brain) if images is canonical else brain
        return Segmenter(store.import_bundle(make_monai(name, edit=edit)[0]), "cpu").predict(images, mask)

    stated = predict("stated", volumes, axcodes).probabilities["TC"]
    other = predict("turned", canonical, axcodes).probabilities["TC"]
    unstated = predict("unstated", volumes, None).probabilities["TC"]
    np.testing.assert_allclose(to_canonical(stated).array, other.array, atol=1e-5)
    assert np.allclose(stated.array, unstated.array, atol=1e-5) == same


def test_a_missing_sequence_is_refused_with_the_reason(
    make_monai: Make,
    user_models: Path,
    phantom_files: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    case: tuple[dict[str, Volume], Volume],
) -> None:
    name = store.import_bundle(make_monai()[0]).name
    words = ["analyze", "--t1ce", phantom_files["t1ce"], "--flair", phantom_files["flair"], "--out", tmp_path / "out"]
    assert main([*map(str, words), "--models", f"segmentation={name}", "--steps", "segmentation"]) == 2
    message = capsys.readouterr().err
    assert "brats_mri_segmentation cannot do without T1 and T2" in message
    assert "starter model takes any subset" in message
    assert not (tmp_path / "out").exists()
    volumes, brain = case
    with pytest.raises(RefusedInput, match="cannot do without T2"):
        Segmenter(store.find(name), "cpu").predict({r: v for r, v in volumes.items() if r != "t2"}, brain)


def test_evaluate_takes_the_complete_set_only(
    make_monai: Make, user_models: Path, phantom_files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    segmenter = Segmenter(store.import_bundle(make_monai()[0]), "cpu")
    lacking = Patient("one", 2, {role: phantom_files[role] for role in ("t1", "flair", "seg")}, {})
    with pytest.raises(RefusedInput, match=r"line 2.*cannot do without T1ce and T2"):
        evaluate(segmenter, [lacking])
    truth = read_volume(phantom_files["seg"])
    found = replace(_nothing(truth), label_map=truth)
    monkeypatch.setattr(segmenter, "predict", lambda *_: found)
    rows = evaluate(segmenter, [Patient("one", 2, phantom_files, {})])
    assert [row["sequences"] for row in rows] == ["t1+t1ce+t2+flair"]


def _nothing(grid: Volume) -> SegmentationOutput:
    return SegmentationOutput(grid, {}, grid, {}, list(SEQUENCES))


def _bright(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights that make the small network call tumour what is bright: WT in the FLAIR, TC and ET in the T1c."""
    weights = {name: torch.zeros_like(value) for name, value in state.items()}
    weights["conv_final.0.weight"].fill_(1.0)
    for kept, channel in ((0, list(ROLES).index("FLAIR")), (1, list(ROLES).index("T1c"))):
        weights["convInit.conv.weight"][kept, channel, 1, 1, 1] = 1.0
    for region, kept, deviations in ((0, 1, 4.0), (1, 0, 2.25), (2, 1, 5.0)):
        weights["conv_final.2.conv.weight"][region, kept] = 20.0
        weights["conv_final.2.conv.bias"][region] = -20.0 * deviations
    return weights


def test_a_phantom_is_segmented_through_the_public_api(
    make_monai: Make,
    user_models: Path,
    phantom: PhantomPatient,
    phantom_files: dict[str, Path],
    tmp_path: Path,
) -> None:
    folder, network = make_monai(window=(160, 192, 160))
    torch.save(_bright(network.state_dict()), folder / "models" / "model.pt")
    name = store.import_bundle(folder).name
    settings = AnalyzeSettings(steps=("segmentation", "report"), models={"segmentation": name})
    images = {role: phantom_files[role] for role in SEQUENCES}
    result = analyze_case(out=tmp_path / "out", settings=settings, **images)
    assert result.segmentation is not None
    assert result.segmentation.model == "brats_mri_segmentation 0.5.2"
    assert result.segmentation.evidence["validation"] == "figures of its publisher, not measured here"
    assert result.segmentation.sequences_used == list(SEQUENCES)
    labels = read_volume(tmp_path / "out" / "segmentation.nii.gz")
    assert labels.same_grid(phantom.label_map)
    assert set(np.unique(labels.array)) <= {0, 1, 2, 4}
    assert dice(labels.array > 0, phantom.label_map.array > 0) > 0.85
    assert dice(labels.array == 4, phantom.label_map.array == 4) > 0.5
    saved = read_result_json(tmp_path / "out" / "result.json")
    assert saved.segmentation.volumes_ml["WT"] > 1.0
    assert "not measured" in (tmp_path / "out" / "report.html").read_text()

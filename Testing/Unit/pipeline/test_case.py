"""One case, from images to the output folder, with a phantom patient and an untrained network."""

from __future__ import annotations

import json
import math
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCES, region_volumes_ml
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import sha256_file, sha256_volume
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings, ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.imaging.space import Space
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.models.store import has_starter
from GliomaRadiomicsLib.pipeline import writing
from GliomaRadiomicsLib.reports.tables import read_features_csv, read_result_json
from GliomaRadiomicsLib.systems import registry
from GliomaRadiomicsLib.systems.segmentation.evaluate import dice


def run(out: Path, sources: dict[str, Any], *steps: str, bundle: Path | None = None, **options: Any) -> CaseResult:
    models = {"segmentation": str(bundle)} if bundle else {}
    return analyze_case(out=out, settings=AnalyzeSettings(steps=steps, models=models), **sources, **options)


def images(files: dict[str, Path]) -> dict[str, Path]:
    return {role: files[role] for role in SEQUENCES}


def plain(value: Any) -> Any:
    """As JSON has it: lists for tuples, null for NaN."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value


def native_patient(phantom: PhantomPatient) -> tuple[dict[str, Volume], Volume]:
    """The phantom on oblique, anisotropic grids: T1ce on one, FLAIR on another, axes swapped and flipped."""
    a, b = 0.2, -0.12
    turn = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    turn = turn @ np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    middle = phantom.label_map.affine @ np.append((np.array(phantom.label_map.shape) - 1) / 2, 1)
    grids = {}
    for role, shape, columns in (
        ("t1ce", (70, 60, 110), np.array([[0, 0, -1.7], [0, 2.9, 0], [2.4, 0, 0]])),
        ("flair", (90, 100, 40), np.diag([-1.9, -1.9, 4.4])),
    ):
        affine = np.eye(4)
        affine[:3, :3] = turn @ columns
        affine[:3, 3] = middle[:3] - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
        grids[role] = Volume(np.zeros(shape, np.uint8), affine, role)
    volumes = {role: resample_like(phantom.volumes[role], grid) for role, grid in grids.items()}
    return volumes, resample_like(phantom.label_map, grids["t1ce"], label=True)


@pytest.fixture(scope="module")
def masked(phantom_files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, CaseResult]:
    """Everything but the scene, with the manual mask, all from files."""
    out = tmp_path_factory.mktemp("masked") / "out"
    steps = ("segmentation", "features", "grading", "report")
    settings = AnalyzeSettings(ClinicalData(age=61.0, sex="F"), steps)
    return out, analyze_case(out=out, mask=phantom_files["seg"], settings=settings, **images(phantom_files))


@pytest.fixture(scope="module")
def native(
    phantom: PhantomPatient, tiny_bundle: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, CaseResult, dict[str, Volume]]:
    """The untrained network on oblique, anisotropic volumes from memory, T1ce and FLAIR only."""
    volumes, _ = native_patient(phantom)
    out = tmp_path_factory.mktemp("native") / "out"
    return out, run(out, volumes, "segmentation", bundle=tiny_bundle), volumes


def test_the_folder_holds_what_the_contract_lists(masked: tuple[Path, CaseResult]) -> None:
    out, result = masked
    expected = {"result.json", "provenance.json", "segmentation.nii.gz", "preprocessed", "heatmaps", "features.csv"}
    assert {path.name for path in out.iterdir()} == expected | {"report.html"}
    assert [path.name for path in out.parent.iterdir()] == ["out"]
    prepared = {path.name for path in (out / "preprocessed").iterdir()}
    assert prepared == {f"{role}.nii.gz" for role in (*SEQUENCES, "brain_mask")}
    for name in ("segmentation", "features", "report"):
        assert (out / result.files[name]).is_file()
    for name in (*result.files["volumes"].values(), *result.files["heatmaps"].values()):
        assert (out / name).is_file()
    assert len(list((out / "heatmaps").iterdir())) == len(result.files["heatmaps"])


def test_result_json_is_the_returned_result(masked: tuple[Path, CaseResult]) -> None:
    out, result = masked
    written = json.loads((out / "result.json").read_text())
    assert written == plain(result.to_dict())
    assert read_result_json(out / "result.json").to_dict() == CaseResult.from_dict(written).to_dict()
    assert {"read", "passport", "normalise", "mask", "features", "grading", "report"} <= set(result.timing_s)
    assert set(result.grading) == {name for name in registry.names("grading") if store.has_starter(name)}
    assert (written["idh"]["status"], written["survival"]["status"]) == ("predicted", "predicted")
    assert written["mgmt"]["status"] == "abstained"


def test_what_was_not_asked_for_says_so(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    files = {role: phantom_files[role] for role in ("t1ce", "flair")}
    settings = AnalyzeSettings(steps=("features",))
    result = analyze_case(out=tmp_path / "out", **files, mask=phantom_files["seg"], settings=settings)
    assert (result.idh["status"], result.survival["status"]) == ("unavailable", "unavailable")
    assert "not asked for" in result.survival["reason"]


def test_volumes_are_those_of_the_mask(masked: tuple[Path, CaseResult], phantom: PhantomPatient) -> None:
    out, result = masked
    assert result.segmentation is not None
    expected = region_volumes_ml(phantom.label_map.array, phantom.label_map.voxel_volume_mm3)
    assert result.segmentation.volumes_ml == pytest.approx(expected, abs=1e-3)
    assert np.array_equal(read_volume(out / "segmentation.nii.gz").array, phantom.label_map.array)


def test_the_result_says_when_it_was_made(masked: tuple[Path, CaseResult]) -> None:
    out, result = masked
    made = datetime.fromisoformat(result.created)
    assert made.utcoffset() is not None
    assert timedelta(0) <= datetime.now(timezone.utc) - made < timedelta(hours=1)
    for name in ("result.json", "provenance.json"):
        assert json.loads((out / name).read_text())["created"] == result.created
    assert f"{made:%Y-%m-%d, %H:%M}" in (out / "report.html").read_text()


def test_provenance_names_the_files_by_hash_only(
    masked: tuple[Path, CaseResult], phantom_files: dict[str, Path]
) -> None:
    out, result = masked
    provenance = json.loads((out / "provenance.json").read_text())
    expected = {role: sha256_file(path) for role, path in phantom_files.items() if role != "seg"}
    assert provenance["inputs_sha256"] == expected | {"mask": sha256_file(phantom_files["seg"])}
    assert result.inputs["sequences"]["t2"]["sha256"] == expected["t2"]
    assert result.inputs["mask"] is True
    assert result.inputs["mask_image"]["sha256"] == sha256_file(phantom_files["seg"])
    assert result.inputs["mask_image"]["sha256"] in (out / "report.html").read_text()
    assert provenance["settings"]["clinical"]["age"] == 61.0
    assert set(provenance["weights_sha256"]) == {name for name in registry.SYSTEMS if has_starter(name)}
    assert provenance["timing_s"] == result.timing_s
    for name in ("provenance.json", "result.json", "report.html"):
        assert str(phantom_files["t1"].parent) not in (out / name).read_text()


def test_swapped_sequences_are_exchanged_before_anything_is_made_of_them(
    phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    right = images(phantom_files)
    result = run(tmp_path / "out", {**right, "t1": right["t2"], "t2": right["t1"]})
    run(tmp_path / "expected", right)
    assert result.inputs["exchanged"] == ["t1", "t2"]
    assert result.inputs["sequences"]["t1"]["sha256"] == sha256_file(right["t2"])
    for role in SEQUENCES:
        made, expected = (read_volume(tmp_path / out / result.files["volumes"][role]) for out in ("out", "expected"))
        assert np.array_equal(made.array, expected.array), role


def test_features_cover_sequences_and_regions(masked: tuple[Path, CaseResult]) -> None:
    out, _ = masked
    rows = read_features_csv(out / "features.csv")
    assert set(SEQUENCES) <= {row.sequence for row in rows}
    assert {"WT", "TC", "ET"} <= {row.region for row in rows}


def test_every_map_lies_on_the_native_t1ce(native: tuple[Path, CaseResult, dict[str, Volume]]) -> None:
    out, result, volumes = native
    maps = ["segmentation.nii.gz", *result.files["heatmaps"].values()]
    assert "heatmaps/segmentation-uncertainty.nii.gz" in maps
    for name in maps:
        found = read_volume(out / name)
        assert found.shape == volumes["t1ce"].shape, name
        assert found.grid_distance_mm(volumes["t1ce"]) < 1e-4, name


def test_the_prepared_images_lie_on_cubes_along_the_body(native: tuple[Path, CaseResult, dict[str, Volume]]) -> None:
    out, result, _ = native
    prepared = result.files["volumes"]
    assert prepared["t1ce"] == "preprocessed/t1ce.nii.gz"
    first = read_volume(out / "preprocessed/brain_mask.nii.gz")
    assert np.array_equal(first.affine[:3, :3], np.eye(3))
    for name in prepared.values():
        assert read_volume(out / name).same_grid(first), name


def test_the_chain_in_the_provenance_brings_every_place_back(
    native: tuple[Path, CaseResult, dict[str, Volume]],
) -> None:
    out, result, volumes = native
    space = Space.from_dict(json.loads((out / "provenance.json").read_text())["space"])
    assert space.native["flair"].same_grid(volumes["flair"])
    assert result.preparation["sequences"]["flair"]["alignment"]["state"] == "headers"
    brain = read_volume(out / "preprocessed/brain_mask.nii.gz")
    for role, volume in volumes.items():
        back = space.to_native(brain, role, label=True).array > 0
        assert dice(back, volume.array != 0) > 0.97, role


def test_the_untrained_network_labels_only_the_brain(native: tuple[Path, CaseResult, dict[str, Volume]]) -> None:
    out, result, volumes = native
    labels = read_volume(out / "segmentation.nii.gz").array
    brain = volumes["t1ce"].array != 0
    heat = read_volume(out / "heatmaps" / "segmentation-uncertainty.nii.gz").array
    assert set(np.unique(labels)) <= {0, 1, 2, 4}
    assert labels.any()
    assert brain[labels > 0].mean() > 0.97
    assert heat.min() >= 0
    assert heat.max() <= 1
    assert result.segmentation is not None
    assert result.segmentation.model == "tiny 1.0.0"
    assert result.segmentation.sequences_used == ["t1ce", "flair"]


def test_volumes_in_memory_are_named_by_hash_and_role(
    native: tuple[Path, CaseResult, dict[str, Volume]], tiny_bundle: Path
) -> None:
    out, result, volumes = native
    provenance = json.loads((out / "provenance.json").read_text())
    assert provenance["inputs_sha256"] == {role: sha256_volume(volume) for role, volume in volumes.items()}
    weights = json.loads((tiny_bundle / "metadata.json").read_text())["files"]
    assert provenance["weights_sha256"]["segmentation"] == {name: entry["sha256"] for name, entry in weights.items()}
    assert provenance["settings"]["models"] == {"segmentation": "tiny 1.0.0"}
    assert str(tiny_bundle.parent) not in (out / "provenance.json").read_text()
    assert "missing-sequences" in {finding.code for finding in result.passport}


def test_a_mask_on_the_native_grid_comes_back_unchanged(phantom: PhantomPatient, tmp_path: Path) -> None:
    volumes, mask = native_patient(phantom)
    result = run(tmp_path / "out", volumes, "features", "grading", mask=mask)
    found = read_volume(tmp_path / "out" / "segmentation.nii.gz")
    assert np.array_equal(found.array, mask.array)
    assert found.grid_distance_mm(volumes["t1ce"]) < 1e-4
    assert all(name.startswith("volumetric_grading-") for name in result.files["heatmaps"])


@pytest.mark.parametrize("roles", [("flair",), ("t1",), ("t1ce", "t2")])
def test_any_subset_of_sequences_will_do(
    roles: tuple[str, ...], phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    sources = {role: phantom_files[role] for role in roles}
    result = run(tmp_path / "out", sources, "features", mask=phantom_files["seg"])
    assert set(result.files["volumes"]) == set(roles)
    assert result.inputs["reference"] == ("t1ce" if "t1ce" in roles else roles[0])
    rows = read_features_csv(tmp_path / "out" / "features.csv")
    assert {row.sequence for row in rows} - {"mask", "shape", ""} == set(roles)


def test_without_steps_only_the_prepared_images_are_written(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    result = run(tmp_path / "out", images(phantom_files))
    assert result.segmentation is None
    assert not (tmp_path / "out" / "segmentation.nii.gz").exists()
    image = read_volume(tmp_path / "out" / "preprocessed" / "flair.nii.gz").array
    brain = read_volume(tmp_path / "out" / "preprocessed" / "brain_mask.nii.gz").array > 0
    assert image[brain].mean() == pytest.approx(0.0, abs=1e-3)
    assert image[brain].std() == pytest.approx(1.0, abs=1e-3)
    assert not image[~brain].any()


def test_a_report_without_a_tumour_is_written(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    result = run(tmp_path / "out", {"flair": phantom_files["flair"]}, "report")
    assert "report.html" in result.files["report"]
    assert "<html" in (tmp_path / "out" / "report.html").read_text()


@pytest.mark.parametrize("problem", ["", "scene.mrb was not written: no room"])
def test_a_scene_that_fails_is_a_warning(
    problem: str, phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pretend(folder: Path) -> str:
        assert (folder / "result.json").is_file()
        return problem

    monkeypatch.setattr(writing, "write_scene", pretend)
    result = run(tmp_path / "out", {"flair": phantom_files["flair"]}, "report", "scene")
    assert ("scene" in result.files) == (not problem)
    codes = {finding.code for finding in result.passport if finding.severity == "warning"}
    assert ("scene-not-written" in codes) == bool(problem)
    report = (tmp_path / "out" / "report.html").read_text()
    assert ("scene.mrb was not written: no room" in report) == bool(problem)
    assert re.search(r"Scene</t[dh]><td[^>]*>[0-9.]+ s<", report)
    assert json.loads((tmp_path / "out" / "result.json").read_text()) == plain(result.to_dict())


MESSAGES = (
    "reading the images",
    "checking the images",
    "normalising",
    "taking the given mask",
    "measuring features",
    "grading",
    "writing the scene",
    "writing the report",
    "done",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_cancel_at_any_step_leaves_nothing(
    message: str, phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "write_scene", lambda folder: "")
    monkeypatch.setattr(writing, "write_report", lambda result, images, path, **parts: path.write_text("report"))
    seen: list[str] = []

    class Cancelling(Progress):
        def report(self, fraction: float, text: str) -> None:
            seen.append(text)
            super().report(fraction, text)

    progress = Cancelling(is_cancelled=lambda: seen[-1:] == [message])
    sources = {"flair": phantom_files["flair"], "mask": phantom_files["seg"]}
    with pytest.raises(Cancelled):
        analyze_case(out=tmp_path / "deep" / "out", progress=progress, **sources)
    assert seen[-1] == message
    assert list((tmp_path / "deep").iterdir()) == []


def test_cancel_inside_the_network_leaves_nothing(
    phantom_files: dict[str, Path], tiny_bundle: Path, tmp_path: Path
) -> None:
    seen: list[str] = []
    progress = Progress(lambda fraction, message: seen.append(message), lambda: "segmenting, pass 2 of 2" in seen[-1:])
    with pytest.raises(Cancelled):
        run(tmp_path / "out", {"flair": phantom_files["flair"]}, "segmentation", bundle=tiny_bundle, progress=progress)
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_run_leaves_the_earlier_result(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    sources = {"flair": phantom_files["flair"]}
    run(tmp_path / "out", sources)
    before = (tmp_path / "out" / "result.json").read_bytes()
    with pytest.raises(Cancelled):
        run(tmp_path / "out", sources, progress=Progress(is_cancelled=lambda: True))
    assert (tmp_path / "out" / "result.json").read_bytes() == before
    run(tmp_path / "out", sources)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (AnalyzeSettings(steps=("features",)), "outline of a tumour"),
        (AnalyzeSettings(steps=("report", "grading")), "outline of a tumour"),
        (AnalyzeSettings(steps=(), models={"segmentaton": "x"}), "unknown system"),
        (AnalyzeSettings(ClinicalData(age="old")), "not an age"),  # type: ignore[arg-type]
    ],
)
def test_settings_that_make_no_sense_are_refused(
    settings: AnalyzeSettings, words: str, phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(RefusedInput, match=words):
        analyze_case(out=tmp_path / "out", flair=phantom_files["flair"], settings=settings)
    assert list(tmp_path.iterdir()) == []


def test_the_bundle_of_another_system_is_refused(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    from GliomaRadiomicsLib.models.store import starter

    with pytest.raises(RefusedInput, match="another system"):
        run(
            tmp_path / "out",
            {"flair": phantom_files["flair"]},
            "segmentation",
            bundle=starter("volumetric_grading"),
        )
    assert list(tmp_path.iterdir()) == []


def test_clinical_data_may_be_given_in_short(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    result = run(tmp_path / "out", {"flair": phantom_files["flair"]}, age=54, sex="M")
    assert {key: value for key, value in result.inputs["clinical"].items() if value} == {"age": 54, "sex": "M"}


def test_clinical_data_in_short_leave_the_rest_of_the_settings(phantom_files: dict[str, Path], tmp_path: Path) -> None:
    settings = AnalyzeSettings(ClinicalData(age=70, kps=80, resection="gtr"), steps=())
    result = analyze_case(out=tmp_path / "out", flair=phantom_files["flair"], settings=settings, age=54)
    known = {key: value for key, value in result.inputs["clinical"].items() if value}
    assert known == {"age": 54, "kps": 80, "resection": "gtr"}

"""A run that takes the preparation of an earlier one, against a whole run with the same mask."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.pipeline.preparation import step
from GliomaRadiomicsLib.reports.tables import read_features_csv

STEPS = ("features", "grading")


def run(out: Path, volumes: dict[str, Volume], mask: Volume | None, **settings: Any) -> CaseResult:
    return analyze_case(out=out, mask=mask, settings=AnalyzeSettings(**{"steps": STEPS, **settings}), **volumes)


def without_oedema(label_map: Volume) -> Volume:
    """As after an edit."""
    return label_map.with_array(np.where(label_map.array == 2, 0, label_map.array))


@pytest.fixture(scope="module")
def raw() -> tuple[dict[str, Volume], Volume]:
    """Images with skull, T1 and T2 exchanged by name; on grids of their own."""
    patient = make_phantom(7, grade=4, raw=True, shape=(80, 80, 52), spacing_mm=3.0)
    volumes = {"t1": "t2", "t2": "t1", "t1ce": "t1ce"}
    return {role: patient.volumes[name] for role, name in volumes.items()}, patient.raw_label_maps["t1ce"]


@pytest.fixture(scope="module")
def raw_results(raw: tuple[dict[str, Volume], Volume], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders: ``whole``, from there ``edited`` with another mask, from there ``again`` with the first mask."""
    volumes, mask = raw
    folder = tmp_path_factory.mktemp("raw")
    out = {name: folder / name for name in ("whole", "edited", "again")}
    run(out["whole"], volumes, mask)
    run(out["edited"], volumes, without_oedema(mask), steps=(), reuse=str(out["whole"]))
    run(out["again"], volumes, mask, reuse=str(out["edited"]))
    return out


def result_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "result.json").read_text())


def assert_equal_results(whole: Path, again: Path) -> None:
    first, second = result_of(whole), result_of(again)
    for key in ("inputs", "preparation", "segmentation", "idh", "survival", "mgmt", "files"):
        assert first[key] == second[key], key
    for system, grade in first["grading"].items():
        other = second["grading"][system]["probability_hgg"]
        expected = None if other is None else pytest.approx(other, rel=1e-5)
        assert grade["probability_hgg"] == expected, system
    assert np.array_equal(*(read_volume(out / "segmentation.nii.gz").array for out in (whole, again)))
    rows = [read_features_csv(out / "features.csv") for out in (whole, again)]
    assert len(rows[0]) == len(rows[1]) > 100
    for one, other in zip(*rows, strict=True):
        assert (one.sequence, one.region, one.feature) == (other.sequence, other.region, other.feature)
        assert one.value == pytest.approx(other.value, rel=1e-5, abs=1e-9, nan_ok=True), one.feature
    names = [*first["files"]["volumes"].values(), "preprocessed/brain_mask.nii.gz"]
    for name in names:
        images = [read_volume(out / name) for out in (whole, again)]
        assert images[0].same_grid(images[1])
        assert np.allclose(images[0].array, images[1].array, atol=1e-5), name


def test_raw_images_give_the_results_of_a_whole_run(raw_results: dict[str, Path]) -> None:
    assert_equal_results(raw_results["whole"], raw_results["again"])
    assert result_of(raw_results["edited"])["segmentation"]["volumes_ml"]["ED"] == 0
    assert result_of(raw_results["again"])["inputs"]["exchanged"] == ["t1", "t2"]


def test_what_was_taken_over_is_neither_done_again_nor_hidden(raw_results: dict[str, Path]) -> None:
    whole, again = (result_of(raw_results[name]) for name in ("whole", "again"))
    assert {"brain extraction", "registration"} <= set(whole["timing_s"])
    assert not {"brain extraction", "registration"} & set(again["timing_s"])
    codes = {name: {finding["code"] for finding in result_of(raw_results[name])["passport"]} for name in raw_results}
    assert codes["again"] == codes["whole"] | {"preparation-reused"}
    text = (raw_results["again"] / "provenance.json").read_text()
    assert json.loads(text)["settings"]["reuse"] == result_of(raw_results["edited"])["created"]
    assert str(raw_results["edited"].parent) not in text
    weights = [json.loads((out / "provenance.json").read_text())["weights_sha256"] for out in raw_results.values()]
    assert weights[0] == weights[2]
    assert "brain_extraction" in weights[2]


def test_plain_images_give_the_results_of_a_whole_run(phantom: PhantomPatient, tmp_path: Path) -> None:
    """Into the folder of the earlier result itself, as when a mask is edited again and again."""
    mask = without_oedema(phantom.label_map)
    volumes = {role: phantom.volumes[role] for role in ("t1ce", "flair")}
    run(tmp_path / "whole", volumes, mask)
    run(tmp_path / "again", volumes, phantom.label_map, steps=())
    run(tmp_path / "again", volumes, mask, reuse=str(tmp_path / "again"))
    assert_equal_results(tmp_path / "whole", tmp_path / "again")
    assert result_of(tmp_path / "whole")["passport"] == result_of(tmp_path / "again")["passport"]


def edited(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads((folder / name).read_text())
    change(data)
    (folder / name).write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("provenance.json", lambda data: data["inputs_sha256"].update(t2="0" * 64), "T2 is not that of the earlier"),
        ("provenance.json", lambda data: data["inputs_sha256"].pop("t1ce"), "T1ce .* not given then"),
        ("provenance.json", lambda data: data["inputs_sha256"].update(flair="0"), "FLAIR .* not given now"),
        ("provenance.json", lambda data: data.pop("space"), "damaged"),
        ("provenance.json", lambda data: data["space"]["working"].update(shape=[3, 3, 3]), "damaged"),
        ("provenance.json", lambda data: data["weights_sha256"].update(brain_extraction={}), "another model"),
        ("provenance.json", lambda data: data["settings"].update(brain_extraction="other"), "another way"),
        ("result.json", lambda data: data["versions"].update({"glioma-radiomics": "0.0.1"}), "another version"),
        ("result.json", lambda data: data.update(preparation={}), "damaged"),
    ],
)
def test_what_is_not_the_same_is_refused_with_the_remedy(
    file: str,
    change: Callable[[dict[str, Any]], object],
    words: str,
    raw: tuple[dict[str, Volume], Volume],
    raw_results: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(step, "prepare_again", lambda *_: pytest.fail("was not refused"))
    volumes, mask = raw
    shutil.copytree(raw_results["edited"], tmp_path / "first")
    edited(tmp_path / "first", file, change)
    with pytest.raises(RefusedInput, match=words) as refusal:
        run(tmp_path / "out", volumes, mask, reuse=str(tmp_path / "first"))
    assert "without --reuse" in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == ["first"]


def test_a_folder_without_a_result_and_a_run_without_a_mask_are_refused(
    phantom_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from GliomaRadiomicsLib.cli.main import main

    words = [
        "analyze",
        "--flair",
        str(phantom_files["flair"]),
        "--reuse",
        str(tmp_path),
        "--out",
        str(tmp_path / "out"),
    ]
    assert main(words) == 2
    assert "give --mask too" in capsys.readouterr().err
    assert main([*words, "--mask", str(phantom_files["seg"])]) == 2
    assert "no result lies there" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []

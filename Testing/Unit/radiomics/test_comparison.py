"""Both backends behind one call, and where they differ; with a stand-in for pyradiomics, and with itself."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
from types import ModuleType

import nibabel as nib
import numpy as np
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.radiomics.comparison import compare, different, measure, paired, report

PARAMS = {"setting": {"binWidth": 12.5}}
NEEDS_PYRADIOMICS = pytest.mark.skipif(
    importlib.util.find_spec("radiomics") is None, reason="SKIPPED: needs pyradiomics 3.0.1"
)


@pytest.fixture
def volumes(synthetic) -> tuple[Volume, Volume]:
    case = synthetic["oblique"]
    return Volume(case.image, case.affine, "t1ce"), Volume(case.mask, case.affine, "mask")


@pytest.fixture
def files(volumes, tmp_path) -> dict[str, str]:
    paths = {}
    for volume in volumes:
        paths[volume.name] = str(tmp_path / f"{volume.name}.nii.gz")
        write_volume(volume, paths[volume.name])
    (tmp_path / "params.yaml").write_text("setting:\n  binWidth: 12.5\n", encoding="utf-8")
    return {**paths, "params": str(tmp_path / "params.yaml"), "out": str(tmp_path / "table.csv")}


@pytest.fixture
def stand_in(monkeypatch, golden) -> dict[str, float]:
    """A pyradiomics that gives the golden values, in another order; what it gives can be changed."""
    values = dict(sorted(golden["oblique"].items(), reverse=True))

    class RadiomicsFeatureExtractor:
        def __init__(self, params: object = None) -> None:
            self.settings = {"label": 1}

        def addProvenance(self, on: bool) -> None:  # noqa: N802 - its name
            assert not on

        def execute(self, image: object, mask: object, label: int) -> dict[str, object]:
            return {"diagnostics_Versions": "text", **{name: np.array(value) for name, value in values.items()}}

    package, part = ModuleType("radiomics"), ModuleType("radiomics.featureextractor")
    package.setVerbosity = lambda level: None
    part.RadiomicsFeatureExtractor = RadiomicsFeatureExtractor
    monkeypatch.setitem(sys.modules, "radiomics", package)
    monkeypatch.setitem(sys.modules, "radiomics.featureextractor", part)
    return values


def test_both_backends_give_the_same_names_in_the_same_order(volumes, stand_in):
    native, theirs = (measure(*volumes, params=PARAMS, backend=name) for name in ("native", "pyradiomics"))
    assert len(native) == 107
    assert {name for name, _, _ in native} == {name for name, _, _ in theirs}
    families = [[name.split("_")[1] for name, _, _ in rows] for rows in (native, theirs)]
    assert families[0] == families[1]


def test_equal_values_leave_nothing_to_report(volumes, stand_in):
    compared = compare(*volumes, params=PARAMS)
    assert different(compared) == []
    assert report(compared) == "0 of 107 features differ by more than 1e-06"


def test_what_differs_is_named_with_both_values_largest_first(volumes, stand_in):
    stand_in["original_glcm_Contrast"] *= 1.01
    stand_in["original_shape_MeshVolume"] *= 2
    stand_in["original_firstorder_Mean"] *= 1 + 1e-9
    compared = compare(*volumes, params=PARAMS)
    found = different(compared)
    assert [one.feature for one in found] == ["original_shape_MeshVolume", "original_glcm_Contrast"]
    assert found[0].relative_difference == pytest.approx(0.5)
    assert found[0].pyradiomics == pytest.approx(2 * found[0].native)
    assert "2 of 107" in report(compared)


def test_a_value_that_only_one_backend_has_differs():
    rows = [FeatureRow("t1", "WT", name, value) for name, value in (("a", 1.0), ("b", math.nan), ("c", math.nan))]
    compared = paired(rows, [FeatureRow("t1", "WT", "a", math.nan), rows[1], FeatureRow("t1", "WT", "d", 2.0)])
    assert [(one.feature, one.relative_difference) for one in compared] == [
        ("a", math.inf),
        ("b", 0.0),
        ("c", 0.0),
        ("d", math.inf),
    ]


def test_command_compares_and_writes_both_values(files, stand_in, capsys):
    stand_in["original_glcm_Contrast"] *= 1.01
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--params", files["params"], "--out", files["out"]]
    assert main(["features", *arguments, "--compare"]) == 0
    shown = capsys.readouterr().out
    assert "original_glcm_Contrast: native" in shown
    assert "1 of 107 features differ" in shown
    with open(files["out"], encoding="utf-8", newline="") as file:  # noqa: PTH123 - a string
        rows = {row["feature"]: row for row in csv.DictReader(file)}
    assert len(rows) == 107
    assert float(rows["original_glcm_Contrast"]["relative_difference"]) == pytest.approx(0.01 / 1.01)


@pytest.mark.skipif(importlib.util.find_spec("radiomics") is not None, reason="pyradiomics is installed")
def test_without_pyradiomics_the_command_says_how_to_get_it(files, capsys):
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--out", files["out"]]
    assert main(["features", *arguments, "--compare"]) == 2
    assert "pip install" in capsys.readouterr().err


def test_unknown_backend(volumes):
    with pytest.raises(RefusedInput, match="native or pyradiomics"):
        measure(*volumes, backend="matlab")


@NEEDS_PYRADIOMICS
def test_pyradiomics_itself_agrees(volumes):
    filters = {"Original": {}, "LoG": {"sigma": [2.0]}, "Wavelet": {}}
    compared = compare(*volumes, params={**PARAMS, "imageType": filters})
    assert len(compared) == 107 + 9 * 93
    assert report(compared).splitlines()[-1].startswith("0 of")


def test_command_writes_feature_maps(files, tmp_path, capsys):
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--params", files["params"], "--out", files["out"]]
    assert main(["features", *arguments, "--voxel-maps", "firstorder_Mean,ngtdm_Busyness"]) == 0
    names = sorted(path.name for path in tmp_path.glob("table*"))
    assert names == [
        "table.csv",
        "table_original_firstorder_Mean.nii.gz",
        "table_original_ngtdm_Busyness.nii.gz",
    ]
    found, image = nib.load(tmp_path / names[1]), nib.load(files["t1ce"])
    assert found.get_data_dtype() == np.float32
    assert np.allclose(found.affine, image.affine)
    assert "2 feature maps" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("names", "setting", "message"),
    [
        ("glcm_Contrst", "", "did you mean glcm_Contrast"),
        ("", "", "no feature to map"),
        ("glcm", "setting: {convention: ibsi}", "no maps in this convention"),
    ],
)
def test_maps_that_cannot_be_made_are_refused_before_anything_is_written(
    files, tmp_path, capsys, names, setting, message
):
    (tmp_path / "params.yaml").write_text(setting, encoding="utf-8")
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--params", files["params"], "--out", files["out"]]
    assert main(["features", *arguments, "--voxel-maps", names]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("table*"))


@pytest.mark.parametrize("option", [["--layout", "wide"], ["--case", "one"], ["--backend", "pyradiomics"]])
def test_comparison_refuses_what_it_would_ignore(files, tmp_path, stand_in, capsys, option):
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--out", files["out"], "--compare"]
    assert main(["features", *arguments, *option]) == 2
    assert f"leave out {option[0]} or --compare" in capsys.readouterr().err
    assert not list(tmp_path.glob("table*"))


def test_maps_and_the_other_backend_do_not_go_together(files, capsys):
    arguments = ["--image", files["t1ce"], "--mask", files["mask"], "--out", files["out"]]
    assert main(["features", *arguments, "--backend", "pyradiomics", "--voxel-maps", "glcm"]) == 2
    assert "--voxel-maps" in capsys.readouterr().err

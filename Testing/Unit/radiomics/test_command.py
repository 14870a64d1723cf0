"""The table behind the command line, and pyradiomics parameter files."""

from __future__ import annotations

import importlib.util
import json
import math

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.radiomics.command import features_table
from GliomaRadiomicsLib.radiomics.params import read_parameters


@pytest.fixture
def files(tmp_path, synthetic):
    case = synthetic["oblique"]
    paths = {}
    for name, array in {"c_t1ce": case.image, "c_flair": case.image[::-1], "c_seg": case.mask}.items():
        paths[name] = tmp_path / f"{name}.nii.gz"
        write_volume(Volume(np.ascontiguousarray(array), case.affine), paths[name])
    return paths


def _write(tmp_path, text):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_table_of_two_images(files, tmp_path, golden):
    params = _write(tmp_path, "setting:\n  binWidth: 12.5\n")
    rows = features_table([files["c_t1ce"], files["c_flair"]], files["c_seg"], None, params)
    assert [rows[0].sequence, rows[0].region] == ["mask", "label 1"]
    assert len(rows) == 14 + 2 * 93
    found = {row.feature: row.value for row in rows if row.sequence in ("mask", "t1ce")}
    assert found == pytest.approx(golden["oblique"], rel=1e-5)
    assert {row.sequence for row in rows} == {"mask", "t1ce", "flair"}


def test_label_of_the_command_wins(files, tmp_path):
    params = _write(tmp_path, "setting: {label: 3}\n")
    assert features_table([files["c_t1ce"]], files["c_seg"], 1, params)[0].region == "label 1"
    with pytest.raises(RefusedInput, match="label 3 is not in the mask"):
        features_table([files["c_t1ce"]], files["c_seg"], None, params)


def test_parameter_file_selects_features(files, tmp_path):
    content = {"featureClass": {"firstorder": ["Mean", "10Percentile"], "ngtdm": None}, "imageType": {"Original": {}}}
    params = _write(tmp_path, json.dumps(content))
    rows = features_table([files["c_t1ce"]], files["c_seg"], 1, params)
    assert [row.feature for row in rows[:2]] == ["original_firstorder_Mean", "original_firstorder_10Percentile"]
    assert len(rows) == 2 + 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("setting: {binwidth: 5}", "did you mean binWidth"),
        ("settings: {binWidth: 5}", "did you mean setting"),
        ("featureClass: {glcn: }", "did you mean glcm"),
        ("featureClass: {glcm: [Contrst]}", "did you mean Contrast"),
        ("imageType: {Log: {sigma: [3]}}", "did you mean LoG"),
        ("imageType: {LoG: {}}", "LoG without a width"),
        ("imageType: {LoG: {sigma: [0]}}", "sigma: option out of range"),
        ("imageType: {Wavelet: {wavelet: coif99}}", "did you mean coif9"),
        ("imageType: {Wavelet: {levels: 2}}", "did you mean level"),
        ("imageType: {LBP2D: {lbp2DMethod: uniforn}}", "did you mean uniform"),
        ("imageType: {Square: {label: 2}}", "under setting"),
        ("setting: {resampledPixelSpacing: [1, 1]}", "three numbers"),
        ("setting: {interpolator: sitkCubic}", "choose from"),
        ("setting: {padDistence: 3}", "did you mean padDistance"),
        ("setting: {binWidth: wide}", "found wide"),
        ("[1, 2]", "not a parameter file"),
        ("a: [", "neither YAML nor JSON"),
    ],
)
def test_parameter_file_mistakes_are_named(tmp_path, text, message):
    with pytest.raises(RefusedInput, match=message):
        read_parameters(_write(tmp_path, text))


def test_pyradiomics_parameter_file_is_read_as_it_is(tmp_path):
    text = (
        "setting:\n  binWidth: 25\n  label: 2\n  interpolator: 'sitkBSpline'\n  resampledPixelSpacing:\n"
        "  weightingNorm:\n  distances: [1, 2]\nimageType:\n  Original: {}\nfeatureClass:\n  shape:\n  firstorder: []\n"
    )
    found = read_parameters(_write(tmp_path, text))
    assert (found.settings.label, found.settings.distances, found.settings.weightingNorm) == (2, (1, 2), None)
    assert {family: len(names) for family, names in found.selection.items()} == {"shape": 14, "firstorder": 18}


def test_unknown_backend_and_no_image(files):
    with pytest.raises(RefusedInput, match="native or pyradiomics"):
        features_table([files["c_t1ce"]], files["c_seg"], backend="matlab")
    with pytest.raises(RefusedInput, match="no image"):
        features_table([], files["c_seg"])


@pytest.mark.skipif(importlib.util.find_spec("radiomics") is not None, reason="pyradiomics is installed")
def test_pyradiomics_backend_says_how_to_get_it(files):
    with pytest.raises(RefusedInput, match="pip install"):
        features_table([files["c_t1ce"]], files["c_seg"], backend="pyradiomics")


@pytest.mark.skipif(importlib.util.find_spec("radiomics") is None, reason="SKIPPED: needs pyradiomics 3.0.1")
def test_both_backends_give_the_same_table(files):
    native, theirs = (features_table([files["c_t1ce"]], files["c_seg"], backend=b) for b in ("native", "pyradiomics"))
    values = {row.feature: row.value for row in theirs}
    assert len(native) == len(theirs) == 107
    assert [r.feature for r in native if not math.isclose(r.value, values[r.feature], rel_tol=1e-6)] == []

"""The table behind the command line, and pyradiomics parameter files."""

from __future__ import annotations

import importlib.util
import json
import math

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813 - its usual name

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.imaging.itk import to_itk
from GliomaRadiomicsLib.radiomics.command import features_table
from GliomaRadiomicsLib.radiomics.params import parameters_from, read_parameters


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


@pytest.mark.parametrize("feature_set", [None, "han"])
def test_label_0_is_the_background(files, feature_set):
    with pytest.raises(RefusedInput, match=r"label: setting out of range \(found 0\); give a whole number, 1 or more"):
        features_table([files["c_t1ce"]], files["c_seg"], 0, feature_set=feature_set)


def test_the_image_with_nan_is_named(files, synthetic):
    case = synthetic["oblique"]
    image = np.where(case.mask > 0, np.nan, case.image.astype(float))
    write_volume(Volume(image, case.affine), files["c_flair"])
    with pytest.raises(RefusedInput, match=r"c_flair.nii.gz: values of the region are not finite"):
        features_table([files["c_t1ce"], files["c_flair"]], files["c_seg"])


def test_parameter_file_selects_features(files, tmp_path):
    content = {"featureClass": {"firstorder": ["Mean", "10Percentile"], "ngtdm": None}, "imageType": {"Original": {}}}
    params = _write(tmp_path, json.dumps(content))
    rows = features_table([files["c_t1ce"]], files["c_seg"], 1, params)
    assert [row.feature for row in rows[:2]] == ["original_firstorder_Mean", "original_firstorder_10Percentile"]
    assert len(rows) == 2 + 5


def _two_masks(path, case):
    """A file with the mask of a case turned round as mask 0 and as it is as mask 1."""
    mask = Volume(case.mask, case.affine)
    if path.suffix == ".nrrd":
        turned = to_itk(mask.with_array(np.ascontiguousarray(case.mask[::-1])))
        sitk.WriteImage(sitk.Compose(turned, to_itk(mask)), str(path))
    else:
        nib.save(nib.Nifti1Image(np.stack([case.mask[::-1], case.mask], axis=-1), case.affine), path)


@pytest.mark.parametrize("name", ["c.seg.nrrd", "c.nii.gz", "c.mha"])
def test_label_channel_chooses_among_masks(files, tmp_path, synthetic, name):
    if name == "c.mha":
        sitk.WriteImage(to_itk(Volume(synthetic["oblique"].mask, synthetic["oblique"].affine)), str(tmp_path / name))
    else:
        _two_masks(tmp_path / name, synthetic["oblique"])
    only = features_table([files["c_t1ce"]], files["c_seg"])
    chosen = features_table([files["c_t1ce"]], tmp_path / name, None, _write(tmp_path, "setting: {label_channel: 1}"))
    assert [row.value for row in chosen] == pytest.approx([row.value for row in only], rel=1e-6)
    if name != "c.mha":
        first = features_table([files["c_t1ce"]], tmp_path / name)
        assert [row.value for row in first] != pytest.approx([row.value for row in only], rel=1e-6)
        with pytest.raises(RefusedInput, match=r"no mask 2 in it.*set label_channel to 0 ... 1"):
            features_table([files["c_t1ce"]], tmp_path / name, None, _write(tmp_path, "setting: {label_channel: 2}"))


def test_images_on_other_grids_share_a_mask_that_is_corrected(files, tmp_path, synthetic):
    case = synthetic["oblique"]
    affine = case.affine.copy()
    affine[:3, 3] += affine[:3, 0]
    shifted = tmp_path / "d_flair.nii.gz"
    write_volume(Volume(np.roll(case.image, -1, axis=0), affine), shifted)
    with pytest.raises(RefusedInput, match="set correctMask"):
        features_table([files["c_t1ce"], shifted], files["c_seg"])
    rows = features_table(
        [files["c_t1ce"], shifted], files["c_seg"], None, _write(tmp_path, "setting: {correctMask: true}")
    )
    values = [[row.value for row in rows if row.sequence == name] for name in ("t1ce", "flair")]
    assert len(values[0]) == 93
    assert values[1][-93:] == pytest.approx(values[0], rel=1e-6)


def test_shape_depends_on_the_image_with_resegment_range(files, tmp_path):
    params = _write(tmp_path, "setting: {resegmentRange: [700], resegmentShape: true}")
    rows = features_table([files["c_t1ce"], files["c_flair"]], files["c_seg"], None, params)
    volumes = {row.sequence: row.value for row in rows if row.feature == "original_shape_VoxelVolume"}
    assert set(volumes) == {"t1ce", "flair"}
    assert volumes["t1ce"] != volumes["flair"]


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
        ("featureClass: [glcm]", r"featureClass: not a mapping \(found \['glcm'\]\); write it as featureClass"),
        ("featureClass: {glcm: true}", r"glcm: not a list of features \(found True\); give a list such as glcm"),
        ("featureClass: {glcm: Contrast}", "not a list of features"),
        ("featureClass: {glcm: [1]}", "1: unknown glcm feature"),
        ("featureClass: {1: }", "1: feature family not in"),
        ("imageType: [Original]", "imageType: not a mapping"),
        ("imageType: Original", "imageType: not a mapping.*write it as imageType: {Original: {}"),
        ("imageType: {LoG: 3}", "imageType LoG: not a mapping"),
        ("imageType: {LoG: {sigma: wide}}", "sigma: option out of range"),
        ("imageType: {Wavelet: {level: 1.5}}", "level: option out of range.*whole number, 1 or more"),
        ("imageType: {Wavelet: {wavelet: [1]}}", "wavelet: option out of range"),
        ("imageType: {LBP2D: {lbp2DSamples: 8.5}}", "lbp2DSamples: option out of range"),
        ("setting: {lbp2DSamples: 8.5}", "lbp2DSamples: option out of range"),
        ("setting: [binWidth]", "setting: not a mapping"),
        ("setting: {1: 2}", "1: unknown setting"),
        ("setting: {binWidth: true}", "found True"),
        ("setting: {binCount: 10001}", "whole number, 1 to 10000"),
        ("voxelSetting: 3", "voxelSetting: not a mapping"),
        ("1: 2", "1: unknown part"),
        ("setting:\n  binWidth: 5\n  binWidth: 6", r"line 3: the same key a second time \(found binWidth\)"),
        ('{"imageType": {"LoG": {"sigma": [1]}, "LoG": {"sigma": [2]}}}', "line 1: the same key.*LoG"),
        ("imageType: {Wavelet: {normalize: true}}", "imageType Wavelet, normalize: .*give it under setting"),
        ("imageType: {Original: {convention: ibsi}}", "convention: .*give it under setting"),
        ("imageType: {Wavelet: {sigma: [1]}}", "sigma: option of another filter.*give it under LoG"),
        ("setting: &x {binWidth: *x}", "neither YAML nor JSON"),
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


def test_every_documented_setting_is_read(tmp_path):
    """Those of pyradiomics 3.0.1, ``schemas/paramSchema.yaml``."""
    text = """
setting:
  {minimumROIDimensions: 2, minimumROISize: 50, geometryTolerance: 0.0001, correctMask: true, additionalInfo: false,
  label: 1, label_channel: 0, binWidth: 25, binCount: null, normalize: true, normalizeScale: 100, removeOutliers: 3,
  resampledPixelSpacing: [2, 2, 0], interpolator: sitkLinear, padDistance: 10, distances: [1, 2], force2D: true,
  force2Ddimension: 0, resegmentRange: [-3, 3], resegmentMode: sigma, resegmentShape: false, preCrop: true,
  sigma: [1.0, 3], start_level: 0, level: 1, wavelet: coif1, gradientUseSpacing: true, lbp2DRadius: 1, lbp2DSamples: 9,
  lbp2DMethod: uniform, lbp3DLevels: 2, lbp3DIcosphereRadius: 1, lbp3DIcosphereSubdivision: 1, voxelArrayShift: 300,
  symmetricalGLCM: true, weightingNorm: null, gldm_a: 0}
voxelSetting: {kernelRadius: 1, maskedKernel: true, initValue: 0, voxelBatch: 100}
imageType: {Original: {}, LoG: {}, Wavelet: {binWidth: 10}}
featureClass: {shape: null, shape2D: [SphericalDisproportion], firstorder: []}
"""
    found = read_parameters(_write(tmp_path, text))
    assert found.settings.resampledPixelSpacing == (2, 2, 0)
    assert found.selection["shape2D"] == ("SphericalDisproportion",)


def test_repeated_features_and_widths_count_once():
    given = {"featureClass": {"glcm": ["Id", "Id"]}, "imageType": {"LoG": {"sigma": [2, 1, 2.0]}}}
    found = parameters_from(given)
    assert found.selection == {"glcm": ("Id",)}
    assert found.image_types[0].options.sigma == (2, 1)


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

"""Features of filtered images equal pyradiomics 3.0.1: on synthetic cases and on a real patient."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.engine import MASK, extract, extract_case
from GliomaRadiomicsLib.radiomics.filters.options import ImageType
from GliomaRadiomicsLib.radiomics.params import parameters_from
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.voxel_maps import voxel_maps

GOLDEN = Path(__file__).resolve().parents[3] / "Golden"


def _cases():
    spec = importlib.util.spec_from_file_location("radiomics_filter_cases", GOLDEN / "radiomics_filter_cases.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["radiomics_filter_cases"] = module
    spec.loader.exec_module(module)
    return module.cases()


CASES = _cases()


@pytest.fixture(scope="module")
def golden():
    return json.loads((GOLDEN / "pyradiomics_filters.json").read_text(encoding="utf-8"))["cases"]


def _rounded_by_pyradiomics(name: str, case: str) -> bool:
    """The kurtosis of float32 samples, which pyradiomics computes in float32, with errors around 1e-6."""
    return case == "float32" and name.startswith("lbp-3D-k_")


@pytest.mark.parametrize("filter_case", sorted(CASES))
def test_every_feature_of_every_filter(filter_case, golden, differences):
    case = CASES[filter_case]
    asked = parameters_from(case.parameters)
    rows = extract(
        Volume(case.image, case.affine),
        Volume(case.mask, case.affine),
        settings=asked.settings,
        selection=asked.selection,
        image_types=asked.image_types,
    )
    expected = golden[filter_case]
    assert [name for name, _, _ in rows] == list(dict.fromkeys(name for name, _, _ in rows))
    assert {name for name, _, _ in rows} == set(expected)
    compared = {name: value for name, value in expected.items() if not _rounded_by_pyradiomics(name, filter_case)}
    assert differences({name: value for name, value, _ in rows}, compared) == []


@pytest.mark.parametrize("convention", ["pyradiomics", "ibsi"])
def test_settings_of_the_caller_reach_filters_without_own_ones(convention):
    case = next(iter(CASES.values()))
    volumes = Volume(case.image, case.affine), Volume(case.mask, case.affine)
    settings = RadiomicsSettings(binWidth=5, convention=convention)

    def measured(*image_types):
        found = extract(*volumes, settings=settings, selection={"glcm": ("Contrast",)}, image_types=image_types)
        return [value for _, value, _ in found]

    plain, own = parameters_from({"imageType": {"Original": {}, "Square": {"binWidth": 900}}}).image_types
    assert measured(plain) == measured(ImageType())
    assert measured(own) == measured(ImageType("Square", settings=replace(settings, binWidth=900)))
    assert measured(own) != measured(ImageType("Square"))


def test_maps_of_filters_have_the_settings_of_the_caller():
    image = Volume(np.random.default_rng(3).integers(0, 200, (8, 8, 8)).astype(np.int16), np.eye(4))
    mask = image.with_array(np.pad(np.ones((4, 4, 4), dtype=np.uint8), 2))
    plain = parameters_from({"imageType": {"Original": {}}}).image_types
    settings = RadiomicsSettings(binWidth=5)
    maps = [
        dict(voxel_maps(image, mask, ["glcm_Contrast"], settings=settings, **more))
        for more in ({}, {"image_types": plain})
    ]
    assert np.array_equal(*(found["original_glcm_Contrast"].array for found in maps))


def test_real_patient(shared_data, differences):
    real = json.loads((GOLDEN / "pyradiomics_real.json").read_text(encoding="utf-8"))
    stem = shared_data / "cases" / real["case"] / real["case"]
    image, labels = (read_volume(stem.with_name(f"{stem.name}_{kind}.nii.gz")) for kind in (real["sequence"], "seg"))
    asked = parameters_from(real["parameters"])
    rows = extract_case(
        {"t1ce": image}, labels, tuple(real["regions"]), settings=asked.settings, image_types=asked.image_types
    )
    for region, expected in real["regions"].items():
        found = {row.feature: row.value for row in rows if row.region == region and row.sequence in ("t1ce", MASK)}
        assert set(found) == set(expected)
        assert (region, differences(found, expected)) == (region, [])

"""Features of filtered images equal pyradiomics 3.0.1: on synthetic cases and on a real patient."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.engine import MASK, extract, extract_case
from GliomaRadiomicsLib.radiomics.params import parameters_from

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

"""Every feature equals pyradiomics 3.0.1, on synthetic cases and on pyradiomics' own images, where present."""

from __future__ import annotations

import math
import warnings

import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.registry import FAMILIES, names_of
from GliomaRadiomicsLib.radiomics.settings import settings_from

SLICE_OF_SHAPE_2D = {"brain1_shape2D": 16, "brain2_shape2D": 8}
"""From ``diagnostics_Mask-corrected_BoundingBox`` of ``baseline_shape2D.csv``."""


def test_synthetic_case_equals_pyradiomics(case_name, synthetic, golden, differences):
    case = synthetic[case_name]
    image, mask = Volume(case.image, case.affine), Volume(case.mask, case.affine)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = extract(image, mask, settings=settings_from(case.settings))
    if isinstance(golden[case_name], str):
        assert all(math.isnan(value) and reason for _, value, reason in rows)
        return
    assert {name for name, _, _ in rows} == set(golden[case_name])
    assert differences({name: value for name, value, _ in rows}, golden[case_name]) == []


def test_nan_comes_with_a_reason_and_only_then(case_name, synthetic):
    case = synthetic[case_name]
    rows = extract(
        Volume(case.image, case.affine), Volume(case.mask, case.affine), settings=settings_from(case.settings)
    )
    assert [name for name, value, reason in rows if math.isnan(value) != bool(reason)] == []


@pytest.fixture(scope="module")
def baseline_images(shared_data):
    folder = shared_data / "reference" / "pyradiomics_baseline"
    return {
        name: tuple(read_volume(folder / f"{name}_{kind}.nrrd") for kind in ("image", "label"))
        for name in ("brain1", "brain2")
    }


@pytest.mark.parametrize("family", FAMILIES)
def test_pyradiomics_own_images(family, baseline, baseline_images, differences):
    for case, expected in baseline[family].items():
        image, mask = baseline_images[case.split("_")[0]]
        if "flat" in case:
            image = image.with_array((mask.array == 1).astype("int16"))
        if family == "shape2D":
            mask = _slice(mask, SLICE_OF_SHAPE_2D[case])
        rows = extract(image, mask, settings=settings_from(expected["settings"]), selection={family: names_of(family)})
        computed = {name: value for name, value, _ in rows}
        assert set(expected["features"]) == set(computed)
        assert (case, differences(computed, expected["features"])) == (case, [])


def _slice(mask: Volume, k: int) -> Volume:
    """One slice of a mask, alone on its grid, as pyradiomics' own mask for shape2D is."""
    affine = mask.affine.copy()
    affine[:3, 3] += k * affine[:3, 2]
    return Volume(mask.array[:, :, k : k + 1], affine, mask.name)

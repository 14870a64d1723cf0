"""Every feature equals pyradiomics 3.0.1, on synthetic cases and on pyradiomics' own images, where present."""

from __future__ import annotations

import math
import warnings

import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.registry import names_of
from GliomaRadiomicsLib.radiomics.settings import settings_from

ROUNDED_TO_ZERO_MM = 1e-6
"""Where a region has no extent along an axis, its length is the rounding of 0, which differs between machines."""


def _differences(computed: dict[str, float], golden: dict[str, float | None]) -> list[str]:
    found = []
    for name, expected in golden.items():
        value, expected = computed[name], math.nan if expected is None else expected
        tolerance = ROUNDED_TO_ZERO_MM if name.endswith(("AxisLength", "Elongation", "Flatness")) else 1e-9
        same = math.isclose(value, expected, rel_tol=1e-6, abs_tol=tolerance)
        if not same and not (math.isnan(value) and math.isnan(expected)):
            found.append(f"{name}: {value!r}, pyradiomics {expected!r}")
    return found


def test_synthetic_case_equals_pyradiomics(case_name, synthetic, golden):
    case = synthetic[case_name]
    image, mask = Volume(case.image, case.affine), Volume(case.mask, case.affine)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = extract(image, mask, settings=settings_from(case.settings))
    if isinstance(golden[case_name], str):
        assert all(math.isnan(value) and reason for _, value, reason in rows)
        return
    assert {name for name, _, _ in rows} == set(golden[case_name])
    assert _differences({name: value for name, value, _ in rows}, golden[case_name]) == []


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


@pytest.mark.parametrize("family", ["firstorder", "shape", "glcm", "glrlm", "glszm", "ngtdm", "gldm"])
def test_pyradiomics_own_images(family, baseline, baseline_images):
    for case, expected in baseline[family].items():
        image, mask = baseline_images[case.split("_")[0]]
        if "flat" in case:
            image = image.with_array((mask.array == 1).astype("int16"))
        rows = extract(image, mask, settings=settings_from(expected["settings"]), selection={family: names_of(family)})
        computed = {name: value for name, value, _ in rows}
        assert set(expected["features"]) == set(computed)
        assert (case, _differences(computed, expected["features"])) == (case, [])

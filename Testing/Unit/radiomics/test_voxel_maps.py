"""Feature maps equal pyradiomics 3.0.1's voxel-based extraction; windows, background, cancelling and bad input."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.filters.options import image_types_from
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, settings_from
from GliomaRadiomicsLib.radiomics.voxel_maps import MAPPED, voxel_maps
from GliomaRadiomicsLib.radiomics.voxelwise.options import VoxelSettings, voxel_settings_from

GOLDEN = Path(__file__).resolve().parents[2] / "Golden"
DIFFERS = {"original_glcm_JointAverage": "pyradiomics: NaN as soon as one direction has no pairs"}
FLOAT32 = 1e-7
"""Maps are float32: six to seven digits."""


def _load(name: str):
    spec = importlib.util.spec_from_file_location(name, GOLDEN / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


_load("radiomics_cases")
CASES = _load("voxel_cases").voxel_cases()


@pytest.fixture(scope="module")
def golden_maps() -> dict:
    return json.loads((GOLDEN / "pyradiomics_voxel.json").read_text(encoding="utf-8"))["cases"]


def _volumes(name: str = "block") -> tuple[Volume, Volume]:
    case = CASES[name].case
    return Volume(case.image, case.affine), Volume(case.mask, case.affine)


def _settings(name: str = "block") -> RadiomicsSettings:
    return settings_from(CASES[name].case.settings)


def _maps(*arguments, **options) -> dict[str, Volume]:
    return dict(voxel_maps(*arguments, **options))


@pytest.mark.parametrize("name", CASES)
def test_every_map_equals_pyradiomics(name, golden_maps):
    image, mask = _volumes(name)
    chosen = voxel_settings_from(CASES[name].voxel)
    types = image_types_from(CASES[name].filters, CASES[name].case.settings)
    maps = _maps(image, mask, list(MAPPED), settings=_settings(name), voxel_settings=chosen, image_types=types)
    assert len(maps) == 93 * len(types)
    assert len(golden_maps[name]) >= 92 * len(types)
    different = []
    for feature, values in golden_maps[name].items():
        theirs = np.array([np.nan if value is None else value for value in values])
        ours = maps[feature].array[mask.array > 0]
        known = ~np.isnan(theirs) if feature in DIFFERS else np.ones(len(theirs), dtype=bool)
        if not np.allclose(ours[known], theirs[known], rtol=1e-6, atol=FLOAT32, equal_nan=True):
            different.append(feature)
    assert different == []


def test_a_map_where_pyradiomics_has_none(golden_maps):
    image, mask = _volumes("ragged")
    assert "original_glcm_MCC" not in golden_maps["ragged"]
    maps = _maps(image, mask, ["glcm_MCC", "glcm_JointAverage"], settings=_settings("ragged"))
    alone = np.zeros(mask.shape, dtype=bool)
    alone[18, 15, 10] = True
    for volume in maps.values():
        assert np.isnan(volume.array[alone]).all()
        assert np.isfinite(volume.array[(mask.array > 0) & ~alone]).all()


def test_a_window_that_holds_the_whole_region_has_the_features_of_the_region():
    image, mask = _volumes()
    whole = {name: value for name, value, _ in extract(image, mask, settings=_settings())}
    maps = _maps(image, mask, list(MAPPED), settings=_settings(), voxel_settings=VoxelSettings(kernelRadius=4))
    different = {n: whole[n] for n, m in maps.items() if not np.allclose(m.array[mask.array > 0], whole[n], rtol=2e-6)}
    assert different == {}


def test_maps_lie_on_the_grid_of_the_image_with_the_background_asked_for():
    image, mask = _volumes("ragged")
    chosen = VoxelSettings(initValue=-7)
    (name, found), *more = voxel_maps(image, mask, ["firstorder_Mean"], voxel_settings=chosen)
    assert (name, more) == ("original_firstorder_Mean", [])
    assert found.array.dtype == np.float32
    assert found.same_grid(image)
    assert (found.array[mask.array == 0] == -7).all()
    assert (found.array[mask.array > 0] > 0).all()


def test_batches_change_no_value():
    image, mask = _volumes("wide")
    one, other = (
        _maps(image, mask, ["glszm", "ngtdm"], voxel_settings=VoxelSettings(voxelBatch=batch)) for batch in (3, -1)
    )
    assert all(np.array_equal(one[name].array, other[name].array) for name in one)


def test_cancel_stops_between_batches():
    image, mask = _volumes()
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction), lambda: len(seen) == 3)
    with pytest.raises(Cancelled):
        _maps(image, mask, ["glcm"], voxel_settings=VoxelSettings(voxelBatch=5), progress=progress)
    assert 0 < seen[-1] < 1


@pytest.mark.parametrize(
    ("features", "message"),
    [(["glcm_Contrst"], "glcm_Contrast"), (["shape_MeshVolume"], "no map"), ([], "no feature to map")],
)
def test_features_without_a_map_are_refused(features, message):
    with pytest.raises(RefusedInput, match=message):
        _maps(*_volumes(), features)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kernelRadius": 0}, "1 or more"),
        ({"voxelBatch": 0}, "voxelBatch"),
        ({"kernelradius": 2}, "kernelRadius"),
        ({"kernelRadius": "two"}, "give a whole number"),
        ({"maskedKernel": "no"}, "true or false"),
        ({"initValue": "nan"}, "give a number"),
    ],
)
def test_voxel_settings_that_cannot_be_used_are_refused(values, message):
    with pytest.raises(RefusedInput, match=message):
        voxel_settings_from(values)


def test_values_that_are_not_finite_are_refused_in_the_windows_too():
    image, mask = _volumes("unmasked")
    broken = image.array.astype(float)
    broken[3, 0, 0] = np.nan
    settings, background = _settings("unmasked"), VoxelSettings(maskedKernel=False)
    _maps(image.with_array(broken), mask, ["firstorder_Mean"], settings=settings)
    with pytest.raises(RefusedInput, match="not finite"):
        _maps(image.with_array(broken), mask, ["ngtdm"], settings=settings, voxel_settings=background)

"""Every setting of pyradiomics gives the values of pyradiomics 3.0.1, on synthetic images."""

from __future__ import annotations

import math
import warnings
from dataclasses import fields

import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.filters.options import image_types_from
from GliomaRadiomicsLib.radiomics.registry import names_of
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, settings_from

NAN_WHERE_PYRADIOMICS_HAS_0 = {
    "weighted_two_voxels_apart": ("original_glrlm_RunEntropy", "original_glrlm_RunVariance"),
}
"""With ``weightingNorm`` and no two voxels on a line there are no runs; pyradiomics calls their entropy and variance 0,
but every other feature of them NaN. Here all are NaN."""


def _rows(case):
    selection = {family: case.named or names_of(family) for family in case.families} or None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return extract(
            Volume(case.image, case.affine),
            Volume(case.mask, case.mask_affine),
            settings=settings_from(case.settings),
            selection=selection,
            image_types=image_types_from(case.image_types, case.settings),
        )


def test_setting_equals_pyradiomics(setting_name, setting_cases, setting_golden, differences):
    rows, golden = _rows(setting_cases[setting_name]), setting_golden[setting_name]
    assert [name for name, value, reason in rows if math.isnan(value) != bool(reason)] == []
    if isinstance(golden, str):
        assert all(math.isnan(value) and reason for _, value, reason in rows)
        return
    assert {name for name, _, _ in rows} == set(golden)
    none = dict.fromkeys(NAN_WHERE_PYRADIOMICS_HAS_0.get(setting_name, ()))
    assert {golden[name] for name in none} <= {0.0}
    assert differences({name: value for name, value, _ in rows}, golden | none) == []


def test_every_setting_of_pyradiomics_is_tried(setting_cases, synthetic):
    tried = {name for case in [*setting_cases.values(), *synthetic.values()] for name in case.settings}
    pyradiomics = {field.name for field in fields(RadiomicsSettings)} - {"label_channel"}
    ours = {"convention", "aggregation", "roundIntensities", "resegmentSigma", "ivhBinWidth", "ivhBinCount"}
    assert pyradiomics - ours - tried == set()


@pytest.mark.parametrize("name", ["resampled_1_mm", "resegmented_sigma", "plane_1", "distances_3", "below_zero"])
def test_the_setting_matters(name, setting_cases, setting_golden, differences):
    """A case that would pass without its setting would prove nothing."""
    case = setting_cases[name]
    plain = extract(Volume(case.image, case.affine), Volume(case.mask, case.mask_affine))
    assert differences({name: value for name, value, _ in plain}, setting_golden[name]) != []

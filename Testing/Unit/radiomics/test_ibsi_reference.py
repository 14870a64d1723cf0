"""Every IBSI feature lies within the tolerance of its consensus value, on the digital and the CT phantom."""

from __future__ import annotations

import math
import re

import pytest

from GliomaRadiomicsLib.radiomics.registry import FEATURES, IBSI_FEATURES

CT_CONFIGURATIONS = ("A", "B", "C", "D", "E")


def _outside(compared: list) -> list[str]:
    return [f"{one.tag}: {one.value!r}, {one.reference} ± {one.tolerance}" for one in compared if not one.matches]


def test_digital_phantom(ibsi):
    compared = ibsi.compare(ibsi.CONFIGURATIONS["digital phantom"], *ibsi.digital_phantom())
    assert _outside(compared) == []
    assert {one.tag for one in compared} == set(ibsi.reference_values()["digital phantom"])


@pytest.mark.parametrize("name", CT_CONFIGURATIONS)
def test_ct_phantom(name, ibsi, shared_data):
    folder = shared_data / "reference" / "ibsi"
    if not folder.is_dir():
        pytest.skip("SKIPPED: needs the CT phantom of IBSI in reference/ibsi of the shared data")
    compared = ibsi.compare(ibsi.CONFIGURATIONS[name], *ibsi.ct_phantom(folder))
    assert _outside(compared) == []
    assert {one.tag for one in compared} == set(ibsi.reference_values()[name])


def test_every_feature_has_a_reference_value_in_every_configuration(ibsi):
    for name, configuration in ibsi.CONFIGURATIONS.items():
        known = ibsi.reference_values()[name]
        wanted = {ibsi.full_tag(feature, one) for feature in IBSI_FEATURES for one in configuration.aggregations}
        assert wanted == {tag for tag in known if ibsi.family_of(tag) != "image and mask"}, name


def test_values_outside_the_tolerance_do_not_match(ibsi):
    assert ibsi.Compared("C", "tag", 1.1049, 1.1, 0).matches
    assert not ibsi.Compared("C", "tag", 1.106, 1.1, 0).matches
    assert ibsi.Compared("C", "tag", 1.106, 1.1, 0.01).matches
    assert not ibsi.Compared("C", "tag", math.nan, 1.1, 0.01).matches


def test_table_counts_matched_implemented_and_known(ibsi):
    compared = [ibsi.Compared("C", "cm_energy_3D_avg", 5.0, 1.0, 0.1), ibsi.Compared("C", "stat_mean", 1.0, 1.0, 0.1)]
    lines = {line.split(" | ")[0].strip("| "): line.split(" | ")[1:] for line in ibsi.markdown(compared).splitlines()}
    column = lines["Family"].index("C")
    assert lines["GLCM"][column] == "0 / 1 / 50"
    assert lines["statistics"][column] == "1 / 1 / 18"
    assert lines["all"][column] == "1 / 2 / 270"


def test_registry_of_the_convention():
    assert len(IBSI_FEATURES) == 169
    assert len({feature.ibsi_code for feature in IBSI_FEATURES}) == len({f.ibsi_tag for f in IBSI_FEATURES}) == 169
    assert all(re.fullmatch("[0-9A-Z]{4}", feature.ibsi_code) and feature.formula for feature in IBSI_FEATURES)
    assert len({feature.full_name for feature in IBSI_FEATURES}) == 169
    known = {feature.full_name: feature for feature in FEATURES}
    assert known["original_glcm_Contrast"].ibsi_code == "ACUI"
    assert known["original_firstorder_Kurtosis"].ibsi_code == ""
    assert known["original_glcm_MCC"].ibsi_code == ""

"""The 788 features of the Jinling system: how the number is met, by the file and by what is computed from it."""

from __future__ import annotations

from collections import Counter

import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.radiomics.command import features_table
from GliomaRadiomicsLib.radiomics.params import read_parameters
from GliomaRadiomicsLib.radiomics.sets.jinling import FEATURES_PER_SEQUENCE, PARAMETERS


@pytest.fixture(scope="module")
def rows(synthetic, tmp_path_factory):
    folder, case = tmp_path_factory.mktemp("jinling"), synthetic["cubic"]
    write_volume(Volume(case.image, case.affine), folder / "a_t1ce.nii.gz")
    write_volume(Volume(case.mask, case.affine), folder / "a_seg.nii.gz")
    return features_table([folder / "a_t1ce.nii.gz"], folder / "a_seg.nii.gz", feature_set="jinling")


def test_the_file_selects_14_and_86():
    selection = read_parameters(PARAMETERS).selection
    counts = {family: len(names) for family, names in selection.items()}
    assert counts == {"shape": 14, "firstorder": 18, "glcm": 22, "glrlm": 16, "glszm": 16, "gldm": 14}
    assert not {"SumAverage", "MCC"} & set(selection["glcm"])


def test_788_features_are_computed(rows):
    assert len({row.feature for row in rows}) == len(rows) == FEATURES_PER_SEQUENCE == 788
    images = Counter(row.feature.split("_")[0] for row in rows)
    bands = {f"wavelet-{a}{b}{c}": 86 for a in "LH" for b in "LH" for c in "LH"}
    assert images == {"original": 14 + 86, **bands}
    assert [row.feature for row in rows if row.reason] == []


def test_settings_are_those_of_the_file(rows):
    """Z-scores times 100: the mean of the shifted squares is that of the values shifted by 300."""
    found = {row.feature.removeprefix("original_firstorder_"): row.value for row in rows}
    assert found["RootMeanSquared"] ** 2 == pytest.approx(found["Variance"] + (found["Mean"] + 300) ** 2)

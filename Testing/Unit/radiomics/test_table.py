"""Feature tables: what is written is what is read, in the same order."""

from __future__ import annotations

import csv
import io
import math

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.radiomics.table import LAYOUTS, from_csv, long_csv, to_csv, wide_csv

CASES = {
    "b": [
        FeatureRow("mask", "WT", "original_shape_MeshVolume", 1 / 3),
        FeatureRow("t1ce", "NCR_NET", "wavelet-LLH_glcm_Contrast", -1.5e-300),
        FeatureRow("t1ce", "label 2", "log-sigma-3-0-mm-3D_glcm_Contrast", math.inf),
        FeatureRow("t1ce", "ET", "original_glcm_MCC", math.nan, 'flat, "one" level\nonly; ä'),
        FeatureRow("t1ce", "ED", "original_glcm_MCC", math.nan, 'flat, "one" level\nonly; ä'),
        FeatureRow("t2", "ED", "original_glcm_MCC", math.nan),
    ],
    "a": [
        FeatureRow("t2", "ED", "original_glcm_Id", 0.1 + 0.2),
        FeatureRow("mask", "WT", "original_shape_MeshVolume", 5e22),
    ],
}


def _same(found, expected):
    """Equal, with NaN equal to NaN; `repr` tells apart every float."""
    return {case: list(map(repr, rows)) for case, rows in found.items()} == {
        case: list(map(repr, rows)) for case, rows in expected.items()
    }


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("cases", [CASES, {"": CASES["b"]}, {"only": CASES["a"]}])
def test_comes_back_as_it_was(layout, cases):
    text = to_csv(cases, layout)
    found = from_csv(text, "features.csv")
    if layout == "wide":  # columns have one order for all cases
        found["a"] = sorted(found["a"], key=CASES["a"].index) if "a" in found else []
        found = {case: rows for case, rows in found.items() if case in cases}
    assert list(found) == list(cases)
    assert _same(found, cases)
    assert to_csv(from_csv(text, "features.csv"), layout) == text


def test_long_has_a_case_column_only_for_named_cases():
    assert long_csv({"": CASES["a"]}).splitlines()[0] == "sequence,region,feature,value,reason"
    assert long_csv(CASES).splitlines()[0] == "case,sequence,region,feature,value,reason"
    assert long_csv(CASES).splitlines()[1] == "b,mask,WT,original_shape_MeshVolume,0.3333333333333333,"


def test_wide_has_one_line_per_case():
    header, *lines = csv.reader(io.StringIO(wide_csv(CASES)))
    assert header[:3] == ["case", "mask_WT_original_shape_MeshVolume", "t1ce_NCR_NET_wavelet-LLH_glcm_Contrast"]
    assert header[-1] == "reasons"
    assert [line[0] for line in lines] == ["b", "a"]
    assert header[3] == "t1ce_label2_log-sigma-3-0-mm-3D_glcm_Contrast"
    assert not [column for column in header if " " in column]
    assert lines[1][1:3] == ["5e+22", ""]
    assert lines[0][header.index("t1ce_ET_original_glcm_MCC")] == ""
    assert lines[0][header.index("t2_ED_original_glcm_MCC")] == "nan"


def test_wide_is_read_by_pandas():
    pandas = pytest.importorskip("pandas")
    table = pandas.read_csv(io.StringIO(wide_csv(CASES)), index_col="case")
    assert table.loc["b", "mask_WT_original_shape_MeshVolume"] == 1 / 3
    assert table["t1ce_ET_original_glcm_MCC"].isna().all()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (CASES["a"] + CASES["a"], "twice"),
        ([FeatureRow("t1_ce", "WT", "original_glcm_Id", 1)], "told apart"),
        ([FeatureRow("t1", "label2", "original_glcm_Id", 1)], "found sequence t1, region label2"),
        ([FeatureRow("t1", "my_region", "original_glcm_Id", 1)], "found sequence t1, region my_region"),
    ],
)
def test_wide_refuses_what_it_could_not_read_back(rows, message):
    with pytest.raises(RefusedInput, match=message):
        wide_csv({"a": rows})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sequence,region,feature\n", "column value is missing"),
        ("sequence,region,feature,value\nt1,WT,a,x\n", "line 2"),
        ("case,t1_WT_original_a,reasons\na,x,\n", "found x"),
        ("case,t1_WT_original_a,reasons\na,,[1]\n", "not reasons by column"),
        ("case,age,reasons\na,50,\n", "column is no feature"),
    ],
)
def test_what_is_no_table_is_refused(text, message):
    with pytest.raises(RefusedInput, match=message):
        from_csv(text, "features.csv")

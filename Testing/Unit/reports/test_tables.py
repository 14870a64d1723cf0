from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.reports.tables import (
    read_features_csv,
    read_result_json,
    write_features_csv,
    write_result_json,
)


def test_features_come_back_as_they_were(features, tmp_path):
    write_features_csv(features, tmp_path / "features.csv")
    back = read_features_csv(tmp_path / "features.csv")
    assert back[:2] == features[:2]
    assert math.isnan(back[2].value)
    assert back[2].reason == features[2].reason


def test_feature_columns_are_those_of_the_contract(features, tmp_path):
    write_features_csv(features, tmp_path / "features.csv")
    lines = (tmp_path / "features.csv").read_text().splitlines()
    assert lines[0].startswith("sequence,region,feature,value")
    assert lines[1] == "t1,WT,firstorder_Mean,123.456789012345,"
    assert lines[3] == 't1,ET,glcm_Correlation,,"region is flat, one grey level"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("sequence,region,feature\n", "column value is missing"),
        ("sequence,region,feature,value\nt1,WT,a,x\n", "line 2"),
    ],
)
def test_a_table_that_is_none_is_refused(text, said, tmp_path):
    (tmp_path / "features.csv").write_text(text)
    with pytest.raises(RefusedInput, match=said):
        read_features_csv(tmp_path / "features.csv")


def test_result_comes_back_as_it_was(result, tmp_path):
    write_result_json(result, tmp_path / "result.json")
    assert read_result_json(tmp_path / "result.json") == result


def test_nan_is_null_and_numpy_is_plain(result, tmp_path):
    grade = replace(result.grading["volumetric_grading"], probability_hgg=math.nan)
    result.grading["volumetric_grading"] = grade
    result.timing_s = {"segmentation": np.float32(1.5), "report": math.inf}
    write_result_json(result, tmp_path / "result.json")
    data = json.loads((tmp_path / "result.json").read_text(), parse_constant=pytest.fail)
    assert data["grading"]["volumetric_grading"]["probability_hgg"] is None
    assert data["timing_s"] == {"segmentation": 1.5, "report": None}


@pytest.mark.parametrize("text", ["{", "[]", '{"schema_version": "9.0"}', '{"schema_version": "1.0"}'])
def test_what_is_not_a_result_is_refused(text, tmp_path):
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(RefusedInput, match=r"result\.json"):
        read_result_json(tmp_path / "result.json")


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(RefusedInput, match="cannot be read"):
        read_result_json(tmp_path / "none.json")


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(result, tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    path.write_text("old")

    def full_disk(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full_disk)
    with pytest.raises(OSError, match="No space"):
        write_result_json(result, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

"""The typed result and its plain data."""

from __future__ import annotations

import json

import pytest

from GliomaRadiomicsLib.core.results import (
    SCHEMA_VERSION,
    CaseResult,
    Evidence,
    Finding,
    GradingResult,
    SegmentationResult,
    Trust,
)


def full_result() -> CaseResult:
    evidence = Evidence("18 patients", 18, "leave one site out", 0.8, (0.7, 0.9), "small")
    grade = GradingResult(0.9, "HGG", Trust("caution", ["small"], 0.4), evidence, [{"name": "ET", "value": 1.0}])
    return CaseResult(
        inputs={"sequences": {"t1": {"shape": [2, 3, 4]}}},
        passport=[Finding("ok", "ok", "fine"), Finding("grid", "fixed", "moved", "t2")],
        segmentation=SegmentationResult("tiny", {"WT": 1.5}, {"expected_dice_WT": 0.9}, ["t1"], {"n": 1}),
        grading={"volumetric_grading": grade},
        timing_s={"read": 0.1},
    )


def test_plain_data_and_back() -> None:
    result = full_result()
    assert CaseResult.from_dict(result.to_dict()) == result
    assert CaseResult.from_dict(json.loads(json.dumps(result.to_dict()))) == result


def test_a_result_without_segmentation_and_grading_survives_too() -> None:
    empty = CaseResult(inputs={}, passport=[])
    assert CaseResult.from_dict(empty.to_dict()) == empty


def test_the_schema_version_comes_first() -> None:
    assert next(iter(full_result().to_dict().items())) == ("schema_version", SCHEMA_VERSION)


def test_a_result_from_before_the_date_was_recorded_is_read() -> None:
    data = full_result().to_dict()
    del data["created"]
    assert CaseResult.from_dict(data).created == ""


@pytest.mark.parametrize("version", ["2.0", "0.9", None])
def test_another_major_schema_is_refused(version: str | None) -> None:
    data = full_result().to_dict() | {"schema_version": version}
    with pytest.raises(ValueError, match="schema"):
        CaseResult.from_dict(data)


def test_a_newer_minor_schema_is_read() -> None:
    assert CaseResult.from_dict(full_result().to_dict() | {"schema_version": "1.9"}).grading

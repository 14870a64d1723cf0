"""Tumour, grade, molecular markers, features, models and the head of the results."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.core.results import CaseResult, Evidence, FeatureRow, Finding, GradingResult, Trust
from GliomaRadiomicsLib.interface import features, models
from GliomaRadiomicsLib.interface.grade import IMAGE_SYSTEMS, grade_columns, heatmap_choices
from GliomaRadiomicsLib.interface.molecular import molecular_rows
from GliomaRadiomicsLib.interface.summary import NOTICE, summary_lines
from GliomaRadiomicsLib.interface.tumour import notes, tumour_rows
from GliomaRadiomicsLib.models.map_figures import faithfulness_of
from GliomaRadiomicsLib.models.store import USER_FOLDER_VARIABLE
from GliomaRadiomicsLib.reports.tables import read_features_csv

EVIDENCE = Evidence("10 patients, manual outlines", 10, "5-fold", 0.8, (0.7, 0.9), "A note.")


def with_volumes(result: CaseResult, **changes: object) -> CaseResult:
    assert result.segmentation is not None
    return replace(result, segmentation=replace(result.segmentation, **changes))


def test_every_region_has_a_row_with_its_volume(result: CaseResult) -> None:
    rows = tumour_rows(result)
    assert result.segmentation is not None
    assert {row.region: row.volume_ml for row in rows} == result.segmentation.volumes_ml
    assert all(row.volume_text.endswith(" ml") for row in rows)
    assert [row.region for row in rows if row.shown_as_segment] == ["ET", "NCR_NET", "ED"]
    assert all((row.colour_rgb is not None) == row.shown_as_segment for row in rows)
    assert [row.change_text for row in rows] == [""] * len(REGIONS)


@given(before=st.floats(0.1, 300), after=st.floats(0, 300))
def test_the_change_leads_from_before_to_after(before: float, after: float) -> None:
    from GliomaRadiomicsLib.core.results import SegmentationResult

    made = [
        CaseResult({}, [], segmentation=SegmentationResult("m", dict.fromkeys(REGIONS, ml))) for ml in (before, after)
    ]
    row = tumour_rows(made[1], made[0])[0]
    assert row.before_ml == before
    assert row.change_percent is not None
    assert math.isclose(before * (1 + row.change_percent / 100), after, abs_tol=1e-6)
    assert row.change_text.startswith("from ")


def test_enhancing_tumour_that_no_image_shows_is_not_0_ml(result: CaseResult) -> None:
    rows = tumour_rows(with_volumes(result, sequences_used=["t2", "flair"]))
    enhancing = next(row for row in rows if row.region == "ET")
    assert (enhancing.volume_ml, enhancing.volume_text) == (None, "not visible without T1ce")


def test_no_outline_gives_no_rows_but_a_note(result: CaseResult) -> None:
    empty = replace(result, segmentation=None)
    assert tumour_rows(empty) == []
    assert notes(empty) == ["The tumour was not outlined in this run."]


def test_notes_say_how_sure_the_outline_is(result: CaseResult) -> None:
    sure = with_volumes(
        result,
        uncertainty={"expected_dice_WT": 0.9},
        evidence={"n": 18, "validation": "sites left out", "dice": {"WT": [0.81, 0.72, 0.88]}},
    )
    text = " ".join(notes(sure))
    assert "0.81 (0.72 to 0.88)" in text
    assert "unseen sites" in text
    assert "too high: whole tumour 0.90" in text
    assert tumour_rows(sure)[0].dice_text == "0.81 (0.72 to 0.88)"
    given_outline = replace(sure, inputs={"mask": True})
    assert "0.81" not in " ".join(notes(given_outline))
    assert tumour_rows(given_outline)[0].dice_text == ""


def test_three_systems_stand_side_by_side_and_the_absent_say_why(result: CaseResult) -> None:
    columns = grade_columns(replace(result, files={"heatmaps": {"cnn_grading-gradcam": "a", "other-gradcam": "b"}}))
    assert [column.system for column in columns] == list(IMAGE_SYSTEMS)
    assert columns[0].abstained_reason == ""
    assert (columns[0].probability, columns[0].trust_text) == (0.9, "! Caution")
    assert [choice.key for choice in columns[0].heatmaps] == ["cnn_grading-gradcam"]
    assert "Grad-CAM" in columns[0].heatmaps[0].label
    assert all(column.probability is None and column.abstained_reason.endswith(".") for column in columns[1:])


def test_a_probability_never_stands_without_its_evidence(result: CaseResult) -> None:
    moved = [{"name": "Age", "value": 60.0, "unit": "years", "contribution": -0.5}, {"name": "x", "contribution": None}]
    grade = GradingResult(0.9999, "HGG", Trust("no", ["out of range"], 0.42), EVIDENCE, moved)
    column = grade_columns(replace(result, grading={"idh_like": grade}), ["idh_like-occlusion"])[3]
    assert (column.probability_text, column.label) == ("> 0.99", "grade 4")
    assert column.evidence[0].replace("\u00a0", " ") == "AUC 0.80 (0.70 to 0.90), n = 10."
    assert "manual outlines" in column.evidence[1]
    assert column.reasons[0] == "Out of range."
    assert "automatic" in column.reasons[-1]
    assert column.heatmaps[0].unit == "log-odds"
    assert column.heatmaps[0].faithfulness.startswith("Share of the explanation that lies inside the tumour: 42 %")
    assert "not measured" in column.heatmaps[0].faithfulness
    assert [(one.name, one.value) for one in column.moved] == [("Age", "60 years")]


def test_the_faithfulness_of_a_map_is_what_the_model_card_states(result: CaseResult) -> None:
    figures = [
        {
            "id": "cv_gradcam_beaten",
            "metric": "share beaten",
            "value": 0.7,
            "n": 6,
            "ci": [0.6, 0.8],
            "note": ".5 is chance",
        },
        {"id": "cv_auc", "metric": "AUC", "value": 0.9, "n": 60},
    ]
    metadata = {"evidence": {"figures": figures}}
    assert faithfulness_of(metadata, "gradcam_res3") == []
    key = "cnn_grading-gradcam-hgg"
    measured = CaseResult.from_dict(
        replace(result, faithfulness={key: faithfulness_of(metadata, "gradcam-hgg")}).to_dict()
    )
    (choice,) = heatmap_choices([key], measured)
    assert (
        "Share of random regions that the map beats: 0.70 (95 % interval 0.60 to 0.80); 0.5 is chance (6 patients)."
        in (choice.faithfulness)
    )
    assert "fails its test" not in choice.faithfulness
    assert "not measured" in heatmap_choices([key], result)[0].faithfulness


def test_an_abstention_of_a_system_has_no_number(result: CaseResult) -> None:
    grade = GradingResult(None, "", Trust("no"), EVIDENCE, reason="no T1ce")
    column = grade_columns(replace(result, grading={"cnn_grading": grade}))[0]
    assert (column.probability, column.probability_text) == (None, "–")
    assert column.abstained_reason == "No prediction: no T1ce."


def test_abstentions_stand_before_any_molecular_number(result: CaseResult) -> None:
    evidence = {"cohort": "c", "n": 401, "auc": 0.95}
    trust = {"flag": "ok", "reasons": []}
    predicted = {"status": "predicted", "label": "x", "probability_mutant": 0.001, "trust": trust, "evidence": evidence}
    abstained = {"status": "abstained", "reason": "no T1ce", "probability": 0.7}
    rows = molecular_rows(replace(result, idh=predicted, mgmt=abstained, molecular={"codel_1p19q": {}}))
    assert [row.key for row in rows] == ["idh", "mgmt", "codel_1p19q"]
    assert (rows[0].probability_text, rows[0].trust_text) == ("< 0.01", "✓ No objection")
    assert "AUC 0.95." in rows[0].evidence
    assert (rows[1].abstained_reason, rows[1].probability, rows[1].probability_text) == (
        "Abstained: no T1ce.",
        None,
        "",
    )
    assert rows[2].abstained_reason


ROWS = st.lists(
    st.builds(
        FeatureRow,
        st.sampled_from(["t1", "t1ce", "flair"]),
        st.sampled_from(list(REGIONS)),
        st.sampled_from(["original_firstorder_Mean", "original_shape_MeshVolume", "original_glcm_Contrast"]),
        st.floats(-1e6, 1e6),
    ),
    max_size=20,
)


@given(ROWS, st.sampled_from(["", "mean", "SHAPE mesh", "nothing like it", "tumour"]))
def test_a_filter_keeps_what_matches_and_only_that(rows: list[FeatureRow], text: str) -> None:
    kept = features.filter_rows(rows, text, sequence="t1", region="WT")
    assert all(row.sequence == "t1" and row.region == "WT" for row in kept)
    assert features.filter_rows(rows) == rows
    assert all(word.lower() in " ".join(features.cells(row)).lower() for row in kept for word in text.split())
    assert features.filter_rows(rows, sequence="t1", region="WT") == kept or text


@settings(max_examples=25, deadline=None)
@given(rows=ROWS)
def test_csv_gives_back_every_value(tmp_path_factory: pytest.TempPathFactory, rows: list[FeatureRow]) -> None:
    path = tmp_path_factory.mktemp("csv") / "features.csv"
    path.write_text(features.as_csv(rows), encoding="utf-8", newline="")
    assert read_features_csv(path) == rows


def test_features_of_a_folder_say_why_a_value_is_missing(output_folder: Path, tmp_path: Path) -> None:
    rows = features.read_features(output_folder)
    assert features.cells(rows[0]) == ("T1ce", "Enhancing tumour", "firstorder_mean", "321.5", "")
    assert features.cells(rows[1])[3:] == ("–", "too small")
    assert [choice.value for choice in features.sequence_choices(rows)] == ["", "t1ce", "flair"]
    assert [choice.value for choice in features.region_choices(rows)] == ["", "ET", "WT"]
    assert features.as_text(rows).splitlines()[1].split("\t")[0] == "T1ce"
    assert features.read_features(tmp_path) == []


def test_installed_models_have_a_card_and_evidence() -> None:
    rows = {row.name: row for row in models.model_rows()}
    assert {"segmentation", "survival", "idh"} <= rows.keys()
    assert all(row.ok and row.card_markdown.startswith(f"# {row.name}") for row in rows.values())
    assert rows["idh"].what == "IDH mutation"
    assert "n = 401" in rows["idh"].evidence
    assert models.verify_row(rows["idh"]) == ""


def test_a_damaged_bundle_is_a_row_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = Path(next(row.path for row in models.model_rows() if row.name == "idh"))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "metadata.json").write_text("{", encoding="utf-8")
    changed = tmp_path / "changed"
    changed.mkdir()
    for file in good.iterdir():
        (changed / file.name).write_bytes(file.read_bytes())
    name = next(iter(json.loads((changed / "metadata.json").read_text("utf-8"))["files"]))
    (changed / name).write_bytes(b"{}")
    monkeypatch.setenv(USER_FOLDER_VARIABLE, str(tmp_path))
    rows = {Path(row.path).name: row for row in models.model_rows() if "added" in row.source}
    assert not rows["broken"].ok
    assert rows["broken"].problem
    assert models.verify_row(rows["changed"])


def test_the_head_of_the_results_counts_warnings_and_names_the_trust(result: CaseResult) -> None:
    warned = replace(result, passport=[Finding("a", "warning", "x"), Finding("b", "ok", "y")])
    lines = {line.label: line for line in summary_lines(warned)}
    assert lines["Whole tumour"].value.startswith(tumour_rows(result)[0].volume_text)
    assert lines["Input check"].value == "1 warning"
    grade = next(line for label, line in lines.items() if "grade 4" in label)
    assert (grade.value, grade.mark) == ("0.90", "caution")
    assert "AUC" in grade.note
    assert "Not a medical device" in NOTICE
    nothing = summary_lines(CaseResult(inputs={}, passport=[]))
    assert [line.value for line in nothing] == ["not outlined in this run", "not predicted", "0 warnings"]


def test_a_number_of_patients_is_said_once() -> None:
    from GliomaRadiomicsLib.interface.words import evidence_lines

    evidence = {"cohort": "401 patients of one site", "n": 401, "auc": 0.9}
    assert evidence_lines(evidence) == ["Measured on: 401 patients of one site.", "AUC 0.90."]
    assert evidence_lines({"cohort": "patients of one site", "n": 401}) == [
        "Measured on: patients of one site.",
        "401 patients.",
    ]

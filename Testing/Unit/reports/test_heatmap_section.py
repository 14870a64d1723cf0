"""Which heat maps are drawn, what tells them apart, where they lie, and whether they may be believed."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from GliomaRadiomicsLib.core.results import Trust
from GliomaRadiomicsLib.reports.figures import MAX_HEATMAPS, chosen_heatmaps, draw_one_heatmap
from GliomaRadiomicsLib.reports.heatmap_words import NOT_MEASURED, faithfulness_words, which
from GliomaRadiomicsLib.reports.html import render_report
from GliomaRadiomicsLib.reports.images import BrainView
from GliomaRadiomicsLib.reports.markup import amount
from GliomaRadiomicsLib.reports.wording import AGREEMENT_RULE

NAME = "cnn_grading-gradcam"


def figures(shuffled: float = 0.1, low: float = 0.7) -> list[dict]:
    return [
        {"id": "cv_gradcam_deletion", "metric": "d", "value": 1.5, "ci": [0.5, 2.5], "n": 9, "note": "above 0"},
        {
            "id": "cv_gradcam_beaten",
            "metric": "b",
            "value": 0.8,
            "ci": [low, 0.9],
            "n": 9,
            "note": ".5; flat in 1",
        },
        {"id": "cv_gradcam_shuffled", "metric": "s", "value": shuffled, "ci": None, "n": 9, "note": "near 0"},
    ]


def section(text: str, anchor: str) -> str:
    found = re.search(rf'<section id="{anchor}".*?</section>', text, re.S)
    assert found is not None
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", found.group()))


def test_every_system_has_a_map_drawn_before_any_has_two() -> None:
    names = [*(f"vq_grading-{i}" for i in range(9)), "cnn_grading-a", "cnn_grading-b", "fused_grading-a"]
    chosen = chosen_heatmaps(names)
    assert len(chosen) == MAX_HEATMAPS
    assert {"vq_grading-0", "cnn_grading-a", "fused_grading-a"} <= set(chosen)
    assert chosen == [name for name in names if name in chosen]
    many = [f"system{i}-map" for i in range(MAX_HEATMAPS + 2)]
    assert chosen_heatmaps(many) == many


def test_the_report_says_which_are_not_drawn(result, images) -> None:
    heat = images.heatmaps[NAME]
    names = [*(f"vq_grading-{i}" for i in range(MAX_HEATMAPS)), "fused_grading-gradcam"]
    text = section(render_report(result, replace(images, heatmaps=dict.fromkeys(names, heat))), "heatmaps")
    assert "Fused grading: Grad-CAM" in text
    assert f"Not drawn, but in the output folder: vq_grading-{MAX_HEATMAPS - 1}." in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("vq_grading-responsible_codeword_12-hgg", "Codeword 12 alone, more frequent in grade 4."),
        ("vq_grading-responsible-lgg", "more frequent in grade 2 or 3, together."),
        ("fused_grading-gradcam_network", "no part in this system's prediction"),
        ("cnn_grading-gradcam_res3", "Of block res3"),
        ("cnn_grading-gradcam", ""),
    ],
)
def test_a_caption_tells_maps_apart(images, name: str, words: str) -> None:
    assert words in which(name)
    view = BrainView.of(replace(images, heatmaps={name: images.heatmaps[NAME]}))
    assert draw_one_heatmap(view, name).caption.startswith(f"{which(name)} Heat map over".strip())


def test_what_was_measured_stands_under_the_map_in_plain_words(result, images) -> None:
    result.faithfulness = {NAME: figures()}
    text = section(render_report(result, images), "heatmaps")
    assert (
        "random regions, in log-odds by 1.50 (95 % interval 0.50 to 2.50); above 0 is better than chance (9 patients)."
        in text
    )
    assert "that the map beats: 0.80 (95 % interval 0.70 to 0.90); 0.5 is chance; flat in 1 (9 patients)." in text
    assert "shuffled weights, as rank correlation: 0.10;" in text
    assert "fails its test" not in text
    result.faithfulness = {}
    assert NOT_MEASURED in section(render_report(result, images), "heatmaps")


@pytest.mark.parametrize(("shuffled", "low"), [(0.85, 0.7), (0.1, 0.5)])
def test_a_map_that_fails_says_so(result, images, shuffled: float, low: float) -> None:
    result.faithfulness = {NAME: figures(shuffled, low)}
    text = section(render_report(result, images), "heatmaps")
    assert text.count("fails its test") == 1
    assert "should not be read as a reason for the prediction" in text


def test_a_likeness_that_was_not_measured_is_no_pass() -> None:
    told = faithfulness_words(NAME, figures()[:2])
    assert told[-1] == "Likeness to maps of shuffled weights: not measured: the map is flat."


def test_the_joint_test_of_both_grades_is_said_and_uncertainty_is_no_reason_to_test() -> None:
    entries = [{**one, "id": one["id"].replace("gradcam", "responsible")} for one in figures()]
    assert "tested together" in faithfulness_words("vq_grading-responsible-lgg", entries)[0]
    assert faithfulness_words("segmentation-uncertainty", []) == []


def test_a_map_that_lies_outside_the_tumour_says_so(images) -> None:
    heat = images.heatmaps[NAME]
    tumour = images.label_map.array > 0
    for inside, words in ((1.0, ""), (0.02, "Less than a third of this map lies inside the tumour")):
        array = np.where(tumour, -inside, 1.0 if words else 0.0).astype(np.float32)
        view = BrainView.of(replace(images, heatmaps={NAME: heat.with_array(array)}))
        share = inside * tumour.sum() / (inside * tumour.sum() + (~tumour).sum() * bool(words))
        assert view.shares[NAME] == pytest.approx(share)
        caption = draw_one_heatmap(view, NAME).caption
        assert ("Less than a third" in caption) == bool(words)
        assert words in caption


def test_the_report_says_of_what_the_energy_is_or_why_there_is_none(result) -> None:
    grade = result.grading["volumetric_grading"]
    trust = Trust("ok", [], 0.4, "guided backpropagation")
    result.grading = {"cnn_grading": replace(grade, trust=trust)}
    text = section(render_report(result, None), "grading")
    assert "inside the tumour: 40 %, of guided backpropagation." in text
    result.grading = {"cnn_grading": replace(grade, trust=Trust("ok", [], None, "no deep feature was kept"))}
    text = section(render_report(result, None), "grading")
    assert "Share of the explanation inside the tumour: none; no deep feature was kept." in text


def test_the_agreement_stands_in_the_summary_and_its_rule_once_under_the_grade(result) -> None:
    grade = result.grading["volumetric_grading"]
    result.grading = {"vq_grading": grade, "cnn_grading": grade}
    result.agreement = {
        "probability_hgg": 0.93, "label": "HGG", "agree": True, "systems": ["vq_grading", "cnn_grading"], "left_out": {}
    }  # fmt: skip
    report = render_report(result, None)
    for anchor in ("summary", "grading"):
        assert "The systems that see the images say the same" in section(report, anchor), anchor
    assert section(report, "grading").count(AGREEMENT_RULE) == 1
    assert AGREEMENT_RULE not in section(report, "summary")
    result.agreement = {}
    assert AGREEMENT_RULE not in section(render_report(result, None), "grading")


@pytest.mark.parametrize(("value", "shown"), [("1", "1 patch"), ("4", "4 patches"), ("0.3", "0.3 patches")])
def test_one_of_a_unit_is_singular(value: str, shown: str) -> None:
    assert amount(value, "patches") == shown


def test_contributions_say_from_what_they_are_measured(result) -> None:
    grade = result.grading["volumetric_grading"]
    items = [{"name": "codeword 3", "value": 4, "unit": "", "contribution": 0.5, "relative_to": "the average patient"}]
    result.grading = {"vq_grading": replace(grade, contributions=items)}
    assert "What moved this prediction relative to the average patient" in section(
        render_report(result, None), "grading"
    )
    result.grading = {"vq_grading": replace(grade, contributions=[*items, {**items[0], "relative_to": ""}])}
    assert "relative to" not in section(render_report(result, None), "grading")

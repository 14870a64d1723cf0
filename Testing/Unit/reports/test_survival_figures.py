"""Survival drawings: every kind as SVG and PNG with its data, nothing overlapping, nothing heavy at import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.reports.survival_figures.patient import patient_charts
from GliomaRadiomicsLib.reports.survival_figures.style import as_bytes
from GliomaRadiomicsLib.reports.survival_figures.write import KINDS, draw_chart, write_charts
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.cox_prediction import survival_matrix
from GliomaRadiomicsLib.statistics.cox_table import multivariable_cox, univariable_cox
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.systems import survival_charts as charts

YEAR = 365.25
LONG = "Risk groups of patients held out (leave-one-out), cut at the median score of each fold's training patients"


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    random = np.random.default_rng(0)
    score, age, sex = random.normal(size=80), random.uniform(20, 85, 80), random.choice(["F", "M"], 80)
    time, lost = random.exponential(600 * np.exp(-score)) + 1, random.uniform(200, 2600, 80)
    outcome = Outcome(np.minimum(time, lost), time <= lost)
    columns, kinds = {"score": score, "age": age, "sex": sex}, {"sex": "F"}
    model = fit_cox(outcome, columns, categories=kinds)
    survival = survival_matrix(model, columns, [YEAR, 3 * YEAR])
    words = {"score": "Imaging score (per SD)", "age": "Age (per year)", "sex=M": "Male", "sex": "Sex"}
    tables = [
        univariable_cox(outcome, columns, categories=kinds),
        multivariable_cox(outcome, columns, categories=kinds),
    ]
    found = {
        "kaplan_meier": charts.kaplan_meier_chart(outcome, score > 0, LONG),
        "roc": charts.roc_chart(outcome, model.linear_predictor(columns), (1, 3, 5), LONG),
        "calibration": charts.calibration_chart(outcome, survival, (1, 3), LONG),
        "forest": charts.forest_chart(tables, words, LONG),
        "importance": charts.importance_chart(
            {f"han_1mm_equal16_glszm_Feature{i}": 0.4 - 0.03 * i for i in range(30)}, {}, 80, (80, 50), LONG
        ),
        "nomogram": charts.cohort_nomogram(outcome, columns, (1, 3, 5), words, kinds),
    }
    assert all(found.values())
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_titles_and_labels_stay_on_the_sheet_and_apart(made: dict[str, Any], kind: str) -> None:
    from matplotlib.text import Text

    figure = draw_chart(made[kind])
    figure.canvas.draw()
    sheet, first = figure.bbox, figure.axes[0]
    (title,) = figure.findobj(lambda one: isinstance(one, Text) and one.get_text() == figure.get_suptitle())
    written = [
        text for axes in figure.axes for text in (axes.xaxis.label, axes.yaxis.label, *axes.texts) if text.get_text()
    ]
    for text in (title, *written):
        box = text.get_window_extent()
        assert sheet.x0 - 1 <= box.x0 <= box.x1 <= sheet.x1 + 1, text.get_text()
        assert sheet.y0 - 1 <= box.y0 <= box.y1 <= sheet.y1 + 1, text.get_text()
    assert title.get_window_extent().y0 > first.get_window_extent().y1
    assert not any(title.get_window_extent().overlaps(text.get_window_extent()) for text in written)


def test_axes_name_their_units(made: dict[str, Any]) -> None:
    named = {kind: (f.axes[0].get_xlabel(), f.axes[0].get_ylabel()) for kind in KINDS for f in [draw_chart(made[kind])]}
    assert named["kaplan_meier"] == ("Follow-up (years)", "Survival probability")
    assert "per standard deviation" in named["importance"][0]
    assert "Hazard ratio" in named["forest"][0]
    assert all(x for kind, (x, _) in named.items() if kind != "nomogram")


def test_groups_differ_in_dash_and_colour(made: dict[str, Any]) -> None:
    lines = [line for line in draw_chart(made["kaplan_meier"]).axes[0].lines if line.get_label()[0] != "_"]
    assert len({line.get_linestyle() for line in lines}) == len({line.get_color() for line in lines}) == 2


def test_files_and_their_data(made: dict[str, Any], tmp_path: Path) -> None:
    written = write_charts({"one": made["kaplan_meier"], "two": made["forest"]}, tmp_path / "charts")
    assert {path.name for path in written} == {
        *(f"one.{kind}" for kind in ("svg", "png", "json")), *(f"two.{kind}" for kind in ("svg", "png", "json", "csv"))
    }  # fmt: skip
    assert json.loads((tmp_path / "charts" / "one.json").read_text())["n"] == 80
    assert (tmp_path / "charts" / "one.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "charts" / "one.svg").read_text()
    assert (tmp_path / "charts" / "two.csv").read_text().count("\n") == 7


def test_the_same_data_give_the_same_svg(made: dict[str, Any]) -> None:
    first, second = (as_bytes(draw_chart(made["roc"]), "svg") for _ in range(2))
    assert first == second


def test_a_patient_is_drawn_on_curves_and_nomogram(made: dict[str, Any]) -> None:
    curve = {
        "days": [0.0, 400.0, 800.0],
        "probability": [1, 0.5, None],
        "lower": [1, 0.3, None],
        "upper": [1, 0.7, None],
    }
    nomogram = {key: value for key, value in made["nomogram"].items() if key not in ("kind", "title")}
    survival = {"kaplan_meier": made["kaplan_meier"], "curve": curve,
                "nomogram": {**nomogram, "patient": {"score": 0.2, "age": 60.0, "sex": "M"}}}  # fmt: skip
    found = patient_charts(survival)
    assert set(found) == {"survival_curve", "nomogram"}
    lines = draw_chart(found["survival_curve"]).axes[0].lines
    assert any("This patient" in str(line.get_label()) and len(line.get_xdata()) == 2 for line in lines)
    marks = [line for line in draw_chart(found["nomogram"]).axes[0].lines if line.get_marker() == "D"]
    assert len(marks) == 3 + 1 + len(nomogram["scales"])
    assert patient_charts({"status": "abstained"}) == {}


def test_an_unknown_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedInput, match="kind: unknown kind of chart .found pie.*kaplan_meier"):
        write_charts({"x": {"kind": "pie"}}, tmp_path)


def test_importing_draws_in_nothing_heavy() -> None:
    code = (
        "import sys; import GliomaRadiomicsLib.reports.survival_figures.write, "
        "GliomaRadiomicsLib.reports.survival_figures.patient; "
        "assert not {'matplotlib', 'torch', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

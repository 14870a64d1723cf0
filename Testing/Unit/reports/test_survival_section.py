"""IDH status and survival in the report: facts with intervals, the drawing, trust, or the reason for none."""

from __future__ import annotations

import base64
import re
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.reports.html import render_report
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.nomogram import make_nomogram
from GliomaRadiomicsLib.statistics.outcome import Outcome

CURVE = {
    "days": [0.0, 365.0, 730.0],
    "probability": [1.0, 0.8, 0.6],
    "lower": [1.0, 0.7, None],
    "upper": [1, 0.9, None],
}
GROUP = {"label": "low risk", "n": 40, "n_events": 10, "days": [0.0, 365.0], "survival": [1.0, 0.9]}
SURVIVAL: dict[str, Any] = {
    "status": "predicted",
    "model": "survival 1.0",
    "inputs_used": ["imaging", "age"],
    "risk": 1.5,
    "risk_group": "high",
    "probability": {"1y": 0.8, "3y": 0.4, "5y": None},
    "probability_ci": {"1y": [0.7, 0.9], "3y": [0.3, 0.5], "5y": [None, None]},
    "median_days": 800.0,
    "ci": [600.0, None],
    "curve": CURVE,
    "kaplan_meier": {"curves": [GROUP, {**GROUP, "label": "high risk"}]},
    "trust": {"flag": "caution", "reasons": ["IDH status was not given"]},
    "contributions": [{"name": "Age (years)", "value": 60.0, "unit": "", "contribution": 0.3}],
}


def page(**found: Any) -> str:
    return render_report(CaseResult({}, [], **found), None)


def section(text: str, anchor: str) -> str:
    return re.findall(rf'<section id="{anchor}".*?</section>', text, flags=re.DOTALL)[0]


def test_survival_is_shown_with_intervals_and_drawn_on_the_cohort() -> None:
    text = section(page(survival=SURVIVAL), "survival")
    assert "0.80 (95 % interval 0.70 to 0.90)" in text
    assert "800 days (600 to beyond the follow-up)" in text
    assert "IDH status was not given" in text
    assert "low risk: 40 patients, 10 deaths" in text
    assert (text.count("<polyline"), text.count("<polygon")) == (3, 1)


@pytest.mark.parametrize("lost", ["curve", "kaplan_meier", "trust", "contributions", "probability_ci", "ci"])
def test_survival_is_shown_without_its_parts(lost: str) -> None:
    text = section(page(survival={k: v for k, v in SURVIVAL.items() if k != lost}), "survival")
    assert "Hazard ratio" in text
    assert ("<svg" in text) == (lost != "curve")


def nomogram(**patient: float) -> dict[str, Any]:
    """Age and IDH status of 60 patients, one of them marked."""
    generator = np.random.default_rng(1)
    columns = {"age": generator.uniform(20, 80, 60), "idh_mutant": np.arange(60) % 2.0}
    hazard = np.exp(0.03 * columns["age"] - 0.5 * columns["idh_mutant"])
    model = fit_cox(Outcome(generator.exponential(4000 / hazard), np.ones(60)), columns)
    data = asdict(make_nomogram(model, columns, [365.25]))
    return {**data, "words": {"age": "Age (years)", "idh_mutant": "IDH-mutant"}, "patient": patient}


def test_nomogram_is_drawn_and_its_points_stand_in_a_table() -> None:
    data = nomogram(age=60.0, idh_mutant=1.0)
    text = section(page(survival={**SURVIVAL, "nomogram": data}), "survival")
    drawing = base64.b64decode(re.findall(r"data:image/svg\+xml;base64,([^\"]+)", text)[0]).decode()
    assert "<svg" in drawing
    age, idh = data["axes"]
    own = [age["points_per_unit"] * (60 - age["zero"]), idh["points_per_unit"] * (1 - idh["zero"])]
    rows = re.findall(r"<tr><th scope=\"row\">(.*?)</th><td[^>]*>(.*?)</td><td[^>]*>(.*?)</td></tr>", text)
    assert rows[0] == ("Age (years)", "60", f"{own[0]:.0f}")
    assert rows[1] == ("IDH-mutant", "yes", f"{own[1]:.0f}")
    assert rows[2] == ("Total", "", str(int(rows[0][2]) + int(rows[1][2])))
    assert "60 training patients, 60 deaths" in text
    assert "Outside" not in text
    assert [tick["label"] for tick in idh["ticks"]] == ["0", "1"]


def test_a_value_beyond_the_training_patients_is_said() -> None:
    text = section(page(survival={**SURVIVAL, "nomogram": nomogram(age=95.0, idh_mutant=0.0)}), "survival")
    assert "Outside what the training patients had: Age (years)." in text


def test_without_a_nomogram_nothing_is_drawn() -> None:
    for none in ({}, {"nomogram": None}, {"nomogram": {**nomogram(), "patient": {}}}):
        assert "data:image" not in section(page(survival={**SURVIVAL, **none}), "survival")


def test_reason_stands_where_there_is_no_prediction() -> None:
    text = section(page(survival={"status": "abstained", "reason": "there is no T1ce"}), "survival")
    assert "Abstained: there is no T1ce." in text
    assert "<svg" not in text


def test_idh_status_has_probability_trust_and_what_moved_it() -> None:
    idh = {
        "status": "predicted",
        "label": "IDH-mutant",
        "probability_mutant": 0.73,
        "trust": {"flag": "caution", "reasons": ["undecided"]},
        "evidence": {"note": "No age was given."},
        "contributions": [{"name": "T1ce skewness", "value": 1.0, "unit": "", "contribution": -0.4}],
    }
    text = section(page(idh=idh), "molecular")
    assert all(words in text for words in ("IDH-mutant", "0.73", "undecided", "No age was given.", "T1ce skewness"))

"""ROC and calibration of a grading system: right numbers, and drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import integrate

from GliomaRadiomicsLib.reports.survival_figures.write import write_charts
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.systems.image_grading.charts import charts_of
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry

GRADES = np.arange(24) % 2 == 0


def entry(number: int, is_hgg: bool) -> Entry:
    return Entry(f"p{number}", is_hgg, "", 0, Path("none"), "", {}, float(number), {})


def test_the_curve_and_the_groups_are_those_of_the_patients(tmp_path: Path) -> None:
    p = np.clip(0.3 * GRADES + np.random.default_rng(0).uniform(0.1, 0.6, 24), 0, 1)
    entries = [entry(number, bool(grade)) for number, grade in enumerate(GRADES)]
    charts = charts_of(entries, p, "some_system", "toys")
    curve = charts["roc"]["curves"][0]
    area = integrate.trapezoid(curve["true_positive_rate"], curve["false_positive_rate"])
    assert area == pytest.approx(roc_auc(GRADES, p), abs=1e-4)
    groups = charts["calibration"]["groups"]
    assert sum(group["n"] for group in groups) == 24
    assert sum(group["n"] * group["observed"] for group in groups) == pytest.approx(12, abs=1e-3)
    assert [group["predicted"] for group in groups] == sorted(group["predicted"] for group in groups)
    written = {path.name for path in write_charts(charts, tmp_path)}
    assert {"roc.svg", "roc.png", "roc.json", "calibration.svg"} <= written


def test_one_grade_has_no_curve() -> None:
    assert charts_of([entry(1, True), entry(2, True)], [0.3, 0.4], "some_system", "toys") == {}

"""A cohort's table as rows to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.interface.cohort import COHORT_TITLES, cohort_job, cohort_rows, cohort_summary
from GliomaRadiomicsLib.interface.fields import RUN_FIELDS
from GliomaRadiomicsLib.pipeline.cohort_files import columns, write_rows


def write(folder: Path, *rows: dict[str, str]) -> Path:
    write_rows([dict.fromkeys(columns(), "") | row for row in rows], folder)
    return folder


def test_rows_tell_figures_or_the_reason(tmp_path: Path) -> None:
    (tmp_path / "A").mkdir()
    (tmp_path / "A" / "report.html").write_text("report")
    done = {"case": "A", "line": "2", "status": "done", "folder": "A", "wt_ml": "72.854", "et_ml": "18.1"}
    done |= {"volumetric_grading_probability_grade4": "0.86", "volumetric_grading_label": "HGG"}
    done |= {"volumetric_grading_trust": "caution", "warnings": "2"}
    agreed = {"agreement_probability_grade4": "0.2", "agreement_label": "LGG", "agreement": "yes"}
    rows = cohort_rows(
        write(
            tmp_path,
            done,
            {"case": "B", "line": "3", "status": "refused", "message": "t1: image is constant"},
            {**done, **agreed, "case": "C", "line": "5"},
        )
    )
    first, second, third = rows
    assert first.wt.startswith("72.9")
    assert first.grade == "grade 4, probability of grade 4: 0.86; Volumetric grading"
    assert (first.trust, first.mark, first.note) == ("Caution", "caution", "2 warnings")
    assert (first.folder, first.report) == (tmp_path / "A", tmp_path / "A" / "report.html")
    assert (second.folder, second.note) == (None, "line 3: t1: image is constant")
    assert third.grade == "grade 2 or 3, probability of grade 4: 0.20; image systems agree"
    assert all(len(row.texts()) == len(COHORT_TITLES) for row in rows)
    assert cohort_summary(rows) == "Patients: 2 done, 1 cannot be used."


def test_before_the_run_there_are_no_rows_and_strange_tables_are_refused(tmp_path: Path) -> None:
    assert cohort_rows(tmp_path / "none") == []
    (tmp_path / "cohort.csv").write_text("case,grade\nA,4\n")
    with pytest.raises(RefusedInput, match=r"cohort\.csv"):
        cohort_rows(tmp_path)


def test_the_job_has_the_settings_and_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    values = {field.key: field.default for field in RUN_FIELDS} | {"step_scene": False, "age": 50, "device": "cpu"}
    job = cohort_job(values, "COHORT.csv", "out", workers=1)
    assert (job["command"], job["cohort"], job["out"]) == (
        "cohort",
        str(tmp_path / "COHORT.csv"),
        str(tmp_path / "out"),
    )
    assert "scene" not in job["steps"]
    assert (job["device"], job["resume"], job["workers"]) == ("cpu", True, 1)
    assert "clinical" not in job

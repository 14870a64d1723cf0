"""`glioma-radiomics cohort`: bad input, exit codes and what is said where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from endings import Cli, check_refused

from GliomaRadiomicsLib.core.errors import Cancelled
from GliomaRadiomicsLib.pipeline import cohort
from GliomaRadiomicsLib.pipeline.cohort import CohortSummary


def write(tmp_path: Path, text: str) -> str:
    (tmp_path / "COHORT.csv").write_text(text)
    (tmp_path / "a.nii").write_text("no image, but there")
    return "COHORT.csv"


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("", [], ["COHORT.csv", "case"]),
        ("case,t1\n", [], ["no patients"]),
        ("case,t1\nA,a.nii\nA,a.nii\n", [], ["line 3", "twice"]),
        ("case,t1\nA,a.nii,b,c\n", [], ["line 2", "more cells"]),
        ("case,t9\nA,a.nii\n", [], ["unknown column", "t9"]),
        ("case,age\nA,50\n", [], ["no line of the cohort has images"]),
        ("case,t1\nA,a.nii\n", ["--workers", "0"], ["--workers", "found 0"]),
        ("case,t1\nA,a.nii\n", ["--workers", "two"], ["--workers", "two"]),
        ("case,t1\nA,a.nii\n", ["--workers", "2", "--scheduler", "tcp://127.0.0.1:1"], ["--scheduler", "not allowed"]),
        ("case,t1\nA,a.nii\n", ["--steps", "cooking"], ["--steps", "cooking"]),
        ("case,t1\nA,a.nii\n", ["--models", "segmentation=nowhere"], ["nowhere"]),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(
    cli: Cli, tmp_path: Path, text: str, options: list[str], words: list[str]
) -> None:
    check_refused(cli("cohort", write(tmp_path, text), "--out", "out", *options), tmp_path, *words)


def test_no_such_table(cli: Cli, tmp_path: Path) -> None:
    check_refused(cli("cohort", "none.csv", "--out", "out"), tmp_path, "none.csv", "no such cohort file")


def test_patients_who_cannot_be_used_are_named_and_make_the_code_2(cli: Cli, tmp_path: Path) -> None:
    table = write(tmp_path, "case,t1,age\nA,none.nii,50\nB,a.nii,old\nC,,\n")
    ending = cli("cohort", table, "--out", "out", "--workers", "1")
    assert ending.code == 2
    lines = ending.err.splitlines()
    assert [line.split(": ")[1:3] for line in lines] == [
        ["line 2, case A", "refused"],
        ["line 3, case B", "refused"],
        ["line 4, case C", "skipped"],
    ]
    assert "age is no number (found old)" in lines[1]
    assert "2 refused, 1 skipped" in ending.out
    assert str(tmp_path) not in ending.err


def test_cancelled_says_how_to_go_on(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled(*_: object, on_patient: Any, **__: object) -> CohortSummary:
        on_patient({"status": "done"})
        raise Cancelled

    monkeypatch.setattr(cohort, "run_cohort", cancelled)
    ending = cli("cohort", write(tmp_path, "case,t1\nA,a.nii\n"), "--out", "out")
    assert ending.code == 130
    assert ending.err == "glioma-radiomics: cancelled; 1 patients are complete in out; go on with --resume\n"

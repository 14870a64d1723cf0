"""What settings and table tell is refused before any image is read, with file, line and a remedy that helps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from toy_gliomas import cohort_of, write_toys

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.registry import read_cases, system_class

SYSTEMS = ("cnn_grading", "fused_grading", "vq_grading")


def table_of(folder: Path, grades: str, columns: str = "case,grade,t1,t1ce,t2,flair,seg") -> Path:
    """A table of files that are there but no images: whoever reads one fails otherwise."""
    (folder / "empty.nii.gz").write_bytes(b"never read")
    lines = [columns]
    for number, grade in enumerate(grades):
        row = {"case": f"p{number}", "grade": grade.replace(" ", "")}
        lines.append(",".join(row.get(column, "empty.nii.gz") for column in columns.split(",")))
    table = folder / "mine.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def refused(system: str, table: Path, **config: Any) -> str:
    with pytest.raises(RefusedInput) as caught:
        system_class(system).fit(read_cases(system, table, config), config)
    return str(caught.value)


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_table_without_grades_names_the_column(tmp_path: Path, system: str) -> None:
    said = refused(system, table_of(tmp_path, "4242424242", "case,t1,t1ce,t2,flair,seg"))
    assert "the column 'grade' is missing" in said
    assert "mine.csv" in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_typing_error_in_a_late_grade_names_file_and_line(tmp_path: Path, system: str) -> None:
    assert "mine.csv line 8: not a grade (case p6) (found 7)" in refused(system, table_of(tmp_path, "4242427"))


@pytest.mark.parametrize("system", SYSTEMS)
def test_too_few_of_a_grade_are_told_with_folds_that_would_do(tmp_path: Path, system: str) -> None:
    said = refused(system, table_of(tmp_path, "44444444 222222"), folds=99)
    assert "mine.csv: too few patients" in said
    assert "8 of grade 4, 6 of grade 2/3 (lines 2 to 16)" in said
    assert said.endswith("or set folds: 6")


def test_fewer_folds_are_not_advised_where_they_do_not_help(tmp_path: Path) -> None:
    said = refused("cnn_grading", table_of(tmp_path, "444444 2"), folds=3)
    assert "folds:" not in said.split(";")[-1]
    assert "3 of each grade are the least" in said


def test_the_fused_system_says_its_own_least(tmp_path: Path) -> None:
    """Of 2 folds each trains on half, which is divided again; more folds need fewer patients."""
    said = refused("fused_grading", table_of(tmp_path, "444444 222222"), folds=2)
    assert "with folds: 2, 8 of each grade are the least" in said
    assert said.endswith("or set folds: 3")
    assert [FusedSettings().least_of_each_grade(folds) for folds in (2, 3, 5, 10)] == [8, 6, 5, 10]
    assert "set folds" not in refused("fused_grading", table_of(tmp_path, "4444 2222"), folds=2)


def test_helper_cases_that_a_table_cannot_give_are_refused_first(tmp_path: Path) -> None:
    assert "deep: trained" in refused("fused_grading", table_of(tmp_path, "4444422222"), deep="helpers")


def test_a_separate_pretask_without_patients_for_it_is_refused_first(tmp_path: Path) -> None:
    said = refused("vq_grading", table_of(tmp_path, "4444422222"), pretask="separate")
    assert "a separate pre-task needs patients without a grade" in said


def test_missing_files_are_named_together_up_to_ten(tmp_path: Path) -> None:
    table = table_of(tmp_path, "4242424242")
    lines = table.read_text().splitlines()
    table.write_text("\n".join([*lines[:2], *(line.replace("empty", "gone", 1) for line in lines[2:4]), *lines[4:]]))
    said = refused("cnn_grading", table)
    assert "mine.csv: 2 files are missing" in said
    assert "line 3: t1 gone.nii.gz; line 4: t1 gone.nii.gz" in said
    table.write_text("\n".join(line.replace("empty", "gone") for line in lines))
    said = refused("cnn_grading", table)
    assert said.count("gone.nii.gz") == 10
    assert "and 40 more" in said


def test_duplicates_and_missing_label_maps_name_their_lines(tmp_path: Path) -> None:
    table = table_of(tmp_path, "4242424242")
    whole = table.read_text()
    table.write_text(whole.replace("p7,", "p3,"))
    assert "mine.csv line 9: case p3 stands twice (found first on line 5)" in refused("cnn_grading", table)
    table.write_text(whole.replace(
        "p2,4,empty.nii.gz,empty.nii.gz,empty.nii.gz,empty.nii.gz,empty.nii.gz", "p2,4,,,,empty.nii.gz,"))  # fmt: skip
    assert "mine.csv line 4: case p2 has no label map" in refused("cnn_grading", table)


@pytest.mark.parametrize(
    ("setting", "value", "remedy"),
    [
        ("sequences", "t1ce", "give a list, such as sequences: [t1ce]"),
        ("channels", 3, "give a list, such as channels: [3]"),
        ("steps", -3, "1 or more"),
        ("folds", 1, "2 or more"),
    ],
)
def test_settings_are_refused_before_the_table_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, value: Any, remedy: str
) -> None:
    (tmp_path / "c.yaml").write_text(f"{setting}: {value}\n")
    table = table_of(tmp_path, "4242427")
    words = ["train", "cnn_grading", str(table), "--out", str(tmp_path / "b"), "--config", str(tmp_path / "c.yaml")]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert setting in said
    assert remedy in said


def test_a_patient_without_t1ce_is_reported_in_a_training_of_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = write_toys(tmp_path, cohort_of(0, 10))
    table.write_text(table.read_text().replace("p3_t1ce.nii.gz", ""))
    (tmp_path / "c.yaml").write_text(
        "side: 16\nchannels: [2, 4]\nhidden: 4\nsteps: 2\nbatch_size: 4\nvalidation_share: 0\nfolds: 2\n"
        "faithfulness_patients: 0\n"
    )
    bundle = tmp_path / "mine"
    words = ["train", "cnn_grading", str(table), "--out", str(bundle), "--config", str(tmp_path / "c.yaml")]
    assert main(words) == 2
    said = capsys.readouterr().out
    assert "line 5, case p3 is left out: there is no T1ce" in said, "while it reads"
    assert "left out: line 5, case p3: there is no T1ce" in said, "at the end"
    assert "5,p3,," in (tmp_path / "mine.work" / "skipped.csv").read_text()
    card = (bundle / "README.md").read_text()
    assert "| n left out not gradable | 1 |" in card
    assert card.startswith("# mine\n")

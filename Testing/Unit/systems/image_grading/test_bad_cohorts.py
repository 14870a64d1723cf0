"""What is wrong with a cohort is named with its line, and a run goes on when it is corrected."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_gliomas import cohort_of, write_toys

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.systems.cnn_grading import SYSTEM
from GliomaRadiomicsLib.systems.cnn_grading.region import prepare
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.cohort import LabelledCases
from GliomaRadiomicsLib.systems.image_grading.cohort import Prepared

CONFIG: dict[str, Any] = {
    "side": 16, "channels": [2, 4], "hidden": 4, "steps": 6, "batch_size": 4, "validation_share": 0.3,
    "validate_every": 2, "folds": 2, "faithfulness_patients": 0,
}  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write_toys(tmp_path, cohort_of(0, 8))


def fit_table(table: Path, **settings: Any) -> Any:
    return SYSTEM.fit(LabelledCases(read_cohort(table)), {**CONFIG, **settings})


def edited(table: Path, line: int, change: Callable[[str], str]) -> None:
    lines = table.read_text().splitlines()
    lines[line - 1] = change(lines[line - 1])
    table.write_text("\n".join(lines) + "\n")


def test_one_class_is_refused_with_the_counts() -> None:
    one = [replace(case, is_hgg=True) for case in cohort_of(0, 6)]
    with pytest.raises(RefusedInput, match="6 of grade 4, 0 of grade 2/3"):
        SYSTEM.fit(one, CONFIG)


def test_patients_without_a_grade_or_a_sequence_are_left_out_and_counted() -> None:
    cases = cohort_of(0, 8)
    less = {role: volume for role, volume in cases[1].data.volumes.items() if role != "t1ce"}
    cases[0] = replace(cases[0], is_hgg=None)
    cases[1] = replace(cases[1], data=replace(cases[1].data, volumes=less))
    training = SYSTEM.fit(cases, CONFIG).metadata["training"]
    assert training["n"] == 6
    assert training["n_left_out_without_grade"] == training["n_left_out_not_gradable"] == 1


def test_a_patient_who_stands_twice_is_refused_by_name_and_by_image() -> None:
    cases = cohort_of(0, 8)
    with pytest.raises(RefusedInput, match=r"line 7: case p1 stands twice .*line 3"):
        SYSTEM.fit([*cases[:5], replace(cases[5], patient="p1")], CONFIG)
    with pytest.raises(RefusedInput, match=r"line 10: the images of case again stand twice .*line 4"):
        SYSTEM.fit([*cases, replace(cases[2], patient="again", line=10)], CONFIG)


def test_a_grade_that_is_none_is_named_with_its_line(table: Path) -> None:
    edited(table, 4, lambda line: line.replace("p2,2,", "p2,HGGG,"))
    with pytest.raises(RefusedInput, match="line 4.*HGGG"):
        fit_table(table)


def test_a_missing_file_is_named_with_its_line(table: Path) -> None:
    (table.parent / "p3_t2.nii.gz").unlink()
    with pytest.raises(RefusedInput, match="line 5.*p3_t2"):
        fit_table(table)


@pytest.mark.parametrize("role", ["flair", "seg"])
def test_an_unreadable_case_is_named_and_the_run_goes_on_after_the_fix(table: Path, tmp_path: Path, role: str) -> None:
    broken, work = tmp_path / f"p5_{role}.nii.gz", tmp_path / "work"
    whole = broken.read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RefusedInput, match="line 7: case p5"):
        fit_table(table, work=str(work))
    kept = {path: path.stat().st_mtime_ns for path in (work / "regions").glob("*.npy")}
    assert len(kept) == 5
    broken.write_bytes(whole)
    system = fit_table(table, work=str(work))
    assert system.metadata["training"]["n"] == 8
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_command_line_ends_with_2_and_the_line(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "p6_t1.nii.gz").write_bytes(b"no image")
    (tmp_path / "c.yaml").write_text("folds: 2\n")
    words = ["train", "cnn_grading", str(table), "--out", str(tmp_path / "bundle")]
    assert main([*words, "--config", str(tmp_path / "c.yaml")]) == 2
    assert "line 8" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_a_training_that_was_stopped_goes_on_and_ends_alike(tmp_path: Path) -> None:
    cases, asked = cohort_of(0, 8), {"steps": 20}
    calls = []

    def stop_in_the_second_fold() -> bool:
        calls.append(1)
        return (tmp_path / "fold-1.pt").exists() and (tmp_path / "fold-2.csv").exists()

    with pytest.raises(Cancelled):
        SYSTEM.fit(cases, {**CONFIG, **asked, "work": str(tmp_path)}, Progress(is_cancelled=stop_in_the_second_fold))
    finished = (tmp_path / "fold-1.csv").read_text()
    resumed = SYSTEM.fit(cases, {**CONFIG, **asked, "work": str(tmp_path)})
    assert (tmp_path / "fold-1.csv").read_text() == finished
    plain = SYSTEM.fit(cases, {**CONFIG, **asked})
    case = cohort_of(50, 1)[0].data
    assert resumed.predict(case).probability_hgg == pytest.approx(plain.predict(case).probability_hgg, abs=1e-6)


def test_a_cancelled_training_says_what_is_kept_and_goes_on(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "c.yaml").write_text("\n".join(f"{key}: {value}" for key, value in CONFIG.items()))
    words = ["train", "cnn_grading", str(table), "--out", str(tmp_path / "mine")]
    words += ["--config", str(tmp_path / "c.yaml")]

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(SYSTEM, "fit_cohort", stop)
        assert main(words) == 130
    said = capsys.readouterr().err
    assert "no bundle was written" in said
    assert f"kept in {tmp_path / 'mine.work'}, and the same call goes on there" in said
    assert main(words) == 0


def test_a_checkpoint_of_other_patients_is_not_taken(tmp_path: Path) -> None:
    SYSTEM.fit(cohort_of(0, 8), {**CONFIG, "work": str(tmp_path)})
    with pytest.raises(RefusedInput, match="another training"):
        SYSTEM.fit(cohort_of(100, 8), {**CONFIG, "work": str(tmp_path)})


def test_whole_sites_can_be_held_out() -> None:
    cases = [replace(case, site=f"s{number // 2}") for number, case in enumerate(cohort_of(0, 8))]
    with pytest.raises(RefusedInput, match="folds cannot be made"):
        SYSTEM.fit(cases, {**CONFIG, "folds_by": "site"})
    paired = [replace(case, site=f"s{number % 4}") for number, case in enumerate(cohort_of(0, 8))]
    words = SYSTEM.fit(paired, {**CONFIG, "folds_by": "site"}).metadata["evidence"]["figures"][0]["validation"]
    assert "whole sites held out" in words
    with pytest.raises(RefusedInput, match="line 2: the site is unknown"):
        SYSTEM.fit([replace(cases[0], site=None), *cases[1:]], {**CONFIG, "folds_by": "site"})


@pytest.mark.parametrize(
    ("setting", "value"), [("side", 10), ("standardise", "head"), ("stepps", 3), ("gamma", [2, 1])]
)
def test_a_setting_that_cannot_be_is_refused(setting: str, value: Any) -> None:
    with pytest.raises(RefusedInput, match=setting):
        SYSTEM.fit(cohort_of(0, 2), {**CONFIG, setting: value})


def test_the_command_line_trains_and_evaluates_with_charts(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yaml").write_text("\n".join(f"{key}: {value}" for key, value in CONFIG.items()))
    bundle, out = tmp_path / "bundle", tmp_path / "measured"
    assert main(["train", "cnn_grading", str(table), "--out", str(bundle), "--config", str(tmp_path / "c.yaml")]) == 0
    assert "enhancing volume alone" in (bundle / "README.md").read_text()
    (tmp_path / "others").mkdir()
    both = write_toys(tmp_path / "others", [*cohort_of(0, 2), *cohort_of(50, 3)])
    capsys.readouterr()
    assert main(["evaluate", str(bundle), str(both), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "the bundle was trained on 2 of these 5 patients" in said.err
    assert re.search(r"^AUC: [\d.]+ \(95 % interval [\d.]+ to [\d.]+\), n = 5$", said.out, re.MULTILINE)
    assert "AUC of the trivial rule: " in said.out
    rows = list(csv.DictReader((out / "predictions.csv").open()))
    assert [row["trained_on"] for row in rows] == ["1", "1", "0", "0", "0"]
    assert "was trained on 2 of them" in (out / "figures.json").read_text()
    assert {"roc.svg", "calibration.png", "training_roc.svg"} <= {path.name for path in (out / "charts").iterdir()}


def test_shading_is_corrected_where_it_is_asked_for() -> None:
    case = cohort_of(0, 1)[0].data
    shaded = {
        role: v.with_array(v.array * np.linspace(0.6, 1.4, v.shape[0])[:, None, None])
        for role, v in case.volumes.items()
    }
    found = {}
    for bias in (False, True):
        settings = CnnSettings(side=20, roi="brain", bias=bias)
        plain, other = (prepare(replace(case, volumes=volumes), settings) for volumes in (case.volumes, shaded))
        assert isinstance(plain, Prepared)
        assert isinstance(other, Prepared)
        found[bias] = float(np.abs(plain.images - other.images).mean())
    assert found[True] < 0.8 * found[False]


def test_progress_only_rises_and_ends_at_one() -> None:
    told: list[float] = []
    SYSTEM.fit(cohort_of(0, 8), {**CONFIG, "steps": 20}, Progress(lambda fraction, _: told.append(fraction)))
    assert told == sorted(told)
    assert told[0] == 0.0
    assert 0.9 < told[-1] <= 1.0

"""docs/grading.md has every setting with its default and meaning, and what it shows works."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import yaml
from toy_gliomas import case_of, cohort_of, write_toys

from GliomaRadiomicsLib.imaging import phantom
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.documentation import SYSTEMS, completed, meanings
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.registry import SYSTEMS as REGISTERED
from GliomaRadiomicsLib.systems.registry import system_class

PAGE = Path(__file__).resolve().parents[4] / "docs" / "grading.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == completed(page), "run: make docs"


@pytest.mark.parametrize("kind", [GradingSettings, *SYSTEMS.values()])
def test_every_setting_has_a_meaning(kind: type[GradingSettings]) -> None:
    explained = {**meanings(GradingSettings), **meanings(kind)}
    assert [field.name for field in fields(kind) if not explained.get(field.name)] == []
    assert all(f"| `{field.name}` |" in PAGE.read_text(encoding="utf-8") for field in fields(kind))


def test_the_systems_are_those_that_grade_by_a_network() -> None:
    grading = {name for name, entry in REGISTERED.items() if entry.task == "grading"}
    assert {name for name in grading if issubclass(system_class(name).__mro__[0], object)} >= set(SYSTEMS)
    assert set(SYSTEMS) == {name for name in grading if hasattr(system_class(name), "settings_type")}


def test_the_example_is_accepted_and_is_no_list_of_defaults() -> None:
    (text,) = blocks("yaml")
    config = yaml.safe_load(text)
    settings = CnnSettings.from_config(config)
    assert settings.channels == (4, 8, 16, 32)
    assert settings.plain() != CnnSettings().plain()


def test_the_least_numbers_of_patients_are_those_of_the_settings() -> None:
    found = [FusedSettings().least_of_each_grade(folds) for folds in (2, 3, 4, 5)]
    words = "needs 8 of either grade with `folds: 2`, 6 with 3 or 4, 5 with 5"
    assert (found, words in PAGE.read_text(encoding="utf-8")) == ([8, 6, 6, 5], True)
    assert CnnSettings().least_of_each_grade(CnnSettings().folds) == 5


@pytest.fixture
def toys_for_phantoms(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Toys in place of phantoms, which take seconds each; the seeds that were asked for."""
    asked: list[int] = []

    def make(seed: int, *, grade: int) -> phantom.PhantomPatient:
        asked.append(seed)
        case = case_of(1000 + seed, is_hgg=grade == 4)
        brain = case.label_map.with_array((case.volumes["t1"].array > 0).astype(np.uint8))
        return phantom.PhantomPatient(dict(case.volumes), case.label_map, brain, brain, grade, seed, {})

    monkeypatch.setattr(phantom, "make_phantom", make)
    return asked


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Runs a Python block of the page in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(number: int) -> None:
        exec(compile(blocks("python")[number], PAGE.name, "exec"), {})

    return run


def test_phantoms_are_written_with_their_table(
    toys_for_phantoms: list[int], shown: Callable[[int], None], tmp_path: Path
) -> None:
    shown(0)
    patients = read_cohort(tmp_path / "PHANTOMS.csv", ["grade"])
    assert len(patients) == 20 == len(toys_for_phantoms)
    assert {patient.values["grade"] for patient in patients} == {"2", "3", "4"}


def test_helper_cases_are_learned_from(
    toys_for_phantoms: list[int], shown: Callable[[int], None], tmp_path: Path
) -> None:
    write_toys(tmp_path, cohort_of(0, 8))
    (tmp_path / "settings.yaml").write_text(
        "side: 16\nchannels: [2, 4]\nhidden: 4\nsteps: 2\nbatch_size: 4\nvalidation_share: 0\nfolds: 2\n"
        "faithfulness_patients: 0\n"
    )
    shown(1)
    training = load_metadata(tmp_path / "my-grading")["training"]
    assert (training["n"], training["n_helper_cases"]) == (8, 40)

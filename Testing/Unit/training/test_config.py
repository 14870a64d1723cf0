"""Training settings from a configuration, and the cohort file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.imaging.cohort import read_cohort
from GliomaRadiomicsLib.systems.segmentation.config import read_config
from GliomaRadiomicsLib.systems.segmentation.train import SegmentationSettings


def test_nothing_said_means_the_defaults() -> None:
    settings, about = read_config({})
    assert settings == SegmentationSettings()
    assert about["validation"] == "site"


def test_settings_arrive_where_they_belong() -> None:
    config = {"channels": [8, 16], "exclude_sites": ["A"], "seed": 3, "cohort": "ours"}
    config |= {"loop": {"steps": 7, "learning_rate": 1}, "augmentation": {"noise": 0.5}}
    settings, about = read_config(config)
    assert settings.channels == (8, 16)
    assert settings.exclude_sites == ("A",)
    assert (settings.seed, settings.loop.steps, settings.loop.learning_rate) == (3, 7, 1.0)
    assert settings.augmentation.noise == 0.5
    assert about["cohort"] == "ours"


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"phantom": 3}, "did you mean 'phantoms'"),
        ({"loop": {"step": 3}}, "did you mean 'steps'"),
        ({"augmentation": {"rotate": 3}}, "rotate"),
        ({"licens": "x"}, "did you mean 'licence'"),
        ({"xyzzy": 1}, "known: channels"),
        ({"loop": 3}, "not a group"),
        ({"loop": {"steps": "many"}}, "give a whole number"),
        ({"loop": {"steps": 2.5}}, "give a whole number"),
        ({"loop": {"learning_rate": "fast"}}, "give a number"),
        ({"loop": {"precision": 16}}, "give a text"),
        ({"patch": [16, "x", 16]}, "patch"),
        ({"phantoms": True}, "phantoms"),
        ({"validation": "sites"}, "give site or none"),
        ({"validation": False}, "validation"),
        ({"attribution": "somebody"}, "attribution"),
        ({"patch": [80, 90, 80]}, "multiples of 16"),
        ({"channels": [8, 12]}, "multiples of 8"),
        ({"patch": [80, 80]}, "3 multiples"),
        ({1: 2}, "unknown setting"),
    ],
)
def test_mistakes_are_named_with_a_remedy(config: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedInput, match="--config") as refusal:
        read_config(config)
    assert words in str(refusal.value)


def test_numbers_that_yaml_takes_for_text_are_numbers() -> None:
    """PyYAML reads 1e-3, without a dot, as text (YAML 1.1)."""
    settings, _ = read_config({"loop": {"learning_rate": "1e-3", "steps": "1e3"}})
    assert settings.loop.learning_rate == 0.001
    assert settings.loop.steps == 1000
    assert isinstance(settings.loop.steps, int)


def cohort(folder: Path, text: str) -> Path:
    for name in ("a.nii.gz", "b.nii.gz"):
        (folder / name).write_bytes(b"")
    (folder / "cohort.csv").write_text(text, encoding="utf-8")
    return folder / "cohort.csv"


def test_a_cohort_with_files_and_values(tmp_path: Path) -> None:
    path = cohort(tmp_path, "\ufeffcase,t1,seg,age,site\np1, a.nii.gz ,b.nii.gz,54,North\np2,,,,\n")
    first, second = read_cohort(path)
    assert (first.case, first.line, second.line) == ("p1", 2, 3)
    assert first.files == {"t1": tmp_path / "a.nii.gz", "seg": tmp_path / "b.nii.gz"}
    assert first.values == {"age": "54", "site": "North"}
    assert (second.files, second.values) == ({}, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("case,t1\np1,a.nii.gz\np2,b.nii.gz\np1,b.nii.gz\n", ("p1 stands twice", "line 4", "first on line 2")),
        ("case,t1\np1,a.nii.gz\np2,c.nii.gz\n", ("cohort.csv line 3", "c.nii.gz", "relative to the CSV")),
        ("case,t1,colour\np1,a.nii.gz,red\n", ("unknown column", "colour", "known columns")),
        ("t1\na.nii.gz\n", ("'case' is missing",)),
        ("case;t1\np1;a.nii.gz\n", ("'case' is missing", "case;t1")),
        ("case,t1\n,a.nii.gz\n", ("line 2", "no name")),
        ("case,t1\n", ("no patients",)),
        ("", ("'case' is missing",)),
    ],
)
def test_a_cohort_with_mistakes_names_the_line(text: str, words: tuple[str, ...], tmp_path: Path) -> None:
    with pytest.raises(RefusedInput) as refusal:
        read_cohort(cohort(tmp_path, text))
    for word in words:
        assert word in str(refusal.value)


def test_a_cohort_in_another_encoding_or_absent(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes("case,site\np1,Köln\n".encode("latin-1"))
    with pytest.raises(RefusedInput, match="UTF-8"):
        read_cohort(tmp_path / "c.csv")
    with pytest.raises(RefusedInput, match="no such cohort"):
        read_cohort(tmp_path / "none.csv")


def test_paths_stay_as_they_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that messages show no folder the user did not type."""
    cohort(tmp_path, "case,t1\np1,a.nii.gz\n")
    monkeypatch.chdir(tmp_path)
    assert read_cohort("cohort.csv")[0].files["t1"] == Path("a.nii.gz")


@pytest.mark.parametrize(
    "config",
    [
        {"loop": {"checkpoint_every": 0}},
        {"loop": {"minutes": 0}},
        {"loop": {"steps": 0}},
        {"phantom_share": 1.0},
        {"finish": 1.5},
        {"augmentation": {"p_affine": 5}},
    ],
)
def test_values_out_of_range_are_refused(config: dict) -> None:
    with pytest.raises(RefusedInput):
        read_config(config)

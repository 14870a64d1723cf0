"""What the three survival systems say about a table they cannot use, and what they can: no crash, nothing dropped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import write_volume
from GliomaRadiomicsLib.systems.hgg_survival import HggSurvivalSystem
from GliomaRadiomicsLib.systems.hgg_survival.fitting import fit_patients as fit_hgg
from GliomaRadiomicsLib.systems.hgg_survival.measure import Measured as HggMeasured
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.lgg_survival import LggSurvivalSystem
from GliomaRadiomicsLib.systems.lgg_survival.fitting import fit_rows
from GliomaRadiomicsLib.systems.lgg_survival.rows import Measured as LggMeasured
from GliomaRadiomicsLib.systems.lgg_survival.rows import Row
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase
from GliomaRadiomicsLib.systems.survival import SurvivalSystem
from GliomaRadiomicsLib.systems.survival.covariates import RADIOMIC, Patient
from GliomaRadiomicsLib.systems.survival.fitting import FitSettings
from GliomaRadiomicsLib.systems.survival.fitting import fit_patients as fit_survival

N = 60
LGG_CONFIG = {"deep": "none", "trees": 4, "inner_folds": 2}


@dataclass(frozen=True)
class Cohort:
    """Features of which the first decides the follow-up, in days, and age."""

    values: np.ndarray
    days: np.ndarray
    event: np.ndarray
    age: np.ndarray

    @classmethod
    def made(cls) -> Cohort:
        random = np.random.default_rng(0)
        values = random.normal(size=(N, len(RADIOMIC)))
        days = random.exponential(900 * np.exp(-values[:, 0])) + 1
        return cls(values, np.minimum(days, 2500), days <= 2500, random.uniform(30, 80, N))


def survival(cohort: Cohort) -> Any:
    rows = zip(cohort.values, cohort.days, cohort.event, cohort.age, strict=True)
    patients = [
        Patient(f"p{i}", dict(zip(RADIOMIC, x, strict=True)), {"age": age}, days, bool(event))
        for i, (x, days, event, age) in enumerate(rows)
    ]
    return fit_survival(patients, FitSettings(repeats=1), {})


def hgg(cohort: Cohort) -> Any:
    rows = zip(cohort.values, cohort.days, cohort.event, cohort.age, strict=True)
    patients = [
        HggMeasured(f"p{i}", x, "", ClinicalData(age=age), days, bool(event), f"m{i}")
        for i, (x, days, event, age) in enumerate(rows)
    ]
    settings = HanSettings(deep="none", inner_folds=3, outer_folds=3, concordance=0.55)
    return fit_hgg(patients, RADIOMIC, settings, None, {})


def lgg(cohort: Cohort) -> Any:
    rows = zip(cohort.values, cohort.days, cohort.event, cohort.age, strict=True)
    patients = [
        Row(
            f"p{i}",
            LggMeasured(None, np.zeros((0, 0, 0), np.float32), dict(zip(RADIOMIC, x, strict=True)), {"age": age}),  # type: ignore[arg-type]
            2,
            days,
            bool(event),
        )
        for i, (x, days, event, age) in enumerate(rows)
    ]
    return fit_rows(patients, LggSettings.from_config(LGG_CONFIG), {})


FITS: dict[str, Callable[[Cohort], Any]] = {"survival": survival, "hgg_survival": hgg, "lgg_survival": lgg}


def with_first(values: np.ndarray, first: float) -> np.ndarray:
    return np.concatenate([[first], values[1:]])


def with_feature(values: np.ndarray, feature: np.ndarray) -> np.ndarray:
    return np.column_stack([feature, values[:, 1:]])


REFUSED: dict[str, tuple[Callable[[Cohort], Cohort], str]] = {
    "all censored": (lambda c: replace(c, event=np.zeros(N)), r"event: .*found 0 events among 60 patients.*1 means"),
    "one event": (lambda c: replace(c, event=np.arange(N) == 3), r"event: .*found 1 events among 60 patients"),
    "negative time": (lambda c: replace(c, days=with_first(c.days, -5)), r"os_days: .*greater than zero .found -5"),
    "zero time": (lambda c: replace(c, days=with_first(c.days, 0)), r"os_days: .*greater than zero .found 0.*half a"),
    "time missing": (lambda c: replace(c, days=with_first(c.days, np.nan)), r"os_days: a follow-up time is missing"),
    "three patients": (
        lambda c: Cohort(c.values[:3], c.days[:3], np.ones(3), c.age[:3]),
        r"found 3 (events among 3 )?patients",
    ),
}
USED: dict[str, Callable[[Cohort], Cohort]] = {
    "separating feature": lambda c: replace(c, values=with_feature(c.values, -c.days)),
    "separating age": lambda c: replace(c, age=80 - c.days / 100),
    "constant age": lambda c: replace(c, age=np.full(N, 50.0)),
    "collinear features": lambda c: replace(c, values=np.column_stack([c.values[:, :-1], 2 * c.values[:, 0]])),
    "constant feature": lambda c: replace(c, values=np.column_stack([c.values[:, :-1], np.ones(N)])),
    "ties everywhere": lambda c: replace(c, days=np.where(c.days < 700, 400.0, 900.0)),
}


@pytest.mark.parametrize("kind", list(REFUSED))
@pytest.mark.parametrize("system", list(FITS))
def test_refused_with_column_found_and_remedy(system: str, kind: str) -> None:
    change, message = REFUSED[kind]
    with pytest.raises(RefusedInput, match=message) as refused:
        FITS[system](change(Cohort.made()))
    assert refused.value.remedy


@pytest.mark.parametrize("kind", list(USED))
@pytest.mark.parametrize("system", list(FITS))
def test_used_and_every_patient_and_event_counted(system: str, kind: str) -> None:
    cohort = USED[kind](Cohort.made())
    metadata = FITS[system](cohort).metadata
    assert (metadata["training"]["n"], metadata["training"]["n_deaths"]) == (N, int(cohort.event.sum()))
    (index,) = [
        one for one in metadata["evidence"]["figures"]
        if one["id"] in ("cv_imaging_c", "held_out_c", "cv_signature_c")
    ]  # fmt: skip
    assert index["n"] == N
    assert index["value"] > 0.6


@pytest.mark.parametrize("system", ["survival", "hgg_survival"])
def test_images_that_tell_nothing_leave_a_model_that_says_so(system: str) -> None:
    fitted = FITS[system](replace(Cohort.made(), values=np.ones((N, len(RADIOMIC)))))
    assert json.dumps(fitted.metadata["evidence"])
    if system == "survival":
        case = made_case(0)
        found = SurvivalSystem(fitted).predict(replace(case.data, clinical=ClinicalData()))
        assert (found["status"], "tells nothing" in found["reason"]) == ("abstained", True)
    else:
        assert fitted.model.recalibration is None


def test_images_that_tell_nothing_give_no_signature() -> None:
    with pytest.raises(RefusedInput, match=r"signature: no feature was found.*found \d+ deaths"):
        lgg(replace(Cohort.made(), values=np.ones((N, len(RADIOMIC)))))


@pytest.mark.parametrize(("system", "remedy"), [("survival", "MedianImputation"), ("hgg_survival", "")])
def test_a_gap_is_filled_in_the_fold_or_named(system: str, remedy: str) -> None:
    values = Cohort.made().values
    values[4, 4] = np.nan
    cohort = replace(Cohort.made(), values=values)
    if remedy:
        with pytest.raises(RefusedInput, match=f"{RADIOMIC[4]}: .*{remedy}"):
            FITS[system](cohort)
    else:
        assert FITS[system](cohort).metadata["training"]["n"] == N


def made_case(number: int, **change: Any) -> TrainingCase:
    random = np.random.default_rng(number)
    distance = np.linalg.norm(np.indices((24, 24, 6)) - np.array([12, 12, 3])[:, None, None, None], axis=0)
    labels = np.select([distance < 3, distance < 7], [4, 2], 0).astype(np.uint8)
    image = 300 * np.where(labels == 4, 1.8, 1.0) * random.uniform(0.9, 1.1, labels.shape)
    data = CaseData({"t1ce": Volume(image, np.eye(4))}, Volume(labels, np.eye(4)), clinical=ClinicalData(age=60.0))
    return replace(TrainingCase(f"case-{number}", data, False, os_days=500.0 + number, event=True), **change)


SYSTEMS: dict[str, tuple[Any, dict[str, Any]]] = {
    "survival": (SurvivalSystem, {}),
    "hgg_survival": (HggSurvivalSystem, {"deep": "none"}),
    "lgg_survival": (LggSurvivalSystem, LGG_CONFIG),
}


@pytest.mark.parametrize("days", [0.0, -3.0, float("nan"), float("inf")])
@pytest.mark.parametrize("system", list(SYSTEMS))
def test_the_case_with_an_impossible_follow_up_is_named(system: str, days: float) -> None:
    kind, config = SYSTEMS[system]
    with pytest.raises(
        RefusedInput, match=r"line 7, os_days: the follow-up of case case-1 must be.*leave the case out"
    ):
        kind.fit([made_case(0), made_case(1, os_days=days, line=7)], config)


@pytest.mark.parametrize("system", ["survival"])
def test_an_evaluation_without_deaths_is_refused(system: str) -> None:
    alive = [made_case(i, event=False) for i in range(6)]
    with pytest.raises(RefusedInput, match="event: an evaluation of survival needs at least 1 event.*among 6 patients"):
        SurvivalSystem.starter().evaluate(alive)


def written(folder: Path, **columns: list[str]) -> Path:
    """A cohort of six patients whose images are one patient's."""
    case = made_case(0)
    write_volume(case.data.volumes["t1ce"], folder / "t1ce.nii.gz")
    write_volume(case.data.label_map, folder / "seg.nii.gz")
    table = {"os_days": [str(300 + 40 * i) for i in range(6)], "event": ["1"] * 6, "age": ["60"] * 6, **columns}
    lines = [",".join(["case", "t1ce", "seg", *table])]
    lines += [",".join([f"c{i}", "t1ce.nii.gz", "seg.nii.gz", *(table[k][i] for k in table)]) for i in range(6)]
    (folder / "cohort.csv").write_text("\n".join(lines) + "\n")
    return folder / "cohort.csv"


BAD_LINES = [
    ({"os_days": ["500", "long", "3", "4", "5", "6"]}, "line 3: os_days is no number (found long)"),
    ({"os_days": ["500", "-2", "3", "4", "5", "6"]}, "the follow-up of case c1 must be a number of days greater than"),
    ({"os_days": ["500", "0", "3", "4", "5", "6"]}, "the follow-up of case c1 must be a number of days greater than"),
    ({"os_days": ["500", "nan", "3", "4", "5", "6"]}, "the follow-up of case c1 must be a number of days greater than"),
    ({"event": ["1", "perhaps", "1", "1", "1", "1"]}, "line 3: event is not understood (found perhaps)"),
    ({"age": ["60", "old", "60", "60", "60", "60"]}, "line 3: age is no number (found old)"),
    ({"event": ["0"] * 6}, "0 events among 6 patients"),
    ({"event": [""] * 6}, "cohort"),
]


@pytest.mark.parametrize(("columns", "message"), BAD_LINES)
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_commands_name_line_and_column(
    command: str, columns: dict[str, list[str]], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cohort, out = written(tmp_path, **columns), tmp_path / "out"
    words = {
        "train": ["train", "survival", str(cohort), "--out", str(out)],
        "evaluate": ["evaluate", "survival", str(cohort), "--out", str(out)],
    }[command]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith("glioma-radiomics: ")
    assert message in error
    assert "Traceback" not in error
    assert not out.exists()

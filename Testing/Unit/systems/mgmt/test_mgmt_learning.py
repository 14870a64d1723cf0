"""Trained on generated patients: a signal is found in unseen ones, shuffled labels give chance, slices never cross."""

from __future__ import annotations

import csv
import json
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.cli.main import main
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.bundle import load_metadata
from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.systems.mgmt import MgmtSystem
from GliomaRadiomicsLib.systems.mgmt.cache import Cohort, read_cohort_slices
from GliomaRadiomicsLib.systems.mgmt.fitting import fit_cohort
from GliomaRadiomicsLib.systems.mgmt.network import SliceSet
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.splits import splits_of
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

Cases = Callable[..., list[TrainingCase]]
_SHUFFLES = 4


def shuffled(cohort: Cohort, seed: int) -> Cohort:
    names = sorted(cohort.labels)
    labels = np.random.default_rng(seed).permutation([cohort.labels[name] for name in names])
    new = dict(zip(names, labels, strict=True))
    return replace(cohort, entries=tuple(replace(one, positive=bool(new[one.patient])) for one in cohort.entries))


@pytest.fixture(scope="module")
def cohort(cases: Cases, tmp_path_factory: pytest.TempPathFactory) -> Cohort:
    settings = MgmtSettings(modalities=("t1ce",), size=32)
    return read_cohort_slices(cases(32), settings, tmp_path_factory.mktemp("slices"))


def test_a_planted_texture_is_found_in_unseen_patients(learned: Path, tmp_path: Path) -> None:
    code = main(["evaluate", str(learned / "bundle"), str(learned / "b" / "cohort.csv"), "--out", str(tmp_path)])
    figures = {one["id"]: one for one in json.loads((tmp_path / "figures.json").read_text())}
    assert code == 0
    assert figures["test_auc"]["n"] == 16
    assert figures["test_auc"]["value"] >= 0.9
    low, high = figures["test_auc"]["ci"]
    assert low <= figures["test_auc"]["value"] <= high
    with (tmp_path / "predictions.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 16


def test_patients_that_were_trained_on_are_known_again(learned: Path, tmp_path: Path) -> None:
    from GliomaRadiomicsLib.systems.registry import read_cases

    evaluation = MgmtSystem.load(learned / "bundle").evaluate(read_cases("mgmt", learned / "a" / "cohort.csv", {}))
    training = load_metadata(learned / "bundle")["training"]
    assert sum(row["trained_on"] for row in evaluation.predictions) == training["n_training"] + training["n_validation"]
    assert all("NOT HELD OUT" in one.validation for one in evaluation.figures)
    other = MgmtSystem.load(learned / "bundle").evaluate(read_cases("mgmt", learned / "b" / "cohort.csv", {}))
    assert not any(row["trained_on"] for row in other.predictions)
    assert not any("NOT HELD OUT" in one.validation for one in other.figures)


def test_shuffled_outcomes_give_chance(cohort: Cohort, small: dict[str, Any], tmp_path: Path) -> None:
    """Networks, fusion and calibration anew for each shuffle; patients held out in folds, log-odds of one sequence."""
    quick = {"modalities": ["t1ce"], "size": 32, "epochs": 3, "fine_epochs": 1, "folds": 2}
    settings = MgmtSettings.from_config({**small, **quick})
    aucs = []
    for seed in range(_SHUFFLES):
        fitted = fit_cohort(shuffled(cohort, seed), settings, tmp_path / str(seed))
        by_fold = [[one for one in fitted.test if one.fold == fold] for fold in range(2)]
        assert sum(map(len, by_fold)) == 32
        aucs += [roc_auc([o.positive for o in part], [o.slices["with fine-tuning"]["t1ce"].mean() for o in part])
                 for part in by_fold]  # fmt: skip
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.1)


def test_a_split_by_slice_would_have_inflated_the_figure(cohort: Cohort) -> None:
    """Thumbnails know a patient again, so that with slices dealt out singly even shuffled outcomes are "found"."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    settings = MgmtSettings(size=32, test_share=0.25)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=300))
    random = np.random.default_rng(0)
    by_slice, by_patient = [], []
    for seed in range(20):
        drawn = shuffled(cohort, seed)
        everything = SliceSet.of(drawn.entries, "t1ce")
        slices, y = everything.take(np.arange(len(everything)))
        x = slices.reshape(-1, 8, 4, 8, 4).mean(axis=(2, 4)).reshape(-1, 64)
        patient = np.array([drawn.entries[owner].patient for owner in everything.owner])
        (split,) = splits_of(drawn.labels, replace(settings, seed=seed))
        for found, held_out in ((by_patient, np.isin(patient, split.test)), (by_slice, random.random(len(y)) < 0.25)):
            found.append(roc_auc(y[held_out], model.fit(x[~held_out], y[~held_out]).decision_function(x[held_out])))
    assert np.mean(by_slice) > 0.8
    assert np.mean(by_patient) < 0.65
    assert np.mean(by_slice) - np.mean(by_patient) > 0.25


@pytest.mark.parametrize("folds", [0, 4])
def test_a_patient_is_on_one_side_only(cases: Cases, tmp_path: Path, folds: int) -> None:
    """Also with several examinations; splits are made of names of patients and nothing else."""
    settings = MgmtSettings(modalities=("t1ce",), size=32, folds=folds)
    twice = [replace(case, patient=f"p{number // 2}", labels={"mgmt": number // 2 % 2 == 0})
             for number, case in enumerate(cases(32))]  # fmt: skip
    cohort = read_cohort_slices(twice, settings, tmp_path)
    splits = splits_of(cohort.labels, settings)
    for split in splits:
        parts = [SliceSet.of(cohort.of(part, "t1ce"), "t1ce") for part in (split.train, split.validation, split.test)]
        names = [{entry.patient for entry in part.entries} for part in parts]
        assert not names[0] & names[1] | names[0] & names[2] | names[1] & names[2]
        assert sum(map(len, parts)) == 32 * 4
        assert all({entry.positive for entry in part.entries} == {True, False} for part in parts)
    held_out = [name for split in splits for name in split.test]
    assert len(held_out) == len(set(held_out))


def test_the_same_images_under_another_name_are_left_out(cases: Cases, tmp_path: Path) -> None:
    first, second, *_ = cases(2)
    copied = replace(first, patient="another", line=9)
    cohort = read_cohort_slices([first, second, copied], MgmtSettings(size=32), tmp_path)
    assert [entry.patient for entry in cohort.entries] == [first.patient, second.patient]
    (left_out,) = [one for one in cohort.left_out if not one.sequence]
    assert (left_out.line, left_out.is_fault) == (9, True)
    assert f"same image as of case {first.patient}" in left_out.reason


def test_no_more_than_one_patient_is_in_memory(volumes: Callable[..., Any], tmp_path: Path) -> None:
    alive: list[weakref.ref[Volume]] = []
    most = [0]

    class Watched(dict[str, Volume]):
        def __getitem__(self, role: str) -> Volume:
            volume = volumes(self.number, True)[role]
            alive.append(weakref.ref(volume))
            most[0] = max(most[0], sum(one() is not None for one in alive))
            return volume

        number = 0

    def stream() -> Iterator[TrainingCase]:
        for number in range(6):
            watched = Watched(dict.fromkeys(("t1ce", "flair")))  # type: ignore[arg-type]
            watched.number = number
            yield TrainingCase(str(number), CaseData(watched, _nothing()), labels={"mgmt": number % 2 == 0})

    cohort = read_cohort_slices(stream(), MgmtSettings(size=32), tmp_path)
    assert (len(cohort.entries), len(alive)) == (6, 12)
    assert most[0] <= 2
    assert all(isinstance(entry.slices("t1ce"), np.memmap) for entry in cohort.entries)


def test_a_class_missing_from_a_part_is_refused(cases: Cases, small: dict[str, Any]) -> None:
    few = [replace(case, labels={"mgmt": number == 0}) for number, case in enumerate(cases(8))]
    with pytest.raises(RefusedInput, match="not of both classes.*column 'mgmt'|column 'mgmt'.*not of both classes"):
        MgmtSystem.fit(few, small)
    with pytest.raises(RefusedInput, match="3 folds need at least 3 patients of each class; the smaller class has 1"):
        MgmtSystem.fit(few, {**small, "folds": 3})


def test_radiomics_on_the_same_patients_is_compared(cases: Cases, small: dict[str, Any]) -> None:
    quick = {"modalities": ["t1ce"], "size": 32, "epochs": 2, "fine_epochs": 0, "radiomics": "compare"}
    system = MgmtSystem.fit(cases(32, outlined=True), {**small, **quick})
    ids = [one["id"] for one in system.metadata["evidence"]["figures"]]
    tables = {table["title"]: table for table in system.metadata["evidence"]["tables"]}
    (comparison,) = [table for title, table in tables.items() if "DeLong" in title]
    found = figure(system.metadata, "test_radiomics_auc")
    assert found is not None
    assert found.value >= 0.9
    assert "test_auc" in ids
    assert comparison["rows"][0][1] == pytest.approx(found.value, abs=1e-3)
    assert comparison["rows"][0][4] == found.n == 8
    assert {"probability", "probability_radiomics", "mgmt"} <= set(system.held_out[0])


def test_radiomics_alone_needs_no_network(cases: Cases, small: dict[str, Any], tmp_path: Path) -> None:
    quick = {"modalities": ["t1ce"], "radiomics": "only", "backbone": "efficientnet_b0", "weights": "auto", "folds": 4}
    system = MgmtSystem.fit(cases(32, outlined=True), {**small, **quick})
    found = figure(system.metadata, "test_auc")
    assert found is not None
    assert (found.n, found.value > 0.9) == (32, True)
    unseen, bare = cases(1, first=200, outlined=True)[0].data, cases(1, first=200)[0].data
    loaded = MgmtSystem.load(system.save(tmp_path / "bundle"))
    assert loaded.predict(unseen)["probability_methylated"] == system.predict(unseen)["probability_methylated"] > 0.5
    assert "no label map" in loaded.predict(bare)["reason"]
    assert loaded.explain(unseen) == {}


def test_the_figures_are_those_of_the_paper(learned: Path) -> None:
    evidence = load_metadata(learned / "bundle")["evidence"]
    ids = {one["id"] for one in evidence["figures"]}
    wanted = {"auc", "accuracy", "precision", "recall", "f1"}
    assert {f"test_{name}" for name in wanted} <= ids
    assert {f"test_{role}_{name}" for role in ("t1ce", "flair") for name in (*wanted, "first_stage_auc")} <= ids
    assert all(one["ci"] for one in evidence["figures"] if one["metric"] in ("AUC", "Accuracy", "F1"))
    by_sequence, report = evidence["tables"]
    assert [row[0] for row in by_sequence["rows"]] == ["T1ce", "T1ce", "FLAIR", "FLAIR"]
    assert [row[0] for row in report["rows"]] == ["unmethylated", "methylated", "accuracy", "macro average",
                                                   "weighted average"]  # fmt: skip


def test_any_column_is_a_target(make_cohort: Callable[..., Path], small: Mapping[str, Any], tmp_path: Path) -> None:
    import yaml

    cohort = make_cohort(tmp_path / "c", 16, column="TERT promoter")
    quick = {"target": "TERT promoter", "modalities": ["t1ce"], "size": 32, "epochs": 1, "fine_epochs": 0}
    (tmp_path / "c.yaml").write_text(yaml.safe_dump({**small, **quick}))
    arguments = ["--out", str(tmp_path / "tert"), "--config", str(tmp_path / "c.yaml")]
    assert main(["train", "mgmt", str(cohort), *arguments]) == 0
    case = CaseData({"t1ce": Volume(np.random.default_rng(0).random((48, 48, 20)), np.eye(4))}, _nothing())
    predicted = MgmtSystem.load(tmp_path / "tert").predict(case)
    assert predicted["label"] in ("positive", "negative")
    assert 0 < predicted["probability_TERT promoter"] < 1
    assert main(["evaluate", str(tmp_path / "tert"), str(cohort), "--out", str(tmp_path / "e")]) == 0


def _nothing() -> Volume:
    return Volume(np.zeros((1, 1, 1), np.uint8), np.eye(4))


def test_the_two_stages_are_reported_one_after_the_other(
    cases: Callable[..., list[TrainingCase]], small: dict[str, Any]
) -> None:
    told: list[tuple[float, str]] = []
    quick = {"size": 32, "epochs": 5, "fine_epochs": 5, "fine_batch_size": 16, "modalities": ["t1ce"]}
    MgmtSystem.fit(cases(16), {**small, **quick}, Progress(lambda fraction, message: told.append((fraction, message))))
    assert [fraction for fraction, _ in told] == sorted(fraction for fraction, _ in told)
    assert any("t1ce: stage 1: step" in message for _, message in told)
    assert any("t1ce: stage 2: step" in message for _, message in told)

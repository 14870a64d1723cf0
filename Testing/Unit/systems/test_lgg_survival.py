"""Survival in lower grades: a planted signal is found, chance is not, and what cannot be used is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import Cancelled, RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models.figures import figure
from GliomaRadiomicsLib.statistics.concordance import concordance_index
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.statistics.nested_validation import nested_validation
from GliomaRadiomicsLib.statistics.outcome import Outcome
from GliomaRadiomicsLib.statistics.univariable_concordance import univariable_concordance
from GliomaRadiomicsLib.systems.lgg_survival import LggSurvivalSystem
from GliomaRadiomicsLib.systems.lgg_survival.clinical import SIGNATURE, Coding, coding_of, items_of
from GliomaRadiomicsLib.systems.lgg_survival.deep import batches, fit_extractor
from GliomaRadiomicsLib.systems.lgg_survival.explanation import activation_map
from GliomaRadiomicsLib.systems.lgg_survival.forest import ForestSelection, martingale_residuals
from GliomaRadiomicsLib.systems.lgg_survival.rows import measure, outcome_of, read_rows, table_of
from GliomaRadiomicsLib.systems.lgg_survival.section import channels_of, section_of
from GliomaRadiomicsLib.systems.lgg_survival.settings import LggSettings
from GliomaRadiomicsLib.systems.lgg_survival.signature import SignatureModel
from GliomaRadiomicsLib.systems.protocol import CaseData, System, TrainingCase

CONFIG: dict[str, Any] = {
    "deep": "frozen",
    "backbone": "resnet10",
    "weights": "random",
    "size": 64,
    "radiomics": False,
    "trees": 10,
    "inner_folds": 3,
    "device": "cpu",
}
SHAPE = (36, 32, 3)


def made_case(brightness: float, seed: int, **clinical: Any) -> CaseData:
    """A head with a tumour in it, whose T1ce is as bright as told."""
    random = np.random.default_rng(seed)
    i, j, k = np.indices(SHAPE)
    head = (i - 17.5) ** 2 + (j - 15.5) ** 2 < 14**2
    side = 23 if seed % 2 else 12
    tumour = (i - side) ** 2 + (j - 15) ** 2 < np.where(k == 1, 36, 16)
    volumes = {}
    for role in ("t1", "t2", "t1ce"):
        level = brightness if role == "t1ce" else 1.4
        array = np.where(head, np.where(tumour, level, 1.0) + random.normal(0, 0.05, SHAPE), 0.0)
        volumes[role] = Volume(100 * array.astype(np.float32), np.eye(4))
    labels = Volume((tumour & head).astype(np.uint8) * 2, np.eye(4))
    return CaseData(volumes, labels, clinical=ClinicalData(**{"age": 40.0, "sex": "F", "grade": 2, **clinical}))


def made_cohort(n: int = 70) -> list[TrainingCase]:
    """Follow-up decided by the brightness of the T1ce and, less, by the age."""
    random = np.random.default_rng(5)
    cases = []
    for number in range(n):
        signal, age = random.uniform(0, 1), random.uniform(25, 70)
        data = made_case(
            0.6 + signal, number, age=age, sex="FM"[number % 2], grade=2 + int(signal + random.normal(0, 0.3) > 0.5)
        )
        days = 1 + 2000 * np.exp(-2.0 * (signal - 0.5) - 0.02 * (age - 45)) * random.weibull(3)
        end = random.uniform(1200, 4000)
        cases.append(TrainingCase(f"p{number}", data, False, os_days=float(min(days, end)), event=bool(days <= end)))
    return cases


@pytest.fixture(scope="module")
def cohort() -> list[TrainingCase]:
    return made_cohort()


@pytest.fixture(scope="module")
def system(cohort: list[TrainingCase]) -> LggSurvivalSystem:
    return LggSurvivalSystem.fit(cohort, CONFIG)


def value(system: LggSurvivalSystem, name: str) -> float:
    found = figure(system.metadata, name)
    assert found is not None
    return found.value


def test_it_keeps_the_protocol(system: LggSurvivalSystem) -> None:
    assert isinstance(system, System)


def test_a_planted_signal_is_found_in_patients_held_out(system: LggSurvivalSystem) -> None:
    assert value(system, "cv_signature_c") > 0.65
    assert value(system, "cv_integrated_c") > value(system, "cv_clinical_c")
    assert value(system, "cv_signature_log_rank_p") < 0.05
    assert SIGNATURE in [term.name for term in system.fitted.models["integrated"].cox.terms]


def test_shuffled_follow_up_is_not_learned_from_sections(cohort: list[TrainingCase]) -> None:
    order = np.random.default_rng(0).permutation(len(cohort))
    shuffled = [
        replace(case, os_days=cohort[o].os_days, event=cohort[o].event) for case, o in zip(cohort, order, strict=True)
    ]
    settings = LggSettings.from_config(CONFIG)
    rows, _ = read_rows(shuffled, settings)
    model = SignatureModel(settings, (), {row.patient: row.measured.image for row in rows}, {})
    table, outcome = table_of(rows, (), Coding((), {})), outcome_of(rows)
    found = [nested_validation(model, table, outcome, n_splits=5, seed=seed).discrimination for seed in range(2)]
    assert 0.35 < np.mean(found) < 0.62


def test_shuffled_follow_up_gives_chance() -> None:
    """The mean of 16 shuffles of radiomics as correlated as real ones, 85 patients; its standard error is .01."""
    random = np.random.default_rng(3)
    values = random.normal(size=(85, 6)) @ random.normal(size=(6, 60)) + 0.5 * random.normal(size=(85, 60))
    names = [f"x{j}" for j in range(60)]
    table = FeatureTable(values, names, [f"p{i}" for i in range(85)])
    days = random.exponential(4000 * np.exp(-1.5 * values[:, 0] / values[:, 0].std()))
    outcome = Outcome(np.minimum(days, 1500) + 1, days < 1500)
    settings = LggSettings.from_config({"deep": "none", "trees": 8, "inner_folds": 2})
    model = SignatureModel(settings, tuple(names), {}, {})
    assert nested_validation(model, table, outcome, n_splits=5).discrimination > 0.65
    found = []
    for seed in range(16):
        shuffled = outcome.take(random.permutation(85))
        found.append(nested_validation(model, table, shuffled, n_splits=5, seed=seed).discrimination)
    assert np.mean(found) == pytest.approx(0.5, abs=0.03)


def test_saved_and_loaded_it_predicts_the_same(system: LggSurvivalSystem, tmp_path: Path) -> None:
    loaded = LggSurvivalSystem.load(system.save(tmp_path / "b"))
    case = made_case(1.3, 501, age=60.0)
    first, second = system.predict(case), loaded.predict(case)
    json.dumps(second, allow_nan=False)
    assert second["risk"] == pytest.approx(first["risk"], abs=1e-6)
    assert second["probability"] == first["probability"]
    assert second["status"] == "predicted"
    assert any("RANDOM" in reason for reason in second["trust"]["reasons"])
    assert not list((tmp_path / "b").glob("*.safetensors"))


def test_brighter_is_worse_and_the_unknown_is_said(system: LggSurvivalSystem) -> None:
    bright, dark = (system.predict(made_case(level, 77)) for level in (1.5, 0.7))
    assert bright["risk"] > dark["risk"]
    assert bright["probability"]["3y"] < dark["probability"]["3y"]
    assert set(bright["nomogram"]["patient"]) == {t.name for t in system.fitted.models["integrated"].cox.terms}
    alone = system.predict(replace(made_case(1.5, 77), clinical=ClinicalData()))
    assert alone["inputs_used"] == ["imaging"]
    assert any("signature alone" in reason for reason in alone["trust"]["reasons"])
    assert any("grade is not given" in reason for reason in alone["trust"]["reasons"])


def test_other_patients_are_measured(system: LggSurvivalSystem) -> None:
    found = system.evaluate(made_cohort(90)[70:])
    assert len(found.predictions) == 20
    assert found.figures[0].id == "test_c"
    assert found.charts["kaplan_meier"]["n"] == 20
    assert {"nomogram_clinical", "nomogram_integrated"} <= set(found.charts)
    risks = [row["risk"] for row in found.predictions]
    outcome = Outcome(
        np.array([row["os_days"] for row in found.predictions]), np.array([row["event"] for row in found.predictions])
    )
    assert found.figures[0].value == pytest.approx(concordance_index(outcome, risks))


def test_what_was_not_kept_need_not_be_known(system: LggSurvivalSystem) -> None:
    kept = {term.name for term in system.fitted.models["integrated"].cox.terms}
    assert kept == {SIGNATURE, "age"}
    found = system.predict(replace(made_case(1.5, 77), clinical=ClinicalData(age=61.0)))
    assert found["inputs_used"] == ["imaging", "Age (years)"]
    assert found["inputs_missing"] == []


def test_a_model_without_the_signature_says_that_the_images_have_no_say(system: LggSurvivalSystem) -> None:
    age = made_cohort()
    columns = {"age": np.array([case.data.clinical.age for case in age], dtype=float)}
    cox = fit_cox(Outcome(np.array([c.os_days for c in age]), np.array([c.event for c in age])), columns)
    part = replace(system.fitted.models["integrated"], cox=cox, nomogram=None)
    clinical = LggSurvivalSystem(replace(system.fitted, models={**system.fitted.models, "integrated": part}))
    found = clinical.predict(made_case(1.0, 3))
    assert found["inputs_used"] == ["Age (years)"]
    assert any("images have no say" in reason for reason in found["trust"]["reasons"])


def test_the_drawings_of_the_paper_are_made_and_can_be_drawn(system: LggSurvivalSystem, tmp_path: Path) -> None:
    from GliomaRadiomicsLib.reports.survival_figures.write import write_charts

    charts = system.fitted.charts
    assert set(charts) == {"kaplan_meier"} | {
        f"{kind}_{name}" for kind in ("calibration", "nomogram", "forest") for name in ("clinical", "integrated")
    }
    assert {axis["term"]["name"] for axis in charts["nomogram_integrated"]["axes"]} == {SIGNATURE, "age"}
    assert {row["model"] for row in charts["forest_integrated"]["rows"]} == {"univariable", "multivariable"}
    written = write_charts({name: charts[name] for name in ("kaplan_meier", "nomogram_integrated")}, tmp_path)
    assert {path.suffix for path in written} >= {".svg", ".png", ".json"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda case: replace(case, volumes={r: v for r, v in case.volumes.items() if r != "t2"}), "there is no T2"),
        (lambda case: replace(case, label_map=Volume(np.zeros(SHAPE, np.uint8), np.eye(4))), "no tumour was found"),
        (lambda case: replace(case, clinical=ClinicalData(grade=4)), "WHO grade 4"),
    ],
)
def test_a_case_it_cannot_judge_gets_a_reason(system: LggSurvivalSystem, change: Any, words: str) -> None:
    found = system.predict(change(made_case(1.0, 3)))
    assert found["status"] == "abstained"
    assert words in found["reason"]


def test_the_map_is_the_deep_part_of_the_score(system: LggSurvivalSystem) -> None:
    case = made_case(1.2, 9)
    measured = measure(case, system.fitted.settings)
    signature = system.fitted.signature
    found = activation_map(signature, measured)
    assert found is not None
    weights = np.array(signature.signature.coefficients)
    constant = float(weights @ np.array(signature.signature.centres))
    score = float(signature.scores(np.zeros((1, 0)), [measured.image])[0])
    assert found.mean() - constant == pytest.approx(score, rel=1e-5)
    heat = system.explain(case)["activation"]
    assert heat.same_grid(case.label_map)
    assert np.flatnonzero(heat.array.any(axis=(0, 1))).tolist() == [1]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_section_is_the_largest_and_goes_back_to_its_place(order: tuple[int, ...]) -> None:
    made = made_case(1.0, 1)
    affine = np.eye(4)[:, [*order, 3]] * np.array([1, 1, 1, 1])

    def turned(volume: Volume) -> Volume:
        return Volume(np.ascontiguousarray(volume.array.transpose(order)), affine)

    case = replace(made, volumes={r: turned(v) for r, v in made.volumes.items()}, label_map=turned(made.label_map))
    section = section_of(case, 40)
    assert section.number == 1
    image = channels_of(case, section, ("t1", "t2", "t1ce"))
    assert image.shape == (3, 40, 40)
    assert (image.min(), image.max()) == (0.0, 1.0)
    tumour = section.put_back(section.take(made.label_map.array), case.label_map)
    inside = case.label_map.array.take(1, axis=order.index(2)) > 0
    assert np.array_equal(tumour.array.take(1, axis=order.index(2)) > 1, inside)


def test_published_weights_are_wanted_unless_random_ones_are(
    cohort: list[TrainingCase], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GLIOMA_RADIOMICS_MODELS", str(tmp_path))
    with pytest.raises(RefusedInput, match="models download resnet18"):
        LggSurvivalSystem.fit(cohort, {**CONFIG, "weights": "auto", "backbone": "resnet18"})


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"deep": "magic"}, "deep"),
        ({"channels": ["t1", "t1", "t2"]}, "channels"),
        ({"deep": "none", "radiomics": False}, "without deep features"),
        ({"wrong": 1}, "unknown setting"),
    ],
)
def test_wrong_settings_are_refused(config: dict[str, Any], words: str) -> None:
    with pytest.raises(RefusedInput, match=words):
        LggSettings.from_config(config)


def _all_alive(cohort: list[TrainingCase]) -> Iterator[TrainingCase]:
    return (replace(case, event=False) for case in cohort)


def test_cohorts_that_do_not_suffice_are_refused(cohort: list[TrainingCase]) -> None:
    with pytest.raises(RefusedInput, match="at least 15 events"):
        LggSurvivalSystem.fit(_all_alive(cohort), CONFIG)
    with pytest.raises(RefusedInput, match="no patient can be used"):
        LggSurvivalSystem.fit((replace(case, is_hgg=True) for case in cohort), CONFIG)
    without = (replace(case, data=replace(case.data, volumes={})) for case in cohort)
    with pytest.raises(RefusedInput, match="no patient can be used"):
        LggSurvivalSystem.fit(without, CONFIG)


def _median_strength(features: np.ndarray, outcome: Outcome) -> float:
    """How far the C-index of a feature lies from chance, in the median."""
    varying = features[:, features.std(axis=0) > 0]
    table = FeatureTable(varying, [str(i) for i in range(varying.shape[1])])
    return float(np.median(np.abs(univariable_concordance(table, outcome) - 0.5)))


def test_training_teaches_the_network_survival(cohort: list[TrainingCase]) -> None:
    settings = LggSettings.from_config({**CONFIG, "deep": "trained", "epochs": 3, "learning_rate": 1e-3})
    rows, _ = read_rows(cohort, settings)
    images, grades, outcome = [row.measured.image for row in rows], [row.grade for row in rows], outcome_of(rows)
    rest = np.arange(40, 70)
    trained = fit_extractor(images[:40], grades[:40], outcome.take(np.arange(40)), settings)
    frozen = fit_extractor([], [], outcome, replace(settings, deep="frozen"))
    before, after = (_median_strength(one.features(images[40:]), outcome.take(rest)) for one in (frozen, trained))
    assert after > 1.5 * before


def test_progress_is_told_and_a_training_can_be_cancelled(cohort: list[TrainingCase]) -> None:
    told: list[tuple[float, str]] = []
    progress = Progress(lambda fraction, text: told.append((fraction, text)), lambda: "epoch 1" in str(told[-1:]))
    with pytest.raises(Cancelled):
        LggSurvivalSystem.fit(cohort, {**CONFIG, "deep": "trained", "epochs": 2}, progress)
    assert [text for _, text in told][-2:] == ["signature 1 of 24", "network 1: epoch 1 of 2"]


def test_training_is_the_same_again(cohort: list[TrainingCase]) -> None:
    settings = LggSettings.from_config({**CONFIG, "deep": "trained", "epochs": 1})
    rows, _ = read_rows(cohort[:12], settings)
    images, grades, outcome = [row.measured.image for row in rows], [None] * 12, outcome_of(rows)
    first, second = (fit_extractor(images, grades, outcome, settings).features(images) for _ in range(2))
    assert np.array_equal(first, second)


def test_a_trained_network_travels_with_the_bundle(
    system: LggSurvivalSystem, cohort: list[TrainingCase], tmp_path: Path
) -> None:
    settings = LggSettings.from_config({**CONFIG, "deep": "trained", "epochs": 1, "batch_size": 16})
    rows, _ = read_rows(cohort, settings)
    model = SignatureModel(
        settings, (), {row.patient: row.measured.image for row in rows}, {row.patient: row.grade for row in rows}
    )
    signature = model.fit(table_of(rows, (), Coding((), {})), outcome_of(rows))
    metadata = {**system.metadata, "settings": {**system.metadata["settings"], "deep": "trained"}}
    metadata["training"] = {**metadata["training"], "trained_network": True}
    trained = LggSurvivalSystem(replace(system.fitted, settings=settings, signature=signature, metadata=metadata))
    loaded = LggSurvivalSystem.load(trained.save(tmp_path / "b"))
    case = made_case(1.1, 40)
    assert loaded.predict(case)["contributions"] == trained.predict(case)["contributions"]
    assert loaded.predict(case)["contributions"] != system.predict(case)["contributions"]


def test_batches_hold_every_patient_once_and_events_evenly() -> None:
    event = np.arange(50) < 13
    found = batches(event, 8, np.random.default_rng(0))
    assert sorted(np.concatenate(found).tolist()) == list(range(50))
    assert {int(event[rows].sum()) for rows in found} <= {2, 3}


def test_the_forest_keeps_what_goes_with_survival() -> None:
    random = np.random.default_rng(1)
    values = random.normal(size=(120, 40))
    days = random.exponential(1000 * np.exp(-1.5 * values[:, 7]))
    outcome = Outcome(days + 1, days < 2000)
    kept = ForestSelection(3, 50).fit(FeatureTable(values, [f"x{i}" for i in range(40)]), outcome).kept
    assert "x7" in kept
    assert len(kept) == 3
    residual = martingale_residuals(outcome)
    assert residual.sum() == pytest.approx(0.0, abs=1e-9)


def test_radiomics_of_the_tumour_enter_beside_deep_features() -> None:
    found = measure(made_case(1.2, 2), LggSettings.from_config({**CONFIG, "radiomics": True}))
    assert len(found.entries) == 788
    assert all(np.isfinite(list(found.entries.values())))


def test_side_enhancement_and_rare_levels() -> None:
    left, right = (items_of(made_case(1.0, seed)) for seed in (0, 1))
    assert (left["right_sided"], right["right_sided"]) == (0.0, 1.0)
    assert left["enhancing"] == 0.0
    kinds = ["astrocytoma"] * 12 + ["oligodendroglioma"] * 7 + ["rare"]
    coding = coding_of([{**left, "histology": kind, "age": float(n)} for n, kind in enumerate(kinds)])
    assert coding.items == ("age", "histology")
    assert coding.names == ("age", "histology=oligodendroglioma", "histology=other")
    assert coding.columns({"age": 3.0, "histology": "never seen"})["histology=other"] == 1.0
    assert not coding.is_known({"histology": "astrocytoma"})
    assert coding.strange({"histology": "never seen"}) == []
    two = coding_of([{"location": side} for side in ("frontal", "temporal") * 5])
    assert two.strange({"location": "temporal"}) == []
    (words,) = two.strange({"location": "the left side"})
    assert "'the left side' is unknown to the model, which knows frontal, temporal" in words

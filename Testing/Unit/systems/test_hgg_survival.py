"""Survival by deep and radiomic features of the largest section: counts, learning, honesty, keeping, refusing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.systems.hgg_survival import HggSurvivalSystem
from GliomaRadiomicsLib.systems.hgg_survival.deep import N_DEEP, extractor_for
from GliomaRadiomicsLib.systems.hgg_survival.fitting import Fitted
from GliomaRadiomicsLib.systems.hgg_survival.measure import feature_names, measure
from GliomaRadiomicsLib.systems.hgg_survival.section import patch
from GliomaRadiomicsLib.systems.hgg_survival.settings import HanSettings
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

QUICK = {"deep": "none", "inner_folds": 3, "outer_folds": 3, "concordance": 0.6}


class FakeNetwork:
    """8192 features of which the first follows the contrast of the patch and the others are noise; counts its calls."""

    names = tuple(f"fake_{i:04d}" for i in range(N_DEEP))

    def __init__(self) -> None:
        self.origin = {"kind": "random", "name": "fake", "text": "a fake", "sha256": "0" * 64, "seed": 0}
        self.calls = 0

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        self.calls += 1
        noise = np.random.default_rng(int(picture.sum())).normal(size=N_DEEP)
        noise[0] = 10 * picture.std()
        return noise


def made_case(signal: float, seed: int, **clinical: object) -> CaseData:
    """A disc-shaped tumour, largest in section 2; the higher the signal, the rougher."""
    random = np.random.default_rng(seed)
    ground = np.linalg.norm(np.indices((36, 36)) - 17.5, axis=0)
    labels = np.zeros((36, 36, 5), np.uint8)
    for section, radius in enumerate((5, 8, 11 + seed % 3, 7, 4)):
        labels[ground < radius, section] = 4
        labels[ground < radius / 2, section] = 1
    smooth = 5 * np.sin(np.indices(labels.shape)[0] / 4)
    image = 200 + smooth + random.normal(size=labels.shape) * (2 + 6 * signal)
    affine = np.diag([0.9, 0.9, 5.0, 1.0])
    data = ClinicalData(age=60.0, sex="F") if not clinical else ClinicalData(**clinical)  # type: ignore[arg-type]
    return CaseData({"t1ce": Volume(image, affine)}, Volume(labels, affine), clinical=data)


def made_cohort(n: int = 36, effect: float = 3.0) -> list[TrainingCase]:
    random = np.random.default_rng(5)
    cases = []
    for i in range(n):
        signal = float(random.uniform())
        days = float(random.exponential(900 * np.exp(-effect * (signal - 0.5)))) + 3
        data = made_case(signal, i, age=float(random.uniform(30, 80)), sex="FM"[i % 2])
        cases.append(TrainingCase(f"p{i}", data, os_days=min(days, 2500.0), event=days <= 2500))
    return cases


@pytest.fixture(scope="module")
def cohort() -> list[TrainingCase]:
    return made_cohort()


@pytest.fixture(scope="module")
def fitted(cohort: list[TrainingCase]) -> HggSurvivalSystem:
    return HggSurvivalSystem.fit(cohort, QUICK)


def test_8540_features_of_which_8192_by_the_network_with_random_weights_marked() -> None:
    extractor = extractor_for("random")
    assert extractor is not None
    settings, case = HanSettings(deep="random"), made_case(0.5, 1)
    found = measure(case, settings, extractor)
    names = feature_names(settings, extractor)
    assert found.shape == (8540,)
    assert len(set(names)) == 8540
    deep = found[348:]
    assert deep.shape == (8192,)
    assert all(name.startswith("random_vgg19_fc") for name in names[348:])
    assert extractor.origin["kind"] == "random"
    assert (deep >= 0).all(), "after the ReLU"
    assert 0 < np.count_nonzero(deep) < 8192
    assert np.array_equal(extractor(patch(case, "TC")), deep)


def test_348_features_without_a_network_and_two_clinical_ones() -> None:
    case = made_case(0.5, 1, age=61.0, sex="M")
    assert measure(case, HanSettings(deep="none"), None).shape == (348,)
    both = HanSettings(deep="none", clinical=("age", "sex"))
    assert measure(case, both, None)[348:].tolist() == [61.0, 1.0]
    assert feature_names(both, None)[348:] == ("age", "male")


def test_patch_is_the_box_of_the_largest_section_in_display_orientation() -> None:
    case = made_case(0.5, 0)
    image, labels = np.array(case.volumes["t1ce"].array), np.array(case.label_map.array)
    image[:] = 0
    labels[:] = 0
    labels[4:14, 6:26, 3] = 4
    image[13, 6, 3] = 100  # patient's right (i runs to the right), posterior
    data = replace(case, volumes={"t1ce": Volume(image, case.label_map.affine)},
                   label_map=Volume(labels, case.label_map.affine))  # fmt: skip
    found = patch(data, "TC")
    assert found.shape == (224, 224)
    assert (found.min(), found.max()) == (0, 255)
    rows, columns = np.nonzero(found > 128)
    assert rows.min() > 200
    assert columns.max() < 24
    flipped = replace(
        data, volumes={"t1ce": reversed_axis(data.volumes["t1ce"])}, label_map=reversed_axis(data.label_map)
    )
    assert np.array_equal(patch(flipped, "TC"), found), "the order of storage does not matter"


def test_a_region_drawn_by_hand_on_one_section_is_the_section_used() -> None:
    case = made_case(0.5, 2)
    own = np.zeros((36, 36, 5), np.uint8)
    own[10:20, 8:22, 1] = 1
    drawn = replace(case, label_map=Volume(own, case.label_map.affine))
    found = dict(zip(feature_names(HanSettings(deep="none"), None), measure(drawn, HanSettings(), None), strict=True))
    assert found["han_nontexture_Volume"] == pytest.approx(10 * 14 * 0.9 * 0.9 * 5)


def reversed_axis(volume: Volume) -> Volume:
    """The same image stored from the other end of the first axis."""
    affine = volume.affine.copy()
    affine[:3, 3] += affine[:3, 0] * (volume.shape[0] - 1)
    affine[:3, 0] *= -1
    return Volume(np.ascontiguousarray(volume.array[::-1]), affine)


def test_without_imagenet_weights_it_is_refused_with_four_ways_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("GliomaRadiomicsLib.models.backbones.user_folder", lambda: tmp_path)
    with pytest.raises(RefusedInput, match=r"deep: the ImageNet weights.*models download.*models import.*deep: random"
                       r".*deep: none"):  # fmt: skip
        HggSurvivalSystem.fit([], {})


def test_a_planted_signal_is_learned_and_told_with_curves_and_counts(fitted: HggSurvivalSystem) -> None:
    figures = {entry["id"]: entry for entry in fitted.metadata["evidence"]["figures"]}
    assert figures["held_out_c"]["value"] > 0.62
    assert figures["held_out_hr"]["value"] > 1.3
    assert figures["held_out_log_rank_p"]["value"] < 0.05
    assert (fitted.metadata["training"]["n"], fitted.model.groups["n"]) == (36, 36)
    deaths = fitted.metadata["training"]["n_deaths"]
    assert deaths == fitted.model.groups["n_events"] == sum(c["n_events"] for c in fitted.model.groups["curves"])
    rough, smooth = (fitted.predict(made_case(signal, 99)) for signal in (1.0, 0.0))
    assert rough["score"] > smooth["score"]
    assert (rough["risk_group"], smooth["risk_group"]) == ("high", "low")
    assert rough["probability"]["1y"] < smooth["probability"]["1y"]
    low, high = rough["probability_ci"]["1y"]
    assert low < rough["probability"]["1y"] < high
    assert sum(row["contribution"] for row in rough["contributions"]) == pytest.approx(rough["score"], abs=1e-3)
    assert rough["evidence"]["n_events"] == deaths
    json.dumps(rough, allow_nan=False)


def test_saved_and_loaded_gives_the_same_risk_and_holds_no_name(fitted: HggSurvivalSystem, tmp_path: Path) -> None:
    folder = fitted.save(tmp_path / "bundle")
    again, case = HggSurvivalSystem.load(folder), made_case(0.3, 77)
    assert json.dumps(again.predict(case)) == json.dumps(fitted.predict(case))
    assert again.settings.inner_folds == 3
    assert not any(f'"p{i}"' in (folder / "model.json").read_text() for i in range(36))
    metadata = json.loads((folder / "metadata.json").read_text())
    (folder / "metadata.json").write_text(json.dumps({**metadata, "system": "survival"}))
    with pytest.raises(RefusedInput, match="a bundle of another system"):
        HggSurvivalSystem.load(folder)


def test_deep_features_are_used_and_the_network_is_not_asked_for_where_none_counts(
    cohort: list[TrainingCase], fitted: HggSurvivalSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = FakeNetwork()
    deep = HggSurvivalSystem.fit(cohort, {**QUICK, "deep": "random", "concordance": 0.68}, extractor=network)
    assert network.calls == len(cohort)
    assert deep.metadata["backbone"] == network.origin
    assert "8540" in deep.metadata["training"]["features"]
    assert "RANDOM" in deep.metadata["limitations"][0]
    assert any(name.startswith("fake_") for name in deep.model.score.names)
    found = deep.predict(made_case(0.5, 50))
    assert network.calls == len(cohort) + 1
    assert any("random weights" in reason for reason in found["trust"]["reasons"])
    monkeypatch.setattr("GliomaRadiomicsLib.systems.hgg_survival.system.extractor_of", no_network)
    assert fitted.predict(made_case(0.5, 50))["status"] == "predicted"
    without = HggSurvivalSystem(Fitted(deep.model, deep.settings, deep.metadata))
    assert (
        without.predict(made_case(0.5, 50))["status"],
        "not installed" in str(without.predict(made_case(0.5, 50))),
    ) == (
        "abstained",
        True,
    )


def no_network(origin: object) -> None:
    del origin
    raise RefusedInput(what="the weights are not installed", where="vgg19")


def test_training_patients_are_judged_by_their_held_out_scores_and_new_ones_by_the_model(
    cohort: list[TrainingCase], fitted: HggSurvivalSystem
) -> None:
    own = fitted.evaluate(cohort)
    stated = {entry["id"]: entry["value"] for entry in fitted.metadata["evidence"]["figures"]}
    assert {figure.id: round(figure.value, 4) for figure in own.figures} == stated
    assert all(row["trained_on"] == 1 for row in own.predictions)
    assert {"kaplan_meier", "roc", "importance", "forest", "nomogram"} <= set(own.charts)
    new = [replace(case, data=made_case(0.1 * i, 100 + i)) for i, case in enumerate(cohort[:8])]
    unusable = replace(cohort[8], patient="x", data=replace(cohort[8].data, volumes={}))
    mixed = fitted.evaluate([*new, cohort[9], unusable, TrainingCase("y", cohort[0].data)])
    assert mixed.figures[0].id == "test_c"
    assert mixed.figures[0].n == 8
    for words in ("8 patients not trained on", "1 without follow-up", "1 not measurable", "1 trained on"):
        assert words in mixed.figures[0].cohort
    assert [row["reason"] for row in mixed.predictions][-2] == "trained on"
    assert "no T1ce" in mixed.predictions[-1]["reason"]
    assert len(mixed.predictions) == 10


def test_the_command_writes_figures_charts_and_their_data(fitted: HggSurvivalSystem, tmp_path: Path) -> None:
    from GliomaRadiomicsLib.cli.main import main
    from GliomaRadiomicsLib.imaging.files import write_volume

    lines = ["case,t1ce,seg,os_days,event,age,sex"]
    for i in range(12):
        case = made_case(0.08 * i, 200 + i)
        write_volume(case.volumes["t1ce"], tmp_path / f"{i}.nii.gz")
        write_volume(case.label_map, tmp_path / f"{i}s.nii.gz")
        lines.append(f"c{i},{i}.nii.gz,{i}s.nii.gz,{900 - 60 * i},1,{40 + (7 * i) % 11},{'FM'[i % 2]}")
    (tmp_path / "cohort.csv").write_text("\n".join(lines) + "\n")
    bundle, out = fitted.save(tmp_path / "bundle"), tmp_path / "out"
    assert main(["evaluate", str(bundle), str(tmp_path / "cohort.csv"), "--out", str(out)]) == 0
    assert (out / "predictions.csv").read_text().count("\n") == 13
    (index,) = [one for one in json.loads((out / "figures.json").read_text()) if one["id"] == "test_c"]
    assert "12 patients not trained on, 12 deaths" in index["cohort"]
    assert {"kaplan_meier", "importance", "forest"} <= {path.stem for path in (out / "charts").glob("*.svg")}
    assert json.loads((out / "charts" / "kaplan_meier.json").read_text())["n"] == 12


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"os_days": -3.0}, r"os_days: the follow-up of case p4 must be .*greater than zero .found -3.*0\.5"),
        ({"os_days": 0.0}, r"os_days: the follow-up of case p4"),
        ({"data": replace(made_case(0.5, 4), volumes={})}, r"case p4 cannot be used: there is no T1ce.*leave_out"),
        ({"data": replace(made_case(0.5, 4), label_map=Volume(np.zeros((36, 36, 5), np.uint8), np.eye(4)))},
         r"case p4 cannot be used: the label map is empty; outline the tumour"),
        ({"data": replace(made_case(0.5, 4), label_map=Volume(np.full((36, 36, 5), 2, np.uint8), np.eye(4)))},
         r"case p4 cannot be used: the label map has no voxel of the region used here .TC: tumour core"),
        ({"data": made_case(0.5, 4, age=None)}, r"case p4 cannot be used: the model needs the patient's age"),
    ],
)  # fmt: skip
def test_cases_that_cannot_be_used_are_named_with_the_remedy(change: dict, message: str) -> None:
    cases = made_cohort(12)
    cases[4] = replace(cases[4], **change)
    with pytest.raises(RefusedInput, match=message):
        HggSurvivalSystem.fit(cases, {**QUICK, "clinical": ["age"]})


def test_unusable_cases_can_be_left_out_and_are_counted() -> None:
    cases = made_cohort(24)
    cases[4] = replace(cases[4], data=replace(cases[4].data, volumes={}))
    cases[5] = replace(cases[5], os_days=None)
    training = HggSurvivalSystem.fit(cases, {**QUICK, "leave_out_unusable": True}).metadata["training"]
    assert (training["n"], training["n_left_out_not_measurable"], training["n_left_out_without_outcome"]) == (22, 1, 1)


@pytest.mark.parametrize(
    "config", [{"deep": "resnet"}, {"region": "XX"}, {"clinical": ["kps"]}, {"concordance": 1.5}, {"nonsense": 1}]
)
def test_settings_out_of_range_are_refused(config: dict) -> None:
    with pytest.raises(RefusedInput, match=next(iter(config))):
        HanSettings.from_config(config)


def test_too_few_cases_for_an_evaluation_are_counted(fitted: HggSurvivalSystem) -> None:
    with pytest.raises(RefusedInput, match="too few cases can be evaluated .found 0; 1 have no follow-up"):
        fitted.evaluate([TrainingCase("a", made_case(0.5, 0))])


def test_a_model_that_learned_nothing_abstains(fitted: HggSurvivalSystem) -> None:
    silent = Fitted(replace(fitted.model, recalibration=None), fitted.settings, fitted.metadata)
    found = HggSurvivalSystem(silent).predict(made_case(0.5, 0))
    assert (found["status"], "predicts nothing" in found["reason"]) == ("abstained", True)


def test_an_automatic_outline_is_named_and_what_cannot_be_measured_abstains(fitted: HggSurvivalSystem) -> None:
    case = made_case(0.5, 60)
    reasons = fitted.predict(replace(case, automatic_outline=True))["trust"]["reasons"]
    assert any("outline is automatic" in reason for reason in reasons)
    assert fitted.predict(replace(case, volumes={}))["status"] == "abstained"
    broken = np.full((36, 36, 5), np.nan)
    found = fitted.predict(replace(case, volumes={"t1ce": Volume(broken, case.label_map.affine)}))
    assert (found["status"], "not finite" in found["reason"]) == ("abstained", True)

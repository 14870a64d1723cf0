"""One case: abstention, doubts before the number, missing sequences, heat maps in place, and the way into a result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib.cli.molecular import molecular_lines
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.models import store
from GliomaRadiomicsLib.pipeline.predictions import fill_in_reasons, predict_case, systems_to_run
from GliomaRadiomicsLib.reports.sections.molecular import write_molecular
from GliomaRadiomicsLib.systems.mgmt import MgmtSystem
from GliomaRadiomicsLib.systems.mgmt.report import NO_BETTER
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase


@pytest.fixture(scope="module")
def system(learned: Path) -> MgmtSystem:
    return MgmtSystem.load(learned / "bundle")


@pytest.fixture(scope="module")
def unseen(cases: Callable[..., list[TrainingCase]]) -> list[CaseData]:
    return [case.data for case in cases(6, first=300)]


def at_chance(system: MgmtSystem) -> MgmtSystem:
    figures = [{**one, "value": 0.55, "ci": [0.43, 0.67]} if one["id"] == "test_auc" else one
               for one in system.metadata["evidence"]["figures"]]  # fmt: skip
    return MgmtSystem(system.models, {**system.metadata, "evidence": {"figures": figures}})


def test_the_two_classes_are_told_apart(system: MgmtSystem, unseen: list[CaseData]) -> None:
    predicted = [system.predict(case) for case in unseen]
    p = [one["probability_methylated"] for one in predicted]
    assert min(p[0::2]) > max(p[1::2])
    assert all(one["evidence"]["auc"] > 0.5 for one in predicted)
    assert predicted[0]["sequences_used"] == ["T1ce", "FLAIR"]


def test_a_bundle_at_chance_says_so_before_the_number(system: MgmtSystem, unseen: list[CaseData]) -> None:
    said = at_chance(system).predict(unseen[0])
    keys = list(said)
    assert said["status"] == "predicted"
    assert said["reason"].startswith(f"{NO_BETTER}: AUC 0.55, 95 % interval 0.43 to 0.67")
    assert keys.index("reason") < keys.index("label") < keys.index("probability_methylated")
    result = CaseResult({}, [], mgmt=said)
    html = str(write_molecular(SimpleNamespace(result=result)))  # type: ignore[arg-type]
    assert html.index(NO_BETTER) < html.index("Probability methylated")
    (line,) = molecular_lines(result)
    assert line.startswith("MGMT methylation: ")
    assert line.index(NO_BETTER) < line.index("probability methylated")


def test_a_missing_sequence_is_done_without_and_none_at_all_abstains(
    system: MgmtSystem, unseen: list[CaseData]
) -> None:
    case = unseen[0]
    one = system.predict(replace(case, volumes={"t1ce": case.volumes["t1ce"]}))
    assert one["sequences_used"] == ["T1ce"]
    assert "made without FLAIR" in one["reason"]
    none = system.predict(replace(case, volumes={"t2": case.volumes["t1ce"]}))
    assert (none["status"], "probability_methylated" in none) == ("abstained", False)
    assert "there is no T1ce" in none["reason"]
    flat = Volume(np.ones((48, 48, 20)), np.eye(4))
    assert "constant" in system.predict(replace(case, volumes={"t1ce": flat, "flair": flat}))["reason"]


def test_a_heat_map_lies_on_the_slices_that_were_seen(system: MgmtSystem, unseen: list[CaseData]) -> None:
    found = system.explain(unseen[0])
    assert found
    assert set(found) <= {"gradcam-t1ce", "gradcam-flair"}
    for heat in found.values():
        assert heat.same_grid(unseen[0].label_map)
        assert heat.array.dtype == np.float32
        seen = np.flatnonzero(heat.array.any(axis=(0, 1)))
        assert set(seen) <= {8, 9, 10, 11}
        assert 0 <= heat.array.min() < heat.array.max() <= 1


def test_the_orientation_of_the_file_does_not_matter(system: MgmtSystem, unseen: list[CaseData]) -> None:
    case = unseen[0]
    turned = {role: _turned(volume) for role, volume in case.volumes.items()}
    given = replace(case, volumes=turned, label_map=_turned(case.label_map))
    assert system.predict(given)["probability_methylated"] == pytest.approx(
        system.predict(case)["probability_methylated"], abs=1e-5
    )
    back = system.explain(given)
    for name, heat in system.explain(case).items():
        np.testing.assert_allclose(_turned(heat).array, back[name].array, atol=1e-4)


def test_a_saved_bundle_predicts_the_same(system: MgmtSystem, unseen: list[CaseData], tmp_path: Path) -> None:
    again = MgmtSystem.load(system.save(tmp_path / "again"))
    assert again.predict(unseen[1]) == system.predict(unseen[1])
    with pytest.raises(RefusedInput, match="another system"):
        MgmtSystem.load(store.starter("idh"))


def test_without_a_bundle_there_is_a_reason_and_with_an_imported_one_a_prediction(
    learned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(store.USER_FOLDER_VARIABLE, str(tmp_path))
    assert "mgmt" not in systems_to_run({})
    result = CaseResult({}, [])
    fill_in_reasons(result, asked=True)
    assert result.mgmt["status"] == "abstained"
    assert "MGMT methylation: no prediction (no model" in "\n".join(molecular_lines(result))
    (tmp_path / "mgmt").symlink_to(learned / "bundle")
    assert "mgmt" in systems_to_run({})


@pytest.mark.parametrize(("target", "place"), [("mgmt", "mgmt"), ("idh", "idh"), ("atrx", "molecular")])
def test_a_prediction_stands_where_its_outcome_belongs(
    system: MgmtSystem, unseen: list[CaseData], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, place: str
) -> None:
    settings = {**system.metadata["settings"], "target": target}
    own = MgmtSystem(system.models, {**system.metadata, "settings": settings})
    own.save(tmp_path / "own")
    monkeypatch.setattr("GliomaRadiomicsLib.pipeline.predictions.systems_to_run", lambda chosen: ["mgmt"])
    run: Any = SimpleNamespace(
        label_map=unseen[0].label_map, features=[], models={}, weights={}, heatmaps={}, result=CaseResult({}, []),
        passport=SimpleNamespace(volumes=dict(unseen[0].volumes), brain_mask=None, mask=None),
        settings=SimpleNamespace(models={"mgmt": str(tmp_path / "own")}, clinical=None),
    )  # fmt: skip
    predict_case(run)
    data = run.result.to_dict()
    found = data[place] if place != "molecular" else data[place][target]
    assert found["status"] == "predicted"
    assert any(key.startswith("probability_") for key in found)
    assert sum(bool(data[name]) for name in ("mgmt", "idh", "molecular")) == 1
    assert "mgmt-gradcam-t1ce" in run.heatmaps or "mgmt-gradcam-flair" in run.heatmaps


def _turned(volume: Volume) -> Volume:
    """Axes i and j exchanged and i turned round, in the same place of the patient."""
    array = np.flip(volume.array.transpose(1, 0, 2), 0)
    affine = volume.affine[:, [1, 0, 2, 3]].copy()
    affine[:3, 3] += affine[:3, 0] * (array.shape[0] - 1)
    affine[:3, 0] *= -1
    return Volume(np.ascontiguousarray(array), affine, volume.name)

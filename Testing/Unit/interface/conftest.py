"""A finished result of an invented patient, and one of the survival system."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.reports.tables import read_result_json
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.survival import SurvivalSystem

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


@pytest.fixture(scope="session")
def output_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from support.output_folder import write_output_folder

    folder = tmp_path_factory.mktemp("patient") / "out"
    write_output_folder(folder)
    return folder


@pytest.fixture
def result(output_folder: Path) -> CaseResult:
    return read_result_json(output_folder / "result.json")


@pytest.fixture(scope="session")
def survival_system() -> SurvivalSystem:
    return SurvivalSystem.starter()


@pytest.fixture(scope="session")
def survival_case() -> CaseData:
    """An invented tumour of a patient of 60 whose IDH status and resection are not known."""
    random = np.random.default_rng(0)
    distance = np.linalg.norm(np.indices((48, 48, 48)) - 23.5, axis=0)
    labels = np.select([distance < 6, distance < 10, distance < 18], [1, 4, 2], 0).astype(np.uint8)
    levels = np.select([labels == 4, labels == 1], [1.8, 0.8], 1.0)
    image = Volume(300 * levels * random.uniform(0.9, 1.1, labels.shape), np.eye(4))
    return CaseData({"t1ce": image}, Volume(labels, np.eye(4)), clinical=ClinicalData(age=60.0))


@pytest.fixture
def survival_result(result: CaseResult, survival_system: SurvivalSystem, survival_case: CaseData) -> CaseResult:
    """The invented patient with a survival as result.json holds it."""
    result.survival = json.loads(json.dumps(survival_system.predict(survival_case)))
    return result

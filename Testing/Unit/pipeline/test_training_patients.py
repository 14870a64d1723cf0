"""A run says that its patient is one of those its models were trained on, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.results import CaseResult, Finding
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.models.bundle import load_metadata, restate
from GliomaRadiomicsLib.pipeline.run import CaseRun
from GliomaRadiomicsLib.pipeline.training_patients import CODE, warn_of_training_patient
from GliomaRadiomicsLib.systems.seen import IMAGES, patient_fingerprint

Make = Callable[[Path], Path]


def told(bundle: Path, fingerprint: str) -> Path:
    """The bundle, having seen this image."""
    metadata = load_metadata(bundle)
    return restate(bundle, {**metadata, "training": {**metadata["training"], IMAGES: [fingerprint]}})


@pytest.fixture
def bundle(phantom: PhantomPatient, make_segmentation_bundle: Make, tmp_path: Path) -> Path:
    return told(make_segmentation_bundle(tmp_path / "net"), patient_fingerprint(phantom.volumes))


def test_a_run_of_a_training_patient_says_so(bundle: Path, phantom_files: dict[str, Path], tmp_path: Path) -> None:
    settings = AnalyzeSettings(steps=("segmentation",), models={"segmentation": str(bundle)})
    sources: dict[str, Any] = {role: phantom_files[role] for role in SEQUENCES}
    result = analyze_case(out=tmp_path / "out", settings=settings, **sources)
    (found,) = [finding for finding in result.passport if finding.code == CODE]
    assert found.severity == "warning"
    assert found.message.startswith("this patient was among those that segmentation was trained on: ")


def warned(phantom: PhantomPatient, **models: Path) -> list[Finding]:
    settings = AnalyzeSettings(models={name: str(folder) for name, folder in models.items()})
    result = CaseResult({}, [])
    run = SimpleNamespace(models=models, settings=settings, given=phantom.volumes, result=result)
    warn_of_training_patient(cast(CaseRun, run))
    return result.passport


def test_every_model_that_knows_the_patient_is_named(bundle: Path, phantom: PhantomPatient, tiny_bundle: Path) -> None:
    (found,) = warned(phantom, segmentation=bundle, vq_grading=bundle, idh=tiny_bundle, cnn_grading=bundle)
    assert "among those that segmentation, vq grading and cnn grading were trained on" in found.message


def test_others_are_not_warned_of(bundle: Path, other_phantom: PhantomPatient, tiny_bundle: Path) -> None:
    assert warned(other_phantom, segmentation=bundle, vq_grading=tiny_bundle) == []

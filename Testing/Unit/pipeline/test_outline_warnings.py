"""What is said of an automatic outline that was measured to be poor, or that the network itself is unsure of."""

from __future__ import annotations

from pathlib import Path

import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.pipeline import case


def segmented(out: Path, images: dict[str, Path]) -> CaseResult:
    return analyze_case(out=out, settings=AnalyzeSettings(steps=("segmentation",)), **images)


@pytest.mark.parametrize(("role", "warned"), [("t1", True), ("flair", False)])
def test_an_outline_that_is_mostly_wrong_is_said_to_be(
    role: str, warned: bool, phantom_files: dict[str, Path], tmp_path: Path
) -> None:
    result = segmented(tmp_path / "out", {role: phantom_files[role]})
    said = [finding.message for finding in result.passport if finding.code == "outline-unreliable"]
    assert bool(said) is warned
    assert not warned or "add the FLAIR or the T2, or give a mask" in said[0]


def test_the_remedy_for_a_poor_outline_names_only_what_is_missing(
    phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case, "LEAST_DICE", 1.01)
    result = segmented(tmp_path / "out", {role: phantom_files[role] for role in ("t1ce", "t2")})
    (said,) = [finding.message for finding in result.passport if finding.code == "outline-unreliable"]
    assert said.endswith("add the FLAIR, or give a mask with --mask")


@pytest.mark.parametrize(("least", "warned"), [(1.01, True), (0.0, False)])
def test_an_outline_the_network_is_unsure_of_is_said_to_be(
    least: float, warned: bool, phantom_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case, "LEAST_EXPECTED_DICE", least)
    result = segmented(tmp_path / "out", {"flair": phantom_files["flair"]})
    assert ("outline-doubtful" in {finding.code for finding in result.passport}) is warned

"""An automatic outline that is computed anew after an edit stays automatic, or automatic and corrected by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

from GliomaRadiomicsLib import analyze_case
from GliomaRadiomicsLib.core.results import CaseResult
from GliomaRadiomicsLib.core.settings import AnalyzeSettings
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.interface.summary import summary_lines
from GliomaRadiomicsLib.interface.tumour import notes
from GliomaRadiomicsLib.pipeline.export.outcome import read_outcome
from GliomaRadiomicsLib.reports.wording import outline_note

AUTOMATIC = {
    "model": "segmentation 1.0",
    "source": "automatic",
    "sequences_used": ["t1ce", "flair"],
    "evidence": {"dice": {"WT": [0.5, 0.4, 0.6]}, "n": 18},
}


@pytest.fixture(scope="module")
def again(phantom: PhantomPatient, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Results anew from one with an automatic outline: of that outline itself, ``unchanged``, and ``corrected``."""
    folder = tmp_path_factory.mktemp("outlines")
    volumes = {role: phantom.volumes[role] for role in ("t1ce", "flair")}

    def run(name: str, mask: Volume, earlier: str | None, steps: Iterable[str]) -> CaseResult:
        reuse = str(folder / earlier) if earlier else None
        return analyze_case(
            out=folder / name, mask=mask, settings=AnalyzeSettings(steps=tuple(steps), reuse=reuse), **volumes
        )

    run("automatic", phantom.label_map, None, ())
    path = folder / "automatic" / "result.json"
    data = json.loads(path.read_text())
    data["segmentation"] |= AUTOMATIC
    data["inputs"]["mask"] = False
    path.write_text(json.dumps(data))
    edited = phantom.label_map.with_array(np.where(phantom.label_map.array == 2, 0, phantom.label_map.array))
    return {
        "folder": folder,
        "unchanged": run("unchanged", phantom.label_map, "automatic", ("features", "grading")),
        "corrected": run("corrected", edited, "automatic", ("features", "grading")),
        "twice": run("twice", phantom.label_map, "corrected", ()),
    }


def test_an_outline_that_was_not_changed_is_still_automatic(again: dict[str, Any]) -> None:
    result = again["unchanged"]
    assert result.outline_source == "automatic"
    assert result.segmentation.model == "segmentation 1.0"
    assert "outline-unreliable" in {finding.code for finding in result.passport}
    assert any("the outline is automatic, and" in text for text in reasons(result))
    assert "Outlined automatically by segmentation 1.0" in notes(result)[0]
    assert read_outcome(again["folder"] / "unchanged").generation == "AUTOMATIC"


@pytest.mark.parametrize("name", ["corrected", "twice"])
def test_a_corrected_outline_is_called_so_everywhere(again: dict[str, Any], name: str) -> None:
    result = again[name]
    assert result.outline_source == "corrected"
    assert result.segmentation.model == "segmentation 1.0, corrected by hand"
    assert "automatic, corrected by hand" in notes(result)[0]
    assert summary_lines(result)[0].note == "outline automatic, corrected by hand"
    assert read_outcome(again["folder"] / name).generation == "SEMIAUTOMATIC"


def test_a_corrected_outline_keeps_its_cautions(again: dict[str, Any]) -> None:
    result = again["corrected"]
    grade = result.grading["radiomics_grading"]
    assert grade.trust.flag == "caution"
    assert any("the outline is automatic, corrected by hand, and" in text for text in reasons(result))
    assert "the outline here is automatic, corrected by hand" in outline_note(result, grade).replace("The", "the")


def reasons(result: CaseResult) -> list[str]:
    return result.grading["radiomics_grading"].trust.reasons

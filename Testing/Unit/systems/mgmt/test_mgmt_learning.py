"""Trained through the command line on a generated cohort: the signal is found, chance is not, slices never cross."""

from __future__ import annotations

import json
from pathlib import Path

from GliomaRadiomicsLib.cli.main import main


def test_a_planted_texture_is_found_in_unseen_patients(learned: Path, tmp_path: Path) -> None:
    code = main(["evaluate", str(learned / "bundle"), str(learned / "b" / "cohort.csv"), "--out", str(tmp_path)])
    figures = {figure["id"]: figure for figure in json.loads((tmp_path / "figures.json").read_text())}
    assert code == 0
    assert figures["test_auc"]["n"] == 16
    assert figures["test_auc"]["value"] >= 0.9

"""Features of a real patient equal pyradiomics 3.0.1: every sequence with WT, TC and ET, and some settings."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from GliomaRadiomicsLib.core.labels import REGIONS
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.engine import extract
from GliomaRadiomicsLib.radiomics.filters.options import image_types_from
from GliomaRadiomicsLib.radiomics.settings import settings_from

GOLDEN = json.loads(
    (Path(__file__).resolve().parents[2] / "Golden" / "pyradiomics_patient.json").read_text(encoding="utf-8")
)
_read = cache(read_volume)


def _name(run):
    return "-".join([run["sequence"], run["region"], *run.get("image_types", {}), *(run["settings"] or ["default"])])


@pytest.mark.parametrize("run", GOLDEN["runs"], ids=_name)
def test_patient_equals_pyradiomics(run, shared_data, differences):
    case = GOLDEN["case"]
    image, mask = (_read(shared_data / "cases" / case / f"{case}_{kind}.nii.gz") for kind in (run["sequence"], "seg"))
    settings = settings_from(run["settings"])
    image_types = image_types_from(run.get("image_types", {}), run["settings"])
    rows = extract(image, mask, label=REGIONS[run["region"]], settings=settings, image_types=image_types)
    assert {name for name, _, _ in rows} == set(run["features"])
    assert differences({name: value for name, value, _ in rows}, run["features"]) == []

"""The starter models of grade and IDH against the public tables they were made from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.models.store import starter
from GliomaRadiomicsLib.statistics.auc import roc_auc
from GliomaRadiomicsLib.systems.scale_free.model import fit_tuned, nested, outcomes
from GliomaRadiomicsLib.systems.scale_free.quantities import INTENSITY, QUANTITIES
from GliomaRadiomicsLib.systems.scale_free.starter import SYSTEMS, rows_of
from GliomaRadiomicsLib.systems.scale_free.system import ScaleFreeSystem
from GliomaRadiomicsLib.systems.scale_free.ucsf import Known, tcga_patients, ucsf_patients

LARGEST_BUNDLE = 1_000_000


@pytest.fixture(scope="module")
def ucsf(shared_data: Path) -> list[Known]:
    return ucsf_patients(shared_data / "tables" / "ucsf_pdgm")


@pytest.fixture(scope="module")
def tcga(shared_data: Path) -> list[Known]:
    return tcga_patients(shared_data / "cases")


@pytest.mark.parametrize("kind", SYSTEMS)
def test_shipped_coefficients_come_from_the_table(kind: type[ScaleFreeSystem], ucsf: list[Known]) -> None:
    shipped, rows = kind.starter(), rows_of(kind, ucsf)
    for model in (shipped.without_age, shipped.with_age):
        assert model is not None
        made, _ = fit_tuned(rows, model.keys)
        assert made.coefficient == pytest.approx(model.coefficient, abs=1e-4)
        assert (made.intercept, made.n) == pytest.approx((model.intercept, model.n), abs=1e-4)


@pytest.mark.parametrize("kind", SYSTEMS)
def test_external_figure_is_what_the_shared_cases_give(kind: type[ScaleFreeSystem], tcga: list[Known]) -> None:
    shipped, rows = kind.starter(), rows_of(kind, tcga)
    stated = {entry["id"]: entry for entry in shipped.metadata["evidence"]["figures"]}
    found = roc_auc(outcomes(rows), [shipped.probability(row.measured) for row in rows])
    assert found == pytest.approx(stated["tcga_age_auc"]["value"], abs=1e-4)
    assert found > 0.8
    assert stated["tcga_age_auc"]["ci"][0] > 0.5


def test_shuffled_classes_cannot_be_learned(ucsf: list[Known]) -> None:
    rows = rows_of(SYSTEMS[0], ucsf)
    generator = np.random.default_rng(1)
    found = []
    for seed in range(4):
        y = generator.permutation(outcomes(rows))
        found.append(roc_auc(y, nested(rows, ("p90", "cv", "skewness"), n_repeats=1, outcome=y, seed=seed)[0]))
    assert 0.4 < float(np.mean(found)) < 0.57


def test_quantities_of_the_shared_cases_lie_where_the_training_patients_are(
    ucsf: list[Known], tcga: list[Known]
) -> None:
    for key in INTENSITY:
        entries = [[QUANTITIES[key].entry(p.measured) for p in patients] for patients in (ucsf, tcga)]
        assert min(entries[0]) < np.median(entries[1]) < max(entries[0])


@pytest.mark.parametrize("kind", SYSTEMS)
def test_bundle_is_small_and_names_no_patient(
    kind: type[ScaleFreeSystem], ucsf: list[Known], tcga: list[Known]
) -> None:
    folder = starter(kind.target.system)
    assert sum(path.stat().st_size for path in folder.iterdir()) < LARGEST_BUNDLE
    text = json.dumps(json.loads((folder / "metadata.json").read_text())) + (folder / "model.json").read_text()
    assert not any(p.patient in text for p in (*ucsf, *tcga))

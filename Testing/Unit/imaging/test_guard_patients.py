"""The guard on the development patients: no false alarm, and what is wrong with altered ones is named.

Margins of every threshold are printed (`pytest -s`) and checked, so that a change that eats one up fails here first.
"""

from __future__ import annotations

import csv
import importlib.util
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.foreground import brain_mask, coarse, foreground
from GliomaRadiomicsLib.imaging.grid import resample_spacing
from GliomaRadiomicsLib.imaging.guard.aligned import check_aligned
from GliomaRadiomicsLib.imaging.guard.cavity import cavity_ml
from GliomaRadiomicsLib.imaging.guard.contrast_agent import enhancement
from GliomaRadiomicsLib.imaging.guard.extent import extent_of
from GliomaRadiomicsLib.imaging.guard.lesions import lesions_of
from GliomaRadiomicsLib.imaging.guard.modality import tissue_contrast
from GliomaRadiomicsLib.imaging.guard.raw import check_raw
from GliomaRadiomicsLib.imaging.guard.template import fit_brain

_spec = importlib.util.spec_from_file_location("guard_cases", Path(__file__).with_name("guard_cases.py"))
assert _spec
assert _spec.loader
guard_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(guard_cases)


@dataclass(frozen=True)
class Patient:
    images: dict[str, Volume]
    brain: Volume
    labels: Volume
    age: float


def _thinned(path: Path) -> Volume:
    volume = coarse(read_volume(path))
    return volume.with_array(np.ascontiguousarray(volume.array))


@pytest.fixture(scope="module")
def patients(shared_data: Path) -> list[Patient]:
    found = []
    with (shared_data / "cases" / "cases.csv").open(encoding="utf-8") as table:
        for row in csv.DictReader(table):
            folder = shared_data / "cases" / row["case"]
            images = {role: _thinned(folder / f"{row['case']}_{role}.nii.gz") for role in SEQUENCES}
            labels = _thinned(folder / f"{row['case']}_seg.nii.gz")
            brain = brain_mask(list(images.values()), [0.0] * len(images))
            found.append(Patient(images, brain, labels, float(row["age"])))
    return found


@pytest.fixture(scope="module")
def raw_images(shared_data: Path) -> dict[str, Volume]:
    folder = shared_data / "raw_case" / "TCGA-FG-6692"
    return {role: read_volume(folder / f"{folder.name}_{role}.nii.gz") for role in SEQUENCES}


def test_no_false_alarm_in_any_patient(patients: list[Patient], raw_images: dict[str, Volume]) -> None:
    for patient in patients:
        clinical = ClinicalData(age=patient.age)
        assert guard_cases.codes(check_aligned(patient.images, patient.brain, patient.labels, clinical)) == set()
        assert guard_cases.codes(check_raw(patient.images)) == set()
    assert guard_cases.codes(check_raw(raw_images)) == set()


def test_margins(patients: list[Patient]) -> None:
    agent, cavity, lead, ends, below, spread, second = [], [], [], [], [], [], []
    for patient in patients:
        inside = patient.brain.array != 0
        agent.append(enhancement(patient.images["t1"].array, patient.images["t1ce"].array, inside) or 0.0)
        cavity.append(cavity_ml(patient.images, patient.brain))
        lead.append(fit_brain(patient.brain).lead)
        extent = extent_of(patient.brain)
        assert extent is not None
        ends.append(max(share for side, share in extent.ends.items() if side != "bottom"))
        below.append(extent.ends["bottom"])
        spread += [tissue_contrast(i, foreground(i).mask.array) or 0.0 for i in patient.images.values()]
        second.append(lesions_of(patient.labels).separate)
    print(f"\nenhancement {min(agent):.2f} to {max(agent):.2f} (alarm below 1.7)")
    print(f"cavity {max(cavity):.1f} ml at most (alarm from 6), orientation lead {max(lead):.3f} (alarm from 0.02)")
    print(
        f"ends {max(ends):.2f}, below {max(below):.2f} (alarm above 0.35, 0.5), contrast {min(spread):.3f} (below 0.03)"
    )
    assert min(agent) > 2.1
    assert max(cavity) < 4.0
    assert max(lead) < -0.03
    assert max(ends) < 0.2
    assert max(below) < 0.3
    assert min(spread) > 0.045
    assert max(second) <= 1


def test_turned_and_halved_patients_are_named(patients: list[Patient]) -> None:
    for patient in patients[::3]:
        for times, axes in [*guard_cases.QUARTER_TURNS, (2, (0, 1)), (2, (1, 2))]:
            brain = guard_cases.turned(patient.brain, times, axes)
            assert guard_cases.codes(check_aligned({}, brain)) == {"brain-turned"}
        for axis in range(3):
            for first in (True, False):
                assert "brain-cut-off" in guard_cases.codes(
                    check_aligned({}, guard_cases.halved(patient.brain, axis, first))
                )


def test_t1_given_again_is_found_in_every_patient(patients: list[Patient]) -> None:
    rng = np.random.default_rng(3)
    for patient in patients:
        for noise in (0.02, 0.1):
            images = guard_cases.copied_t1(patient.images, patient.brain, noise, rng)
            assert "no-contrast-agent" in guard_cases.codes(check_aligned(images, patient.brain))


def test_cavities_are_found_in_most_patients(patients: list[Patient]) -> None:
    found = [
        "resection-cavity"
        in guard_cases.codes(check_aligned(guard_cases.operated(p.images, p.brain), p.brain, p.labels))
        for p in patients
    ]
    print(f"\nresection cavity of 18 mm: found in {sum(found)} of {len(found)}")
    assert sum(found) >= 16


def test_real_heads_with_skull_turned_or_cut_are_named(raw_images: dict[str, Volume]) -> None:
    for role in ("t1ce", "t2"):
        image = raw_images[role]
        even = resample_spacing(image, 3.0)
        for times, axes in [*guard_cases.QUARTER_TURNS, (2, (1, 2))]:
            assert guard_cases.codes(check_raw({role: guard_cases.turned(even, times, axes)})) & {
                "head-turned",
                "head-cut-off",
            }
        for axis in range(3):
            assert guard_cases.codes(check_raw({role: guard_cases.cropped(image, axis)})) == {"head-cut-off"}
        nodded = np.array([[1, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1.0]])
        by_header = check_raw({role: replace(image, affine=nodded @ image.affine)})
        assert [finding.severity for finding in by_header] == ["refused"], "the neck comes out at the front"

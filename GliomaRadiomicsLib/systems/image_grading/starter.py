"""What the starter scripts of the grading networks share: the development patients, phantoms, and the card's words."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.cases import read_label_map
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.imaging.phantom import make_phantom
from GliomaRadiomicsLib.systems.protocol import CaseData, TrainingCase

ATTRIBUTION = (
    "TCGA-GBM and TCGA-LGG collections, The Cancer Imaging Archive (CC BY 3.0)",
    "BraTS: Menze et al. 2015, IEEE TMI 34:1993; Bakas et al. 2017, Sci Data 4:170117; Baid et al. 2021, "
    "arXiv:2107.02314",
)
COHORT = "18 patients of TCGA-GBM and TCGA-LGG in BraTS (10 grade 2/3 of one site, 8 grade 4 of three), manual outlines"
LIMITATIONS = (
    "The patients of grade 4 come from BraTS 2018, those of grade 2/3 from BraTS 2021, which prepared its images "
    "differently: a network can tell the years apart as well as the grades, and the figures cannot say which it did.",
    "Phantoms are equations: what they teach about contrast agent and necrosis is what we wrote into them.",
    "The training outlines are manual; automatic ones are less exact.",
)
_PHANTOM = {"shape": (160, 190, 155), "spacing_mm": 1.0}


def parser(doc: str | None, *, steps: int, phantoms: int) -> argparse.ArgumentParser:
    """The options of a starter script; steps and number of phantoms by default."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("cases", type=Path, help="folder of the patients, with cases.csv")
    made.add_argument("--out", type=Path, required=True, help="folder of the bundle to write")
    made.add_argument(
        "--work", type=Path, required=True, help="folder for regions and checkpoints; a run goes on there"
    )
    made.add_argument("--steps", type=int, default=steps, help="optimiser steps of each training")
    made.add_argument("--phantoms", type=int, default=phantoms, help="helper cases, half of them of grade 4")
    return made


def patients_of(folder: Path) -> list[TrainingCase]:
    """The patients of ``cases.csv``, images read when asked for; the site is that of the TCGA identifier."""
    with (folder / "cases.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    return [_patient(folder, line, number) for number, line in enumerate(lines, start=2)]


def phantoms_of(count: int) -> Iterator[TrainingCase]:
    """Phantom patients, made one at a time; grades 4, 2, 4, 3 in turn."""
    for seed in range(count):
        grade = (4, 2, 4, 3)[seed % 4]
        made = make_phantom(1000 + seed, grade=grade, **_PHANTOM)  # type: ignore[arg-type]
        data = CaseData(made.volumes, made.label_map, made.brain_mask)
        yield TrainingCase(f"phantom {seed}", data, is_hgg=grade == 4, site="phantom", source=f"{grade} {_PHANTOM}")


def told() -> Progress:
    """Progress on standard error."""

    def write(fraction: float, message: str) -> None:
        sys.stderr.write(f"{fraction:6.1%}  {message}\n")
        sys.stderr.flush()

    return Progress(write)


def described(metadata: dict[str, Any], phantoms: int) -> None:
    """Add what a reader of the starter's card must know."""
    metadata["limitations"] += LIMITATIONS
    metadata["training"]["helper_cases"] = f"{phantoms} phantoms, learned from in every fold and never measured on"


class _Sequences(dict[str, Any]):
    """Files by role, read every time they are asked for."""

    def __getitem__(self, role: str) -> Any:
        return read_volume(super().__getitem__(role), role)


def _patient(folder: Path, line: dict[str, str], number: int) -> TrainingCase:
    case = line["case"]
    files = _Sequences({role: folder / case / f"{case}_{role}.nii.gz" for role in SEQUENCES})
    data = CaseData(files, read_label_map(folder / case / f"{case}_seg.nii.gz"))
    return TrainingCase(
        case, data, is_hgg=line["grade"] == "HGG", site=line["tcga_id"].split("-")[1], line=number, source=case
    )

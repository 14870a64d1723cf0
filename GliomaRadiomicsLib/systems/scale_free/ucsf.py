"""The public patients the starter models are made from and tested on, read into plain rows.

Source: Calabrese et al. 2022, Radiol Artif Intell 4:e220058 (UCSF-PDGM; pyradiomics features of the whole tumour on
T1ce, no normalisation); TCGA cases as the BraTS challenges prepared them, with manual masks.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.settings import ClinicalData
from GliomaRadiomicsLib.imaging.cases import find_case, read_label_map
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.systems.protocol import CaseData
from GliomaRadiomicsLib.systems.scale_free.measure import from_pyradiomics, measure

IMAGE_MEAN = "image_mean"
"""Mean of the whole T1ce including the empty surroundings; only for the comparison of what was tried."""


@dataclass(frozen=True)
class Known:
    """One patient: measurements (`measure.measure`, and `IMAGE_MEAN`) and what is known; None where unknown."""

    patient: str
    measured: dict[str, float]
    is_hgg: bool | None
    idh_mutant: bool | None
    os_days: float | None
    event: bool | None
    sex: str | None = None
    resection: str | None = None
    et_ml: float | None = None


def parser(doc: str | None) -> argparse.ArgumentParser:
    """The options of a script that makes starters from these patients."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("tables", type=Path)
    made.add_argument("--cases", type=Path, required=True)
    made.add_argument("--out", type=Path, required=True, help="folder of the starter bundles")
    return made


def ucsf_patients(tables: Path) -> list[Known]:
    """Patients of UCSF-PDGM in the order of the feature table; grade by WHO 2021."""
    import pandas as pd

    clinical = pd.read_csv(tables / "clinical.csv").set_index("ID")
    features = pd.read_csv(tables / "pyradiomics_t1c_whole_tumour.csv")
    return [_ucsf(line, clinical.loc[line["ID"]]) for _, line in features.iterrows()]


def _ucsf(line: Any, clinical: Any) -> Known:
    measured = from_pyradiomics(line, _number(clinical["Age at MRI"]))
    measured[IMAGE_MEAN] = float(line["diagnostics_Image-original_Mean"])
    days, resection = _number(clinical["OS"]), clinical["EOR"]
    return Known(
        patient=line["ID"],
        measured=measured,
        is_hgg=bool(clinical["WHO CNS Grade"] == 4),
        idh_mutant=bool(clinical["IDH"] != "wildtype"),
        os_days=days,
        event=None if days is None else bool(clinical["1-dead 0-alive"]),
        sex=clinical["Sex"],
        resection=None if resection != resection else str(resection).lower(),
    )


def tcga_patients(cases: Path) -> list[Known]:
    """Patients of ``cases.csv`` in the folder ``cases``, measured on their T1ce with their manual masks."""
    import pandas as pd

    return [_tcga(cases, line) for _, line in pd.read_csv(cases / "cases.csv").iterrows()]


def _tcga(cases: Path, line: Any) -> Known:
    files = find_case(cases / line["case"])
    t1ce = read_volume(files["t1ce"])
    case = CaseData({"t1ce": t1ce}, read_label_map(files["seg"]), clinical=ClinicalData(age=_number(line["age"])))
    status = {"Mutant": True, "WT": False}.get(line["IDH status"])
    mutant = _number(line["mm_IDH1_mut"]) if status is None else float(status)
    return Known(
        patient=line["tcga_id"],
        measured={**measure(case), IMAGE_MEAN: float(np.mean(t1ce.array))},
        is_hgg=line["grade"] == "HGG",
        idh_mutant=None if mutant is None else bool(mutant),
        os_days=_number(line["os_days"]),
        event=None if line["event"] != line["event"] else bool(line["event"]),
        sex=str(line["sex"])[0],
        et_ml=float(line["et_ml"]),
    )


def _number(value: Any) -> float | None:
    return None if value is None or value != value else float(value)

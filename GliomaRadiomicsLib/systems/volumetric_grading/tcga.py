"""The public tables the starter model is made from, read into training rows.

Source: Bakas et al. 2017, Sci Data 4:170117 (volumes of corrected manual segmentations, mm3, of 102 TCGA-GBM and 65
TCGA-LGG patients); Bakas et al. 2022, Sci Data 9:453 (UPENN-GBM, CaPTk features).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.systems.volumetric_grading.quantities import measured_from_parts
from GliomaRadiomicsLib.systems.volumetric_grading.validation import TrainingRow

_UPENN_PARTS = {"ncr_net": "NC", "ed": "ED", "et": "ET"}


def tcga_rows(tables: Path) -> list[TrainingRow]:
    """Patients of both TCGA collections; the collection is the grade: GBM 4, LGG 2/3 (WHO 2007/2016 histology)."""
    import pandas as pd

    ages = pd.read_csv(tables / "bakas167_clinical.csv").set_index("ID")["age"]
    rows = []
    for name, is_hgg in (("GBM", True), ("LGG", False)):
        table = pd.read_csv(tables / f"TCGA_{name}_radiomicFeatures.csv")
        for _, line in table.iterrows():
            parts = (line["VOLUME_NET"] / 1000, line["VOLUME_ED"] / 1000, line["VOLUME_ET"] / 1000)
            rows.append(TrainingRow(line["ID"], measured_from_parts(*parts, _age(ages.get(line["ID"]))), is_hgg))
    return rows


def case_rows(cases_csv: Path) -> list[TrainingRow]:
    """Patients of a case list with the volumes of their manual masks in ml."""
    import pandas as pd

    return [
        TrainingRow(
            line["tcga_id"],
            measured_from_parts(line["ncr_net_ml"], line["ed_ml"], line["et_ml"], _age(line["age"])),
            line["grade"] == "HGG",
        )
        for _, line in pd.read_csv(cases_csv).iterrows()
    ]


def upenn_rows(tables: Path) -> list[TrainingRow]:
    """IDH-wildtype patients of UPENN-GBM before treatment, all grade 4; an absent region counts as 0 ml.

    Patients without an enhancing volume in the table are left out: it does not say whether there was none.
    """
    import pandas as pd

    clinical = pd.read_csv(tables / "clinical.csv").set_index("ID")
    volumes = {
        part: pd.read_csv(tables / "captk_features" / f"T1GD_{key}.csv").set_index("SubjectID")[
            f"T1GD_{key}_Volumetric_Volume"
        ]
        for part, key in _UPENN_PARTS.items()
    }
    wildtype = clinical[(clinical["IDH1"] == "Wildtype") & clinical.index.str.endswith("_11")]
    rows = []
    for patient in wildtype.index.intersection(volumes["et"].dropna().index):
        parts = {part: _millilitres(table.get(patient)) for part, table in volumes.items()}
        age = _age(wildtype.loc[patient, "Age_at_scan_years"])
        rows.append(TrainingRow(patient, measured_from_parts(**parts, age=age), True))
    return rows


def molecular_glioblastomas(tables: Path, patients: set[str]) -> tuple[int, int]:
    """How many of these LGG patients are grade 4 by WHO 2021, and of how many that is known."""
    import pandas as pd

    clinical = pd.read_csv(tables / "bakas167_clinical.csv")
    grade = clinical.loc[(clinical["cohort"] == "lgg") & clinical["ID"].isin(patients), "WHO_CNS5_grade"]
    known = grade[grade.isin(["Grade 2", "Grade 3", "Grade 4"])]
    return int((known == "Grade 4").sum()), len(known)


def _age(value: Any) -> float | None:
    return None if value is None or value != value else float(value)


def _millilitres(value: Any) -> float:
    return 0.0 if value is None or value != value else float(value) / 1000

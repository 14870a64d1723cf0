"""Makes the starter bundle of survival, with every figure of its card measured on the way.

``python -m GliomaRadiomicsLib.systems.survival.starter UCSF_TABLES --cases FOLDER --out FOLDER``

UCSF_TABLES holds the tables of UCSF-PDGM; the patients of ``--cases`` are another collection and are only tested on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.cox import fit_cox
from GliomaRadiomicsLib.systems.scale_free.starter import ATTRIBUTION, LICENCE, TCGA
from GliomaRadiomicsLib.systems.scale_free.ucsf import Known, parser, tcga_patients, ucsf_patients
from GliomaRadiomicsLib.systems.survival.covariates import (
    ITEM_SETS,
    Patient,
    columns_of,
    entries_of,
    known_items,
    outcome_of,
    set_name,
    table_of,
)
from GliomaRadiomicsLib.systems.survival.fitting import FitSettings, fit_patients
from GliomaRadiomicsLib.systems.survival.system import SurvivalSystem

LEAST_EXTERNAL = 10


def build(train: Sequence[Known], test: Sequence[Known], *, repeats: int = 3, shuffles: int = 5) -> SurvivalSystem:
    """Train and measure."""
    patients = patients_of(train)
    settings = FitSettings(
        repeats=repeats,
        permutations=shuffles,
        cohort=f"{len(patients)} patients of UCSF-PDGM, one institution",
        licence=LICENCE,
        attribution=ATTRIBUTION,
    )
    system = SurvivalSystem(
        fit_patients(patients, settings, {"n_left_out_without_outcome": len(train) - len(patients)})
    )
    evidence = system.metadata["evidence"]
    evidence["figures"] += [figure.to_dict() for figure in _outside(system, patients_of(test))]
    evidence["notes"] += [
        "Imaging adds little or nothing to age, IDH status and resection here (see the C-indices of the clinical items "
        "alone): the signature is of use where they are not known. This agrees with what was measured before on these "
        "tables (clinical .75, all radiomic features .64, both .74).",
        _sex(train),
        "The quantities are those of the starter models of grade and IDH (ratios inside the tumour, which do not "
        "depend on the scanner's scale), and size and form of the tumour. KPS is not in the table and is not used.",
        "Risk groups of the training cohort's curves are those of patients held out, cut at the median.",
    ]
    system.metadata["limitations"] += [
        "One institution, 2015 to 2021; treatment after surgery is not in the table.",
        "Grades 2 to 4 together: much of the discrimination is between glioblastoma and IDH-mutant tumours. Within "
        "glioblastoma it is lower.",
        "Sphericity depends on how smoothly a mask is drawn; automatic masks differ from the manual ones.",
    ]
    return system


def patients_of(known: Sequence[Known]) -> list[Patient]:
    """The patients with follow-up."""
    found = []
    for one in known:
        if one.os_days is None or one.event is None:
            continue
        clinical = {"age": one.measured["age"]} if "age" in one.measured else {}
        if one.idh_mutant is not None:
            clinical["idh_mutant"] = float(one.idh_mutant)
        if one.resection is not None:
            clinical |= {f"resection_{kind}": float(one.resection == kind) for kind in ("str", "biopsy")}
        found.append(Patient(one.patient, entries_of(one.measured), clinical, one.os_days, one.event))
    return found


def _outside(system: SurvivalSystem, test: Sequence[Patient]) -> list[Figure]:
    figures: list[Figure] = []
    for items in ITEM_SETS:
        chosen = [
            replace(p, clinical={name: p.clinical[name] for name in columns_of(items)})
            for p in test
            if set(items) <= set(known_items(p.clinical))
        ]
        if len(chosen) < LEAST_EXTERNAL or set_name(items) not in system.models:
            continue
        found = system.measure(
            chosen,
            prefix=f"tcga_{set_name(items)}",
            cohort=f"{len(chosen)} {TCGA}",
            validation=f"external: other institutions and scanners, nothing fitted on them; model {set_name(items)}",
        )
        figures += [figure for figure in found.figures if figure.id.endswith("_c")]
    return figures


def _sex(train: Sequence[Known]) -> str:
    """What sex adds to age, IDH status and resection."""
    sex = {one.patient: float(one.sex == "M") for one in train}
    items = ("age", "idh", "resection")
    patients = [p for p in patients_of(train) if set(items) <= set(known_items(p.clinical))]
    table = table_of(patients, items)
    columns = {name: table.columns((name,)).values[:, 0] for name in columns_of(items)}
    male = np.array([sex[p.patient] for p in patients])
    model = fit_cox(outcome_of(patients), {**columns, "male": male})
    last = len(model.names) - 1
    ratio, z = np.exp(model.coefficients[last]), model.coefficients[last] / model.covariance[last][last] ** 0.5
    return f"Sex is not used: beside age, IDH status and resection its hazard ratio (men) is {ratio:.2f} (Z = {z:.1f})."


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this script."""
    given = parser(__doc__).parse_args(arguments)
    system = build(ucsf_patients(given.tables), tcga_patients(given.cases))
    system.save(given.out / system.name, overwrite=True)


if __name__ == "__main__":
    main()

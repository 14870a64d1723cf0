"""Makes the starter bundles of grade and IDH, with every figure of their cards measured on the way.

``python -m GliomaRadiomicsLib.systems.scale_free.starter UCSF_TABLES --cases FOLDER --out FOLDER``

UCSF_TABLES holds the tables of UCSF-PDGM; the patients of ``--cases`` are another collection and are only tested on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.auc import auc_with_interval, delong_test
from GliomaRadiomicsLib.systems.binary_figures import AUC_NOTE, binary_figures
from GliomaRadiomicsLib.systems.idh import IdhMutation
from GliomaRadiomicsLib.systems.radiomics_grading import RadiomicsGrading
from GliomaRadiomicsLib.systems.scale_free.fitting import FitSettings, fit_rows
from GliomaRadiomicsLib.systems.scale_free.model import Row, nested, outcomes
from GliomaRadiomicsLib.systems.scale_free.system import ScaleFreeSystem
from GliomaRadiomicsLib.systems.scale_free.tried import WHY, tried
from GliomaRadiomicsLib.systems.scale_free.ucsf import Known, parser, tcga_patients, ucsf_patients

SYSTEMS: tuple[type[ScaleFreeSystem], ...] = (RadiomicsGrading, IdhMutation)
TCGA = "TCGA cases in BraTS preparation (other scanners, manual masks)"
ATTRIBUTION = (
    "UCSF-PDGM: Calabrese et al. 2022, Radiol Artif Intell 4:e220058, The Cancer Imaging Archive (CC BY 4.0)",
    "External test: TCGA-GBM and TCGA-LGG collections, Bakas et al. 2017 (CC BY 3.0); BraTS (Menze 2015, Bakas "
    "2017/2018, Baid 2021); nothing was fitted on them",
)
LICENCE = "Apache-2.0, with the attribution below"


def build(
    kind: type[ScaleFreeSystem], train: Sequence[Known], test: Sequence[Known], *, repeats: int = 10, shuffles: int = 10
) -> ScaleFreeSystem:
    """Train and measure one system."""
    rows, other = rows_of(kind, train), rows_of(kind, test)
    cohort = f"{len(rows)} patients of UCSF-PDGM, one institution"
    settings = FitSettings(
        repeats=repeats, permutations=shuffles, cohort=cohort, licence=LICENCE, attribution=ATTRIBUTION
    )
    system = kind(fit_rows(rows, kind.target, settings, {}))
    evidence = system.metadata["evidence"]
    figures = [_age_alone(system, rows, cohort, repeats), *_outside(system, other), *_trivial(system, test)]
    evidence["figures"] += [figure.to_dict() for figure in figures]
    evidence["tables"] = [tried(rows, other)]
    evidence["notes"] += [WHY]
    _describe(system)
    for prefix, test_id in (("cv_auc", "tcga_auc"), ("cv_age_auc", "tcga_age_auc")):
        found = next(figure for figure in figures if figure.id == test_id)
        assert found.ci is not None
        evidence[f"{prefix}_note"] = (
            f"On {found.n} patients of other scanners (TCGA) AUC {found.value:.2f} ({found.ci[0]:.2f} to "
            f"{found.ci[1]:.2f})."
        )
    return system


def rows_of(kind: type[ScaleFreeSystem], patients: Sequence[Known]) -> list[Row]:
    """The patients whose outcome is known."""
    outcome = {p.patient: p.is_hgg if kind is RadiomicsGrading else p.idh_mutant for p in patients}
    return [Row(p.patient, p.measured, bool(outcome[p.patient])) for p in patients if outcome[p.patient] is not None]


def _outside(system: ScaleFreeSystem, rows: Sequence[Row]) -> list[Figure]:
    figures: list[Figure] = []
    for prefix, said, chosen in (
        ("tcga", "without age", [_ageless(row) for row in rows]),
        ("tcga_age", "with age", rows),
    ):
        p = np.array([system.probability(row.measured) for row in chosen])
        validation = f"external: other institutions and scanners, nothing fitted on them; model {said}"
        figures += binary_figures(
            outcomes(rows), p, prefix=prefix, cohort=f"{len(rows)} {TCGA}", validation=validation,
            classes=system.target.classes,
        )  # fmt: skip
    return figures


def _age_alone(system: ScaleFreeSystem, rows: Sequence[Row], cohort: str, repeats: int) -> Figure:
    y = outcomes(rows)
    alone = nested(rows, ("age",), n_repeats=repeats).mean(axis=0)
    estimate = auc_with_interval(y, alone)
    both = nested(rows, system.with_age.keys, n_repeats=repeats).mean(axis=0)  # type: ignore[union-attr]
    p = delong_test(y, both, alone).p
    note = f"{AUC_NOTE}; the model with age differs from it by p = {p:.2g} (DeLong, paired)"
    return Figure("cv_age_alone_auc", "AUC of age alone", estimate.auc, y.size, cohort, "the same cross-validation",
                  estimate.interval, note)  # fmt: skip


def _trivial(system: ScaleFreeSystem, test: Sequence[Known]) -> list[Figure]:
    """The trivial rule of grading, enhancing volume alone; it cannot be measured on a table without that volume."""
    if not isinstance(system, RadiomicsGrading):
        return []
    y = np.array([bool(p.is_hgg) for p in test])
    volume = np.array([p.et_ml for p in test], dtype=np.float64)
    p = delong_test(y, np.array([system.probability(one.measured) for one in test]), volume).p
    estimate = auc_with_interval(y, volume)
    beaten = f"the model with age does not differ from it (p = {p:.2g})" if p >= 0.05 else f"p = {p:.2g}"  # noqa: PLR2004
    return [
        Figure("tcga_trivial_auc", "AUC of the trivial rule: enhancing volume alone", estimate.auc, y.size,
               f"{y.size} {TCGA}", "nothing is fitted", estimate.interval, f"{AUC_NOTE}; {beaten}, DeLong, paired")
    ]  # fmt: skip


def _describe(system: ScaleFreeSystem) -> None:
    metadata = system.metadata
    metadata["training"]["sites"] = "1"
    metadata["training"]["features"] = "pyradiomics 3, original image, no normalisation, whole tumour on T1ce"
    metadata["limitations"] += [
        "One institution: inside it, cross-validation overstates what happens elsewhere. The external figures rest on "
        "few patients, in whom grade and institution cannot be separated; read their intervals.",
        "On other scanners the probabilities are less well calibrated than inside UCSF (see slope and intercept).",
        "Brightness ratios rest on contrast agent and timing; tumours that do not enhance look alike.",
        "Grades and IDH status are those of WHO 2021 in UCSF and of the collections' histology in TCGA.",
    ]


def _ageless(row: Row) -> Row:
    return Row(row.patient, {key: value for key, value in row.measured.items() if key != "age"}, row.positive)


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this script."""
    given = parser(__doc__).parse_args(arguments)
    train, test = ucsf_patients(given.tables), tcga_patients(given.cases)
    for kind in SYSTEMS:
        build(kind, train, test).save(given.out / kind.target.system, overwrite=True)


if __name__ == "__main__":
    main()

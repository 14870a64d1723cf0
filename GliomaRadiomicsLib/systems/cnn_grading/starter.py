"""Makes the starter bundle from the development patients and phantoms; every figure of its card is measured on the way.

``python -m GliomaRadiomicsLib.systems.cnn_grading.starter CASES --work FOLDER --out BUNDLE``

CASES holds ``cases.csv`` and a folder per patient. A run that was stopped goes on where it was. The network is
smaller and trained faster than the paper's, so that it fits two processor cores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.cnn_grading.fitting import fit_cohort
from GliomaRadiomicsLib.systems.cnn_grading.settings import CnnSettings
from GliomaRadiomicsLib.systems.cnn_grading.system import CnnGrading
from GliomaRadiomicsLib.systems.image_grading.starter import (
    ATTRIBUTION,
    COHORT,
    described,
    parser,
    patients_of,
    phantoms_of,
    told,
)
from GliomaRadiomicsLib.systems.image_grading.work import READ

STEPS, PHANTOMS = 400, 40


def build(cases: Path, work: Path, *, steps: int = STEPS, phantoms: int = PHANTOMS, progress: Progress) -> CnnGrading:
    """Train and measure.

    Args:
        cases: Folder of the patients.
        work: For regions and checkpoints.
        steps: Of each of the six trainings.
        phantoms: Helper cases.
        progress: Told how far it is.
    """
    settings = CnnSettings(
        side=72, channels=(4, 8, 16, 32), hidden=16, steps=steps, learning_rate=2e-3, validation_share=0.0,
        licence="Apache-2.0, with the attribution below", attribution=ATTRIBUTION, cohort=COHORT,
    )  # fmt: skip
    with progress.step("reading", 0.0, READ, "reading the patients"):
        cohort = CnnGrading.read(patients_of(cases), settings, work, progress)
        helpers = CnnGrading.read(phantoms_of(phantoms), settings, work, progress).entries
    system = CnnGrading(fit_cohort(cohort, settings, work, progress, helpers))
    described(system.metadata, phantoms)
    return system


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this script."""
    given = parser(__doc__, steps=STEPS, phantoms=PHANTOMS).parse_args(arguments)
    system = build(given.cases, given.work, steps=given.steps, phantoms=given.phantoms, progress=told())
    system.save(given.out, overwrite=True)


if __name__ == "__main__":
    main()

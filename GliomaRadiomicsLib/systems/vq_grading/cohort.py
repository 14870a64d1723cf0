"""Reading a cohort: patients with a grade, and those without, whose segmentations serve the pre-task."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry, read_cohort_regions
from GliomaRadiomicsLib.systems.protocol import LeftOut, TrainingCase
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings
from GliomaRadiomicsLib.systems.vq_grading.slices import prepare


@dataclass(frozen=True, eq=False)
class Cases:
    """Who takes part.

    Attributes:
        cohort: Patients with a grade.
        others: Patients without: their segmentations are trained on.
        helpers: Further cases of the pre-task, such as phantoms.
    """

    cohort: Cohort
    others: tuple[Entry, ...] = ()
    helpers: tuple[Entry, ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Patients with a grade."""
        return self.cohort.entries

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Who cannot be graded, those without a grade included."""
        unknown = (LeftOut(one.patient, one.line, "", "the grade is unknown", is_fault=False) for one in self.others)
        return (*self.cohort.left_out, *unknown)


def read(cases: Iterable[TrainingCase], settings: VqSettings, work: Path, progress: Progress | None = None) -> Cases:
    """The slices of a cohort, kept in ``work``; raises `RefusedInput` naming the line of a faulty patient."""
    ungraded: set[str] = set()
    version = (
        "slices", settings.sequences, settings.standardise, settings.bias,
        settings.size, settings.pixel_mm, settings.slice_mm,
    )  # fmt: skip
    found = read_cohort_regions(
        _with_a_grade(cases, ungraded), lambda case: prepare(case, settings), version, work / "slices", progress
    )
    graded = tuple(entry for entry in found.entries if entry.patient not in ungraded)
    others = tuple(entry for entry in found.entries if entry.patient in ungraded)
    return Cases(Cohort(graded, found.left_out), others)


def _with_a_grade(cases: Iterable[TrainingCase], ungraded: set[str]) -> Iterator[TrainingCase]:
    """The cases; those without a grade are noted and given one, because reading leaves them out otherwise."""
    for case in cases:
        if case.is_hgg is None:
            ungraded.add(case.patient)
            yield replace(case, is_hgg=False)
        else:
            yield case

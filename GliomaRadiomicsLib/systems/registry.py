"""The systems by name: plain data, one line each; a system's package is imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.systems.protocol import System, TrainingCase

Task = Literal["grading", "idh", "mgmt", "survival"]


class Entry(NamedTuple):
    """What a system does, and its package, whose ``SYSTEM`` is the class that fulfils `protocol.System`.

    ``default_target`` is the outcome's column of systems that work on images alone, need no label map, and take any
    two-class column as ``target`` of their settings; such a system reports who it cannot use, and goes on. ``resumes``
    says that the settings name a folder ``work`` for checkpoints.
    """

    task: Task
    package: str
    default_target: str = ""
    resumes: bool = False


SYSTEMS: dict[str, Entry] = {
    "volumetric_grading": Entry("grading", "GliomaRadiomicsLib.systems.volumetric_grading"),
    "radiomics_grading": Entry("grading", "GliomaRadiomicsLib.systems.radiomics_grading"),
    "vq_grading": Entry("grading", "GliomaRadiomicsLib.systems.vq_grading", resumes=True),
    "cnn_grading": Entry("grading", "GliomaRadiomicsLib.systems.cnn_grading", resumes=True),
    "fused_grading": Entry("grading", "GliomaRadiomicsLib.systems.fused_grading", resumes=True),
    "idh": Entry("idh", "GliomaRadiomicsLib.systems.idh"),
    "mgmt": Entry("mgmt", "GliomaRadiomicsLib.systems.mgmt", default_target="mgmt", resumes=True),
    "survival": Entry("survival", "GliomaRadiomicsLib.systems.survival"),
    "hgg_survival": Entry("survival", "GliomaRadiomicsLib.systems.hgg_survival"),
    "lgg_survival": Entry("survival", "GliomaRadiomicsLib.systems.lgg_survival"),
}


def names(task: Task | None = None) -> list[str]:
    """Names of the systems, of one task or of all, in the order they are run."""
    return [name for name, entry in SYSTEMS.items() if task in (None, entry.task)]


def system_class(name: str) -> type[System]:
    """The class of a system.

    Raises:
        RefusedInput: If there is no system of this name.
    """
    if name not in SYSTEMS:
        raise RefusedInput(
            what="no system of this name", where="system", found=name, remedy=f"choose from {', '.join(SYSTEMS)}"
        )
    return import_module(SYSTEMS[name].package).SYSTEM


def load(name: str, bundle: str | Path) -> System:
    """The system of a bundle.

    Raises:
        RefusedInput: If there is no such system, or the bundle is damaged or another system's.
    """
    return system_class(name).load(bundle)


def read_cases(name: str, cohort: str | Path, settings: Mapping[str, Any]) -> Iterable[TrainingCase]:
    """A cohort's patients as the system wants them, images read one after another.

    Args:
        name: Of the system.
        cohort: The COHORT.csv.
        settings: Of the system, as far as they are given.

    Raises:
        RefusedInput: If the cohort cannot be read, or lacks the column of the outcome.
    """
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.systems.cohort import ImageCases, LabelledCases

    entry = SYSTEMS[name]
    default = entry.default_target
    if not default:
        needed = ["grade"] if entry.task == "grading" else []
        return LabelledCases(read_cohort(cohort, needed))
    target = str(settings.get("target", default))
    return ImageCases(read_cohort(cohort, [target], keep_absent=True), target)

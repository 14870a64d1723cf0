"""Settings of a run: plain dataclasses with a validity check that answers with reason and remedy."""

from __future__ import annotations

from dataclasses import dataclass, field
from numbers import Real
from typing import Literal

from GliomaRadiomicsLib.core.errors import RefusedInput

STEPS = ("segmentation", "features", "grading", "report", "scene")
"""Optional steps of `analyze`, in the order they run; the passport and the alignment always run."""

NORMALISATIONS = ("zscore", "zscore-image", "white-stripe", "percentile", "nyul", "minmax")
"""How intensities are normalised: z-score in the brain, in the whole image, white stripe, 1st and 99th percentile to
0 and 1, histogram matching to a cohort, smallest and largest to 0 and 1."""

BRAIN_EXTRACTIONS = {"own": "network", "hd-bet": "HD-BET"}
"""Who finds the brain in images with skull, and what the record of a run calls it: the product's own network, or HD-BET
where the user has installed it."""

DEMO_SEED = 1
"""Seed of the phantom patient that users are shown: by `demo`, in 3D Slicer's sample data and in the browser app."""

Resection = Literal["gtr", "str", "biopsy"]


@dataclass(frozen=True)
class ClinicalData:
    """What is known about the patient beside the images; None means unknown.

    Attributes:
        age: Years, 0 to 120.
        sex: ``F`` or ``M``.
        kps: Karnofsky performance status, 0 to 100.
        resection: ``gtr``, ``str`` or ``biopsy``.
        idh: ``mutant`` or ``wildtype``, as measured in tissue.
        grade: WHO grade of the tissue, 2 to 4; for systems that predict something else than the grade.
        histology: Type of the tissue in the cohort's own words.
        location: Lobe or region in the cohort's own words.
    """

    age: float | None = None
    sex: Literal["F", "M"] | None = None
    kps: float | None = None
    resection: Resection | None = None
    idh: Literal["mutant", "wildtype"] | None = None
    grade: int | None = None
    histology: str | None = None
    location: str | None = None

    def check(self) -> None:
        """Raise `RefusedInput` for a value that cannot be true."""
        if self.age is not None and not _between(self.age, 0, 120):
            raise RefusedInput(what="not an age", where="--age", found=self.age, remedy="give years between 0 and 120")
        if self.sex not in (None, "F", "M"):
            raise RefusedInput(what="unknown sex", where="--sex", found=self.sex, remedy="give F or M, or leave it out")
        if self.kps is not None and not _between(self.kps, 0, 100):
            raise RefusedInput(what="not a Karnofsky status", where="--kps", found=self.kps, remedy="give 0 to 100")
        if self.resection not in (None, "gtr", "str", "biopsy"):
            raise RefusedInput(
                what="unknown resection", where="--resection", found=self.resection, remedy="give gtr, str or biopsy"
            )
        if self.idh not in (None, "mutant", "wildtype"):
            raise RefusedInput(
                what="unknown IDH status", where="--idh", found=self.idh, remedy="give mutant or wildtype"
            )
        if self.grade not in (None, 2, 3, 4):
            raise RefusedInput(what="unknown WHO grade", where="--grade", found=self.grade, remedy="give 2, 3 or 4")


def _between(value: object, low: float, high: float) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and low <= float(value) <= high


@dataclass(frozen=True)
class AnalyzeSettings:
    """How to analyse one case.

    Attributes:
        clinical: Clinical data.
        steps: Subset of `STEPS`.
        models: Model bundle to use instead of the starter model, by system name.
        device: ``auto``, ``cpu`` or ``cuda``.
        normalisation: One of `NORMALISATIONS`, for the images that are written; a network's own inputs stay as it was
            trained.
        brain_extraction: One of `BRAIN_EXTRACTIONS`; images without skull need neither.
        reuse: Folder of an earlier result of the same images, whose brain, alignment and working grid are taken, so
            that only what depends on the mask is computed; needs a mask.
    """

    clinical: ClinicalData = field(default_factory=ClinicalData)
    steps: tuple[str, ...] = STEPS
    models: dict[str, str] = field(default_factory=dict)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    normalisation: str = "zscore"
    brain_extraction: str = "own"
    reuse: str | None = None

    def check(self) -> None:
        """Raise `RefusedInput` naming the first setting that cannot be used."""
        self.clinical.check()
        unknown = [step for step in self.steps if step not in STEPS]
        if unknown:
            raise RefusedInput(
                what="unknown step", where="--steps", found=unknown[0], remedy=f"choose from {', '.join(STEPS)}"
            )
        if self.device not in ("auto", "cpu", "cuda"):
            raise RefusedInput(
                what="unknown device", where="--device", found=self.device, remedy="choose auto, cpu or cuda"
            )
        if self.normalisation not in NORMALISATIONS:
            raise RefusedInput(
                what="unknown normalisation",
                where="--normalisation",
                found=self.normalisation,
                remedy=f"choose from {', '.join(NORMALISATIONS)}",
            )
        if self.brain_extraction not in BRAIN_EXTRACTIONS:
            raise RefusedInput(
                what="unknown brain extraction",
                where="--brain-extraction",
                found=self.brain_extraction,
                remedy=f"choose from {', '.join(BRAIN_EXTRACTIONS)}",
            )

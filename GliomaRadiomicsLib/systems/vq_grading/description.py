"""What the bundle states about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry
from GliomaRadiomicsLib.systems.image_grading.held_out import CALIBRATION
from GliomaRadiomicsLib.systems.image_grading.metadata import metadata_of
from GliomaRadiomicsLib.systems.image_grading.validation import words_of
from GliomaRadiomicsLib.systems.seen import IMAGES, fingerprint
from GliomaRadiomicsLib.systems.vq_grading.codes import Coded
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings

NAME = "vq_grading"
_PAPER = VqSettings()
_PAPER_NUMBERS = ("count_scale", "size", "pixel_mm", "slice_mm", "channels", "codewords", "codeword_size", "batch_size")
_SHARED_NOTE = (
    "The codebook network was trained once, on the segmentations of all patients, those held out included; no grade "
    "was seen, but the figures may still flatter."
)


def validation_words(settings: VqSettings, others: int, helpers: int) -> str:
    """How the cross-validation was done, and whom the encoder had seen."""
    words = words_of(settings)
    if settings.pretask == "fold":
        return f"{words}; the codebook network too: it saw no held-out patient"
    if settings.pretask == "separate":
        return f"{words}; the codebook network was trained once, on {others} other patients and {helpers} helper cases"
    return (
        words.replace("everything", "everything but the codebook network")
        + "; that network had seen the held-out patients' segmentations, not their grades"
    )


def fingerprint_of(images: npt.NDArray[np.floating]) -> str:
    """Of a patient's labels as the network sees them: slices ``(n, sequences + 1, i, j)``."""
    return fingerprint(np.asarray(images[:, -1]).astype(np.uint8))


def describe(
    cohort: Cohort,
    others: Sequence[Entry],
    helpers: Sequence[Entry],
    settings: VqSettings,
    model: CountModel,
    seen: Sequence[Coded],
    figures: Sequence[Figure],
    sentence: str,
) -> dict[str, Any]:
    """Metadata of the bundle.

    Args:
        cohort: Patients with a grade.
        others: Patients without, of the pre-task.
        helpers: Further cases of the pre-task.
        settings: How it was trained.
        model: The classifier.
        seen: The cohort under the network.
        figures: What was measured.
        sentence: Comparison with the trivial rule.
    """
    own = {
        "input": {
            "region": f"axial slices of {settings.size} x {settings.size} pixels of {settings.pixel_mm:g} mm, "
            f"{settings.slice_mm:g} mm apart, all that meet the brain"
        },
        "training": _training(cohort, others, settings, model, seen),
        "intended_use": "Research: the probability of WHO grade 4 against 2/3 of a glioma before treatment, from "
        "counts of imaging phenotypes, with maps of where those that speak for either grade lie.",
        "limitations": _limitations(settings, model),
    }
    metadata = metadata_of(NAME, settings, cohort, figures, sentence, own, helpers)
    if settings.pretask == "shared":
        metadata["evidence"]["notes"].append(_SHARED_NOTE)
        metadata["evidence"]["prediction_note"] = f"{metadata['evidence']['prediction_note']} {_SHARED_NOTE}".strip()
    return metadata


def _training(
    cohort: Cohort, others: Sequence[Entry], settings: VqSettings, model: CountModel, seen: Sequence[Coded]
) -> dict[str, Any]:
    pretask = others if settings.pretask == "separate" else (*cohort.entries, *others)
    return {
        "model": "segmentation network with a codebook, and logistic regression on the counts of its codewords, after "
        "Kobayashi et al. 2021 (doi 10.21203/rs.3.rs-182617/v1)",
        "n_pretask": len(pretask),
        "n_pretask_without_grade": len(others),
        "pretask": settings.pretask,
        "differs_from_the_paper": _differences(settings),
        "codewords_in_use": int((np.stack([case.counts for case in seen]).sum(axis=0) > 0).sum()),
        "codewords_passing_both_tests": model.passed,
        "hgg_responsible_codewords": list(model.responsible(hgg=True)),
        "lgg_responsible_codewords": list(model.responsible(hgg=False)),
        "codewords_that_separate_the_grades_alone": int(sum(model.separated)),
        "helper_cases_join_in_selection": settings.helpers_in_selection,
        "selection": f"likelihood-ratio and rank-sum test, both p < {settings.level:g}, at most "
        f"{settings.most_codewords}; then an L2 penalty (C = {settings.penalty_c:g}), because under separation the "
        "likelihood without a penalty has no maximum; no correction for testing many codewords, as in the paper",
        "calibration": CALIBRATION,
        "fingerprints": sorted({fingerprint_of(entry.images) for entry in (*cohort.entries, *others)}),
        IMAGES: sorted({entry.image for entry in others}),
    }


def _differences(settings: VqSettings) -> str:
    changed = [
        f"{name} {getattr(settings, name)} instead of {getattr(_PAPER, name)}"
        for name in _PAPER_NUMBERS
        if getattr(settings, name) != getattr(_PAPER, name)
    ]
    always = "only slices that meet the brain are counted; rank-sum instead of signed-rank test"
    return "; ".join([*changed, always])


def _limitations(settings: VqSettings, model: CountModel) -> list[str]:
    cell = settings.pixel_mm * 2 ** (len(settings.channels) - 1)
    found = [
        f"A codeword describes a patch of {cell:g} mm; its responsible region is as coarse as the decoder makes it; "
        "because the decoder normalises over the slice, taking a codeword out changes the whole slice a little. The "
        "maps show what of this lies in the brain.",
    ]
    if not model.codewords:
        found.insert(0, "No codeword differed between the grades: every prediction is the training share of grade 4.")
    return found

"""What a bundle states: settings, training, the measured figures and their limits; no names of patients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from GliomaRadiomicsLib.systems.mgmt.cache import Cohort
from GliomaRadiomicsLib.systems.mgmt.fitting import Fitted
from GliomaRadiomicsLib.systems.mgmt.measure import evidence_tables, main_figures
from GliomaRadiomicsLib.systems.mgmt.settings import MgmtSettings
from GliomaRadiomicsLib.systems.mgmt.splits import Split
from GliomaRadiomicsLib.systems.protocol import LeftOut

NAME = "mgmt"
PAPER = "Spoorthy et al. 2023 (transfer learning with EfficientNet for MGMT promoter methylation)"
_POOLED = (
    "Figures over folds put predictions of different models together; those before fine-tuning and those by sequence "
    "in the table are not calibrated to each other, which can lower their AUC."
)
KNOWN = (
    "For MGMT the RSNA-MICCAI challenge ended at test AUCs of about .60 to .62, external cohorts gave about .56, and "
    "large studies find chance level."
)


def describe(cohort: Cohort, fitted: Fitted, settings: MgmtSettings) -> dict[str, Any]:
    """Metadata as `models.metadata.check_metadata` wants it."""
    labels = cohort.labels
    words = settings.words
    positive = sum(labels.values())
    return {
        "name": settings.name,
        "system": NAME,
        "version": "1.0",
        "licence": settings.licence,
        "attribution": [PAPER, *settings.attribution],
        "input": _input(settings),
        "settings": settings.plain(),
        "training": {
            "cohort": settings.cohort,
            "n": len(labels),
            f"n {words.positive}": positive,
            f"n {words.negative}": len(labels) - positive,
            **left_out_counts(cohort.left_out),
            **_parts(fitted),
            "backbone": "none" if fitted.origin is None else fitted.origin["text"],
            "courses": fitted.courses,
        },
        "fingerprints": fingerprints_of(cohort, fitted.kept_split),
        "evidence": {
            "figures": [
                figure.to_dict()
                for figure in main_figures(
                    fitted.test, settings, prefix="test", cohort=settings.cohort, validation=_validation(settings)
                )
            ],
            "tables": evidence_tables(fitted.test, settings),
            "notes": [
                "Slices of one patient are always on one side of every split.",
                "Fusion and calibration were fitted on the validation patients, who also chose the weights.",
                *([_POOLED] if settings.folds else []),
                *([KNOWN] if settings.target == "mgmt" else []),
            ],
        },
        "intended_use": f"Research: how far {words.question} can be told from MRI of a glioma before treatment.",
        "not_for": ["Diagnosis or treatment decisions", "Replacing the test on tissue"],
        "limitations": _limitations(fitted, settings),
    }


def left_out_counts(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """How many patients were left out, and how many sequences were absent."""
    patients = [one for one in left_out if not one.sequence]
    unused = {(one.line, one.case) for one in patients}
    sequences = Counter(one.sequence for one in left_out if one.sequence and (one.line, one.case) not in unused)
    counts = {
        "n_left_out_faulty": sum(one.is_fault for one in patients),
        "n_left_out_without_outcome": sum(not one.is_fault for one in patients),
    }
    return {**counts, **{f"n_without {name}": n for name, n in sorted(sequences.items())}}


def fingerprints_of(cohort: Cohort, split: Split) -> list[str]:
    """Of the images that weights, fusion and calibration were fitted on, so that `evaluate` knows them again."""
    known = {*split.train, *split.validation}
    return sorted(digits for entry in cohort.entries if entry.patient in known for digits in entry.fingerprints())


def _input(settings: MgmtSettings) -> dict[str, Any]:
    if settings.radiomics == "only":
        return {"sequences": list(settings.modalities), "label_map": "0/1/2/4 on the grid of the images"}
    return {
        "sequences": list(settings.modalities),
        "slices": f"the middle {settings.share:.0%} along the third axis, {settings.size} x {settings.size} pixels, "
        "darkest to brightest of them scaled to 0..1, three equal channels in ImageNet's units",
        "missing_sequences": "the fusion of those that are there",
    }


def _parts(fitted: Fitted) -> dict[str, Any]:
    if len(fitted.splits) > 1:
        return {"folds": len(fitted.splits)}
    (split,) = fitted.splits
    return {
        "n_training": len(split.train),
        "n_validation": len(split.validation),
        "n_test": len(split.test),
    }


def _validation(settings: MgmtSettings) -> str:
    if settings.folds:
        return f"patients held out in {settings.folds} folds, stratified; networks, fusion and features fitted anew"
    return f"{settings.test_share:.0%} of the patients, held out from the start, stratified"


def _limitations(fitted: Fitted, settings: MgmtSettings) -> list[str]:
    limits = []
    if fitted.origin is not None and fitted.origin["kind"] == "random":
        limits.append(f"The networks began as {fitted.origin['text']}; the paper's began with ImageNet.")
    if settings.folds:
        limits.append("The figures are of the models of the folds; the model kept was trained afterwards on everyone.")
    if settings.radiomics != "only":
        limits.append(
            "In an analysis all sequences lie on the grid of one of them; if the networks were trained on DICOM series "
            "as acquired, the slices of the others may look different from those they learned from."
        )
    return limits

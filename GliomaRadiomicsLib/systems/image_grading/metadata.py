"""What the bundles of the grading networks state alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.systems.image_grading.cohort import Cohort, Entry
from GliomaRadiomicsLib.systems.image_grading.settings import GradingSettings
from GliomaRadiomicsLib.systems.image_grading.validation import left_out_words
from GliomaRadiomicsLib.systems.seen import IMAGES

FEW = 100
"""Fewer patients of either grade are called few."""

NOT_FOR = (
    "Diagnosis or treatment decisions",
    "Treated or operated tumours, metastases, children, or anything that is not an adult diffuse glioma",
)


def metadata_of(
    system: str,
    settings: GradingSettings,
    cohort: Cohort,
    figures: Sequence[Figure],
    sentence: str,
    own: Mapping[str, Any],
    helpers: Sequence[Entry] = (),
) -> dict[str, Any]:
    """Metadata of a bundle.

    Args:
        system: Its name.
        settings: Of the training.
        cohort: Who it was trained on.
        figures: What was measured.
        sentence: Its comparison with the trivial rule.
        own: Entries of the system: ``input`` and ``training`` are added to, others taken as they are.
        helpers: Further training cases.
    """
    high = int(cohort.grades.sum())
    low = len(cohort.entries) - high
    sites = {entry.site for entry in cohort.entries if entry.site}
    note = f"{sentence[:1].upper()}{sentence[1:]}." if sentence else ""
    return {
        "name": settings.name or system,
        "system": system,
        "version": "1.0",
        "licence": settings.licence,
        "attribution": list(settings.attribution),
        "settings": settings.plain(),
        "input": {
            "sequences": [SEQUENCE_NAMES[role] for role in settings.sequences],
            "label_map": "0/1/2/4 on the grid of the images",
            "standardised": "inside the brain" if settings.standardise == "brain" else "over the whole image",
            **own.get("input", {}),
        },
        "training": {
            "cohort": settings.cohort,
            "n": len(cohort.entries),
            "n_grade_4": high,
            "n_grade_2_3": low,
            "n_sites": len(sites) or "not stated",
            "n_helper_cases": len(helpers),
            **left_out_words(cohort.left_out),
            **own.get("training", {}),
            IMAGES: sorted({*(entry.image for entry in cohort.entries), *own.get("training", {}).get(IMAGES, ())}),
        },
        "evidence": {
            "figures": [figure.to_dict() for figure in figures],
            "notes": [note] if note else [],
            "prediction_note": note,
        },
        "not_for": [*NOT_FOR, *own.get("not_for", ())],
        "limitations": [*_limitations(cohort, high, low), *own.get("limitations", ())],
        **{key: value for key, value in own.items() if key not in ("input", "training", "not_for", "limitations")},
    }


def _limitations(cohort: Cohort, high: int, low: int) -> list[str]:
    found = [f"The probability assumes the training share of grade 4, {high / (high + low):.0%}."]
    if min(high, low) < FEW:
        found.insert(
            0,
            f"Trained on {high} patients of grade 4 and {low} of grade 2/3: very few for a network. Its "
            "figures have wide intervals, and another cohort may give others.",
        )
    by_grade = [
        {entry.site for entry in cohort.entries if entry.is_hgg is grade and entry.site} for grade in (True, False)
    ]
    if all(by_grade) and not by_grade[0] & by_grade[1]:
        found.append(
            "No institution contributed both grades, so grade and way of scanning cannot be told apart: part of any "
            "figure may be the institution's."
        )
    return found

"""The sections of the panel and the tabs of the results, in their order."""

from __future__ import annotations

from dataclasses import dataclass

from GliomaRadiomicsLib.interface.fields import (
    CLINICAL_FIELDS,
    COHORT_FIELDS,
    HEATMAP_FIELDS,
    RUN_FIELDS,
    SEQUENCE_FIELDS,
    TRAIN_FIELDS,
    Field,
)


@dataclass(frozen=True)
class Section:
    """A foldable part of the panel, or a tab.

    Attributes:
        key: Its name in code.
        title: What stands over it.
        help: One sentence for the tool tip or the line below the title.
        fields: What is filled in there, in this order.
    """

    key: str
    title: str
    help: str
    fields: tuple[Field, ...] = ()


SECTIONS = (
    Section(
        "inputs",
        "1. Inputs",
        "Any of the four sequences; the selectors fill themselves where names tell. Clinical data may be left empty.",
        (*SEQUENCE_FIELDS, *CLINICAL_FIELDS),
    ),
    Section("check", "2. Check", "What was found in the images before anything is computed, and what to do about it."),
    Section("run", "3. Run", "Which steps are done, and on which device.", RUN_FIELDS),
    Section("results", "4. Results", "What was found, each figure with what it rests on."),
    Section("cohort", "Cohort", "Analyse every patient of a table, one after another.", COHORT_FIELDS),
    Section("models", "Models", "Installed models with their cards; import, verify and train.", TRAIN_FIELDS),
)

RESULT_TABS = (
    Section("tumour", "Tumour", "Volumes of the regions; show, hide, edit and compute again."),
    Section("grade", "Grade", "Probability of WHO grade 4 against 2 and 3 by each system, and why.", HEATMAP_FIELDS),
    Section("molecular", "Molecular", "IDH mutation and MGMT methylation, or why nothing is said."),
    Section("survival", "Survival", "Risk group, survival curve and a nomogram to move."),
    Section("features", "Features", "Every measured value; filter, copy, save as CSV."),
    Section("report", "Report", "Open, save and export what was found."),
)


def section(key: str) -> Section:
    """The section or tab of this key; raises KeyError if there is none."""
    return {one.key: one for one in (*SECTIONS, *RESULT_TABS)}[key]

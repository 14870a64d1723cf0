"""What a two-class system on these quantities predicts: words, the outcome's column and how a case tells it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from GliomaRadiomicsLib.systems.protocol import TrainingCase


@dataclass(frozen=True)
class Target:
    """A two-class outcome.

    Attributes:
        system: Name of the system.
        column: Of COHORT.csv.
        question: What the probability is of, in a sentence of the card.
        classes: What the positive and the negative class are called in figures.
        labels: What they are called in results.
        outcome: Whether a training case is of the positive class; None where unknown.
    """

    system: str
    column: str
    question: str
    classes: tuple[str, str]
    labels: tuple[str, str]
    outcome: Callable[[TrainingCase], bool | None]


GRADE = Target(
    "radiomics_grading",
    "grade",
    "WHO grade 4 against 2/3 of a glioma before treatment",
    ("grade 4", "grade 2/3"),
    ("HGG", "LGG"),
    lambda case: case.is_hgg,
)
IDH = Target(
    "idh",
    "idh",
    "an IDH mutation of a glioma before treatment",
    ("IDH-mutant", "IDH-wildtype"),
    ("IDH-mutant", "IDH-wildtype"),
    lambda case: case.idh_mutant,
)

"""Tissues of the phantom and their relaxation times.

Starting points of the healthy values. 1.5 T: Kwan, Evans, Pike, "MRI simulation-based evaluation of image-processing
and classification methods", IEEE TMI 18:1085 (1999), as used by BrainWeb. 3 T: Wansapura et al., "NMR relaxation times
in the human brain at 3.0 tesla", JMRI 9:531 (1999); Stanisz et al., MRM 54:507 (2005). White and grey matter at 1.5 T
and fluid were then adjusted for contrast. Tumour, oedema and contrast agent are not measured values: they were tuned
until the mean z-scores of the labels came near those of 18 BraTS cases. Bone, air, vessels and choroid plexus are
chosen to look right (flow and susceptibility are not modelled).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Tissue(IntEnum):
    """Tissue classes of `PhantomPatient.tissue`."""

    AIR = 0
    CSF = 1
    GREY = 2
    WHITE = 3
    DEEP_GREY = 4
    PALLIDUM = 5
    VESSEL = 6
    CHOROID = 7
    DURA = 8
    LESION = 9
    NECROSIS = 10
    NON_ENHANCING = 11
    ENHANCING = 12
    OEDEMA = 13
    BONE = 14
    MARROW = 15
    FAT = 16
    MUSCLE = 17
    VITREOUS = 18
    BLOOD = 19
    MISMATCH = 20


@dataclass(frozen=True)
class Relaxation:
    """Relaxation of one tissue.

    Attributes:
        t1: T1 in ms at 1.5 T and at 3 T.
        t2: T2 in ms at 1.5 T and at 3 T.
        density: Proton density relative to water.
        gadolinium: Contrast agent in mmol/l at the time of the T1ce.
    """

    t1: tuple[float, float]
    t2: tuple[float, float]
    density: float
    gadolinium: float = 0.0


RELAXATION: dict[Tissue, Relaxation] = {
    Tissue.AIR: Relaxation((1000, 1000), (1, 1), 0.0),
    Tissue.CSF: Relaxation((2800, 3800), (350, 400), 1.0),
    Tissue.GREY: Relaxation((950, 1331), (95, 99), 0.82, 0.02),
    Tissue.WHITE: Relaxation((580, 832), (74, 75), 0.74, 0.01),
    Tissue.DEEP_GREY: Relaxation((800, 1180), (82, 86), 0.82, 0.015),
    Tissue.PALLIDUM: Relaxation((700, 1000), (66, 60), 0.78, 0.015),
    Tissue.VESSEL: Relaxation((1300, 1600), (40, 35), 0.70, 1.2),
    Tissue.CHOROID: Relaxation((1300, 1700), (160, 160), 0.90, 0.5),
    Tissue.DURA: Relaxation((900, 1200), (60, 60), 0.60, 0.35),
    Tissue.LESION: Relaxation((900, 1200), (115, 115), 0.83, 0.01),
    Tissue.NECROSIS: Relaxation((1450, 1800), (260, 260), 0.95, 0.02),
    Tissue.NON_ENHANCING: Relaxation((1150, 1450), (190, 190), 0.90, 0.015),
    Tissue.ENHANCING: Relaxation((1050, 1350), (155, 155), 0.88, 0.42),
    Tissue.OEDEMA: Relaxation((1000, 1280), (165, 165), 0.83, 0.015),
    Tissue.BLOOD: Relaxation((420, 480), (75, 60), 0.85),
    Tissue.MISMATCH: Relaxation((1700, 2150), (210, 210), 0.95, 0.01),
    Tissue.BONE: Relaxation((1000, 1000), (5, 5), 0.12),
    Tissue.MARROW: Relaxation((360, 400), (55, 55), 0.70, 0.05),
    Tissue.FAT: Relaxation((300, 370), (65, 65), 0.72),
    Tissue.MUSCLE: Relaxation((900, 1300), (45, 42), 0.85, 0.1),
    Tissue.VITREOUS: Relaxation((3000, 3800), (450, 450), 1.0),
}

BLENDS_WITH: dict[Tissue, Tissue] = {
    Tissue.OEDEMA: Tissue.WHITE,
    Tissue.NON_ENHANCING: Tissue.OEDEMA,
    Tissue.ENHANCING: Tissue.NON_ENHANCING,
    Tissue.NECROSIS: Tissue.NON_ENHANCING,
    Tissue.MISMATCH: Tissue.NON_ENHANCING,
    Tissue.LESION: Tissue.WHITE,
}
"""What a tissue is mixed with where it is not pure."""

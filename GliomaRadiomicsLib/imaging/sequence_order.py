"""Which image is which sequence? Compares the contrasts inside the brain with what each sequence looks like.

Two measures need no training: *asymmetry* of the difference of two images (cerebrospinal fluid is bright on T2 and dark
on T1, vessels and tumour shine on T1ce only, so the difference has one long tail) and *rank correlation* (FLAIR goes
with T2, T1ce with T1). Every assignment of the images to the given roles is scored; the best should be the given one.
Where FLAIR comes with one T1 or T1ce only, `flair_likeness` tells which is which.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import distance_transform_edt
from scipy.stats import rankdata

from GliomaRadiomicsLib.core.labels import SEQUENCES
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.flair_likeness import asymmetry, flair_likeness

_DEPTH_MM = 8.0
_MIN_VOXELS = 500
_MARGIN = 0.2
_CLEAR = 0.3
"""Lead of the best assignment from which it is acted on; with four sequences it was 0.37 or more, and the right one, in
all 18 patients it was measured on."""
_FLAIR_AND_ONE = ({"t1", "flair"}, {"t1ce", "flair"})
_LIKENESS_WEIGHT = 0.2
"""So that a verdict needs a difference of 0.5; of 36 pairs of patients 31 had that much, none the wrong way."""
_TAILED = (("t1", "t1ce", 1.0), ("t1", "t2", 1.0), ("t1ce", "t2", 1.0), ("flair", "t2", 1.0), ("t1", "flair", 0.5))


@dataclass(frozen=True)
class OrderVerdict:
    """What the contrasts say.

    Attributes:
        looks_like: For every given role, the role its image looks like.
        margin: By how much that assignment beats the given one; 0 when they are the same.
        lead: By how much it beats the second best.
        checked: False where too little brain or fewer than two sequences are there to tell, or where FLAIR and one
            other are too much alike.
    """

    looks_like: dict[str, str]
    margin: float
    lead: float
    checked: bool

    @property
    def suspicious(self) -> bool:
        """Whether another assignment fits clearly better."""
        return self.checked and self.margin > _MARGIN

    @property
    def exchanged(self) -> tuple[str, str] | None:
        """The two roles that were clearly given the other way round; None where that is not clear."""
        wrong = [role for role, looks in self.looks_like.items() if looks != role]
        if not self.suspicious or self.lead < _CLEAR or len(self.looks_like) < 3 or len(wrong) != 2:
            return None
        return wrong[0], wrong[1]


def check_order(images: dict[str, Volume], brain: npt.NDArray[np.bool_]) -> OrderVerdict:
    """Compare the contrasts of skull-stripped ``images`` (one grid, `coarse` is enough) inside ``brain``."""
    roles = tuple(role for role in SEQUENCES if role in images)
    given = {role: role for role in roles}
    deep = distance_transform_edt(brain, sampling=next(iter(images.values())).spacing) > _DEPTH_MM
    if len(roles) < 2 or deep.sum() < _MIN_VOXELS:
        return OrderVerdict(given, 0.0, 0.0, checked=False)
    if set(roles) in _FLAIR_AND_ONE:
        scores = _flair_scores(images, brain)
    else:
        pairs = _Pairs({role: images[role].array[deep].astype(np.float64) for role in roles})
        scores = {order: _score(pairs, dict(zip(roles, order, strict=True))) for order in permutations(roles)}
    if not scores:
        return OrderVerdict(given, 0.0, 0.0, checked=False)
    best, second = sorted(scores, key=lambda order: scores[order], reverse=True)[:2]
    image_to_role = {image: role for role, image in zip(roles, best, strict=True)}
    looks_like = {role: image_to_role[role] for role in roles}
    return OrderVerdict(looks_like, scores[best] - scores[roles], scores[best] - scores[second], checked=True)


def _flair_scores(images: dict[str, Volume], brain: npt.NDArray[np.bool_]) -> dict[tuple[str, ...], float]:
    """Scores of FLAIR and one other as given and exchanged; empty where their intensities do not tell clearly."""
    other = next(role for role in images if role != "flair")
    flair_side, other_side = flair_likeness(images["flair"], brain), flair_likeness(images[other], brain)
    if flair_side is None or other_side is None:
        return {}
    score = _LIKENESS_WEIGHT * (flair_side - other_side)
    return {} if abs(2 * score) <= _MARGIN else {(other, "flair"): score, ("flair", other): -score}


class _Pairs:
    """Rank correlation and asymmetry of the difference for every pair of images."""

    def __init__(self, values: dict[str, npt.NDArray[np.float64]]) -> None:
        ranks = {role: rankdata(array) for role, array in values.items()}
        scaled = {role: _robust(array) for role, array in values.items()}
        self._correlation: dict[tuple[str, str], float] = {}
        self._asymmetry: dict[tuple[str, str], float] = {}
        for a, b in combinations(values, 2):
            self._correlation[a, b] = self._correlation[b, a] = _correlation(ranks[a], ranks[b])
            self._asymmetry[a, b] = asymmetry(scaled[b] - scaled[a])
            self._asymmetry[b, a] = -self._asymmetry[a, b]

    def correlation(self, a: str, b: str) -> float:
        return self._correlation[a, b]

    def asymmetry(self, a: str, b: str) -> float:
        """Positive where ``b`` minus ``a`` has its long tail on the bright side."""
        return self._asymmetry[a, b]


def _score(pairs: _Pairs, image: dict[str, str]) -> float:
    """Fit of an assignment; ``image`` tells which image plays each role."""
    score = sum(weight * pairs.asymmetry(image[a], image[b]) for a, b, weight in _TAILED if a in image and b in image)

    def together(a: str, b: str) -> float:
        return pairs.correlation(image[a], image[b])

    if {"t1", "t2", "flair"} <= image.keys():
        score += together("t2", "flair") - together("t1", "t2")
    if {"t1ce", "t2", "flair"} <= image.keys():
        score += together("t2", "flair") - together("t1ce", "t2")
    if {"t1", "t1ce", "flair"} <= image.keys():
        score += together("t1", "t1ce") - 0.5 * together("t1", "flair") - 0.5 * together("t1ce", "flair")
    return score


def _robust(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    low, middle, high = np.percentile(values, (25, 50, 75))
    return (values - middle) / ((high - low) or 1.0)


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    a, b = a - a.mean(), b - b.mean()
    return float(a @ b / (np.sqrt((a @ a) * (b @ b)) or 1.0))

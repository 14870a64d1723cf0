"""What is measured beside the grade: segmentation, where the responsible regions lie, and whether they are faithful.

Kobayashi et al. 2021: Dice per label; the differences of each responsible region summed over each label, compared by
the Kruskal-Wallis test and Dunn's comparison.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.labels import LABELS
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.kruskal_dunn import kruskal_dunn
from GliomaRadiomicsLib.statistics.resampling import bootstrap_interval
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.faithful import MapTest, tested_map
from GliomaRadiomicsLib.systems.vq_grading.codes import Coded, region_of, segmented
from GliomaRadiomicsLib.systems.vq_grading.count_model import CountModel
from GliomaRadiomicsLib.systems.vq_grading.settings import VqSettings
from GliomaRadiomicsLib.systems.vq_grading.slices import as_volume

if TYPE_CHECKING:
    from torch import nn

KEYS = tuple(label.key for label in LABELS)
CLASSES = (("HGG", True), ("LGG", False))
_DEPENDENT = "the three sums of a patient are not independent, and a larger label has a larger sum; the paper's test"


@dataclass(frozen=True)
class RegionSums:
    """Of one patient, by label: Dice (NaN where the label is absent), and the sums of both responsible regions.

    The sums are by class (HGG, LGG), then by label, in logits times ml.
    """

    dice: dict[str, float]
    sums: dict[str, dict[str, float]]


def measured(
    network: nn.Module, model: CountModel, background: int, case: Coded, entry: Entry, settings: VqSettings
) -> RegionSums:
    """Measure one patient whose codes under the network are known."""
    truth = np.asarray(entry.images[:, -1]).astype(np.uint8)
    found = segmented(network, case.codes)
    pixel_ml = settings.pixel_mm**2 * settings.slice_mm / 1000.0
    sums = {}
    for name, is_hgg in CLASSES:
        region = region_of(network, case.codes, model.responsible(hgg=is_hgg), background)
        sums[name] = {
            key: float(region[truth == number + 1].sum(dtype=np.float64) * pixel_ml) for number, key in enumerate(KEYS)
        }
    return RegionSums({key: _dice(truth == n + 1, found == n + 1) for n, key in enumerate(KEYS)}, sums)


def faithful_maps(network: nn.Module, model: CountModel, background: int, entries: Sequence[Entry]) -> list[MapTest]:
    """Faithfulness of the responsible region of the predicted grade; of patients whose region is not empty."""
    import torch

    from GliomaRadiomicsLib.systems.vq_grading.grader import VolumeGrader

    grader = VolumeGrader(network, model, background).eval()
    tests = []
    for entry in entries:
        stack = np.asarray(entry.images[:, :-1], dtype=np.float32)
        images = np.stack([as_volume(stack[:, channel]) for channel in range(stack.shape[1])])
        if grader.heat(torch.from_numpy(images)[None]).any():
            tests.append(tested_map(grader, images, lambda net, batch: net.heat(batch), lambda output: output))  # type: ignore[operator]
    return tests


def region_figures(patients: Sequence[RegionSums], *, prefix: str, cohort: str, validation: str) -> list[Figure]:
    """Dice per label; of each responsible region the mean sum per label, and the tests that compare the labels.

    Of a class without responsible codewords there is nothing to say.
    """
    figures = []

    def add(name: str, metric: str, values: Sequence[float], note: str = "interval: bootstrap") -> None:
        known = np.array([value for value in values if math.isfinite(value)])
        if known.size:
            interval = bootstrap_interval(_mean, known) if known.size > 1 else None
            mean = float(known.mean())
            figures.append(Figure(f"{prefix}_{name}", metric, mean, known.size, cohort, validation, interval, note))

    for key in KEYS:
        add(f"dice_{key.lower()}", f"Dice {key}", [one.dice[key] for one in patients], "of patients with this label")
    for name, _ in CLASSES:
        if not any(sum(one.sums[name].values()) for one in patients):
            continue
        for key in KEYS:
            sums = [one.sums[name][key] for one in patients]
            add(f"region_{name.lower()}_{key.lower()}", f"{name} responsible region in {key} (logits x ml)", sums)
        test = _compared(patients, name)
        if test is not None:
            figures.append(Figure(f"{prefix}_region_{name.lower()}_kruskal", *test[:2], len(patients), cohort,
                                  validation, None, test[2]))  # fmt: skip
    return figures


def _compared(patients: Sequence[RegionSums], name: str) -> tuple[str, float, str] | None:
    """Metric, statistic and note of the comparison of the labels; None where nothing differs."""
    found = kruskal_dunn({key: [one.sums[name][key] for one in patients] for key in KEYS})
    if not math.isfinite(found.h):
        return None
    pairs = ", ".join(f"{pair.first} - {pair.second} {pair.adjusted_p:.2g}" for pair in found.pairs)
    highest = f"{found.highest} highest" if found.highest else "no label above both others"
    note = f"p = {found.p:.2g}; Dunn (Bonferroni) {pairs}: {highest}; {_DEPENDENT}"
    return f"{name} responsible region by label: Kruskal-Wallis H", found.h, note


def _dice(truth: npt.NDArray[np.bool_], found: npt.NDArray[np.bool_]) -> float:
    size = int(truth.sum())
    return 2.0 * int((truth & found).sum()) / (size + int(found.sum())) if size else float("nan")


def _mean(values: npt.NDArray[np.floating]) -> float:
    return float(np.mean(values))

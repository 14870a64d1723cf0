"""How faithful the heat maps of a network are, measured on patients it was not trained on; too slow for every case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.explain.faithfulness import faithfulness
from GliomaRadiomicsLib.models.figures import Figure
from GliomaRadiomicsLib.statistics.resampling import bootstrap_interval

if TYPE_CHECKING:
    import torch
    from torch import nn

Array = npt.NDArray[np.floating]
HeatOf = Callable[["nn.Module", "torch.Tensor"], Array]
"""Heat map of one region, ``(1, sequences, i, j, k)``, under a network: shape (i, j, k), for its predicted class."""
LogOdds = Callable[["torch.Tensor"], "torch.Tensor"]
"""From what the network gives for a batch to log-odds of WHO grade 4, ``(batch,)``."""

_LEAST = 2
_SHUFFLES = 2


@dataclass(frozen=True)
class MapTest:
    """Of one patient.

    Attributes:
        deletion: Area between the curves of the map and of chance; 0 for a flat map.
        insertion: The same of insertion.
        beaten: Share of random regions the map beats; .5 for a flat map.
        shuffled: Likeness to maps of shuffled weights; NaN where the map, or all of those, are flat.
    """

    deletion: float
    insertion: float
    beaten: float
    shuffled: float

    @property
    def is_flat(self) -> bool:
        """Whether the map itself was flat."""
        return self.deletion == self.insertion == 0.0 and not np.isfinite(self.shuffled)


def tested_map(network: nn.Module, images: Array, heat_of: HeatOf, log_odds: LogOdds, seed: int = 0) -> MapTest:
    """Test the heat map of one patient.

    Args:
        network: In evaluation mode.
        images: Shape (sequences, i, j, k).
        heat_of: The map.
        log_odds: What of the network's output is explained; its sign says which class.
        seed: Of the random regions.
    """
    import torch

    from GliomaRadiomicsLib.explain.weight_randomisation import weight_randomisation

    plain = np.asarray(images, dtype=np.float32)
    batch = torch.from_numpy(plain)[None]

    def of_grade_4(stack: Array) -> npt.NDArray[np.float64]:
        with torch.no_grad():
            return log_odds(network(torch.from_numpy(np.asarray(stack, dtype=np.float32)))).double().numpy()

    sign = 1.0 if of_grade_4(plain[None])[0] >= 0 else -1.0
    inside = (plain != 0).any(axis=0)
    found = faithfulness(
        lambda stack: sign * of_grade_4(stack), plain, heat_of(network, batch), mask=inside, regions=4, seed=seed
    )
    shuffled = weight_randomisation(
        lambda other: heat_of(other, batch), network, runs=_SHUFFLES, seed=seed, mask=inside
    )
    beaten = (found.deletion.beaten + found.insertion.beaten) / 2.0
    return MapTest(found.deletion.area_between, found.insertion.area_between, beaten, shuffled)


def map_figures(tests: Sequence[MapTest], method: str, *, prefix: str, cohort: str, validation: str) -> list[Figure]:
    """Means over the patients, with bootstrap intervals; none for fewer than two patients.

    The likeness to maps of shuffled weights is of the patients whose map is not flat; the note says how many are.
    """
    figures = []
    flat = sum(test.is_flat for test in tests)
    unlike = sum(not np.isfinite(test.shuffled) for test in tests)
    for name, metric, note in _METRICS:
        values = np.array([getattr(test, name) for test in tests], dtype=np.float64)
        values = values[np.isfinite(values)]
        if values.size >= _LEAST:
            interval = bootstrap_interval(lambda sample: float(np.mean(sample)), values)
            figures.append(
                Figure(
                    f"{prefix}_{method}_{name}", metric.format(method=method), float(values.mean()), values.size,
                    cohort, validation, interval, note + _flat_words(name, flat, unlike, len(tests)),
                )
            )  # fmt: skip
    return figures


def _flat_words(name: str, flat: int, unlike: int, n: int) -> str:
    if name == "shuffled":
        return f"; not measured in {unlike} of {n}: the map, or each of shuffled weights, is flat" if unlike else ""
    return f"; the map is flat in {flat} of {n}, which counts as chance" if flat else ""


_METRICS = (
    ("deletion", "Heat map {method}: deletion, gain over random regions (log-odds)", "above 0: better than chance"),
    ("insertion", "Heat map {method}: insertion, gain over random regions (log-odds)", "above 0: better than chance"),
    ("beaten", "Heat map {method}: share of random regions beaten", ".5 is chance"),
    ("shuffled", "Heat map {method}: likeness to maps of shuffled weights (rho)", "near 0: shows what was learned"),
)

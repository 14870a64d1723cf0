"""The quantities the grade is judged by: from region volumes and age alone, independent of the scanner.

Volumes enter as log(1 + ml) and shares as part / (whole + 1 ml): one millilitre is a soft floor, so that a few false
voxels of enhancement move them little, and every quantity is defined for an empty region.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

SOFT_FLOOR_ML = 1.0

Measured = Mapping[str, float]
"""Region volumes in ml by name (``core.labels.REGIONS``), and ``age`` in years where known."""


@dataclass(frozen=True)
class Quantity:
    """One quantity.

    Attributes:
        name: What it is called in reports.
        unit: Of ``value``.
        value: The quantity as a reader knows it.
        is_log: Whether the model sees log(1 + value) instead of the value.
    """

    name: str
    unit: str
    value: Callable[[Measured], float]
    is_log: bool = False

    def entry(self, measured: Measured) -> float:
        """What the model sees."""
        value = self.value(measured)
        return float(np.log1p(value)) if self.is_log else value


def _share(part: str, whole: str) -> Callable[[Measured], float]:
    return lambda measured: measured[part] / (measured[whole] + SOFT_FLOOR_ML)


def _volume(region: str) -> Callable[[Measured], float]:
    return lambda measured: measured[region]


QUANTITIES: dict[str, Quantity] = {
    "et": Quantity("Enhancing tumour volume", "ml", _volume("ET"), is_log=True),
    "ncr_net": Quantity("Necrotic and non-enhancing core volume", "ml", _volume("NCR_NET"), is_log=True),
    "ed": Quantity("Oedema volume", "ml", _volume("ED"), is_log=True),
    "wt": Quantity("Whole tumour volume", "ml", _volume("WT"), is_log=True),
    "et_share_tc": Quantity("Enhancing share of the tumour core", "", _share("ET", "TC")),
    "ed_share_wt": Quantity("Oedema share of the whole tumour", "", _share("ED", "WT")),
    "age": Quantity("Age", "years", lambda measured: measured["age"]),
}
"""Quantities by key; regions as in `core.labels`."""


def measured_from_parts(ncr_net: float, ed: float, et: float, age: float | None = None) -> dict[str, float]:
    """Region volumes in ml, whole tumour and core included, from the three labels' volumes in ml."""
    volumes = {"NCR_NET": ncr_net, "ED": ed, "ET": et, "TC": ncr_net + et, "WT": ncr_net + ed + et}
    return volumes if age is None else {**volumes, "age": float(age)}


def design(
    rows: list[dict[str, float]], keys: tuple[str, ...], catalogue: Mapping[str, Quantity] = QUANTITIES
) -> np.ndarray:
    """What the model sees of each row, shape (n, len(keys))."""
    return np.array([[catalogue[key].entry(row) for key in keys] for row in rows], dtype=np.float64)

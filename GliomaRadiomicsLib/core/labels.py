"""Sequences, tumour labels and regions, with BraTS values, colours and terminology codes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SEQUENCES = ("t1", "t1ce", "t2", "flair")
"""Roles of the four sequences, in channel order everywhere in this library."""

SEQUENCE_NAMES = {"t1": "T1", "t1ce": "T1ce", "t2": "T2", "flair": "FLAIR"}

NCR_NET, ED, ET = 1, 2, 4
LABEL_VALUES = (NCR_NET, ED, ET)


@dataclass(frozen=True)
class TumourLabel:
    """One label: BraTS value, names, colour (RGB 0-1) and terminology codes (scheme, value, meaning)."""

    value: int
    key: str
    name: str
    colour: tuple[float, float, float]
    category: tuple[str, str, str]
    type: tuple[str, str, str]

    @property
    def short_name(self) -> str:
        """``NCR/NET``, ``ED`` or ``ET``, as segments are called."""
        return self.key.replace("_", "/")


BRAIN = ("SCT", "12738006", "Brain")
"""Terminology code of where all labels lie."""

_MORPHOLOGIC = ("SCT", "49755003", "Morphologically Altered Structure")

LABELS = (
    TumourLabel(
        NCR_NET,
        "NCR_NET",
        "Necrotic and non-enhancing tumour core",
        (1.0, 0.0, 0.0),
        _MORPHOLOGIC,
        ("SCT", "6574001", "Necrosis"),
    ),
    TumourLabel(ED, "ED", "Peritumoural oedema", (0.0, 1.0, 0.0), _MORPHOLOGIC, ("SCT", "79654002", "Edema")),
    TumourLabel(ET, "ET", "Enhancing tumour", (1.0, 1.0, 0.0), _MORPHOLOGIC, ("SCT", "86049000", "Neoplasm, Primary")),
)

REGIONS: dict[str, tuple[int, ...]] = {
    "NCR_NET": (NCR_NET,),
    "ED": (ED,),
    "ET": (ET,),
    "WT": (NCR_NET, ED, ET),
    "TC": (NCR_NET, ET),
}
"""Regions by name: the label values each is the union of. WT whole tumour, TC tumour core."""

REGION_NAMES = {
    "NCR_NET": "Necrotic / non-enhancing core",
    "ED": "Oedema",
    "ET": "Enhancing tumour",
    "WT": "Whole tumour",
    "TC": "Tumour core",
}


def region_mask(label_map: npt.NDArray[np.integer], region: str) -> npt.NDArray[np.bool_]:
    """Boolean mask of ``region`` (a key of `REGIONS`) in a 0/1/2/4 label map of any shape."""
    return np.isin(label_map, REGIONS[region])


def region_volumes_ml(label_map: npt.NDArray[np.integer], voxel_volume_mm3: float) -> dict[str, float]:
    """Volume of every region in millilitres."""
    return {region: float(region_mask(label_map, region).sum() * voxel_volume_mm3 / 1000.0) for region in REGIONS}

"""The brain in every image, and the one brain all images agree on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.settings import BRAIN_EXTRACTIONS
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.foreground import brain_mask, coarse, foreground
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.imaging.space import Space, moved

if TYPE_CHECKING:
    from GliomaRadiomicsLib.systems.brain_extraction.mask import BrainMask


NETWORK, HD_BET = BRAIN_EXTRACTIONS["own"], BRAIN_EXTRACTIONS["hd-bet"]

GIVEN = "the image, which was skull-stripped"
"""What a record names as the source of a brain that was not looked for."""


@dataclass(frozen=True)
class Brain:
    """The brain in one image.

    Attributes:
        mask: uint8, on the grid of the image.
        found: Whether it was looked for; False where the image was skull-stripped already.
        volume_ml: Its volume.
        expected_dice: Dice the network expects of its mask; None where the mask was given.
        doubts: Why it may be wrong.
        finder: Who looked for it: one of the values of `core.settings.BRAIN_EXTRACTIONS`.
        share: How much of each place is brain, 0 to 1, on any grid in the image's place; None where only the mask is
            known.
    """

    mask: Volume
    found: bool
    volume_ml: float
    expected_dice: float | None = None
    doubts: tuple[str, ...] = ()
    finder: str = NETWORK
    share: Volume | None = None

    def to_dict(self) -> dict[str, Any]:
        """All but the mask, as plain data."""
        source = self.finder if self.found else GIVEN
        return {
            "source": source,
            "volume_ml": round(self.volume_ml, 1),
            "expected_dice": self.expected_dice,
            "doubts": list(self.doubts),
        }


def find_brains(
    volumes: dict[str, Volume], bundle: Callable[[], Path], device: str, progress: Progress, backend: str = "own"
) -> dict[str, Brain]:
    """The brain in every image, each on its own grid.

    Args:
        volumes: Images by role.
        bundle: Gives the folder of the brain extraction bundle; only asked where an image has a skull.
        device: ``auto``, ``cpu`` or ``cuda``.
        progress: May cancel between images.
        backend: One of `core.settings.BRAIN_EXTRACTIONS`.

    Raises:
        RefusedInput: If an image shows no brain, or HD-BET cannot be used.
    """
    brains = {}
    for role, volume in volumes.items():
        front = foreground(coarse(volume))
        if front.stripped:
            brains[role] = Brain(brain_mask([volume], [front.background]), False, front.volume_ml)
    waiting = {role: volume for role, volume in volumes.items() if role not in brains}
    if waiting and backend == "hd-bet":
        brains |= _with_hd_bet(waiting, device, progress)
    elif waiting:
        brains |= _with_network(waiting, bundle(), device, progress)
    return {role: brains[role] for role in volumes}


def _with_network(volumes: dict[str, Volume], bundle: Path, device: str, progress: Progress) -> dict[str, Brain]:
    from GliomaRadiomicsLib.systems.brain_extraction.predict import BrainExtractor

    extractor, brains = BrainExtractor(bundle, device), {}
    for number, (role, volume) in enumerate(volumes.items()):
        progress.report(number / len(volumes), f"looking for the brain in {SEQUENCE_NAMES[role]}")
        brains[role] = _brain(role, extractor.predict(volume), NETWORK)
    return brains


def _with_hd_bet(volumes: dict[str, Volume], device: str, progress: Progress) -> dict[str, Brain]:
    from GliomaRadiomicsLib.systems.brain_extraction.hd_bet import extract_brains
    from GliomaRadiomicsLib.systems.segmentation.predict import choose_device

    progress.report(0.0, f"HD-BET looks for the brain in {', '.join(SEQUENCE_NAMES[role] for role in volumes)}")
    return {role: _brain(role, found, HD_BET) for role, found in extract_brains(volumes, choose_device(device)).items()}


def _brain(role: str, found: BrainMask, finder: str) -> Brain:
    if not found.mask.array.any():
        raise RefusedInput(
            what="no brain was found",
            where=SEQUENCE_NAMES[role],
            remedy="check that it is MRI of a head, or give skull-stripped images",
        )
    return Brain(found.mask, True, found.volume_ml, found.expected_dice, found.doubts, finder, found.share)


def agreed_brain(brains: dict[str, Brain], space: Space) -> tuple[Volume, float | None]:
    """The brain the images agree on, and how well they do.

    Returns:
        uint8 mask on the working grid: half or more brain on average over the images that show the place, by the
        network's probability or, where only a mask is known, by that; and the lowest Dice between two images where both
        show the place, None for a single image.
    """
    shares = {role: _on_working_grid(brains[role], space, role) for role in space.native}
    masks = {role: share > 0.5 for role, share in shares.items()}
    seen = {role: _field_of_view(space, role) for role in space.native}
    most = np.maximum(np.sum(list(seen.values()), axis=0), 1)
    inside = np.sum(list(shares.values()), axis=0) * 2 >= most
    agreed = space.working.with_array(inside.astype(np.uint8), "brain mask")
    dice = [_dice(masks[a], masks[b], seen[a] & seen[b]) for a, b in combinations(masks, 2)]
    return agreed, min(dice) if dice else None


def _on_working_grid(brain: Brain, space: Space, role: str) -> npt.NDArray[np.float32]:
    share = brain.share
    if share is None:
        share = brain.mask.with_array((brain.mask.array != 0).astype(np.float32))
    return space.to_working(share, role).array


def _field_of_view(space: Space, role: str) -> npt.NDArray[np.bool_]:
    """Where the image shows the place."""
    grid = space.native[role]
    whole = grid.with_array(np.ones(grid.shape, dtype=np.uint8))
    return resample_like(moved(whole, space.movements[role]), space.working, label=True).array > 0


def _dice(a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_], where: npt.NDArray[np.bool_]) -> float:
    size = int((a & where).sum()) + int((b & where).sum())
    return 2.0 * int((a & b & where).sum()) / size if size else 0.0

"""The brain in one image of a head."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import resample_like
from GliomaRadiomicsLib.models.bundle import load_tensors, verify
from GliomaRadiomicsLib.systems.brain_extraction.mask import BrainMask, doubts_of
from GliomaRadiomicsLib.systems.brain_extraction.prepare import normalised, to_network_grid
from GliomaRadiomicsLib.systems.segmentation.labels import expected_dice

LEAST = (96, 128, 112)
"""Voxels of 2 mm the network is at least shown, as in training; smaller images are padded with zeros."""


class BrainExtractor:
    """A brain extraction bundle, ready to use.

    Args:
        bundle: Folder of the model bundle; its weights are verified before use.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        RefusedInput: If the bundle is damaged or of another system.
    """

    def __init__(self, bundle: Path, device: str = "auto") -> None:
        import torch

        from GliomaRadiomicsLib.networks.segmentation_net import SegmentationNet
        from GliomaRadiomicsLib.systems.segmentation.predict import choose_device

        self.metadata: dict[str, Any] = verify(bundle, system="brain_extraction")
        self.device = choose_device(device)
        self.network = SegmentationNet(1, 1, tuple(self.metadata["network"]["channels"]))
        weights = load_tensors(bundle)
        self.network.load_state_dict({name: torch.from_numpy(w).float() for name, w in weights.items()})
        self.network.to(self.device).eval()

    def predict(self, volume: Volume) -> BrainMask:
        """The brain of one image of any contrast, orientation and spacing, with skull."""
        small = to_network_grid(volume)
        found = self._probability(normalised(np.maximum(small.array, 0.0)))
        brain = _one_part(found > 0.5)
        share = small.with_array(np.where(brain, np.maximum(found, 0.51), np.minimum(found, 0.49)).astype(np.float32))
        mask = ndimage.binary_fill_holes(resample_like(share, volume).array > 0.5)
        ml = float(mask.sum()) * volume.voxel_volume_mm3 / 1000.0
        expected = expected_dice(found, brain)
        return BrainMask(
            volume.with_array(mask.astype(np.uint8), "brain mask"),
            expected,
            ml,
            doubts_of(small.with_array(brain), ml, expected),
            share,
        )

    def _probability(self, image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Mean over the image as it is and mirrored left to right."""
        import torch

        multiple = self.network.multiple
        size = [max(least, -(-n // multiple) * multiple) for n, least in zip(image.shape, LEAST, strict=True)]
        before = [(want - n) // 2 for want, n in zip(size, image.shape, strict=True)]
        padded = np.zeros(size, dtype=np.float32)
        place = tuple(slice(b, b + n) for b, n in zip(before, image.shape, strict=True))
        padded[place] = image
        with torch.inference_mode():
            tensor = torch.from_numpy(padded)[None, None].to(self.device)
            given = torch.ones(1, 1, device=self.device)
            plain = self.network(tensor, given).float().sigmoid()
            mirrored = self.network(tensor.flip(2), given).float().sigmoid().flip(2)
        return (0.5 * (plain + mirrored))[0, 0].cpu().numpy()[place]


def _one_part(brain: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The largest part, with its holes filled."""
    parts, count = ndimage.label(brain)
    if count > 1:
        brain = parts == 1 + int(np.argmax(np.bincount(parts.ravel())[1:]))
    return ndimage.binary_fill_holes(brain)

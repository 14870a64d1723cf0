"""A network of MONAI imported with its weights: its own channel order, orientation, normalisation and windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.grid import crop_box
from GliomaRadiomicsLib.imaging.intensity import zscore_in_mask
from GliomaRadiomicsLib.networks.monai_nets import PREFIX, build, monai

if TYPE_CHECKING:
    import torch


def is_monai_network(metadata: Mapping[str, Any]) -> bool:
    """Whether a bundle's network is one of MONAI's."""
    return str(metadata["network"]["architecture"]).startswith(PREFIX)


class MonaiNetwork:
    """The network of an imported bundle, ready to use.

    Args:
        metadata: Of the bundle; see `models.monai_metadata.describe`.
        weights: By name.
        device: ``cpu`` or ``cuda``.

    Raises:
        RefusedInput: If MONAI is not installed, or as `networks.monai_nets.build`.
    """

    def __init__(self, metadata: Mapping[str, Any], weights: Mapping[str, np.ndarray], device: str) -> None:
        import torch

        self.settings = metadata["network"]
        self.roles: list[str] = self.settings["roles"]
        self.device = device
        name = str(self.settings["architecture"]).removeprefix(PREFIX)
        with torch.device("meta"):
            network = build(name, self.settings["arguments"])
        tensors = {key: torch.from_numpy(value) for key, value in weights.items()}
        network.load_state_dict(tensors, assign=True)
        self.network = network.to(device).eval()

    def images(self, volumes: Mapping[str, Volume], inside: np.ndarray) -> np.ndarray:
        """What the network sees of a whole case: float32 ``(c, a, b, c)``, channels and axes as it was trained with.

        Args:
            volumes: Sequences by role on one grid, axes closest to RAS, voxels of 1 mm.
            inside: Boolean, the brain, on the same grid.
        """
        channels = []
        for role in self.roles:
            array = volumes[role].array
            channels.append(zscore_in_mask(array, inside & (array != 0)))
        return _turned(np.stack(channels), self.settings["orientation"])

    def probabilities(
        self, volumes: Mapping[str, Volume], inside: np.ndarray, regions: Sequence[str], progress: Progress
    ) -> np.ndarray:
        """Probability of each of ``regions``, float32 ``(len(regions), i, j, k)`` on the grid of the volumes.

        Args:
            volumes: As `images`.
            inside: As `images`.
            regions: Their order.
            progress: Told at every window; may cancel there.
        """
        axes, images = self.settings["orientation"], self.images(volumes, inside)
        part = _part(_turned(inside[None], axes)[0], self.settings["window"])
        found = np.zeros((len(regions), *images.shape[1:]), dtype=np.float32)
        order = [self.settings["regions"].index(region) for region in regions]
        found[(slice(None), *part)] = self._windows(images[(slice(None), *part)], progress)[order]
        return _turned_back(found, axes)

    def _windows(self, images: np.ndarray, progress: Progress) -> np.ndarray:
        import torch

        number = 0

        def look(window: torch.Tensor) -> torch.Tensor:
            nonlocal number
            number += 1
            progress.report(0.1 + 0.8 * (1 - 0.8**number), f"segmenting, window {number}")
            return self.network(window).float()

        with torch.inference_mode():
            logits = monai("inferers").sliding_window_inference(
                torch.from_numpy(np.ascontiguousarray(images))[None].to(self.device),
                tuple(self.settings["window"]),
                1,
                look,
                overlap=self.settings["overlap"],
                mode=self.settings["blend"],
            )
        return logits[0].sigmoid().cpu().numpy()


def _part(inside: np.ndarray, window: Sequence[int]) -> tuple[slice, ...]:
    """The whole axis where it fits into a window; else a window around the brain, or the brain if it is longer."""
    found = []
    for size, wanted, brain in zip(inside.shape, window, crop_box(inside), strict=True):
        length = min(size, max(wanted, brain.stop - brain.start))
        start = (brain.start + brain.stop - length) // 2
        start = min(max(start, 0), size - length)
        found.append(slice(start, start + length))
    return tuple(found)


def _turned(array: np.ndarray, axes: str) -> np.ndarray:
    """``(c, i, j, k)`` with axes closest to RAS, turned to lead where ``axes`` says, such as LPS."""
    turned = array.transpose(0, *(1 + order for order in _order(axes)))
    return np.flip(turned, _flips(axes))


def _turned_back(array: np.ndarray, axes: str) -> np.ndarray:
    """The inverse of `_turned`."""
    back = np.flip(array, _flips(axes)).transpose(0, *(1 + int(order) for order in np.argsort(_order(axes))))
    return np.ascontiguousarray(back)


def _order(axes: str) -> list[int]:
    return [next(n for n, pair in enumerate(("RL", "AP", "SI")) if letter in pair) for letter in axes]


def _flips(axes: str) -> tuple[int, ...]:
    return tuple(1 + n for n, letter in enumerate(axes) if letter in "LPI")

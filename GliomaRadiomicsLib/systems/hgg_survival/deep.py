"""The 8192 deep features: outputs of the first two fully connected layers of VGG-19 for the tumour's patch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.backbone_registry import IMAGENET_MEAN, IMAGENET_SD, entry_of
from GliomaRadiomicsLib.systems.hgg_survival.settings import Deep

if TYPE_CHECKING:
    from GliomaRadiomicsLib.models.backbones import Backbone

BACKBONE = "vgg19"
N_DEEP = 8192
_PER_LAYER = N_DEEP // 2


class Extractor(Protocol):
    """What makes deep features of a patch.

    Attributes:
        names: Of the features.
        origin: Where the weights are from, plain data: ``kind`` (``published`` or ``random``), ``text``, ...
    """

    names: tuple[str, ...]
    origin: dict[str, Any]

    def __call__(self, patch: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Features of a patch of shape (224, 224), values 0 to 255; in the order of ``names``."""


class Vgg19Features:
    """VGG-19 as an `Extractor`; the patch is all three colours and scaled as the network's training images were."""

    def __init__(self, backbone: Backbone) -> None:
        self._network = backbone.network
        self.origin: dict[str, Any] = backbone.origin.to_dict()
        mark = "random_" if backbone.origin.kind == "random" else ""
        self.names = tuple(
            f"{mark}{BACKBONE}_fc{layer}_{number:04d}" for layer in (1, 2) for number in range(_PER_LAYER)
        )

    def __call__(self, patch: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Features of a patch of shape (224, 224), values 0 to 255, after the layers' ReLU."""
        import torch

        mean, sd = (np.array(values, dtype=np.float32)[:, None, None] for values in (IMAGENET_MEAN, IMAGENET_SD))
        image = (patch.astype(np.float32)[None] / 255 - mean) / sd
        with torch.inference_mode():
            found = self._network.embed(torch.from_numpy(image)[None])  # type: ignore[operator]
        return found[0].double().numpy()


def extractor_for(deep: Deep) -> Extractor | None:
    """The extractor a configuration asks for; None for "none".

    Raises:
        RefusedInput: If the ImageNet weights are not installed, with the ways out.
    """
    if deep == "none":
        return None
    from GliomaRadiomicsLib.models.backbones import load_backbone

    try:
        return Vgg19Features(load_backbone(BACKBONE, mode="random" if deep == "random" else "auto"))
    except RefusedInput as error:
        remedy = (
            f"`glioma-radiomics models download {BACKBONE}`, or fetch {entry_of(BACKBONE).url} elsewhere and "
            "`glioma-radiomics models import FILE`; or choose in the configuration `deep: random` (random features, "
            "marked as such) or `deep: none` (radiomic features alone)"
        )
        raise RefusedInput(what=error.what, where="deep", found=error.found, remedy=remedy) from error


def extractor_of(origin: Mapping[str, Any] | None) -> Extractor | None:
    """The extractor a model was trained with, with exactly its weights; None for a model without deep features.

    Raises:
        RefusedInput: If its weights are not installed or are others now.
    """
    if origin is None:
        return None
    from GliomaRadiomicsLib.models.backbones import restore

    return Vgg19Features(restore(origin))

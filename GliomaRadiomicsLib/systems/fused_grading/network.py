"""The deep part: 512 features of the patch, and the fused decision as a network, so that it can be explained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import feature_grid, onto_patient
from GliomaRadiomicsLib.statistics.features import FeatureTable
from GliomaRadiomicsLib.systems.fused_grading.settings import FusedSettings
from GliomaRadiomicsLib.systems.image_grading.cohort import Entry
from GliomaRadiomicsLib.systems.image_grading.training import images_of

if TYPE_CHECKING:
    import torch
    from torch import nn

    from GliomaRadiomicsLib.systems.fused_grading.fusion import Fusion

_AT_ONCE = 4
_FIRST_STRIDE = 4


def make_network(settings: FusedSettings) -> nn.Module:
    """The network before training."""
    from GliomaRadiomicsLib.networks.resnet3d_se import ResNet3dSE

    return ResNet3dSE(len(settings.sequences), width=settings.width)


def deep_features(network: nn.Module, entries: Sequence[Entry]) -> npt.NDArray[np.float64]:
    """Shape (n, features)."""
    import torch

    found = []
    with torch.no_grad():
        for start in range(0, len(entries), _AT_ONCE):
            found.append(features_of(network, images_of(entries[start : start + _AT_ONCE])))
    return np.concatenate(found)


def features_of(network: nn.Module, images: torch.Tensor) -> npt.NDArray[np.float64]:
    """Deep features of a batch, shape (batch, features)."""
    import torch

    with torch.no_grad():
        return network.features(images).double().numpy()  # type: ignore[operator]


def table_of(
    deep: npt.NDArray[np.float64], radiomics: Sequence[dict[str, float]], patients: Sequence[str] = ()
) -> FeatureTable:
    """Radiomic and deep features side by side, the latter named ``deep_000`` and so on."""
    names = [*radiomics[0], *(f"deep_{number:03d}" for number in range(deep.shape[1]))]
    values = np.array([list(row.values()) for row in radiomics], dtype=np.float64)
    return FeatureTable(np.hstack([values, deep]), names, list(patients))


def fused_network(network: nn.Module, fusion: Fusion, standardised: npt.NDArray[np.float64]) -> nn.Module | None:
    """From a patch to the decision of the machine, the radiomic features of the patient held fixed.

    Args:
        network: The deep part.
        fusion: The rest.
        standardised: Kept features of the patient, shape (features,).

    Returns:
        A network that gives ``(batch, 1)``; None where no deep feature was kept.
    """
    if not fusion.deep:
        return None
    from GliomaRadiomicsLib.networks.fused_decision import FusedDecision

    machine, places = fusion.machine, list(fusion.deep)
    arrays = {
        "fixed": standardised,
        "centre": fusion.centre[places],
        "spread": fusion.spread[places],
        "vectors": machine.vectors,
        "weights": machine.weights,
    }
    numbers = list(fusion.deep.values())
    return FusedDecision(network, places, numbers, arrays, machine.gamma, machine.intercept).eval()


def for_grade_4(output: torch.Tensor) -> torch.Tensor:
    """Score for WHO grade 4, ``(batch,)``: the decision, or of the network's own logits their difference."""
    return output[:, 0] if output.shape[1] == 1 else output[:, 1] - output[:, 0]


def for_predicted(output: torch.Tensor) -> torch.Tensor:
    """Score for the class that is predicted, ``(batch,)``."""
    return for_grade_4(output).abs()


def map_name(fusion: Fusion) -> str:
    """What the heat map is called: of the fused decision, or of the network's own where no deep feature was kept."""
    return "gradcam" if fusion.deep else "gradcam_network"


def stage_of(explained: nn.Module, stage: int) -> nn.Module:
    """A stage of the deep part, 1 to 4, of the network itself or of the fused one."""
    deep: Any = getattr(explained, "network", explained)
    return deep.stages[stage - 1]


def grad_cam_map(explained: nn.Module, images: torch.Tensor, stage: int, region: Volume) -> Volume:
    """Grad-CAM of a stage for one patch ``(1, sequences, i, j, k)``, on the stage's own coarse grid."""
    from GliomaRadiomicsLib.explain.grad_cam import grad_cam

    heat = grad_cam(explained, stage_of(explained, stage), images, for_predicted)[0, 0].numpy()
    # every padded convolution of stride 2 is centred on the even voxels
    stride = float(_FIRST_STRIDE * 2 ** (stage - 1))
    return feature_grid(region, heat.shape, stride, 0.0).with_array(heat)


def heat_on_patch(explained: nn.Module, images: torch.Tensor, stage: int) -> npt.NDArray[np.float32]:
    """Grad-CAM on the voxels of the patch, for the test of its faithfulness."""
    region = Volume(np.broadcast_to(np.uint8(0), tuple(images.shape[2:])), np.eye(4))
    coarse = grad_cam_map(explained, images, stage, region)
    return onto_patient(coarse.array, coarse, region).array


def guided_map(explained: nn.Module, images: torch.Tensor) -> npt.NDArray[np.float32]:
    """Guided backpropagation, shape (sequences, i, j, k)."""
    from GliomaRadiomicsLib.explain.guided_backpropagation import guided_backpropagation

    return guided_backpropagation(explained, images, for_predicted)[0].numpy()

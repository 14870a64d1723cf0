"""Heat maps come back to the place of the patient they were made from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.explain.back_to_patient import feature_grid, onto_patient, roi_grid
from GliomaRadiomicsLib.imaging.grid import crop, crop_box, resample_like
from GliomaRadiomicsLib.networks.grading_cnn import GradingCNN

AFFINE = np.array([[0.0, -1.5, 0, 20], [1.2, 0, 0, -30], [0, 0, 2.0, 5], [0, 0, 0, 1]])


def patient() -> tuple[Volume, Volume]:
    """A smooth blob off centre, and a box mask around it."""
    axes = np.indices((30, 36, 24))
    blob = np.exp(-sum((axis - at) ** 2 for axis, at in zip(axes, (12, 20, 10), strict=True)) / 18.0)
    mask = np.zeros((30, 36, 24))
    mask[4:24, 8:32, 2:19] = 1
    return Volume(blob, AFFINE), Volume(mask, AFFINE)


def test_the_region_covers_the_box_exactly() -> None:
    image, mask = patient()
    box = crop_box(mask.array)
    grid = roi_grid(image, box, (96, 96, 96))
    cut = crop(image, box)
    assert grid.shape == (96, 96, 96)
    for corner in (np.zeros(3), np.ones(3)):
        inner = grid.affine @ [*(corner * grid.shape - 0.5), 1.0]
        outer = cut.affine @ [*(corner * cut.shape - 0.5), 1.0]
        assert np.allclose(inner, outer)


def test_there_and_back_again() -> None:
    image, mask = patient()
    grid = roi_grid(image, crop_box(mask.array), (48, 40, 44))
    back = onto_patient(resample_like(image, grid).array, grid, image, "heat")
    inside = mask.array > 0
    inside[4] = inside[23] = False
    assert back.same_grid(image)
    assert back.name == "heat"
    assert back.array.dtype == np.float32
    assert float(np.abs(back.array - image.array)[inside].max()) < 0.05
    assert not back.array[~(mask.array > 0)].any()
    assert np.unravel_index(back.array.argmax(), back.shape) == (12, 20, 10)


def test_a_feature_map_of_an_unpadded_network_lies_where_its_voxels_look() -> None:
    """The centre of mass of a bright spot stays where it is through blocks that are made to pass it on."""
    network = GradingCNN(sequences=1, channels=(1, 1)).eval()
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.Conv3d) and module.kernel_size == (3, 3, 3):
                module.weight.zero_()
        network.stem.weight[0, 0, 1, 1, 1] = 1.0
    roi = Volume(np.zeros((40, 40, 40)), AFFINE)
    spot = torch.zeros(1, 1, 40, 40, 40)
    spot[0, 0, 18:20, 24:26, 14:16] = 1.0
    seen: list[torch.Tensor] = []
    network.blocks["res2"].register_forward_hook(lambda _m, _i, out: seen.append(out))
    network(spot)
    heat = seen[0][0, 0].detach().numpy()
    grid = feature_grid(roi, heat.shape, *network.placement("res2"))
    back = onto_patient(heat, grid, roi).array
    centre = np.array([(np.indices(back.shape)[axis] * back).sum() / back.sum() for axis in range(3)])
    assert centre == pytest.approx([18.5, 24.5, 14.5], abs=0.3)


def test_a_map_that_does_not_lie_on_the_grid_is_refused() -> None:
    image, _ = patient()
    with pytest.raises(ValueError, match="does not lie on a grid"):
        onto_patient(np.zeros((2, 2, 2)), image, image)

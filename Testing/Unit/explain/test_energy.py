"""Where the energy lies: shares on maps whose answer is known, and fluid on a phantom."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.labels import region_mask
from GliomaRadiomicsLib.explain.energy import PARTS, brain_shell, energy_shares
from GliomaRadiomicsLib.explain.fluid import DEPTH_MM, ventricle_like
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

SPACING = (1.0, 1.0, 2.0)


def head() -> dict[str, np.ndarray]:
    """A cube of brain from 4 to 16 in a grid of 20, with a tumour and fluid in the middle."""
    brain, tumour, fluid = (np.zeros((20, 20, 20), dtype=np.uint8) for _ in range(3))
    brain[4:16, 4:16, 4:16] = 1
    tumour[8:10, 8:10, 8:10] = 1
    fluid[10:12, 8:10, 8:10] = 1
    return {"brain": brain, "tumour": tumour, "fluid": fluid}


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ((9, 9, 9), "tumour"),
        ((10, 9, 9), "fluid"),
        ((9, 12, 9), "rest"),
        ((4, 9, 9), "border"),
        ((3, 9, 9), "border"),
        ((5, 9, 9), "border"),
        ((6, 9, 9), "rest"),
        ((1, 9, 9), "outside"),
        ((9, 9, 4), "border"),
        ((9, 9, 5), "rest"),
        ((9, 9, 3), "border"),
        ((9, 9, 2), "outside"),
    ],
)
def test_a_single_voxel_belongs_where_it_lies(place: tuple[int, int, int], part: str) -> None:
    heat = np.zeros((20, 20, 20), dtype=np.float32)
    heat[place] = -3.0
    shares = energy_shares(heat, **head(), spacing_mm=SPACING, border_mm=2.0)
    assert shares.energy == {name: float(name == part) for name in PARTS}


def test_shares_add_up_and_an_even_map_is_chance() -> None:
    shares = energy_shares(np.ones((20, 20, 20)), **head(), spacing_mm=SPACING)
    assert sum(shares.energy.values()) == pytest.approx(1.0)
    assert shares.energy == pytest.approx(shares.room)
    assert shares.enrichment("tumour") == pytest.approx(1.0)
    assert shares.room["tumour"] == pytest.approx(8 / 8000)


def test_the_field_of_the_map_is_what_it_is_compared_with() -> None:
    parts = head()
    field = np.zeros((20, 20, 20), dtype=bool)
    field[8:10, 8:12, 8:10] = True
    shares = energy_shares(np.ones((20, 20, 20)), **parts, spacing_mm=SPACING, field=field, border_mm=1.0)
    assert shares.energy == pytest.approx({"tumour": 0.5, "border": 0, "fluid": 0, "rest": 0.5, "outside": 0})
    assert shares.room == pytest.approx(shares.energy)


def test_a_tumour_at_the_surface_is_tumour_and_without_fluid_it_is_rest() -> None:
    parts = head()
    parts["tumour"][4:6, 4:6, 4:6] = 1
    heat = np.zeros((20, 20, 20))
    heat[4, 4, 4] = heat[10, 9, 9] = 1.0
    shares = energy_shares(heat, brain=parts["brain"], tumour=parts["tumour"], spacing_mm=SPACING)
    assert shares.energy["tumour"] == 0.5
    assert shares.energy["rest"] == 0.5


def test_an_empty_map_has_no_energy_and_masks_must_fit() -> None:
    parts = head()
    assert not any(energy_shares(np.zeros((20, 20, 20)), **parts, spacing_mm=SPACING).energy.values())
    with pytest.raises(ValueError, match="brain mask is empty"):
        energy_shares(np.zeros((20, 20, 20)), **{**parts, "brain": np.zeros((20, 20, 20))}, spacing_mm=SPACING)
    with pytest.raises(ValueError, match="tumour of shape"):
        energy_shares(np.zeros((20, 20, 20)), **{**parts, "tumour": np.zeros(3)}, spacing_mm=SPACING)


def test_the_edge_of_the_grid_is_a_surface() -> None:
    shell = brain_shell(np.ones((5, 5, 5), dtype=bool), (1.0, 1.0, 1.0), 1.0)
    assert shell.sum() == 125 - 27


def test_the_ventricles_of_a_phantom_are_found(phantom: PhantomPatient) -> None:
    from scipy import ndimage

    brain, tumour = phantom.brain_mask.array > 0, region_mask(phantom.label_map.array, "WT")
    spacing = phantom.label_map.spacing
    deep = ndimage.distance_transform_edt(brain, spacing) > DEPTH_MM
    true = (phantom.tissue.array == Tissue.CSF) & deep & ~tumour
    for sequences in (("t1", "t1ce", "t2", "flair"), ("flair", "t2"), ("t1ce",)):
        images = {name: phantom.volumes[name].array for name in sequences}
        found = ventricle_like(images, brain=brain, tumour=tumour, spacing_mm=spacing)
        dice = 2 * (found & true).sum() / (found.sum() + true.sum())
        assert dice > 0.6, (sequences, float(dice), int(found.sum()), int(true.sum()))
        assert not (found & tumour).any()
    assert not ventricle_like({}, brain=brain, tumour=tumour, spacing_mm=spacing).any()

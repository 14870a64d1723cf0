"""Shading put onto a uniform object is removed; what cannot be corrected is left alone."""

from __future__ import annotations

import numpy as np
import pytest

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.bias import correct_bias, field_between
from GliomaRadiomicsLib.imaging.phantom import PhantomPatient, make_phantom
from GliomaRadiomicsLib.imaging.phantom_tissue import Tissue

SHAPE = (64, 56, 48)


@pytest.fixture(scope="module")
def shaded() -> tuple[Volume, Volume, np.ndarray]:
    """Two tissues in fine alternation under a smooth field of 60 % from side to side."""
    i, j, k = np.meshgrid(*(np.linspace(-1, 1, n) for n in SHAPE), indexing="ij")
    inside = i**2 + j**2 + k**2 < 0.9
    tissue = np.where((np.indices(SHAPE).sum(0) // 4) % 2, 100.0, 160.0)
    field = np.exp(0.3 * i + 0.1 * j)
    affine = np.diag([-2.0, 2.0, 2.5, 1.0])
    return Volume(np.where(inside, tissue * field, 0.0), affine), Volume(inside.astype(np.uint8), affine), tissue


def _spread(image: np.ndarray, tissue: np.ndarray, inside: np.ndarray) -> float:
    values = image[inside & (tissue == 100.0)]
    return float(values.std() / values.mean())


def test_the_shading_is_removed(shaded: tuple[Volume, Volume, np.ndarray]) -> None:
    volume, mask, tissue = shaded
    inside = mask.array > 0
    corrected = correct_bias(volume, mask)
    assert _spread(corrected.array, tissue, inside) < 0.5 * _spread(volume.array, tissue, inside)
    assert np.array_equal(corrected.affine, volume.affine)
    assert not corrected.array[~inside].any()


def test_an_image_with_negative_values_is_left_alone(shaded: tuple[Volume, Volume, np.ndarray]) -> None:
    volume, mask, _ = shaded
    zscored = volume.with_array(volume.array - 100.0)
    assert correct_bias(zscored, mask) is zscored


def test_the_field_that_is_kept_gives_the_image_back(shaded: tuple[Volume, Volume, np.ndarray]) -> None:
    volume, mask, _ = shaded
    corrected = correct_bias(volume, mask)
    field = field_between(volume, corrected)
    assert field.same_grid(volume)
    inside = mask.array > 0
    assert (corrected.array * field.array)[inside] == pytest.approx(volume.array[inside], rel=2e-3)
    assert field.array[inside].std() > 0.05
    assert (field.array[~inside] == 1.0).all()


SEEDS = (1, 2)
"""Phantoms of which a correction that stops at its first small step leaves four images as they were."""


@pytest.fixture(scope="module")
def phantoms() -> list[tuple[PhantomPatient, dict[str, np.ndarray]]]:
    """Noisy shaded patients of a tumour, and the logarithm of each image's true field."""
    return [_phantom(seed) for seed in SEEDS]


def _phantom(seed: int) -> tuple[PhantomPatient, dict[str, np.ndarray]]:
    patient, shaded, even = (
        make_phantom(seed, grade=4, shape=(80, 96, 78), spacing_mm=2.0, bias=bias, noise=noise)
        for bias, noise in ((0.2, 0.05), (0.2, 0.0), (0.0, 0.0))
    )
    fields = {}
    for role, image in even.volumes.items():
        there = image.array > 0
        fields[role] = np.log(np.where(there, shaded.volumes[role].array / np.where(there, image.array, 1.0), 1.0))
    return patient, fields


def test_it_finds_the_field_that_was_put_on_a_patient(phantoms: list) -> None:
    """Not perfectly: what a tumour does to the mean of a place looks like shading too."""
    likeness, left = [], []
    for patient, fields in phantoms:
        for role, volume in patient.volumes.items():
            corrected = correct_bias(volume, patient.brain_mask)
            there = (patient.brain_mask.array > 0) & (volume.array > 0)
            found = np.log(volume.array[there] / corrected.array[there])
            true = fields[role][there]
            likeness.append(np.corrcoef(found, true)[0, 1])
            left.append((true - found).std() / true.std())
            white = there & (patient.tissue.array == Tissue.WHITE)
            assert _variation(corrected.array[white]) < _variation(volume.array[white]), role
    assert np.mean(likeness) > 0.7
    assert np.mean(left) < 0.8
    assert max(left) < 0.97


def _variation(values: np.ndarray) -> float:
    return float(values.std() / values.mean())

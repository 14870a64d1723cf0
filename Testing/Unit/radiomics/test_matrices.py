"""The texture matrices against a direct count, voxel by voxel, on small random regions."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from GliomaRadiomicsLib.radiomics.discretisation import discretise
from GliomaRadiomicsLib.radiomics.gldm import dependences
from GliomaRadiomicsLib.radiomics.glrlm import run_lengths
from GliomaRadiomicsLib.radiomics.glszm import zones
from GliomaRadiomicsLib.radiomics.neighbourhood import directions
from GliomaRadiomicsLib.radiomics.region import crop
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings
from GliomaRadiomicsLib.radiomics.texture import Texture


@pytest.fixture(params=range(3))
def texture(request):
    rng = np.random.default_rng(request.param)
    image = rng.integers(1, 4, (6, 5, 4))
    settings = RadiomicsSettings(binWidth=1)
    region = crop(rng.random(image.shape) < 0.7, (1.0, 1.0, 1.0), settings)
    return Texture(region, discretise(region.values(image), settings))


def _grid(texture):
    grid = np.zeros(texture.region.mask.shape, dtype=int)
    grid[texture.region.mask] = texture.levels.present[texture.levels.index]
    return {place: int(grid[place]) for place in zip(*np.nonzero(grid), strict=True)}


def _moved(place, step, times=1):
    return tuple(int(p + times * s) for p, s in zip(place, step, strict=True))


def test_runs(texture):
    grid = _grid(texture)
    steps = directions((1,), None)[:13]
    expected = Counter()
    for number, step in enumerate(steps):
        for place, level in grid.items():
            if grid.get(_moved(place, step, -1)) == level:
                continue
            length = 1
            while grid.get(_moved(place, step, length)) == level:
                length += 1
            expected[level, length, number] += 1
    matrix, levels = run_lengths(texture), texture.levels.present.astype(int)
    found = {(levels[i], j + 1, a): matrix[i, j, a] for i, j, a in zip(*np.nonzero(matrix), strict=True)}
    assert found == dict(expected)


def test_zones(texture):
    grid = _grid(texture)
    steps, left, expected = directions((1,), None), dict(grid), Counter()
    while left:
        place, level = left.popitem()
        stack, size = [place], 1
        while stack:
            here = stack.pop()
            for step in steps:
                other = _moved(here, step)
                if left.get(other) == level:
                    del left[other]
                    stack.append(other)
                    size += 1
        expected[level, size] += 1
    matrix, sizes = zones(texture)
    levels = texture.levels.present.astype(int)
    found = {(levels[i], int(sizes[j])): matrix[i, j] for i, j in zip(*np.nonzero(matrix), strict=True)}
    assert found == dict(expected)


def test_dependences(texture):
    grid = _grid(texture)
    steps = directions((1,), None)
    expected = [sum(grid.get(_moved(place, step)) == level for step in steps) for place, level in grid.items()]
    assert dependences(texture).tolist() == expected


def test_directions():
    assert len(directions((1,), None)) == 26
    assert len(directions((1, 2), None)) == 124
    assert len(directions((1,), 0)) == 8
    assert not directions((1,), 0)[:, 0].any()
    steps = directions((2,), None)
    assert (steps[: len(steps) // 2] == -steps[len(steps) // 2 :]).all()

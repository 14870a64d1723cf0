"""Area, volume and vertices of the surface of a mask by marching cubes, as a histogram over cube configurations.

The mask is binary, so every vertex lies in the middle of a cube edge, and the triangles of a cube depend on nothing but
which of its eight corners are inside. Counting the configurations is therefore enough for the area, and counting them
together with their positions for the volume.

Source: W. E. Lorensen and H. E. Cline, "Marching cubes", Computer Graphics 21(4), 1987; the classic table of
P. Bourke, "Polygonising a scalar field", 1994, first half (the other half is its complement, with the surface turned
round). Where a polygon of the surface is not flat, its area depends on how it is cut into triangles; it is cut here as
in pyradiomics 3.0.1 (BSD-3), so that areas agree.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

CORNERS = np.array([(0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0)])
"""Corners of a cube in axis order (k, j, i); corner ``n`` is bit ``n`` of the configuration."""

EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))
"""Corners at the ends of each edge; the triangles below name edges by their hexadecimal number."""

TRIANGLES = """
- 083 019 183198 12a 08312a 0292a9 2832a88a9 23b 08b0b2 01923b 19b1b28b9 13a3ba 08a0a18ba 0393b99ba 8a98ba 478 043347
019478 147173194 12a478 04312a347 0292a9478 2732972a9479 23b478 04224b47b 01923b478 19229b47b4b9 13a3ba478
04114b1ba47b 0393b94789ba 47b4b99ba 495 083495 015054 153358485 12a495 08312a495 0242542a5 2532a5348354 23b495
08b0b2495 01505423b 15225828b485 13a3ba495 08a0a14958ba 03b0540b55ba 48558a8ba 579789 093357395 017078157 157173
12a579789 09312a357395 0282582a5578 2532a5357 23b579789 09227b297579 01815717823b 15717b1b2 13a3ba579789
05707b0950a10ba 03b0570780a50ba 57b5ba 5a6 0835a6 0195a6 1831985a6 126165 083126165 026069596 258265283598 23b5a6
08b0b25a6 01923b5a6 19b1b25a68b9 1353653b6 05108b0b55b6 0360590653b6 59669b8b9 4785a6 0433475a6 0194785a6 1471731945a6
126165478 043126165347 026069478596 269293397479596 23b4785a6 04224b47b5a6 01923b4785a6 19229b47b4b95a6 1353653b6478
04b0b11b547b5b6 0360590653b6478 47959669b7b9 49a4a6 08349a4a6 01a0640a6 1681831a6486 124149264 083124149264 024264
248264283 23b49a4a6 08b0b249a4a6 01a0640a623b 14816418b1a61b2 1393693b6496 08114916418b1b6 0360643b6 48668b 67a78a89a
07309a0a767a 0181781a767a 1731a767a 126168189678 093129269397679 026067078 267273 23b67a78a89a 07209727b67a79a
0181781a723b67a 16717b1a61b2 1361693b6678689 09167b 03b0670780b6 67b
"""
"""Triangles of configurations 0 to 127, three edges each; '-' has none."""


@cache
def _tables() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.intp]]:
    """Triangles of all 256 configurations: vertices ``(n, 3, 3)`` in voxels, and the configuration of each triangle."""
    middles = np.array([(CORNERS[a] + CORNERS[b]) / 2 for a, b in EDGES])
    vertices, owners = [], []
    for configuration, text in enumerate(TRIANGLES.split()):
        edges = [int(digit, 16) for digit in text.strip("-")]
        for first in range(0, len(edges), 3):
            triangle = middles[edges[first : first + 3]]
            vertices += [triangle, triangle[::-1]]
            owners += [configuration, 255 - configuration]
    return np.array(vertices), np.array(owners)


def configurations(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Configuration of every cube of eight neighbouring voxels.

    Args:
        mask: Shape ``(k, j, i)``, with a margin of one voxel outside the region on every side.

    Returns:
        Shape ``(k - 1, j - 1, i - 1)``.
    """
    size = np.array(mask.shape) - 1
    bits = np.ascontiguousarray(mask).view(np.uint8)
    found = np.zeros(size, dtype=np.uint8)
    for corner, (k, j, i) in enumerate(CORNERS):
        found |= bits[k : k + size[0], j : j + size[1], i : i + size[2]] << np.uint8(corner)
    return found


def area_and_volume(mask: npt.NDArray[np.bool_], spacing: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Area (mm²) and enclosed volume (mm³) of the surface of a mask.

    The classic table leaves small holes between some diagonal neighbours, so the volume depends a little on the origin;
    it is the first voxel of ``mask``, as in pyradiomics.

    Args:
        mask: Shape ``(k, j, i)``, with a margin of one voxel outside the region on every side.
        spacing: Voxel size along k, j, i in mm.
    """
    cubes = configurations(mask)
    where = np.flatnonzero((cubes != 0) & (cubes != 255))
    which = cubes.ravel()[where]
    counts = np.bincount(which, minlength=256)
    places = np.unravel_index(where, cubes.shape)
    corners = np.stack([np.bincount(which, weights=axis, minlength=256) for axis in places], axis=1) * spacing
    vertices, owners = _tables()
    a, b, c = np.moveaxis(vertices * spacing, 1, 0)
    doubled_areas = np.linalg.norm(np.cross(a - c, b - c), axis=1)
    area_vectors = np.cross(a, b) + np.cross(b, c) + np.cross(c, a)
    at_origin = np.einsum("td,td->t", np.cross(a, b), c)
    volume = counts[owners] @ at_origin + np.einsum("td,td->", corners[owners], area_vectors)
    return float(counts[owners] @ doubled_areas) / 2, float(volume) / 6


def vertices_in_half_voxels(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Vertices of the surface: the middles between neighbouring voxels of which one is inside.

    Args:
        mask: Shape ``(k, j, i)``, with a margin of one voxel outside the region on every side.

    Returns:
        Shape ``(n, 3)``: k, j, i in half voxels.
    """
    found = []
    for axis in range(3):
        crossings = np.argwhere(np.diff(mask, axis=axis)) * 2
        crossings[:, axis] += 1
        found.append(crossings)
    return np.concatenate(found)

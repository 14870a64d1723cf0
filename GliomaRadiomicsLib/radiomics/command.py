"""The table behind ``glioma-radiomics features``: files in, rows out, with either backend."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import FeatureRow
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_mask, read_volume
from GliomaRadiomicsLib.radiomics.device import computing_on
from GliomaRadiomicsLib.radiomics.extraction import Extracted, prepared_rows, shape_rows
from GliomaRadiomicsLib.radiomics.params import Parameters, read_parameters
from GliomaRadiomicsLib.radiomics.preparation import Prepared, prepare
from GliomaRadiomicsLib.radiomics.pyradiomics_backend import PyradiomicsBackend
from GliomaRadiomicsLib.radiomics.region import select_label
from GliomaRadiomicsLib.radiomics.sets import jinling
from GliomaRadiomicsLib.radiomics.sets.han import han_features

BACKENDS = ("native", "pyradiomics")
FEATURE_SETS = ("han", "jinling")
"""Sets of published systems, see `sets`."""

_ROLES = {"t1n": "t1", "t1": "t1", "t1c": "t1ce", "t1ce": "t1ce", "t2w": "t2", "t2": "t2", "t2f": "flair"}
_ROLE_AT_END = re.compile(r"(?:^|[_-])(t1ce|t1n|t1c|t1|t2w|t2f|t2|flair)\.", re.IGNORECASE)


def features_table(
    images: list[Path],
    mask: Path,
    label: int | None = None,
    params: Path | None = None,
    backend: str = "native",
    feature_set: str | None = None,
    device: str = "cpu",
) -> list[FeatureRow]:
    """Features of a region of one or more images on the same grid.

    Args:
        images: Image files.
        mask: Mask file.
        label: Value of the region in the mask; None: that of ``params``, else 1.
        params: pyradiomics parameter file (YAML or JSON); None: pyradiomics' defaults.
        backend: One of `BACKENDS`.
        feature_set: One of `FEATURE_SETS`, instead of ``params``.
        device: ``auto``, ``cpu`` or ``cuda`` for the native backend, see `device`.

    Returns:
        Features of the mask alone come once, with the sequence ``mask``. ``value`` is NaN where the feature does not
        exist, with the reason.

    Raises:
        RefusedInput: For files, masks, labels and settings that cannot be used.
    """
    if backend not in BACKENDS:
        raise RefusedInput(
            what="unknown backend", where="--backend", found=backend, remedy=f"give {' or '.join(BACKENDS)}"
        )
    if not images:
        raise RefusedInput(what="no image", where="--image", remedy="give at least one")
    chosen = _chosen(params, backend, feature_set)
    mask_volume = read_mask(mask, chosen.channel, name=mask.name)
    parts = chosen.parts(named_volumes(images), mask_volume, label)
    with computing_on(device):
        return [FeatureRow(sequence, f"label {used}", *row) for sequence, used, rows in parts for row in rows]


def _chosen(params: Path | None, backend: str, feature_set: str | None) -> _Backend:
    if feature_set is not None:
        if feature_set not in FEATURE_SETS or params is not None:
            raise RefusedInput(
                what="unknown feature set" if params is None else "both a feature set and a parameter file",
                where="--set",
                found=feature_set,
                remedy=f"give {' or '.join(FEATURE_SETS)}, without --params",
            )
        if feature_set == "han":
            if backend != "native":
                raise RefusedInput(
                    what="set of the native backend only",
                    where="--set",
                    found="han",
                    remedy="leave out --backend and --compare",
                )
            return _Han()
        params = jinling.PARAMETERS
    return _Native(read_parameters(params)) if backend == "native" else _Pyradiomics(params)


def named_volumes(images: list[Path]) -> Iterator[tuple[str, Volume]]:
    """Images with the names of their sequences, as the table has them."""
    names = [_sequence(path, number) for number, path in enumerate(images, start=1)]
    if len(set(names)) < len(names):
        names = [f"image{number}" for number in range(1, len(images) + 1)]
    for name, path in zip(names, images, strict=True):
        yield name, read_volume(path, name=path.name)


def _sequence(path: Path, number: int) -> str:
    found = _ROLE_AT_END.search(path.name)
    return _ROLES.get(found[1].lower(), "flair") if found else f"image{number}"


class _Backend(Protocol):
    @property
    def channel(self) -> int: ...

    def parts(
        self, volumes: Iterator[tuple[str, Volume]], mask: Volume, label: int | None
    ) -> Iterator[tuple[str, int, Extracted]]: ...


@dataclass(frozen=True)
class _Native:
    parameters: Parameters

    @property
    def channel(self) -> int:
        """Which mask of a file with several is meant."""
        return self.parameters.settings.label_channel

    def parts(
        self, volumes: Iterator[tuple[str, Volume]], mask: Volume, label: int | None
    ) -> Iterator[tuple[str, int, Extracted]]:
        """Rows of the mask, then of each image; shape again only where an image changes the region."""
        settings, selection = self.parameters.settings, self.parameters.selection
        used = settings.label if label is None else label
        before: Prepared | None = None
        for sequence, volume in volumes:
            found = prepare(volume, mask, used, settings, known=before)
            if before is None or found.of_shape is not before.of_shape:
                of_mask = before is None and settings.resegmentRange is None
                yield "mask" if of_mask else sequence, used, shape_rows(found.of_shape, selection)
            yield sequence, used, prepared_rows(found, selection, self.parameters.image_types)
            before = found


class _Han:
    channel = 0

    def parts(
        self, volumes: Iterator[tuple[str, Volume]], mask: Volume, label: int | None
    ) -> Iterator[tuple[str, int, Extracted]]:
        """Rows of each image; label 1 if none is given."""
        used = 1 if label is None else label
        for sequence, volume in volumes:
            yield sequence, used, han_features(volume, mask, used)


@dataclass(frozen=True)
class _Pyradiomics:
    params: Path | None

    @cached_property
    def extractor(self) -> PyradiomicsBackend:
        """What runs pyradiomics with the parameter file."""
        return PyradiomicsBackend(self.params)

    @property
    def channel(self) -> int:
        """Which mask of a file with several is meant."""
        return self.extractor.setting("label_channel", 0)

    def parts(
        self, volumes: Iterator[tuple[str, Volume]], mask: Volume, label: int | None
    ) -> Iterator[tuple[str, int, Extracted]]:
        """Rows of the mask, then of each image."""
        used = self.extractor.setting("label", 1) if label is None else label
        select_label(mask, (used,))
        for number, (sequence, volume) in enumerate(volumes):
            rows = self.extractor.extract(volume, mask, used)
            of_shape = [row for row in rows if "_shape" in row[0]]
            if self.extractor.resegments:
                yield sequence, used, of_shape
            elif number == 0:
                yield "mask", used, of_shape
            yield sequence, used, [row for row in rows if "_shape" not in row[0]]

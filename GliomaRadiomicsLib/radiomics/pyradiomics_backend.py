"""The same features computed by pyradiomics, where it is installed; for comparison, and for what we have not yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.extraction import Extracted
from GliomaRadiomicsLib.radiomics.registry import FAMILIES, names_of


class PyradiomicsBackend:
    """Runs pyradiomics with a parameter file.

    Args:
        params: Parameter file or its content; None: pyradiomics' defaults.

    Raises:
        RefusedInput: If pyradiomics is not installed or refuses the parameter file.
    """

    def __init__(self, params: Path | Mapping[str, Any] | None) -> None:
        try:
            import radiomics
            from radiomics.featureextractor import RadiomicsFeatureExtractor
        except ImportError as error:
            raise RefusedInput(
                what="pyradiomics is not installed",
                remedy="use the native backend, or install it (Python 3.11 or older, with a C compiler): "
                "pip install numpy 'setuptools<81' wheel && pip install --no-build-isolation pyradiomics==3.0.1",
            ) from error
        radiomics.setVerbosity(60)
        given = [] if params is None else [dict(params) if isinstance(params, Mapping) else str(params)]
        try:
            self._extractor = RadiomicsFeatureExtractor(*given)
        except Exception as error:  # noqa: BLE001 - pyradiomics raises whatever its schema checker does
            raise RefusedInput(what=f"pyradiomics refuses it: {error}", where=params, remedy="correct it") from error
        self._extractor.addProvenance(False)

    def setting(self, name: str, default: int) -> int:
        """A whole number of the parameter file, such as ``label``; ``default`` without one."""
        return int(self._extractor.settings.get(name, default))

    @property
    def resegments(self) -> bool:
        """Whether the region, and with it shape, depends on the image."""
        return self._extractor.settings.get("resegmentRange") is not None

    def extract(self, image: Volume, mask: Volume, label: int) -> Extracted:
        """Features as `extraction.extract` returns them, in the order of the registry.

        Raises:
            RefusedInput: With the message of pyradiomics, where it refuses the input.
        """
        from GliomaRadiomicsLib.imaging.itk import to_itk

        try:
            found: dict[str, Any] = self._extractor.execute(to_itk(image), to_itk(mask), label=label)
        except Exception as error:  # noqa: BLE001 - pyradiomics raises ValueError, RuntimeError and others alike
            raise RefusedInput(
                what=f"pyradiomics refuses it: {error}",
                where=mask.name or "mask",
                remedy="correct image, mask or parameters, or use --backend native",
            ) from error
        rows = [
            (name, float(value), "" if np.isfinite(float(value)) else "pyradiomics gives no number")
            for name, value in found.items()
            if not name.startswith("diagnostics")
        ]
        images = list(dict.fromkeys(name.rsplit("_", 2)[0] for name, _, _ in rows))
        return sorted(rows, key=lambda row: _place(row[0], images))


def _place(name: str, images: list[str]) -> tuple[bool, int, int, int]:
    """Shape first, then one image after another, in each the families and features as the registry has them."""
    image, family, feature = name.rsplit("_", 2)
    known = names_of(family) if family in FAMILIES else ()
    return (
        not family.startswith("shape"),
        images.index(image),
        FAMILIES.index(family) if family in FAMILIES else len(FAMILIES),
        known.index(feature) if feature in known else len(known),
    )

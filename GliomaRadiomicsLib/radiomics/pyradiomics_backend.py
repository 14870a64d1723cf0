"""The same features computed by pyradiomics, where it is installed; for comparison, and for what we have not yet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.radiomics.extraction import Extracted

_RAS_TO_LPS = np.array([-1.0, -1.0, 1.0])


class PyradiomicsBackend:
    """Runs pyradiomics with a parameter file.

    Args:
        params: Parameter file; None: pyradiomics' defaults.

    Raises:
        RefusedInput: If pyradiomics is not installed or refuses the parameter file.
    """

    def __init__(self, params: Path | None) -> None:
        try:
            import radiomics
            from radiomics.featureextractor import RadiomicsFeatureExtractor
        except ImportError as error:
            raise RefusedInput(
                what="pyradiomics is not installed",
                where="--backend",
                remedy="use --backend native, or install it (Python 3.11 or older, with a C compiler): "
                "pip install numpy 'setuptools<81' wheel && pip install --no-build-isolation pyradiomics==3.0.1",
            ) from error
        radiomics.setVerbosity(60)
        try:
            self._extractor = RadiomicsFeatureExtractor(*([str(params)] if params else []))
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
        """Features as `extraction.extract` returns them, in pyradiomics' order.

        Raises:
            RefusedInput: With the message of pyradiomics, where it refuses the input.
        """
        try:
            found: dict[str, Any] = self._extractor.execute(to_itk(image), to_itk(mask), label=label)
        except Exception as error:  # noqa: BLE001 - pyradiomics raises ValueError, RuntimeError and others alike
            raise RefusedInput(
                what=f"pyradiomics refuses it: {error}",
                where=mask.name or "mask",
                remedy="correct image, mask or parameters, or use --backend native",
            ) from error
        return [
            (name, float(value), "" if np.isfinite(float(value)) else "pyradiomics gives no number")
            for name, value in found.items()
            if not name.startswith("diagnostics")
        ]


def to_itk(volume: Volume) -> Any:  # noqa: ANN401 - SimpleITK is imported only where it is used
    """A SimpleITK image of a volume; the geometry goes from RAS to ITK's LPS."""
    import SimpleITK as sitk  # noqa: N813 - the name everybody uses

    image = sitk.GetImageFromArray(np.ascontiguousarray(volume.array.T))
    image.SetSpacing(volume.spacing)
    image.SetOrigin((_RAS_TO_LPS * volume.affine[:3, 3]).tolist())
    directions = _RAS_TO_LPS[:, None] * volume.affine[:3, :3] / np.array(volume.spacing)
    image.SetDirection(directions.ravel().tolist())
    return image

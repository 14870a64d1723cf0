"""Feature maps from files to files, for ``glioma-radiomics features --voxel-maps``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.imaging.files import read_mask, write_volume
from GliomaRadiomicsLib.radiomics.command import named_volumes
from GliomaRadiomicsLib.radiomics.params import Parameters, read_parameters
from GliomaRadiomicsLib.radiomics.voxel_maps import mappable, voxel_maps


def check_voxel_maps(features: Sequence[str], params: Path | None = None) -> Parameters:
    """What the parameter file asks for; raises `RefusedInput` for features or settings that have no maps."""
    asked = read_parameters(params)
    mappable(features, asked.settings)
    return asked


def write_voxel_maps(
    images: list[Path],
    mask: Path,
    features: Sequence[str],
    stem: Path,
    *,
    label: int | None = None,
    params: Path | None = None,
    progress: Progress | None = None,
    device: str = "cpu",
) -> list[Path]:
    """Write the maps of features of one or more images.

    Args:
        images: Image files.
        mask: Mask file.
        features: Names or families, see `voxel_maps.voxel_maps`.
        stem: Beginning of the files written: ``<stem>_<feature>.nii.gz``, with several images
            ``<stem>_<sequence>_<feature>.nii.gz``.
        label: Value of the region in the mask; None: that of ``params``, else 1.
        params: pyradiomics parameter file; its ``voxelSetting`` says how maps are made.
        progress: Told how far it is; may cancel.
        device: ``auto``, ``cpu`` or ``cuda``, see `device`.

    Returns:
        The files written; where it fails or is cancelled none is left. Voxels without a value are NaN, which readers
        built on ITK, such as Slicer's, show as 0.
    """
    progress, asked = progress or Progress(), check_voxel_maps(features, params)
    mask_volume = read_mask(mask, asked.settings.label_channel, name=mask.name)
    stem.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    try:
        for number, (sequence, volume) in enumerate(named_volumes(images)):
            with progress.step(sequence, number / len(images), (number + 1) / len(images), sequence) as part:
                maps = voxel_maps(
                    volume,
                    mask_volume,
                    features,
                    label=label,
                    settings=asked.settings,
                    voxel_settings=asked.voxel,
                    image_types=asked.image_types,
                    progress=part,
                    device=device,
                )
                for name, found in maps:
                    middle = f"{sequence}_" if len(images) > 1 else ""
                    written.append(stem.with_name(f"{stem.name}_{middle}{name}.nii.gz"))
                    write_volume(found, written[-1])
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written

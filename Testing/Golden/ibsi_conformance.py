"""Compares every IBSI feature with its consensus value, on the digital phantom and configurations A to E.

    python Testing/Golden/ibsi_conformance.py FOLDER

prints the table of the documentation; FOLDER holds ``ibsi_1_ct_radiomics_phantom`` of the IBSI data sets.

A value matches if it lies within the tolerance of the reference value, or does so once it is rounded to the three
digits that the reference values have.

Source of the configurations: A. Zwanenburg et al., "Image biomarker standardisation initiative", arXiv:1612.07003,
chapter on reference data sets.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from GliomaRadiomicsLib.core.volume import Volume
from GliomaRadiomicsLib.imaging.files import read_volume
from GliomaRadiomicsLib.radiomics.extraction import extract
from GliomaRadiomicsLib.radiomics.preparation import prepare
from GliomaRadiomicsLib.radiomics.region import Region
from GliomaRadiomicsLib.radiomics.registry import IBSI_FAMILIES, IBSI_FEATURES, Feature, names_of
from GliomaRadiomicsLib.radiomics.settings import RadiomicsSettings, settings_from

GOLDEN = Path(__file__).with_name("ibsi_reference.json")

BY_DIRECTION = ("glcm", "glrlm")
"""Families whose tags name dimension and directions (cm_contrast_2D_avg)."""
BY_DIMENSION = ("glszm", "gldzm", "ngtdm", "gldm")
"""Families whose tags name the dimension only (szm_sze_2D)."""

CHAIN = ("img_dim", "vox_dim", "mean_int", "min_int", "max_int", "int_mask", "morph_mask")
"""Beginnings of tags that describe image and mask after each step, not a feature."""

PREFIXES = {
    "image and mask": CHAIN,
    "morphology": ("morph_",),
    "local intensity": ("loc_",),
    "statistics": ("stat_",),
    "intensity histogram": ("ih_",),
    "intensity-volume histogram": ("ivh_",),
    "GLCM": ("cm_",),
    "GLRLM": ("rlm_",),
    "GLSZM": ("szm_",),
    "GLDZM": ("dzm_",),
    "NGTDM": ("ngt_",),
    "NGLDM": ("ngl_",),
}


@dataclass(frozen=True)
class Configuration:
    """How image and mask are processed, and which aggregations have reference values."""

    name: str
    setting: dict[str, Any]
    aggregations: tuple[str, ...]

    def settings(self, aggregation: str) -> RadiomicsSettings:
        """Settings as a parameter file would give them."""
        return settings_from({"convention": "ibsi", "aggregation": aggregation, **self.setting})


@dataclass(frozen=True)
class Compared:
    """A value beside its reference."""

    configuration: str
    tag: str
    value: float
    reference: float
    tolerance: float
    matches: bool = field(init=False)

    def __post_init__(self) -> None:
        distances = abs(self.value - self.reference), abs(float(f"{self.value:.3g}") - self.reference)
        object.__setattr__(self, "matches", min(distances) <= self.tolerance * (1 + 1e-9))


SLICES = ("2D_avg", "2D_comb", "2_5D_avg", "2_5D_comb")
SPACE = ("3D_avg", "3D_comb")
_LINEAR = {"interpolator": "sitkLinear", "roundIntensities": True}
_CUBIC = {"interpolator": "sitkBSpline", "roundIntensities": True}

CONFIGURATIONS = {
    one.name: one
    for one in (
        Configuration("digital phantom", {"binWidth": 1}, SLICES + SPACE),
        Configuration("A", {"resegmentRange": [-500, 400], "binWidth": 25}, SLICES),
        Configuration(
            "B", {"resampledPixelSpacing": [2, 2, 0], **_LINEAR, "resegmentRange": [-500, 400], "binCount": 32}, SLICES
        ),
        Configuration(
            "C",
            {
                "resampledPixelSpacing": [2, 2, 2],
                **_LINEAR,
                "resegmentRange": [-1000, 400],
                "binWidth": 25,
                "ivhBinWidth": 2.5,
            },
            SPACE,
        ),
        Configuration("D", {"resampledPixelSpacing": [2, 2, 2], **_LINEAR, "resegmentSigma": 3, "binCount": 32}, SPACE),
        Configuration(
            "E",
            {
                "resampledPixelSpacing": [2, 2, 2],
                **_CUBIC,
                "resegmentRange": [-1000, 400],
                "resegmentSigma": 3,
                "binCount": 32,
                "ivhBinCount": 1000,
            },
            SPACE,
        ),
    )
}


def reference_values() -> dict[str, dict[str, list[float]]]:
    """Reference value and tolerance by configuration and tag."""
    return json.loads(GOLDEN.read_text(encoding="utf-8"))["values"]


def digital_phantom() -> tuple[Volume, Volume]:
    """Image and mask of the digital phantom."""
    phantom = json.loads(GOLDEN.read_text(encoding="utf-8"))["digital_phantom"]
    affine = np.diag([*phantom["spacing_mm"], 1.0])
    return Volume(np.array(phantom["image"]), affine, "image"), Volume(np.array(phantom["mask"]), affine, "mask")


def ct_phantom(folder: Path) -> tuple[Volume, Volume]:
    """Image and mask of the CT phantom."""
    nifti = folder / "ibsi_1_ct_radiomics_phantom" / "nifti"
    return read_volume(nifti / "image" / "phantom.nii.gz"), read_volume(nifti / "mask" / "mask.nii.gz")


def full_tag(feature: Feature, aggregation: str) -> str:
    """Tag of a feature in the reference values."""
    if feature.family in BY_DIRECTION:
        return f"{feature.ibsi_tag}_{aggregation}"
    if feature.family in BY_DIMENSION:
        return f"{feature.ibsi_tag}_{aggregation.rpartition('_')[0]}"
    return feature.ibsi_tag


def feature_values(configuration: Configuration, image: Volume, mask: Volume) -> dict[str, float]:
    """All features by tag; those that an aggregation does not change are computed once."""
    found: dict[str, float] = {}
    for number, aggregation in enumerate(configuration.aggregations):
        families = [
            family
            for family in IBSI_FAMILIES
            if number == 0 or family in BY_DIRECTION or (family in BY_DIMENSION and aggregation.endswith("avg"))
        ]
        selection = {family: names_of(family, "ibsi") for family in families}
        settings = configuration.settings(aggregation)
        values = {name: value for name, value, _ in extract(image, mask, settings=settings, selection=selection)}
        chosen = [feature for feature in IBSI_FEATURES if feature.family in families]
        found |= {full_tag(feature, aggregation): values[feature.full_name] for feature in chosen}
    return found


def chain_values(configuration: Configuration, image: Volume, mask: Volume) -> dict[str, float]:
    """Image and mask at the start, after interpolation and after resegmentation, by tag."""
    whole = configuration.settings(configuration.aggregations[0])
    kept = replace(whole, resegmentRange=None, resegmentSigma=None)
    as_read = replace(kept, resampledPixelSpacing=None, roundIntensities=False)
    start, moved, left = (prepare(image, mask, 1, settings) for settings in (as_read, kept, whole))
    found: dict[str, float] = {}
    for step, prepared in (("init", start), ("interp", moved)):
        found |= dict(_of_image(f"{step}_img", prepared.image))
    for step, prepared in (("init", start), ("interp", moved), ("reseg", left)):
        found |= dict(_of_mask(f"{step}_roi", prepared.region, prepared.whole, prepared.array))
    return found


def _of_image(step: str, image: Volume) -> Iterator[tuple[str, float]]:
    for axis, size, spacing in zip("xyz", image.shape, image.spacing, strict=True):
        yield f"img_dim_{axis}_{step}", float(size)
        yield f"vox_dim_{axis}_{step}", spacing
    yield f"mean_int_{step}", float(image.array.mean(dtype=np.float64))
    yield f"min_int_{step}", float(image.array.min())
    yield f"max_int_{step}", float(image.array.max())


def _of_mask(step: str, region: Region, whole: Region, array: np.ndarray) -> Iterator[tuple[str, float]]:
    values = region.values(array).astype(np.float64)
    for place, axis in enumerate("zyx"):
        yield f"int_mask_dim_{axis}_{step}", float(array.shape[place])
        yield f"int_mask_bb_dim_{axis}_{step}", float(region.mask.shape[place])
        yield f"morph_mask_bb_dim_{axis}_{step}", float(whole.mask.shape[place])
    yield f"int_mask_vox_count_{step}", float(region.voxels)
    yield f"morph_mask_vox_count_{step}", float(whole.voxels)
    yield f"int_mask_mean_int_{step}", float(values.mean())
    yield f"int_mask_min_int_{step}", float(values.min())
    yield f"int_mask_max_int_{step}", float(values.max())


def compare(configuration: Configuration, image: Volume, mask: Volume) -> list[Compared]:
    """All values of a configuration that have a reference."""
    references = reference_values()[configuration.name]
    values = {**feature_values(configuration, image, mask), **chain_values(configuration, image, mask)}
    return [Compared(configuration.name, tag, values[tag], *references[tag]) for tag in references if tag in values]


def family_of(tag: str) -> str:
    """Which line of the table a tag belongs to."""
    return next(name for name, beginnings in PREFIXES.items() if tag.startswith(beginnings))


def markdown(compared: list[Compared]) -> str:
    """Table of matched / implemented / in the reference set, by family and configuration."""
    references = reference_values()
    done = Counter((family_of(one.tag), one.configuration) for one in compared)
    matched = Counter((family_of(one.tag), one.configuration) for one in compared if one.matches)
    known = Counter((family_of(tag), name) for name, tags in references.items() for tag in tags)
    lines = [["Family", *references, "all"], ["---"] * (len(references) + 2)]
    for family in (*PREFIXES, "all"):
        cells = [_cell(matched, done, known, family, name) for name in (*references, "all")]
        lines.append([family, *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(matched: Counter, done: Counter, known: Counter, family: str, configuration: str) -> str:
    def total(counter: Counter) -> int:
        return sum(n for key, n in counter.items() if family in (key[0], "all") and configuration in (key[1], "all"))

    return f"{total(matched)} / {total(done)} / {total(known)}" if total(known) else ""


def main() -> None:
    ct = ct_phantom(Path(sys.argv[1]))
    compared = []
    for configuration in CONFIGURATIONS.values():
        volumes = digital_phantom() if configuration.name == "digital phantom" else ct
        compared += compare(configuration, *volumes)
    print(markdown(compared))
    for one in compared:
        if not one.matches:
            print(f"\n{one.configuration} {one.tag}: {one.value:g}, reference {one.reference:g} ± {one.tolerance:g}")


if __name__ == "__main__":
    main()

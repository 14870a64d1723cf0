"""Who made the exported objects and how the outline came about, in DICOM's words."""

from __future__ import annotations

import importlib
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.version import VERSION
from GliomaRadiomicsLib.pipeline.export.outcome import Outcome

PRODUCT, MAKER = "GliomaRadiomics", "The GliomaRadiomics contributors"
SCHEME = "99GLIOMARAD"
"""Designator of this product's own codes, for what no public terminology names."""

SERIES_NUMBERS = {"SEG": 9001, "SR": 9002, "RTSTRUCT": 9003}
_LONGEST = 64


def highdicom() -> Any:
    """The library that SEG and SR are made with; raises `RefusedInput` where it is missing."""
    try:
        return importlib.import_module("highdicom")
    except ImportError as error:
        remedy = "pip install 'glioma-radiomics[dicom]'"
        raise RefusedInput(what="the Python package highdicom is missing", remedy=remedy) from error


def equipment() -> dict[str, Any]:
    """What every object says about its maker, by argument of highdicom."""
    return {"manufacturer": MAKER, "manufacturer_model_name": PRODUCT, "software_versions": VERSION}


def outline_algorithm(outcome: Outcome) -> tuple[str, str]:
    """Name and version of what outlined the tumour; this product, where an outline was edited in it."""
    segmentation = outcome.result.segmentation
    automatic = outcome.generation == "AUTOMATIC" and segmentation is not None
    return name_and_version(segmentation.model) if automatic and segmentation else (PRODUCT, VERSION)


def name_and_version(model: str) -> tuple[str, str]:
    """``("survival", "1.0")`` of ``survival 1.0``; this product's version where it has none."""
    name, _, version = model.rpartition(" ")
    return (name, version) if name and version[:1].isdigit() else (model or PRODUCT, VERSION)


def description(outcome: Outcome) -> str:
    """One line for the series."""
    how = {"AUTOMATIC": "automatic outline", "SEMIAUTOMATIC": "edited outline"}.get(outcome.generation, "given outline")
    return shortened(f"Glioma, {how}; research only")


def shortened(text: str) -> str:
    """At most the 64 characters that DICOM allows in a line."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def coded(scheme_value_meaning: tuple[str, str, str]) -> Any:
    """A coded concept of highdicom from (scheme, value, meaning)."""
    from highdicom.sr import CodedConcept

    scheme, value, meaning = scheme_value_meaning
    return CodedConcept(value=value, scheme_designator=scheme, meaning=meaning)

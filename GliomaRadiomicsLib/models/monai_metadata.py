"""The metadata of a MONAI bundle: which channel is which, and what its publisher says of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.labels import SEQUENCE_NAMES
from GliomaRadiomicsLib.imaging.roles_words import read_name
from GliomaRadiomicsLib.models.monai_config import MonaiConfig
from GliomaRadiomicsLib.networks.monai_nets import PREFIX

NOT_MEASURED = "figures of its publisher, not measured here"
_REGION_WORDS = {
    "tc": "TC", "tumorcore": "TC", "tumourcore": "TC",
    "wt": "WT", "wholetumor": "WT", "wholetumour": "WT",
    "et": "ET", "enhancingtumor": "ET", "enhancingtumour": "ET", "enhancing": "ET",
}  # fmt: skip


def input_roles(metadata: Mapping[str, Any]) -> list[str]:
    """Role of each input channel, from its name in ``channel_def``.

    Raises:
        RefusedInput: If a channel is not named, is none of T1, T1ce, T2 and FLAIR, or one of them comes twice.
    """
    names = _channels(metadata, "inputs")
    found = [_role(name) for name in names]
    return _each_once(found, names, "inputs", "T1, T1c, T2 and FLAIR")


def output_regions(metadata: Mapping[str, Any]) -> list[str]:
    """Region of each output channel: WT, TC and ET in the bundle's order.

    Raises:
        RefusedInput: If they are others.
    """
    names = _channels(metadata, "outputs")
    found = [_REGION_WORDS.get("".join(c for c in name.lower() if c.isalnum()), "") for name in names]
    regions = _each_once(found, names, "outputs", "tumor core, whole tumor and enhancing tumor")
    if set(regions) != {"TC", "WT", "ET"}:
        remedy = "the outputs must be tumor core, whole tumor and enhancing tumor"
        raise RefusedInput(what="a region is missing", where="network_data_format: outputs", found=names, remedy=remedy)
    return regions


def describe(
    name: str,
    metadata: Mapping[str, Any],
    config: MonaiConfig,
    roles: Sequence[str],
    regions: Sequence[str],
    licence: str,
) -> dict[str, Any]:
    """Metadata of the bundle as ours have it; every statement about the model is its publisher's."""
    about = {key: str(metadata[key]) for key in ("authors", "copyright", "data_source") if metadata.get(key)}
    source = f"{about.get('data_source', 'not stated')}, as stated by the publisher"
    references = metadata.get("references")
    return {
        "name": name,
        "system": "segmentation",
        "version": str(metadata.get("version", "not stated")),
        "licence": licence,
        "attribution": [*about.values(), *(str(item) for item in (references if isinstance(references, list) else []))],
        "intended_use": str(metadata.get("intended_use", "not stated by the publisher")),
        "not_for": ["diagnosis or treatment planning", "images after surgery, with skull, or lacking a sequence"],
        "limitations": _limitations(config),
        "input": _input(metadata, config, roles, regions),
        "network": {"architecture": PREFIX + config.network, "regions": list(regions), "roles": list(roles)}
        | {key: value for key, value in asdict(config).items() if key not in ("network", "left_out")},
        "thresholds": {
            "probability": [config.threshold] * 3,
            "least_expected_et": 0.0,
            "smallest_et_ml": 0.0,
            "smallest_part_ml": 0.0,
            "core_share": 0.0,
        },
        "training": {"cohort": source, "description": str(metadata.get("description", "not stated"))},
        "evidence": _evidence(metadata, source),
        "imported_from": {"layout": "MONAI bundle", "monai_version": str(metadata.get("monai_version", "not stated"))},
    }


def _input(
    metadata: Mapping[str, Any], config: MonaiConfig, roles: Sequence[str], regions: Sequence[str]
) -> dict[str, Any]:
    inputs = zip(_channels(metadata, "inputs"), roles, strict=True)
    outputs = zip(_channels(metadata, "outputs"), regions, strict=True)
    return {
        "sequences": [SEQUENCE_NAMES[role] for role in roles],
        "required": list(roles),
        "channels": {str(n): f"{name} = {SEQUENCE_NAMES[role]}" for n, (name, role) in enumerate(inputs)},
        "regions": {str(n): f"{name} = {region}" for n, (name, region) in enumerate(outputs)},
        "orientation": config.orientation,
        "spacing_mm": 1.0,
        "intensities": "z-scored over the voxels that are not zero, each sequence by itself; zero outside the brain",
        "window": f"{' x '.join(str(n) for n in config.window)} voxels, overlap {config.overlap:g}, {config.blend}",
    }


def _limitations(config: MonaiConfig) -> list[str]:
    found = ["Needs all its sequences; a case that lacks one is refused."]
    if config.left_out:
        steps = ", ".join(config.left_out)
        found.append(f"Code of a bundle is never run; so these steps of its postprocessing are not: {steps}.")
    return found


def _evidence(metadata: Mapping[str, Any], cohort: str) -> dict[str, Any]:
    figures = metadata.get("eval_metrics")
    rows = [
        [str(key), value] for key, value in (figures if isinstance(figures, dict) else {}).items() if _finite(value)
    ]
    title = NOT_MEASURED[0].upper() + NOT_MEASURED[1:]
    return {
        "cohort": cohort,
        "validation": NOT_MEASURED,
        "figures": [],
        "tables": [{"title": title, "columns": ["Metric", "Value"], "rows": rows}] if rows else [],
        "dice_by_sequences": {},
        "notes": ["`glioma-radiomics evaluate` measures it on a labelled cohort of yours."],
    }


def _channels(metadata: Mapping[str, Any], side: str) -> list[str]:
    """Names of the channels in order."""
    entry: Any = metadata.get("network_data_format")
    entry = entry.get(side) if isinstance(entry, Mapping) else None
    entry = next(iter(entry.values())) if isinstance(entry, Mapping) and len(entry) == 1 else None
    names = entry.get("channel_def") if isinstance(entry, Mapping) else None
    count = entry.get("num_channels") if isinstance(entry, Mapping) else None
    where = f"network_data_format: {side}"
    if not isinstance(names, Mapping) or set(names) != {str(n) for n in range(len(names))} or not names:
        remedy = "state channel_def in configs/metadata.json, such as {'0': 'T1c', '1': 'T1', ...}"
        raise RefusedInput(what="the channels are not named", where=where, found=names, remedy=remedy)
    if count != len(names):
        remedy = "correct configs/metadata.json"
        found = f"{count} and {len(names)} names"
        raise RefusedInput(what="num_channels is not the number of names", where=where, found=found, remedy=remedy)
    return [str(names[str(n)]) for n in range(len(names))]


def _role(name: str) -> str:
    said = read_name(name)
    return "t1ce" if said.weighting == "t1" and said.contrast else said.weighting


def _each_once(found: list[str], names: list[str], side: str, known: str) -> list[str]:
    valid = set(SEQUENCE_NAMES) if side == "inputs" else set(_REGION_WORDS.values())
    for number, entry in enumerate(found):
        if entry not in valid or entry in found[:number]:
            what = f"channel {number} is not known, or comes twice"
            where = f"network_data_format: {side}"
            raise RefusedInput(what=what, where=where, found=names[number], remedy=f"known are {known}")
    return found


def _finite(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""What a MONAI bundle's inference configuration says about network, preprocessing and windows; read, never run.

The layout is that of MONAI's model zoo (https://docs.monai.io/en/stable/mb_specification.html). Only the entries named
here are looked at. An expression (``$``) or a macro (``%``) in one of them is refused; elsewhere they are just text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.networks.monai_nets import check_arguments, network_name

BRATS_ORIENTATION = "LPS"
"""Axes of the files BraTS distributes: towards left, posterior and superior."""

_LIMIT = 5_000_000
_DEEPEST = 8
_HARMLESS = ("LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "CastToTyped", "ToTensord")
_OF_INFERER = ("sw_batch_size", "sw_device", "device", "progress", "cache_roi_weight_map", "cpu_thresh", "buffer_steps")
_REPLACED = ("Activationsd", "AsDiscreted", "Invertd", "SaveImaged")
_REMEDY = "write it as a plain value; expressions and code of a bundle are never run"


@dataclass(frozen=True)
class MonaiConfig:
    """The inference configuration.

    Attributes:
        network: Class, of `networks.monai_nets.NETWORKS`.
        arguments: Of its constructor.
        window: Voxels of a sliding window, along the axes of ``orientation``.
        overlap: Share of a window that the next one sees again.
        blend: ``constant`` or ``gaussian``: how overlapping windows are joined.
        orientation: Where the axes of the images lead, as three letters.
        threshold: Probability above which a voxel belongs to a region.
        left_out: Steps of the postprocessing that are not run here.
    """

    network: str
    arguments: dict[str, Any]
    window: tuple[int, int, int]
    overlap: float
    blend: str
    orientation: str = BRATS_ORIENTATION
    threshold: float = 0.5
    left_out: list[str] = field(default_factory=list)


def read_mapping(file: Path, name: str) -> dict[str, Any]:
    """A JSON or YAML file of a bundle as plain data; ``name`` is used in messages.

    Raises:
        RefusedInput: If it is too large or cannot be read.
    """
    import yaml

    if file.stat().st_size > _LIMIT:
        raise RefusedInput(what="too large for a configuration", where=name, found=f"{file.stat().st_size} bytes")
    try:
        text = file.read_text(encoding="utf-8")
        content = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except (UnicodeDecodeError, json.JSONDecodeError, yaml.YAMLError, RecursionError) as error:
        remedy = "fetch the bundle again"
        raise RefusedInput(what="not readable", where=name, found=error, remedy=remedy) from error
    if not isinstance(content, dict):
        raise RefusedInput(what="no table of entries", where=name, found=type(content).__name__, remedy="correct it")
    return content


def parse_config(config: Mapping[str, Any]) -> MonaiConfig:
    """Read an inference configuration.

    Raises:
        RefusedInput: If something it needs is absent, is no plain value, or is a step that cannot be done here.
    """
    definition = _table(config, "network_def")
    name = network_name(plain(definition.get("_target_"), config, "network_def"))
    arguments = {key: plain(value, config, f"network_def: {key}") for key, value in definition.items()}
    arguments.pop("_target_")
    check_arguments(arguments)
    threshold, left_out = _postprocessing(config)
    return MonaiConfig(
        name,
        arguments,
        **_inferer(config),
        orientation=_preprocessing(config),
        threshold=threshold,
        left_out=left_out,
    )


def plain(value: Any, config: Mapping[str, Any], where: str, depth: int = 0) -> Any:
    """``value`` with its references (``@entry``, ``@entry::part``) followed.

    Raises:
        RefusedInput: For an expression, a macro, or a reference that leads nowhere or in a circle.
    """
    if depth > _DEEPEST:
        raise RefusedInput(what="nested too deeply", where=where, remedy=_REMEDY)
    if isinstance(value, str) and value[:1] in ("$", "%"):
        raise RefusedInput(what="an expression is not run", where=where, found=value, remedy=_REMEDY)
    if isinstance(value, str) and value.startswith("@"):
        found: Any = config
        for part in value[1:].replace("#", "::").split("::"):
            if not isinstance(found, Mapping) or part not in found:
                raise RefusedInput(what="a reference leads nowhere", where=where, found=value, remedy=_REMEDY)
            found = found[part]
        return plain(found, config, where, depth + 1)
    if isinstance(value, list):
        return [plain(item, config, where, depth + 1) for item in value]
    if isinstance(value, dict):
        return {key: plain(item, config, where, depth + 1) for key, item in value.items()}
    return value


def _table(config: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = config.get(key)
    if isinstance(found, str):
        plain(found, {}, key)
    if not isinstance(found, dict) or "_target_" not in found:
        remedy = "give a bundle of MONAI's layout, with this entry and its _target_"
        raise RefusedInput(what=f"'{key}' is missing", where="configs/inference", remedy=remedy)
    return found


def _inferer(config: Mapping[str, Any]) -> dict[str, Any]:
    entry = _table(config, "inferer")
    target = _kind(entry, config, "inferer")
    unknown = [key for key in entry if key not in ("_target_", "roi_size", "overlap", "mode", *_OF_INFERER)]
    if target != "SlidingWindowInferer" or unknown:
        found = unknown[0] if unknown else target
        remedy = "only a SlidingWindowInferer with roi_size, overlap and mode is"
        raise RefusedInput(what="this way of inference is not known here", where="inferer", found=found, remedy=remedy)
    window = plain(entry.get("roi_size"), config, "inferer: roi_size")
    overlap = plain(entry.get("overlap", 0.25), config, "inferer: overlap")
    blend = plain(entry.get("mode", "constant"), config, "inferer: mode")
    sides = isinstance(window, list) and len(window) == 3 and all(type(n) is int and 16 <= n <= 512 for n in window)
    if not sides or not _is_number(overlap) or not 0 <= overlap < 1 or blend not in ("constant", "gaussian"):
        remedy = "give roi_size as three whole numbers of 16 to 512, overlap below 1, mode constant or gaussian"
        raise RefusedInput(what="not a window", where="inferer", found=(window, overlap, blend), remedy=remedy)
    return {"window": tuple(window), "overlap": float(overlap), "blend": blend}


def _preprocessing(config: Mapping[str, Any]) -> str:
    """The orientation; everything else must be what is done here."""
    orientation, normalised = BRATS_ORIENTATION, False
    for step in _transforms(config, "preprocessing"):
        kind = _kind(step, config, "preprocessing")
        if kind in _HARMLESS:
            continue
        given = {
            k: plain(v, config, f"{kind}: {k}") for k, v in step.items() if k not in ("_target_", "_desc_", "keys")
        }
        if kind == "Orientationd":
            orientation = _axes(given.get("axcodes"))
        elif kind == "NormalizeIntensityd" and given == {"nonzero": True, "channel_wise": True}:
            normalised = True
        elif kind != "Spacingd" or not _is_one_mm(given.get("pixdim")):
            raise RefusedInput(
                what="a step of its preprocessing is not done here",
                where="preprocessing",
                found=f"{kind} {given}",
                remedy="known are Orientationd, Spacingd to 1 mm and NormalizeIntensityd with nonzero and channel_wise",
            )
    if not normalised:
        remedy = "give a bundle whose preprocessing has NormalizeIntensityd"
        raise RefusedInput(what="no normalisation is stated", where="preprocessing", remedy=remedy)
    return orientation


def _postprocessing(config: Mapping[str, Any]) -> tuple[float, list[str]]:
    """The threshold, and the steps that are not run here."""
    sigmoid, threshold, left_out = False, 0.5, []
    for step in _transforms(config, "postprocessing"):
        kind = _kind(step, config, "postprocessing")
        if kind == "Activationsd":
            sigmoid = plain(step.get("sigmoid"), config, "Activationsd") is True and not step.get("softmax")
        elif kind == "AsDiscreted" and not step.get("argmax"):
            threshold = plain(step.get("threshold", 0.5), config, "AsDiscreted: threshold")
        elif kind == "AsDiscreted":
            sigmoid = False
        if kind not in _REPLACED:
            left_out.append(kind)
    if not sigmoid or not _is_number(threshold) or not 0 < threshold < 1:
        raise RefusedInput(
            what="its regions are not overlapping ones with a sigmoid and a threshold",
            where="postprocessing",
            remedy="only models of TC, WT and ET as overlapping regions (Activationsd with sigmoid) can be used",
        )
    return float(threshold), left_out


def _transforms(config: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    steps = _table(config, key).get("transforms")
    steps = plain(steps, config, key) if isinstance(steps, str) else steps
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        remedy = "give its transforms as a list of entries with _target_"
        raise RefusedInput(what=f"'{key}' cannot be read", where="configs/inference", remedy=remedy)
    return steps


def _kind(step: Mapping[str, Any], config: Mapping[str, Any], where: str) -> str:
    """Class of a step without its module, if it is one of MONAI's and always run."""
    target = plain(step.get("_target_"), config, where)
    switches = [key for key in step if key.startswith("_") and key not in ("_target_", "_desc_")]
    if not isinstance(target, str) or ("." in target and not target.startswith("monai.")) or switches:
        found = switches[0] if switches else target
        remedy = "use a bundle without code of its own and without switched steps"
        raise RefusedInput(what="a step that is not MONAI's own, or switched", where=where, found=found, remedy=remedy)
    return target.rsplit(".", 1)[-1]


def _axes(codes: object) -> str:
    if (
        isinstance(codes, str)
        and len(codes) == 3
        and all(len(set(codes) & set(pair)) == 1 for pair in ("RL", "AP", "SI"))
    ):
        return codes
    remedy = "give three letters such as RAS"
    raise RefusedInput(what="not an orientation", where="Orientationd: axcodes", found=codes, remedy=remedy)


def _is_one_mm(pixdim: object) -> bool:
    sides = pixdim if isinstance(pixdim, list) else [pixdim]
    return all(_is_number(side) and float(side) == 1.0 for side in sides)  # type: ignore[arg-type]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

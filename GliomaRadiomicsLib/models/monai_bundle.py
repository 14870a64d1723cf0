"""A segmentation bundle of MONAI's layout, such as the model zoo's brats_mri_segmentation, rewritten as one of ours.

Wanted are ``configs/metadata.json``, ``configs/inference.json`` (or .yaml), ``models/model.pt`` (or
``model.safetensors``) and the licence; no other file is read, and nothing in the bundle is run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.models.bundle import refuse_existing, save_bundle
from GliomaRadiomicsLib.models.metadata import METADATA_FILE, check_name
from GliomaRadiomicsLib.models.monai_config import MonaiConfig, parse_config, read_mapping
from GliomaRadiomicsLib.models.monai_metadata import describe, input_roles, output_regions
from GliomaRadiomicsLib.models.monai_weights import read_weights
from GliomaRadiomicsLib.models.unpack import bundle_root, names

if TYPE_CHECKING:
    import torch

METADATA = "configs/metadata.json"
CONFIGS = ("configs/inference.json", "configs/inference.yaml", "configs/inference.yml")
WEIGHTS = ("models/model.safetensors", "models/model.pt")
LICENCES = ("LICENSE", "LICENSE.txt", "docs/license.txt", "docs/LICENSE")
_WANTED = (METADATA, *CONFIGS, *WEIGHTS, *LICENCES, "docs/data_license.txt")
_TEXT_LIMIT = 200_000


@dataclass(frozen=True)
class _Read:
    """Everything that is used of a bundle."""

    metadata: dict[str, Any]
    config: MonaiConfig
    weights: dict[str, torch.Tensor]
    licences: dict[str, str]


def is_monai(source: Path) -> bool:
    """Whether a folder or archive has MONAI's layout, at its top or one folder below, and not ours."""
    found = [PurePosixPath(name) for name in names(source)]
    own = any(path.name == METADATA_FILE and len(path.parts) <= 2 and "configs" not in path.parts for path in found)
    return not own and any(_inside(path) in (METADATA, *CONFIGS) for path in found)


def is_wanted(path: PurePosixPath) -> bool:
    """Whether this file of a MONAI bundle is read."""
    return _inside(path) in _WANTED


def convert(folder: Path, source: Path, home: Path, *, name: str = "", overwrite: bool = False) -> Path:
    """Write the unpacked MONAI bundle in ``folder`` as a bundle of ours into ``home``.

    Args:
        folder: Holds the wanted files of the bundle, at its top or one folder below.
        source: Where they are from; lends its name where the metadata states none, and is named in messages.
        home: Folder the new bundle is put into.
        name: What to call it; empty: as its metadata states.
        overwrite: Replace a bundle of the same name.

    Raises:
        RefusedInput: If a file is missing, if the model is not one that can be run here without running code of the
            bundle, if weights, channels and network do not fit one another, or if there is a bundle of this name.
    """
    root = bundle_root(folder, source, METADATA)
    read = _read(root, source)
    roles, regions = input_roles(read.metadata), output_regions(read.metadata)
    _check_fit(read, len(roles), len(regions), source)
    name = name or _name(read.metadata, source)
    if not overwrite:
        refuse_existing(home / name, source)
    text = describe(name, read.metadata, read.config, roles, regions, _licence(read))
    return save_bundle(home / name, text, read.weights, read.licences, overwrite=overwrite)


def _read(root: Path, source: Path) -> _Read:
    config_file, weights_file = _one_of(root, CONFIGS, source), _one_of(root, WEIGHTS, source)
    metadata = read_mapping(root / METADATA, METADATA)
    config = parse_config(read_mapping(root / config_file, config_file))
    licences = {}
    for number, wanted in enumerate((LICENCES, ("docs/data_license.txt",))):
        for name in [name for name in wanted if (root / name).is_file()][:1]:
            text = (root / name).read_bytes()[:_TEXT_LIMIT].decode("utf-8", errors="replace")
            licences[("LICENSE.txt", "data_license.txt")[number]] = text
    return _Read(metadata, config, read_weights(root / weights_file, weights_file), licences)


def _one_of(root: Path, wanted: tuple[str, ...], source: Path) -> str:
    found = [name for name in wanted if (root / name).is_file()]
    if not found:
        raise RefusedInput(
            what=f"the MONAI bundle has no {' or '.join(wanted)}",
            where=source,
            remedy="fetch it whole, with `python -m monai.bundle download` or from the model zoo",
        )
    return found[0]


def _check_fit(read: _Read, channels: int, regions: int, source: Path) -> None:
    """The network can be built, takes the channels, gives the regions on the same grid, and the weights are its own."""
    import torch

    from GliomaRadiomicsLib.networks.monai_nets import build

    config = read.config
    with torch.device("meta"):
        network = build(config.network, config.arguments).eval()
        expected = network.state_dict()
        try:
            with torch.inference_mode():
                shape = tuple(network(torch.empty(1, channels, *config.window)).shape)
        except (RuntimeError, ValueError, TypeError, AttributeError) as error:
            found = f"{channels} channels, window {config.window}: {error}"
            raise _not_fitting(found, source) from error
    if shape != (1, regions, *config.window):
        found = f"{regions} regions are stated, but the network gives shape {shape}"
        raise _not_fitting(found, source)
    wrong = [key for key in {**expected, **read.weights} if _shape(expected, key) != _shape(read.weights, key)]
    if wrong:
        found = f"{wrong[0]}: {_shape(read.weights, wrong[0])} instead of {_shape(expected, wrong[0])}"
        raise _not_fitting(found, source)


def _shape(tensors: Mapping[str, torch.Tensor], key: str) -> tuple[int, ...] | None:
    return tuple(tensors[key].shape) if key in tensors else None


def _not_fitting(found: str, source: Path) -> RefusedInput:
    return RefusedInput(
        what="channels, network and weights of the bundle do not fit one another",
        where=source,
        found=found,
        remedy="correct network_def, network_data_format or the weights, or fetch the bundle again",
    )


def _inside(path: PurePosixPath) -> str:
    """Path below the bundle's folder, where it stands in one."""
    parts = path.parts
    below = parts[1:] if len(parts) > 1 and parts[0] not in ("configs", "models", "docs") else parts
    return "/".join(below)


def _name(metadata: Mapping[str, Any], source: Path) -> str:
    stated = metadata.get("name")
    text = stated if isinstance(stated, str) and stated.strip() else re.sub(r"[-_]v?\d+(\.\d+)+$", "", _stem(source))
    return check_name(re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:64])


def _stem(source: Path) -> str:
    name = source.resolve().name
    return name if source.is_dir() else re.sub(r"(?i)\.(zip|tar|tgz|tar\.[a-z0-9]+)$", "", name)


def _licence(read: _Read) -> str:
    """As the metadata states it, else the first lines of the licence file."""
    for key in ("license", "licence"):
        if isinstance(read.metadata.get(key), str):
            return read.metadata[key]
    lines = [line.strip() for line in read.licences.get("LICENSE.txt", "").splitlines() if line.strip()]
    return f"{' '.join(lines[:2])[:200]} (LICENSE.txt)" if lines else "not stated by the publisher"

"""Backbones with published weights from the user's model folder, or, only if asked for, with random weights.

Weights are never fetched unasked. A published file is opened only when its SHA-256 is right, read with
``torch.load(weights_only=True)``, compared with the network name by name and kept as a bundle (safetensors), which is
verified whenever it is used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.progress import Progress
from GliomaRadiomicsLib.core.provenance import sha256_file
from GliomaRadiomicsLib.models.backbone_registry import BACKBONES, describe, entry_of
from GliomaRadiomicsLib.models.bundle import load_metadata, load_tensors, save_bundle, verify
from GliomaRadiomicsLib.models.download import fetch
from GliomaRadiomicsLib.models.metadata import METADATA_FILE
from GliomaRadiomicsLib.models.store import user_folder

if TYPE_CHECKING:
    import torch
    from torch import nn

SUFFIXES = (".pth", ".pt")
"""Kinds of files `import_backbone` takes."""

Mode = Literal["auto", "random"]


@dataclass(frozen=True)
class Origin:
    """Where a backbone's weights are from; goes into everything made with them.

    Attributes:
        name: Of the backbone.
        kind: ``published`` or ``random``.
        text: In words, for cards and reports.
        sha256: Of the published file, or of random weights (first and last tensor).
        seed: Of random weights.
    """

    name: str
    kind: Literal["published", "random"]
    text: str
    sha256: str
    seed: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain data, for metadata; `restore` takes it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Backbone:
    """A network, ready to be used (evaluation mode), and where its weights are from."""

    network: nn.Module
    origin: Origin


def load_backbone(name: str, *, mode: Mode = "auto", seed: int = 0) -> Backbone:
    """A backbone with the published weights of the user's model folder, or with random ones.

    Args:
        name: Of `BACKBONES`.
        mode: "auto": published weights, verified before use; "random": random weights, marked as such.
        seed: Of random weights.

    Raises:
        RefusedInput: If there is no such backbone, its weights are not installed or are damaged.
    """
    entry = entry_of(name)
    if mode == "random":
        return _random(name, seed)
    if not is_installed(name):
        raise _not_installed(name)
    import torch

    folder = user_folder() / name
    metadata = load_metadata(folder)
    if metadata["training"].get("source_sha256") != entry.sha256:
        raise RefusedInput(
            what="the installed weights are not the published ones",
            where=f"models/{name}",
            found=str(metadata["training"].get("source_sha256"))[:12],
            remedy=f"remove the folder, then `glioma-radiomics models download {name}`",
        )
    with torch.device("meta"):
        network = entry.build()
    tensors = {key: torch.from_numpy(value) for key, value in load_tensors(folder).items()}
    network.load_state_dict(tensors, assign=True)
    text = f"{name}, weights {entry.version} of torchvision"
    return Backbone(network.eval(), Origin(name, "published", text, entry.sha256))


def restore(origin: Mapping[str, Any]) -> Backbone:
    """The backbone of an `Origin.to_dict`, with exactly the weights it had.

    Raises:
        RefusedInput: As `load_backbone`, or if the weights are others now.
    """
    mode: Mode = "random" if origin["kind"] == "random" else "auto"
    found = load_backbone(origin["name"], mode=mode, seed=origin.get("seed") or 0)
    if found.origin.sha256 != origin["sha256"]:
        raise RefusedInput(
            what="these are not the weights of the backbone the model was trained with",
            where=origin["name"],
            found=f"{found.origin.sha256[:12]} instead of {origin['sha256'][:12]}",
            remedy="train the model again, or use it with the version of the product that trained it",
        )
    return found


def is_installed(name: str) -> bool:
    """Whether the user's model folder holds weights of this backbone."""
    return (user_folder() / name / METADATA_FILE).is_file()


def not_installed() -> list[str]:
    """Names of the backbones with published weights that are not in the user's model folder."""
    return [name for name, entry in BACKBONES.items() if entry.file and not is_installed(name)]


def download_backbone(name: str, *, url: str | None = None, progress: Progress | None = None) -> Path:
    """Fetch the published weights, verify and install them; a broken download is continued.

    Args:
        name: Of `BACKBONES`.
        url: Another address of the same file, such as a mirror; the SHA-256 stays the published one.
        progress: Told how far the download is; may cancel it.

    Returns:
        Folder of the bundle.

    Raises:
        RefusedInput: If no weights are published, or as `fetch` and `import_backbone`.
    """
    entry = entry_of(name)
    if not entry.file:
        raise _not_installed(name)
    if is_installed(name):
        verify(user_folder() / name)
        return user_folder() / name
    file = fetch(url or entry.url, entry.sha256, user_folder() / "weights" / entry.file, progress)
    try:
        return import_backbone(file)
    finally:
        file.unlink(missing_ok=True)


def import_backbone(file: str | Path, *, overwrite: bool = False) -> Path:
    """Install a published file of weights, known by its SHA-256 whatever its name.

    Returns:
        Folder of the bundle in the user's model folder.

    Raises:
        RefusedInput: If the file is absent, is none of the published ones, does not fit the network, or is installed
            already and ``overwrite`` is False.
    """
    file = Path(file)
    if not file.is_file():
        raise RefusedInput(what="no such file", where=file, remedy="give a published file of weights")
    name = _name_of(file)
    state = _read(file)
    _check_fit(name, state, file)
    return save_bundle(user_folder() / name, describe(name), state, overwrite=overwrite)


def _name_of(file: Path) -> str:
    found = sha256_file(file)
    for name, entry in BACKBONES.items():
        if entry.sha256 == found:
            return name
    meant = [name for name, entry in BACKBONES.items() if entry.file == file.name]
    known = ", ".join(entry.file for entry in BACKBONES.values() if entry.file)
    raise RefusedInput(
        what=f"not the published weights of {meant[0]}: the SHA-256 differs" if meant else "no published weights",
        where=file,
        found=f"SHA-256 {found[:12]}",
        remedy="the file is damaged or was exchanged; fetch it again" if meant else f"known files: {known}",
    )


def _read(file: Path) -> dict[str, torch.Tensor]:
    """Tensors of a file whose SHA-256 is known; nothing in it is run."""
    import torch

    state = torch.load(file, map_location="cpu", weights_only=True)
    return {name: tensor.detach() for name, tensor in state.items()}


def _check_fit(name: str, state: Mapping[str, torch.Tensor], file: Path) -> None:
    """Names and shapes are those of the network; counters of batches may be absent, as in older files."""
    import torch

    with torch.device("meta"):
        expected = entry_of(name).build().state_dict()
    wrong = [key for key in state if key not in expected or expected[key].shape != state[key].shape]
    absent = [key for key in expected if key not in state and not key.endswith("num_batches_tracked")]
    if wrong or absent:
        raise RefusedInput(
            what=f"the weights do not fit the network {name}",
            where=file,
            found=(wrong or absent)[0],
            remedy="report this with the version of the product",
        )


def _random(name: str, seed: int) -> Backbone:
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = entry_of(name).build().eval()
    tensors = list(network.parameters())
    digest = hashlib.sha256(b"".join(tensor.detach().numpy().tobytes() for tensor in (tensors[0], tensors[-2])))
    text = f"{name} with RANDOM weights (seed {seed}), not trained on anything"
    return Backbone(network, Origin(name, "random", text, digest.hexdigest(), seed))


def _not_installed(name: str) -> RefusedInput:
    if not entry_of(name).file:
        return RefusedInput(
            what=f"no weights of {name} are published",
            where="backbone",
            found=name,
            remedy='choose another backbone, or random features (mode="random"), which are marked as such',
        )
    return RefusedInput(
        what=f"the ImageNet weights of {name} are not installed",
        where="backbone",
        found="nothing in the model folder",
        remedy=f"`glioma-radiomics models download {name}`, or fetch {entry_of(name).url} elsewhere and "
        f'`glioma-radiomics models import FILE`, or use random features (mode="random"), which are marked as such',
    )

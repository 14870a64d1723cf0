"""The backbones by name: where torchvision publishes their weights, and how the file is known to be the right one.

Plain data; nothing here imports torch. torchvision puts the first eight digits of the SHA-256 into the name of each
file. The other digits are from public records of people who hashed these files (mobilenet_v2, vgg16: UBC's D3M
primitives; the others: lists in public repositories); they agree with torchvision's eight. Were one of them mistyped,
the right file would be refused, never a wrong one taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.core.errors import RefusedInput

if TYPE_CHECKING:
    from torch import nn

SYSTEM = "backbone"
IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Mean of ImageNet's channels, images scaled to 0..1."""

IMAGENET_SD = (0.229, 0.224, 0.225)
"""Standard deviation of ImageNet's channels."""

_ADDRESS = "https://download.pytorch.org/models/"
_NETWORKS = "GliomaRadiomicsLib.networks."
_LICENCE = (
    "BSD-3-Clause as torchvision, which publishes the weights; they were learned from ImageNet, whose images are for "
    "non-commercial research"
)


@dataclass(frozen=True)
class BackboneEntry:
    """One backbone.

    Attributes:
        builder: ``module:function`` below `GliomaRadiomicsLib.networks`; takes ``classes`` and ``channels_in``.
        embedding_size: Length of what ``embed`` of the network gives for an image.
        paper: Of the architecture.
        file: Name of the published file of weights; empty where there is none.
        sha256: Of this file.
        version: torchvision's name of the weights.
        address: Folder of the file on the web.
    """

    builder: str
    embedding_size: int
    paper: str
    file: str = ""
    sha256: str = ""
    version: str = "IMAGENET1K_V1"
    address: str = _ADDRESS

    @property
    def url(self) -> str:
        """Address of the weights; empty where none are published."""
        return self.address + self.file if self.file else ""

    def build(self) -> nn.Module:
        """The network with random weights and 1000 logits."""
        module, function = self.builder.split(":")
        make: Callable[[], nn.Module] = getattr(import_module(_NETWORKS + module), function)
        return make()


BACKBONES: dict[str, BackboneEntry] = {
    "alexnet": BackboneEntry(
        "alexnet:AlexNet", 4096, "Krizhevsky 2014, arXiv:1404.5997", "alexnet-owt-7be5be79.pth",
        "7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
    ),
    "efficientnet_b0": BackboneEntry(
        "efficientnet:efficientnet_b0", 1280, "Tan and Le 2019, arXiv:1905.11946",
        "efficientnet_b0_rwightman-7f5810bc.pth",
        "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
    ),
    "efficientnet_b3": BackboneEntry(
        "efficientnet:efficientnet_b3", 1536, "Tan and Le 2019, arXiv:1905.11946",
        "efficientnet_b3_rwightman-b3899882.pth",
        "b3899882250c22946d0229d266049fcd133c169233530b36b9ffa7983988362f",
    ),
    "mobilenet_v2": BackboneEntry(
        "mobilenet:MobileNetV2", 1280, "Sandler et al. 2018, arXiv:1801.04381", "mobilenet_v2-b0353104.pth",
        "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889",
    ),
    "resnet10": BackboneEntry("resnet:resnet10", 512, "He et al. 2016, arXiv:1512.03385"),
    "resnet18": BackboneEntry(
        "resnet:resnet18", 512, "He et al. 2016, arXiv:1512.03385", "resnet18-f37072fd.pth",
        "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
    ),
    "resnet50": BackboneEntry(
        "resnet:resnet50", 2048, "He et al. 2016, arXiv:1512.03385", "resnet50-0676ba61.pth",
        "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a",
    ),
    "vgg16": BackboneEntry(
        "vgg:vgg16", 8192, "Simonyan and Zisserman 2015, arXiv:1409.1556", "vgg16-397923af.pth",
        "397923af8e79cdbb6a7127f12361acd7a2f83e06b05044ddf496e83de57a5bf0",
    ),
    "vgg19": BackboneEntry(
        "vgg:vgg19", 8192, "Simonyan and Zisserman 2015, arXiv:1409.1556", "vgg19-dcbb9e9d.pth",
        "dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
    ),
}  # fmt: skip


def entry_of(name: str) -> BackboneEntry:
    """The backbone of this name.

    Raises:
        RefusedInput: If there is none.
    """
    if name not in BACKBONES:
        raise RefusedInput(
            what="no backbone of this name", where="backbone", found=name, remedy=f"choose from {', '.join(BACKBONES)}"
        )
    return BACKBONES[name]


def describe(name: str) -> dict[str, Any]:
    """Metadata of a backbone, as `models.metadata.check_metadata` wants it."""
    entry = entry_of(name)
    return {
        "name": name,
        "system": SYSTEM,
        "version": entry.version if entry.file else "no published weights",
        "licence": _LICENCE if entry.file else "none: random weights only",
        "attribution": [entry.paper, "torchvision maintainers and contributors"],
        "input": {
            "image": "3 channels, scaled to 0..1, minus mean, divided by standard deviation",
            "mean": list(IMAGENET_MEAN),
            "sd": list(IMAGENET_SD),
        },
        "training": {
            "cohort": "ImageNet-1k, 1.28 million photographs",
            "source": entry.url or "none",
            "source_sha256": entry.sha256 or "none",
            "embedding_size": entry.embedding_size,
        },
        "evidence": {"notes": ["Weights as published; what they are worth is measured by the system that uses them."]},
        "intended_use": "Features of images, or first weights of a network trained further.",
        "not_for": ["Any statement about a patient by itself"],
    }

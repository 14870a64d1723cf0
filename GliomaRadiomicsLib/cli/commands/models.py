"""`glioma-radiomics models list | info NAME | download NAME | import FILE | verify`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from GliomaRadiomicsLib.core.progress import Progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    actions.add_parser("list", help="every installed model, and the backbones that can be installed")
    actions.add_parser("info", help="model card").add_argument("name", metavar="NAME")
    download = actions.add_parser("download", help="fetch a backbone by name, or any model by address and SHA-256")
    download.add_argument("name", metavar="NAME")
    download.add_argument("--url", help="https address, or file: address; of a backbone: another place of its file")
    download.add_argument("--sha256", help="SHA-256 of the file; that of a backbone is known")
    text = "take a bundle (zip, tar or folder; ours or MONAI's), or a published file of a backbone's weights (.pth)"
    taken = actions.add_parser("import", help=text)
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--name", default="", metavar="NEW", help="what to call the bundle here; else by its metadata")
    actions.add_parser("verify", help="compare every installed file with its SHA-256")


def run(options: argparse.Namespace) -> None:
    """Do it and say so."""
    from GliomaRadiomicsLib.models import store

    if options.action == "list":
        _list()
    elif options.action == "info":
        _info(options.name)
    elif options.action == "download":
        print(f"downloaded to {download_model(options.name, options.url, options.sha256)}")
    elif options.action == "import":
        print(f"imported to {import_model(options.file, options.name)}")
    else:
        for model in store.list_models():
            store.verify(str(model.path))
            print(f"{model.name}: every file has the SHA-256 its metadata states")


def _list() -> None:
    from GliomaRadiomicsLib.models import store
    from GliomaRadiomicsLib.models.backbone_registry import SYSTEM, entry_of
    from GliomaRadiomicsLib.models.backbones import not_installed

    rows = [(model.name, model.system, model.version, model.origin) for model in store.list_models()]
    absent = [(name, SYSTEM, entry_of(name).version, "not installed") for name in not_installed()]
    widths = (24, 20, max([8, *(len(row[2]) for row in [*rows, *absent])]))
    for row in [("NAME", "SYSTEM", "VERSION", "ORIGIN"), *rows, *absent]:
        print(" ".join([*(f"{cell:{width}}" for cell, width in zip(row, widths, strict=False)), row[-1]]))


def _info(name: str) -> None:
    from GliomaRadiomicsLib.models import store
    from GliomaRadiomicsLib.models.backbone_registry import describe
    from GliomaRadiomicsLib.models.backbones import not_installed
    from GliomaRadiomicsLib.models.card import write_card

    is_absent = name in not_installed()
    metadata: dict[str, Any] = describe(name) if is_absent else store.info(name)
    print(write_card(metadata))
    if is_absent:
        print(f"Not installed: `glioma-radiomics models download {name}`")


def download_model(name: str, url: str | None, sha256: str | None, progress: Progress | None = None) -> Path:
    """Fetch a backbone by name, or any model by address and SHA-256; returns where it lies now.

    Raises:
        RefusedInput: If address or checksum are not known, or the file is not what it should be.
    """
    from GliomaRadiomicsLib.core.errors import RefusedInput
    from GliomaRadiomicsLib.models import store
    from GliomaRadiomicsLib.models.backbone_registry import BACKBONES
    from GliomaRadiomicsLib.models.backbones import download_backbone

    if name in BACKBONES and not sha256:
        return download_backbone(name, url=url or None, progress=progress)
    if not url or not sha256:
        raise RefusedInput(
            what="the address and the SHA-256 of this model are not known here",
            where="models download",
            found=name,
            remedy=f"give --url and --sha256, or one of the backbones {', '.join(BACKBONES)}",
        )
    return store.download(name, url, sha256, progress=progress)


def import_model(file: Path, name: str = "") -> Path:
    """Take over a bundle (zip, tar or folder) or the published file of a backbone; returns where it lies now.

    Args:
        file: The bundle or file.
        name: What to call the bundle here; empty: as its metadata states. A backbone keeps its own.

    Raises:
        RefusedInput: As `store.import_bundle` and `backbones.import_backbone`, or for a name given to a backbone.
    """
    from GliomaRadiomicsLib.core.errors import RefusedInput
    from GliomaRadiomicsLib.models import store
    from GliomaRadiomicsLib.models.backbones import SUFFIXES, import_backbone

    if file.suffix.lower() not in SUFFIXES:
        return store.import_bundle(file, name=name)
    if name:
        raise RefusedInput(what="a backbone keeps its name", where="--name", found=name, remedy="leave --name out")
    return import_backbone(file)

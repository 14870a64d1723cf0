"""`glioma-radiomics models list | info NAME | download NAME | import FILE | verify`."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    actions = parser.add_subparsers(metavar="ACTION", dest="action", required=True)
    actions.add_parser("list", help="every installed model")
    actions.add_parser("info", help="model card").add_argument("name", metavar="NAME")
    download = actions.add_parser("download", help="fetch a model by address and SHA-256")
    download.add_argument("name", metavar="NAME")
    download.add_argument("--url", required=True, help="https address, or file: address")
    download.add_argument("--sha256", required=True, help="SHA-256 of the file")
    actions.add_parser("import", help="take a zipped bundle or folder").add_argument("file", type=Path, metavar="FILE")
    actions.add_parser("verify", help="compare every installed file with its SHA-256")


def run(options: argparse.Namespace) -> None:
    """Do it and say so."""
    from GliomaRadiomicsLib.models import store
    from GliomaRadiomicsLib.models.card import write_card

    if options.action == "list":
        rows = [(model.name, model.system, model.version, model.origin) for model in store.list_models()]
        for name, system, version, origin in [("NAME", "SYSTEM", "VERSION", "ORIGIN"), *rows]:
            print(f"{name:24} {system:20} {version:8} {origin}")
    elif options.action == "info":
        print(write_card(store.info(options.name)))
    elif options.action == "download":
        print(f"downloaded to {store.download(options.name, options.url, options.sha256)}")
    elif options.action == "import":
        print(f"imported to {store.import_bundle(options.file)}")
    else:
        for model in store.list_models():
            store.verify(str(model.path))
            print(f"{model.name}: every file has the SHA-256 its metadata states")

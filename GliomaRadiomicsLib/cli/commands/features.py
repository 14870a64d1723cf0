"""`glioma-radiomics features`: radiomic features of images inside a mask."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.cli.options import existing_file, require_rows, write_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    parser.add_argument(
        "--image", type=Path, action="append", required=True, metavar="F", help="image; may be repeated"
    )
    parser.add_argument("--mask", type=Path, required=True, metavar="F", help="mask on the grid of the images")
    parser.add_argument("--label", type=int, metavar="N", help="value in the mask; without it that of --params, else 1")
    parser.add_argument("--params", type=Path, metavar="P.yaml", help="pyradiomics parameter file")
    parser.add_argument("--backend", default="native", choices=("native", "pyradiomics"))
    parser.add_argument(
        "--set",
        dest="feature_set",
        choices=("han", "jinling"),
        help="features of a published system instead of --params: the 348 of Han 2020 (largest section of the label), "
        "or the 788 of the Jinling system",
    )
    parser.add_argument(
        "--layout", default="long", choices=("long", "wide"), help="a line per feature, or one line with a column each"
    )
    parser.add_argument("--case", default="", metavar="NAME", help="what to call the case in the table")
    parser.add_argument("--out", type=Path, required=True, metavar="F.csv", help="table to write")


def run(options: argparse.Namespace) -> None:
    """Measure and write the table."""
    from GliomaRadiomicsLib.radiomics.command import features_table
    from GliomaRadiomicsLib.radiomics.table import to_csv

    images = [existing_file(image, "--image") for image in options.image]
    mask = existing_file(options.mask, "--mask")
    rows = features_table(images, mask, options.label, options.params, options.backend, feature_set=options.feature_set)
    require_rows(options.out, rows)
    write_text(options.out, to_csv({options.case: rows}, options.layout))
    print(f"{len(rows)} features in {options.out}")

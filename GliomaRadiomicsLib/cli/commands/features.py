"""`glioma-radiomics features`: radiomic features of images inside a mask."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.cli.options import console_progress, existing_file, require_rows, write_table, write_text
from GliomaRadiomicsLib.core.errors import RefusedInput


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
    parser.add_argument(
        "--compare",
        action="store_true",
        help="measure with both backends, write both values and print where they differ",
    )
    parser.add_argument(
        "--voxel-maps",
        metavar="NAME[,NAME]",
        help="also write maps of these features (such as glcm_Contrast, or a family) as <out>_<feature>.nii.gz; "
        "voxelSetting of --params says how",
    )
    parser.add_argument(
        "--device",
        default="auto",
        choices=("auto", "cpu", "cuda"),
        help="where the native backend filters and maps; auto takes a GPU where PyTorch finds one",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="F.csv", help="table to write")


def run(options: argparse.Namespace) -> None:
    """Measure and write the table, and the maps asked for."""
    _check(options)
    (_compare if options.compare else _measure)(options)
    if options.voxel_maps is not None:
        _map(options)


def _check(options: argparse.Namespace) -> None:
    for image in options.image:
        existing_file(image, "--image")
    existing_file(options.mask, "--mask")
    if options.compare:
        _check_compare(options)
    if options.voxel_maps is not None:
        _check_maps(options)


def _check_compare(options: argparse.Namespace) -> None:
    """Refuse options that shape the table of one backend."""
    without_effect = {
        "--layout": options.layout != "long",
        "--case": bool(options.case),
        "--backend": options.backend != "native",
    }
    for option, given in without_effect.items():
        if given:
            raise RefusedInput(
                what="--compare always writes a line per feature with the values of both backends",
                where=option,
                remedy=f"leave out {option} or --compare",
            )


def _check_maps(options: argparse.Namespace) -> None:
    """Refuse maps that cannot be made before anything is measured."""
    from GliomaRadiomicsLib.radiomics.map_files import check_voxel_maps

    if options.backend != "native" or options.feature_set:
        raise RefusedInput(
            what="maps are made by the native backend", where="--voxel-maps", remedy="leave out --backend and --set"
        )
    check_voxel_maps(_map_names(options), options.params)


def _map_names(options: argparse.Namespace) -> list[str]:
    return [name for name in options.voxel_maps.split(",") if name.strip()]


def _measure(options: argparse.Namespace) -> None:
    from GliomaRadiomicsLib.radiomics.command import features_table
    from GliomaRadiomicsLib.radiomics.table import to_csv

    rows = features_table(
        options.image,
        options.mask,
        options.label,
        options.params,
        options.backend,
        feature_set=options.feature_set,
        device=options.device,
    )
    require_rows(options.out, rows)
    write_text(options.out, to_csv({options.case: rows}, options.layout))
    print(f"{len(rows)} features in {options.out}")


def _compare(options: argparse.Namespace) -> None:
    from GliomaRadiomicsLib.radiomics.comparison import compare_tables, report

    compared = compare_tables(
        options.image, options.mask, options.label, options.params, options.feature_set, options.device
    )
    write_table(options.out, [one.row() for one in compared])
    print(report(compared))
    print(f"{len(compared)} features with the values of both backends in {options.out}")


def _map(options: argparse.Namespace) -> None:
    from GliomaRadiomicsLib.radiomics.map_files import write_voxel_maps

    written = write_voxel_maps(
        options.image,
        options.mask,
        _map_names(options),
        options.out.with_suffix(""),
        label=options.label,
        params=options.params,
        progress=console_progress(),
        device=options.device,
    )
    print(f"{len(written)} feature maps beside {options.out}")

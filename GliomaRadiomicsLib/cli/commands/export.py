"""`glioma-radiomics export`: a finished result as DICOM segmentation, report or structure set, or as scene."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.core.errors import RefusedInput


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract, and the DICOM series that the objects refer to."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="output folder of analyze")
    kind = parser.add_mutually_exclusive_group(required=True)
    add = kind.add_argument
    add("--dicom-seg", dest="kind", action="store_const", const="dicom-seg", help="the outline, a segment per label")
    text = "volumes and findings as a structured report (TID 1500)"
    add("--dicom-sr", dest="kind", action="store_const", const="dicom-sr", help=text)
    add("--rtstruct", dest="kind", action="store_const", const="rtstruct", help="the outline as closed contours")
    add("--mrb", dest="kind", action="store_const", const="mrb", help="the scene for 3D Slicer")
    parser.add_argument("--out", type=Path, required=True, metavar="F", help="file to write")
    text = "folder of the DICOM series that the images were made from; needed by all but --mrb"
    parser.add_argument("--dicom", type=Path, metavar="DIR", help=text)
    text = "with --dicom-sr: file that --dicom-seg wrote, which the report then refers to"
    parser.add_argument("--seg", type=Path, metavar="F", help=text)


def run(options: argparse.Namespace) -> None:
    """Write the file and say what it is."""
    from GliomaRadiomicsLib.pipeline.export.export import export_result

    if options.seg is not None and options.kind != "dicom-sr":
        raise RefusedInput(
            what="only a structured report refers to a segmentation", where="--seg", remedy="leave it out"
        )
    print(export_result(options.folder, options.kind, options.out, dicom=options.dicom, seg=options.seg))

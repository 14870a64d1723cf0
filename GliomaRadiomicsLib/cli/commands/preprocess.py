"""`glioma-radiomics preprocess`: aligned and normalised images, without analysing them."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.cli.options import add_inputs, console_progress, read_sources
from GliomaRadiomicsLib.core.settings import AnalyzeSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    add_inputs(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")


def run(options: argparse.Namespace) -> None:
    """Write the preprocessed images, the passport and the provenance."""
    sources = read_sources(options)
    from GliomaRadiomicsLib.pipeline.case import analyze_case

    analyze_case(out=options.out, settings=AnalyzeSettings(steps=()), progress=console_progress(), **sources)  # type: ignore[arg-type]
    print(f"images in {options.out / 'preprocessed'}")

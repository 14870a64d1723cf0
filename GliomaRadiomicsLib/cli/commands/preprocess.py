"""`glioma-radiomics preprocess`: images aligned, stripped, corrected and normalised, without analysing them."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.cli.commands.analyze import add_preparation, summary
from GliomaRadiomicsLib.cli.options import add_inputs, console_progress, read_sources
from GliomaRadiomicsLib.core.settings import AnalyzeSettings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    add_inputs(parser)
    add_preparation(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")


def run(options: argparse.Namespace) -> None:
    """Write the preprocessed images, the passport and the provenance, and say what was changed or looks odd."""
    settings = AnalyzeSettings(steps=(), normalisation=options.normalisation, brain_extraction=options.brain_extraction)
    settings.check()
    sources = read_sources(options)
    from GliomaRadiomicsLib.pipeline.case import analyze_case

    result = analyze_case(out=options.out, settings=settings, progress=console_progress(), **sources)  # type: ignore[arg-type]
    for line in summary(result):
        print(line)
    print(f"images in {options.out / 'preprocessed'}")

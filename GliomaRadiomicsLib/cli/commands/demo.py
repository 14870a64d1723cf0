"""`glioma-radiomics demo`: the whole chain on the phantom patient."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.cli.commands.analyze import summary
from GliomaRadiomicsLib.cli.options import console_progress
from GliomaRadiomicsLib.core.settings import DEMO_SEED, AnalyzeSettings, ClinicalData


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    parser.add_argument("--out", type=Path, default=Path("demo-output"), metavar="DIR", help="output folder")
    parser.add_argument("--seed", type=int, default=DEMO_SEED, help="which phantom patient")
    text = "the phantom as from a scanner: skull, thick slices, every sequence moved on a grid of its own; takes longer"
    parser.add_argument("--raw", action="store_true", help=text)


def run(options: argparse.Namespace) -> None:
    """Make the phantom patient, analyse it, and say where report and scene lie."""
    from GliomaRadiomicsLib.imaging.phantom import make_phantom, write_phantom
    from GliomaRadiomicsLib.pipeline.case import analyze_case
    from GliomaRadiomicsLib.pipeline.inputs import sources_of_folder
    from GliomaRadiomicsLib.pipeline.output import OutputFolder

    OutputFolder(options.out).check()
    print("making the phantom patient: computed, not a real person", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        write_phantom(make_phantom(seed=options.seed, raw=options.raw), Path(folder))
        settings = AnalyzeSettings(ClinicalData(age=60.0))
        sources: dict[str, Any] = dict(sources_of_folder(folder))
        result = analyze_case(out=options.out, settings=settings, progress=console_progress(), **sources)
    for line in summary(result):
        print(line)
    scene = options.out / "scene.mrb"
    where = f"scene: {scene}" if scene.exists() else "no scene (see the warnings)"
    print(f"report: {options.out / 'report.html'}  {where}")

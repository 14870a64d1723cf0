"""`glioma-radiomics cohort`: every patient of a table."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from GliomaRadiomicsLib.cli.commands.analyze import add_preparation
from GliomaRadiomicsLib.cli.options import add_steps, console_progress, read_settings
from GliomaRadiomicsLib.core.errors import Cancelled

_CANCELLED, _SOME_NOT = 130, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract, and those of `analyze` that are not of one patient."""
    parser.add_argument("cohort", type=Path, metavar="COHORT.csv", help="one line per patient")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder per patient, and the tables")
    where = parser.add_mutually_exclusive_group()
    text = "patients at the same time on this machine (default: as many as cores and memory allow)"
    where.add_argument("--workers", type=int, metavar="N", help=text)
    text = "Dask scheduler to use instead, such as tcp://127.0.0.1:8786; its workers must see the same files"
    where.add_argument("--scheduler", metavar="ADDRESS", help=text)
    text = "keep the patients who are complete, of the same images, settings, models and version"
    parser.add_argument("--resume", action="store_true", help=text)
    add_steps(parser)
    add_preparation(parser)


def run(options: argparse.Namespace) -> int:
    """Run the cohort; 2 if some patients were refused or failed, 130 if cancelled."""
    settings = replace(
        read_settings(options), normalisation=options.normalisation, brain_extraction=options.brain_extraction
    )
    from GliomaRadiomicsLib.pipeline.cohort import run_cohort

    ended: list[str] = []
    try:
        summary = run_cohort(
            options.cohort,
            options.out,
            settings=settings,
            workers=options.workers,
            scheduler=options.scheduler,
            resume=options.resume,
            progress=console_progress(),
            on_patient=lambda event: ended.append(event["status"]),
        )
    except (Cancelled, KeyboardInterrupt):
        text = f"cancelled; {ended.count('done')} patients are complete in {options.out}; go on with --resume"
        print(f"glioma-radiomics: {text}", file=sys.stderr)
        return _CANCELLED
    for row in summary.rows:
        if row["status"] != "done":
            line = f"line {row['line']}, case {row['case']}: {row['status']}: {row['message']}"
            print(f"glioma-radiomics: {line}", file=sys.stderr)
    said = ", ".join(f"{count} {status}" for status, count in summary.counts.items() if count)
    kept = f" ({summary.kept} kept from an earlier run)" if summary.kept else ""
    print(f"{said}{kept}; tables and a folder per patient in {options.out}")
    return _SOME_NOT if summary.faults else 0

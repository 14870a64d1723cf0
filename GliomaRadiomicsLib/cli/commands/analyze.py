"""`glioma-radiomics analyze`."""

from __future__ import annotations

import argparse
from pathlib import Path

from GliomaRadiomicsLib.cli.options import add_analysis, add_inputs, console_progress, read_settings, read_sources
from GliomaRadiomicsLib.core.results import CaseResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    add_inputs(parser)
    add_analysis(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")


def run(options: argparse.Namespace) -> None:
    """Analyse one patient and say what was found."""
    settings = read_settings(options)
    sources = read_sources(options)
    from GliomaRadiomicsLib.pipeline.case import analyze_case

    result = analyze_case(out=options.out, mask=options.mask, settings=settings, progress=console_progress(), **sources)  # type: ignore[arg-type]
    for line in summary(result):
        print(line)
    print(f"results in {options.out}")


def summary(result: CaseResult) -> list[str]:
    """What a user wants to know first, in a few lines."""
    lines = [f"{f.severity}: {f.message}" for f in result.passport if f.severity != "ok"]
    if result.segmentation:
        volumes = result.segmentation.volumes_ml
        lines.append(
            f"whole tumour {volumes['WT']:.1f} ml, core {volumes['TC']:.1f} ml, enhancing {volumes['ET']:.1f} ml"
        )
    for system, grade in result.grading.items():
        if grade.probability_hgg is None:
            lines.append(f"{system}: no grade ({grade.reason})")
        else:
            auc = f", AUC {grade.evidence.auc:.2f}" if grade.evidence.auc else ""
            lines.append(
                f"{system}: {grade.label}, probability of WHO grade 4 {grade.probability_hgg:.2f}"
                f" (n={grade.evidence.n}, {grade.evidence.validation}{auc}); trust: {grade.trust.flag}"
            )
    return lines

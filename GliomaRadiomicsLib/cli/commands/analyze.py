"""`glioma-radiomics analyze`."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.cli.molecular import molecular_lines
from GliomaRadiomicsLib.cli.options import add_analysis, add_inputs, console_progress, read_settings, read_sources
from GliomaRadiomicsLib.core.results import CaseResult, Evidence
from GliomaRadiomicsLib.core.settings import NORMALISATIONS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    add_inputs(parser)
    add_analysis(parser)
    add_preparation(parser)
    text = "earlier result of the same images: with --mask, take its alignment and brain instead of finding them again"
    parser.add_argument("--reuse", metavar="DIR", help=text)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="output folder")


def add_preparation(parser: argparse.ArgumentParser) -> None:
    """How brains are found, and how the images that are written are normalised."""
    choices = ", ".join(NORMALISATIONS)
    parser.add_argument("--normalisation", default="zscore", metavar="NAME", help=f"intensities: {choices}")
    text = "brain of images with skull: own network, or hd-bet where that is installed with its weights"
    parser.add_argument("--brain-extraction", default="own", metavar="NAME", help=text)


def run(options: argparse.Namespace) -> None:
    """Analyse one patient and say what was found."""
    settings = replace(
        read_settings(options),
        normalisation=options.normalisation,
        brain_extraction=options.brain_extraction,
        reuse=options.reuse,
    )
    settings.check()
    sources = read_sources(options)
    from GliomaRadiomicsLib.pipeline.case import analyze_case

    result = analyze_case(out=options.out, mask=options.mask, settings=settings, progress=console_progress(), **sources)  # type: ignore[arg-type]
    for line in summary(result):
        print(line)
    print(f"results in {options.out}")


def summary(result: CaseResult) -> list[str]:
    """What a user wants to know first, in a few lines."""
    lines = [f"{f.outcome}: {f.message}" for f in result.passport if f.outcome != "ok"]
    if result.segmentation:
        volumes = result.segmentation.volumes_ml
        lines.append(
            f"whole tumour {volumes['WT']:.1f} ml, core {volumes['TC']:.1f} ml, enhancing {volumes['ET']:.1f} ml"
        )
    for system, grade in result.grading.items():
        if grade.probability_hgg is None:
            lines.append(f"{system}: no grade ({grade.reason})")
        else:
            lines.append(
                f"{system}: {grade.label}, probability of WHO grade 4 {grade.probability_hgg:.2f}"
                f" ({_evidence(grade.evidence)}); trust: {grade.trust.flag}"
            )
            lines += [f"  {reason}" for reason in grade.trust.reasons]
    return [*lines, *molecular_lines(result), *_survival(result.survival)]


def _survival(found: dict[str, Any]) -> list[str]:
    """Risk group, chances and median in one line, or why there is no prediction; nothing where it was not asked."""
    if found.get("status") == "abstained":
        return [f"survival: no prediction ({found['reason']})"]
    if found.get("status") != "predicted":
        return []
    limits = found["probability_ci"]
    chances = [f"{year} {share:.2f}{_limits(limits[year])}" for year, share in found["probability"].items() if share]
    days = found["median_days"]
    median = "median not reached" if days is None else f"median {days:.0f} days"
    lines = [f"survival: {found['risk_group']} risk; chance of living {', '.join(chances)}; {median}"]
    return lines + [f"  {reason}" for reason in found["trust"]["reasons"]]


def _limits(limits: list[float | None]) -> str:
    low, high = limits
    return "" if low is None or high is None else f" [{low:.2f} to {high:.2f}]"


def _evidence(evidence: Evidence) -> str:
    if evidence.auc is None:
        return "not measured"
    interval = f" [{evidence.auc_ci[0]:.2f} to {evidence.auc_ci[1]:.2f}]" if evidence.auc_ci else ""
    return f"AUC {evidence.auc:.2f}{interval}, n = {evidence.n}"

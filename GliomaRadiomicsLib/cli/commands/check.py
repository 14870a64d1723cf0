"""`glioma-radiomics check`: the input passport."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from GliomaRadiomicsLib.cli.options import add_inputs, read_sources
from GliomaRadiomicsLib.core.errors import RefusedInput
from GliomaRadiomicsLib.core.results import NOT_CHECKED


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    add_inputs(parser)
    parser.add_argument("--mask", type=Path, metavar="F", help="tumour labels to check against the images")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(options: argparse.Namespace) -> None:
    """Print every finding on standard output; refused, with the first refusal as reason, if one is."""
    sources = read_sources(options)
    from GliomaRadiomicsLib.pipeline.inspection import inspect_case

    findings = inspect_case(sources, options.mask)
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            word = f"- {NOT_CHECKED}" if finding.outcome == NOT_CHECKED else finding.outcome
            print(f"{word:13} {finding.code:28} {finding.message}")
    refused = [finding.message for finding in findings if finding.severity == "refused"]
    if refused:
        raise RefusedInput(what=refused[0])

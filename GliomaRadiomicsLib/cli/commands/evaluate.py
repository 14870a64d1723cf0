"""`glioma-radiomics evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from GliomaRadiomicsLib.cli.options import console_progress, write_table, write_text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of the contract."""
    parser.add_argument("bundle", metavar="BUNDLE", help="folder or name of a model bundle")
    parser.add_argument("cohort", type=Path, metavar="COHORT.csv", help="one line per patient")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder for predictions.csv, figures.json and, for survival, charts",
    )


def run(options: argparse.Namespace) -> None:
    """Measure a bundle on a cohort."""
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.models import bundle, store
    from GliomaRadiomicsLib.systems.registry import system_class

    folder = store.find(options.bundle)
    system = bundle.load_metadata(folder)["system"]
    patients = read_cohort(options.cohort)
    charts: dict[str, dict[str, Any]] = {}
    if system == "segmentation":
        rows, figures = _segmentation(folder, patients)
    else:
        from GliomaRadiomicsLib.systems.cohort import training_cases

        evaluation = system_class(system).load(folder).evaluate(training_cases(patients), console_progress())
        rows, figures, charts = (
            evaluation.predictions,
            [asdict(figure) for figure in evaluation.figures],
            evaluation.charts,
        )
    write_table(options.out / "predictions.csv", rows)
    write_text(options.out / "figures.json", json.dumps(figures, indent=2))
    print(f"{len(rows)} rows in {options.out / 'predictions.csv'}, figures in {options.out / 'figures.json'}")
    if charts:
        _draw(charts, options.out / "charts")


def _draw(charts: dict[str, dict[str, Any]], folder: Path) -> None:
    from GliomaRadiomicsLib.reports.survival_figures.write import write_charts

    written = write_charts(charts, folder)
    print(f"{len(charts)} charts as SVG and PNG with their data ({len(written)} files) in {folder}")


def _segmentation(folder: Path, patients: list[Any]) -> tuple[list[dict[str, Any]], Any]:
    from GliomaRadiomicsLib.systems.segmentation.evaluate import evaluate, summarise
    from GliomaRadiomicsLib.systems.segmentation.predict import Segmenter

    rows = evaluate(Segmenter(folder), patients, progress=console_progress())
    known = len({row["case"] for row in rows if row["trained_on"]})
    if known:
        print(
            f"warning: the bundle was trained on {known} of these {len(patients)} patients (column trained_on); "
            "leave them out for honest figures",
            file=sys.stderr,
        )
    return rows, summarise(rows)

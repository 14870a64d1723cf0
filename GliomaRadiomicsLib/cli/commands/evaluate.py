"""`glioma-radiomics evaluate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from GliomaRadiomicsLib.cli.options import console_progress, say_left_out, write_table, write_text

if TYPE_CHECKING:
    from GliomaRadiomicsLib.systems.protocol import LeftOut


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


def run(options: argparse.Namespace) -> int:
    """Measure a bundle on a cohort; 2 if patients with faulty input had to be left out."""
    from GliomaRadiomicsLib.imaging.cohort import read_cohort
    from GliomaRadiomicsLib.models import bundle, store
    from GliomaRadiomicsLib.systems.registry import read_cases, system_class

    folder = store.find(options.bundle)
    metadata = bundle.load_metadata(folder)
    system = metadata["system"]
    charts: dict[str, dict[str, Any]] = {}
    left_out: Sequence[LeftOut] = ()
    if system == "segmentation":
        rows, figures = _segmentation(folder, read_cohort(options.cohort))
    else:
        kind = system_class(system)
        cases = read_cases(system, options.cohort, metadata.get("settings", {}))
        evaluation = kind.load(folder).evaluate(cases, console_progress())
        left_out = evaluation.left_out
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
    return say_left_out(left_out, options.out)


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
